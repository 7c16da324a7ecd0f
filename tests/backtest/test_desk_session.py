"""The desk's clock: sessions, bars to come, half days and pauses."""

from types import SimpleNamespace

import pandas as pd
import pytest

from backtest.desk_session import DeskSession


def clock_at(stamps, symbol="MNQ", minutes=5):
    """Return (session, bars left) after each bar, sessions counted from the first."""
    clock, seen = DeskSession(symbol), []
    for stamp in pd.to_datetime(stamps, utc=True):
        clock.update(SimpleNamespace(bar_opened=stamp, now=stamp + pd.Timedelta(minutes=minutes)))
        seen.append((clock.session, clock.bars_left))
    return [(session - seen[0][0], left) for session, left in seen]


@pytest.mark.parametrize(
    ("stamps", "seen"),
    [
        # Tuesday's session: 23:00 UTC of the day before to 22:00, 276 bars
        (["2024-01-08 23:00", "2024-01-09 21:50", "2024-01-09 21:55"], [(0, 275), (0, 1), (0, 0)]),
        (["2024-01-09 21:55", "2024-01-09 23:00"], [(0, 0), (1, 275)]),
        # a Friday and the Monday after it
        (["2024-01-19 21:55", "2024-01-21 23:00"], [(0, 0), (1, 275)]),
        # summer time: an hour earlier
        (["2024-07-09 20:55", "2024-07-09 22:00"], [(0, 0), (1, 275)]),
        # the day after Thanksgiving closes at 12:15 Chicago
        (["2024-11-29 18:00", "2024-11-29 18:10"], [(0, 2), (0, 0)]),
    ],
)
def test_desk_session_counts_sessions_and_the_bars_that_are_left(stamps, seen):
    assert clock_at(stamps) == seen


def test_desk_session_counts_a_begun_bar_and_no_bar_outside_the_session():
    assert clock_at(["2024-01-09 21:00"], minutes=45) == [(0, 1)]
    assert clock_at(["2024-01-09 21:55", "2024-01-09 22:10"]) == [(0, 0), (0, 0)]


def test_desk_session_leaves_pauses_out():
    # corn pauses from 07:45 to 08:30 Chicago; 08:30 to 13:20 are 58 bars
    assert clock_at(["2024-01-09 13:35"], symbol="ZC") == [(0, 59)]
    assert clock_at(["2024-01-09 13:40"], symbol="ZC") == [(0, 58)]
