"""Episodes: which rows they span in each mode, how they are drawn, and what is refused."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from config.settings import EnvSettings
from env.episodes import Episodes, episode_mode_of
from tests.helpers.markets import B0, plain_market
from tests.helpers.session_markets import market_of, session_frame
from utils.errors import ConfigError

FIVE_ROWS = (B0,) * 5
HOURLY = {"first": "2024-06-17", "last": "2024-06-20", "seconds": 3_600}
N_HOURS = 23
"""Bars of a full session; 2024-06-19 is a half day of 19 hours, open till 12:00 Chicago."""


def episodes_of(market, **settings):
    return Episodes(market, EnvSettings(**settings))


@pytest.fixture(scope="module")
def sessions():
    return market_of(session_frame(**HOURLY))


def drawn(episodes, n=400):
    rng = np.random.default_rng(4)
    return [episodes.draw(rng) for _ in range(n)]


def test_full_pass_spans_all_bars_after_the_first_window():
    episodes = episodes_of(plain_market(FIVE_ROWS), lookback_window=2)
    assert episodes.mode == "full"
    assert drawn(episodes, 3) == [(1, 5)] * 3
    assert episodes.starting_at(3) == (3, 5)


def test_full_pass_leaves_the_generator_as_it_is():
    rng = np.random.default_rng(1)
    episodes_of(plain_market(FIVE_ROWS), lookback_window=2).draw(rng)
    assert rng.random() == np.random.default_rng(1).random()


def test_window_begins_wherever_it_fits():
    episodes = episodes_of(plain_market(FIVE_ROWS), lookback_window=1, episode_bars=2)
    assert episodes.mode == "window"
    assert set(drawn(episodes)) == {(0, 3), (1, 4), (2, 5)}
    assert episodes.starting_at(np.int64(1)) == (1, 4)


def test_session_begins_at_its_first_close_and_ends_with_its_last_bar(sessions):
    episodes = episodes_of(sessions, lookback_window=1, episode_mode="session")
    lengths = [N_HOURS, N_HOURS, 19, N_HOURS]
    stops = np.cumsum(lengths)
    expected = list(zip((stops - lengths).tolist(), stops.tolist(), strict=True))
    assert sorted(set(drawn(episodes))) == expected
    assert episodes.session_dates.astype(str).tolist() == [
        "2024-06-17",
        "2024-06-18",
        "2024-06-19",
        "2024-06-20",
    ]


def test_session_draws_are_even(sessions):
    starts = [
        start
        for start, _ in drawn(episodes_of(sessions, episode_mode="session", lookback_window=1))
    ]
    counts = np.unique(starts, return_counts=True)[1]
    assert counts.min() > 70  # of 100 expected each


def test_session_without_a_full_window_at_its_first_close_is_left_out(sessions):
    episodes = episodes_of(sessions, lookback_window=N_HOURS + 2, episode_mode="session")
    assert episodes.session_dates.astype(str).tolist() == ["2024-06-19", "2024-06-20"]
    just_enough = episodes_of(sessions, lookback_window=N_HOURS + 1, episode_mode="session")
    assert just_enough.session_dates[0] == np.datetime64("2024-06-18")


def test_session_of_one_bar_is_left_out():
    frame = session_frame(**HOURLY)
    one_bar = frame.drop(frame.index[N_HOURS + 1 : 2 * N_HOURS])
    episodes = episodes_of(market_of(one_bar), lookback_window=1, episode_mode="session")
    assert np.datetime64("2024-06-18") not in episodes.session_dates


@pytest.mark.parametrize(
    "day", ["2024-06-18", date(2024, 6, 18), np.datetime64("2024-06-18"), pd.Timestamp(2024, 6, 18)]
)
def test_session_can_be_asked_for_by_its_date(sessions, day):
    episodes = episodes_of(sessions, lookback_window=1, episode_mode="session")
    assert episodes.of_session(day) == (N_HOURS, 2 * N_HOURS)


def test_session_from_a_row_on_is_the_rest_of_it(sessions):
    episodes = episodes_of(sessions, lookback_window=1, episode_mode="session")
    assert episodes.starting_at(N_HOURS + 5) == (N_HOURS + 5, 2 * N_HOURS)
    assert episodes.starting_at(2 * N_HOURS - 2) == (2 * N_HOURS - 2, 2 * N_HOURS)


@pytest.mark.parametrize("row", [2 * N_HOURS - 1, -1, 10_000, 5.0, "5", None])
def test_session_row_that_does_not_fit_is_refused(sessions, row):
    episodes = episodes_of(sessions, lookback_window=1, episode_mode="session")
    with pytest.raises(ConfigError, match=r"a row in \[0, 86\] with a further bar of its session"):
        episodes.starting_at(row)


@pytest.mark.parametrize(
    ("day", "message"),
    [
        ("2024-06-15", "one of 4 sessions from 2024-06-17 to 2024-06-20, was '2024-06-15'"),
        ("soon", "must be a trade date, YYYY-MM-DD, was 'soon'"),
        (None, "`session` in the options of reset must be .*, was None"),
        ([1], "must be a trade date, YYYY-MM-DD"),
    ],
)
def test_session_that_is_not_there_is_refused(sessions, day, message):
    episodes = episodes_of(sessions, lookback_window=1, episode_mode="session")
    with pytest.raises(ConfigError, match=message):
        episodes.of_session(day)


def test_session_in_another_mode_is_refused(sessions):
    with pytest.raises(ConfigError, match='goes with `episode_mode` "session", which was "full"'):
        episodes_of(sessions).of_session("2024-06-18")


@pytest.mark.parametrize(
    ("mode", "length", "expected"),
    [(None, None, "full"), (None, 3, "window"), ("window", 3, "window"), ("full", None, "full")],
)
def test_episode_mode_is_what_is_set_or_follows_from_the_length(mode, length, expected):
    assert episode_mode_of(EnvSettings(episode_mode=mode, episode_bars=length)) == expected


@pytest.mark.parametrize(
    ("mode", "length", "message"),
    [
        ("window", None, 'must be given where `episode_mode` is "window", was None'),
        ("full", 3, 'must be None where `episode_mode` is "full", was 3'),
        ("session", 3, 'must be None where `episode_mode` is "session", was 3'),
    ],
)
def test_episode_mode_and_length_that_do_not_go_together_are_refused(mode, length, message):
    with pytest.raises(ConfigError, match=f"`episode_bars` {message}"):
        episode_mode_of(EnvSettings(episode_mode=mode, episode_bars=length))


def test_market_too_short_for_an_episode_is_refused(sessions):
    with pytest.raises(ConfigError, match="needs at least 6 bars .*, had 5; give more"):
        episodes_of(plain_market(FIVE_ROWS), lookback_window=1, episode_bars=5)
    with pytest.raises(ConfigError, match="none of the sessions in 88 bars has a full window"):
        episodes_of(sessions, lookback_window=80, episode_mode="session")
