"""Which contracts and chunks a history takes, on dates worked out by hand."""

from datetime import date

import pandas as pd
import pytest

from data.contracts import parse_contract
from data.history_request import BAR_SIZES, HistoryRequest
from data.ib_history_plan import CHUNKS, is_kept, plan_history
from utils.errors import ConfigError


def planned(duration, now, *, bar_size="5 mins", symbol="MNQ", since=None, is_rth_only=False):
    """Return the plan of a request."""
    request = HistoryRequest(
        symbol=symbol, duration=duration, bar_size=bar_size, is_rth_only=is_rth_only
    )
    return plan_history(request, pd.Timestamp(now), since)


def names(plan):
    """Return the first and the last chunk of each contract, and how many there are."""
    by_contract = {}
    for chunk in plan.chunks:
        by_contract.setdefault(chunk.contract.code, []).append(chunk.name)
    return {code: (own[0], own[-1], len(own)) for code, own in by_contract.items()}


def test_plan_of_a_year_has_each_contract_from_before_its_roll_to_its_end():
    plan = planned("1 Y", "2025-11-21T15:00Z")

    assert plan.first_session == date(2024, 11, 21)
    assert names(plan) == {
        "MNQZ24": ("2024-11-18", "2024-12-16", 5),
        "MNQH25": ("2024-11-25", "2025-03-17", 17),
        "MNQM25": ("2025-02-24", "2025-06-16", 17),
        "MNQU25": ("2025-05-26", "2025-09-15", 17),
        "MNQZ25": ("2025-08-25", "2025-11-17", 13),
    }


def test_plan_chunk_is_a_week_on_the_exchanges_clock():
    # the clocks of Chicago went back on Sunday 2025-11-02
    week, after = planned("5 W", "2025-11-21T15:00Z").chunks[2:4]

    assert (week.first, week.last, week.duration) == (date(2025, 10, 27), date(2025, 10, 31), "1 W")
    assert (week.start, week.end) == (
        pd.Timestamp("2025-10-26T22:00Z"),
        pd.Timestamp("2025-10-31T22:00Z"),
    )
    assert after.start == pd.Timestamp("2025-11-02T23:00Z")


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        # before the weeks of a roll (September 15 less 21 days) one contract is enough
        ("2025-08-24T12:00Z", {"MNQU25": ("2025-08-18", "2025-08-18", 1)}),
        # within them both are wanted, all of the weeks
        ("2025-09-10T12:00Z", {"MNQU25": "2025-08-25", "MNQZ25": "2025-08-25"}),
        # after the roll, the old contract still trades until Friday 19
        ("2025-09-18T12:00Z", {"MNQU25": "2025-08-25", "MNQZ25": "2025-08-25"}),
        ("2025-09-24T12:00Z", {"MNQZ25": ("2025-09-22", "2025-09-22", 1)}),
    ],
)
def test_plan_that_starts_within_a_roll_reaches_back_to_before_it(now, expected):
    found = names(planned("2 D", now))

    if all(isinstance(value, tuple) for value in expected.values()):
        assert found == expected
    else:
        assert {code: own[0] for code, own in found.items()} == expected


def test_plan_since_reaches_further_back_than_the_duration_but_never_less():
    now = "2025-11-21T15:00Z"

    assert planned("5 D", now, since=pd.Timestamp("2025-10-01T14:00Z")).first_session == date(
        2025, 10, 1
    )
    assert planned("5 W", now, since=pd.Timestamp("2025-11-20T14:00Z")).first_session == date(
        2025, 10, 17
    )


def test_plan_on_a_weekend_asks_for_nothing_that_has_not_begun():
    saturday = planned("3 D", "2025-11-22T15:00Z")

    assert saturday.chunks[-1].last == date(2025, 11, 21)


def test_plan_of_minutes_asks_day_by_day_and_of_days_year_by_year():
    minutes = planned("1 W", "2025-11-21T15:00Z", bar_size="1 min")
    days = planned("1 Y", "2025-11-21T15:00Z", bar_size="1 day", is_rth_only=True)

    assert [chunk.name for chunk in minutes.chunks] == [
        f"2025-11-{day}" for day in (14, 17, 18, 19, 20, 21)
    ]
    assert {chunk.duration for chunk in minutes.chunks} == {"1 D"}
    assert {chunk.duration for chunk in days.chunks} == {"1 Y"}
    assert days.is_rth_asked
    assert not minutes.is_rth_asked


def test_chunks_are_known_for_every_bar_size():
    assert set(CHUNKS) == set(BAR_SIZES)


def test_plan_of_a_product_that_is_not_offered_is_refused():
    with pytest.raises(ConfigError, match="BTCUSDT is not offered at Interactive Brokers"):
        planned("1 Y", "2025-11-21T15:00Z", symbol="BTCUSDT")


def test_contract_is_kept_for_two_years_after_its_end():
    # it ended on Friday 2023-12-15
    ended = parse_contract("MNQZ23")

    assert is_kept(ended, pd.Timestamp("2025-12-15T12:00Z"))
    assert not is_kept(ended, pd.Timestamp("2025-12-16T12:00Z"))
