"""The trading day: when it begins, when it locks, and what alone unlocks it."""

import math
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.calendar import calendar_of
from tests.helpers.live_laws import tried
from trading.risk_day import (
    DayReset,
    begins_at,
    begun,
    marked,
    reset,
    rolled,
    to_cents,
    trading_day,
)
from utils.errors import ConfigError

TODAY, TOMORROW = date(2025, 6, 10), date(2025, 6, 11)
WORD = DayReset(
    trading_day=TODAY, actor="ada", reason="bad tick", at=datetime(2025, 6, 10, 15, tzinfo=UTC)
)
LIMIT = 500.0


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2025-06-10T14:35:00+00:00", date(2025, 6, 10)),  # Tuesday morning
        ("2025-06-10T21:59:59+00:00", date(2025, 6, 10)),  # 16:59:59 in Chicago: the break
        ("2025-06-10T22:00:00+00:00", date(2025, 6, 11)),  # 17:00: Wednesday has begun
        ("2025-06-11T00:30:00+00:00", date(2025, 6, 11)),  # midnight in London begins no day
        ("2025-06-13T22:30:00+00:00", date(2025, 6, 16)),  # Friday evening is Monday's
        ("2025-06-15T22:00:00+00:00", date(2025, 6, 16)),  # Sunday 17:00
        ("2025-01-15T22:59:59+00:00", date(2025, 1, 15)),  # in winter an hour later
        ("2025-01-15T23:00:00+00:00", date(2025, 1, 16)),
    ],
)
def test_trading_day_turns_at_five_in_chicago(now, day):
    assert trading_day(datetime.fromisoformat(now), calendar_of("MNQ")) == day


@pytest.mark.parametrize("symbol", ["MNQ", "BTCUSDT"])
def test_trading_day_is_the_calendars_at_every_hour_of_a_year(symbol):
    calendar = calendar_of(symbol)
    moments = pd.date_range("2024-01-01", "2025-01-01", freq="1h", tz="UTC")
    moments = moments.union(moments - pd.Timedelta(1, "us"))
    expected = [date.fromisoformat(str(day)) for day in calendar.trade_dates(moments)]
    assert [trading_day(moment.to_pydatetime(), calendar) for moment in moments] == expected


@pytest.mark.parametrize(
    ("symbol", "day", "start"),
    [
        ("MNQ", date(2025, 6, 10), "2025-06-09T22:00:00+00:00"),
        ("MNQ", date(2025, 6, 16), "2025-06-13T22:00:00+00:00"),  # Monday: Friday 17:00
        ("MGC", date(2025, 1, 15), "2025-01-14T23:00:00+00:00"),  # an hour later in winter
        ("MES", date(2025, 3, 10), "2025-03-07T23:00:00+00:00"),  # the clock turns on Sunday
        ("BTCUSDT", date(2025, 6, 15), "2025-06-15T00:00:00+00:00"),  # a Sunday like any day
    ],
)
def test_trading_day_begins_at_the_moment_from_which_it_is_said(symbol, day, start):
    calendar = calendar_of(symbol)
    moment = begins_at(day, calendar)
    assert moment == datetime.fromisoformat(start)
    assert trading_day(moment, calendar) == day
    assert trading_day(moment - timedelta(microseconds=1), calendar) < day


def test_risk_day_begins_unlocked_at_its_equity():
    day = begun(TODAY, 10_000.129)
    assert (day.start_equity_cents, day.peak_cents, day.is_locked) == (1_000_012, 1_000_012, False)


@pytest.mark.parametrize(
    ("equity", "is_locked"),
    [
        (10_000.0, False),
        (9_500.01, False),
        (9_500.0, True),  # at the limit
        (9_499.999, True),
        (9_000.0, True),
        (12_000.0, False),
    ],
)
def test_risk_day_locks_at_the_limit(equity, is_locked):
    day = marked(begun(TODAY, 10_000.0), equity, -1.0, LIMIT)
    assert day.is_locked is is_locked


def test_risk_day_counts_from_its_start_and_not_from_its_peak():
    day = marked(begun(TODAY, 10_000.0), 10_700.0, 700.0, LIMIT)
    day = marked(day, 9_900.0, -100.0, LIMIT)
    assert (day.is_locked, day.peak_cents, day.realised_cents) == (False, 1_070_000, -10_000)


def test_risk_day_says_why_it_is_locked_and_keeps_saying_it():
    day = marked(begun(TODAY, 10_000.0), 9_449.5, None, LIMIT)
    assert day.reason == "lost 550.50 USD, the limit is 500.00 USD a day"
    assert marked(day, 9_000.0, None, LIMIT).reason == day.reason


@pytest.mark.parametrize("equity", [None, math.nan, math.inf, -math.inf, -1e300])
def test_risk_day_is_neither_locked_nor_unlocked_by_what_is_no_number(equity):
    fresh = begun(TODAY, 10_000.0)
    assert marked(fresh, equity, 0.0, LIMIT) == fresh
    locked = marked(fresh, 9_000.0, 0.0, LIMIT)
    assert marked(locked, equity, 0.0, LIMIT) == locked
    assert rolled(locked, TOMORROW, equity) == locked  # no day begins without an equity


def test_risk_day_keeps_the_last_realised_where_it_is_unknown():
    day = marked(begun(TODAY, 10_000.0), 9_900.0, -50.0, LIMIT)
    assert marked(day, 9_950.0, math.nan, LIMIT).realised_cents == -5_000


def test_risk_day_ends_with_the_next_one():
    locked = marked(begun(TODAY, 10_000.0), 9_000.0, 0.0, LIMIT)
    assert rolled(locked, TODAY, 9_000.0) == locked
    assert rolled(locked, date(2025, 6, 9), 9_000.0) == locked  # a clock that goes back
    assert rolled(locked, TOMORROW, 9_000.0) == begun(TOMORROW, 9_000.0)


def test_risk_day_is_unlocked_by_a_signed_word_and_counts_anew():
    locked = marked(begun(TODAY, 10_000.0), 9_400.0, -600.0, LIMIT)
    day = reset(locked, WORD, 9_400.0)
    assert (day.is_locked, day.start_equity_cents, day.peak_cents) == (False, 940_000, 1_000_000)
    assert day.reason == "reset by ada at 2025-06-10T15:00:00+00:00: bad tick"
    assert not marked(day, 9_000.0, None, LIMIT).is_locked
    assert marked(day, 8_900.0, None, LIMIT).is_locked


@pytest.mark.parametrize(
    ("fields", "equity", "match"),
    [
        ({"actor": " "}, 9_400.0, "needs a name"),
        ({"reason": ""}, 9_400.0, "needs a name and a reason"),
        ({"trading_day": TOMORROW}, 9_400.0, "is for trading day 2025-06-11"),
        ({"trading_day": date(2025, 6, 9)}, 9_400.0, "is for trading day 2025-06-09"),
        ({}, math.nan, "must be a number"),
    ],
)
def test_risk_day_is_not_unlocked_by_less(fields, equity, match):
    locked = marked(begun(TODAY, 10_000.0), 9_400.0, None, LIMIT)
    usual = {"trading_day": TODAY, "actor": "ada", "reason": "bad tick", "at": WORD.at}
    with pytest.raises(ConfigError, match=match):
        reset(locked, DayReset(**{**usual, **fields}), equity)


@pytest.mark.parametrize(
    ("usd", "cents"),
    [(1.0, 100), (0.129, 12), (-0.121, -13), (1.1, 110), (4.35, 435), (None, None),
     (math.nan, None), (math.inf, None), (1.7976931348623157e308, None), (-1e13, None),
     (1e12, 10**14)],
)  # fmt: skip
def test_to_cents_rounds_down(usd, cents):
    assert to_cents(usd) == cents


EQUITIES = st.one_of(st.none(), st.floats(), st.floats(8_000, 12_000))


@pytest.mark.property
@tried
@given(st.lists(EQUITIES, max_size=20))
def test_risk_day_lock_is_monotone_within_the_day(equities):
    day, was_locked = begun(TODAY, 10_000.0), False
    for equity in equities:
        before = day
        day = rolled(marked(day, equity, equity, LIMIT), TODAY, equity)
        assert day.is_locked or not was_locked
        assert day.peak_cents >= before.peak_cents
        assert day.start_equity_cents == before.start_equity_cents
        was_locked = day.is_locked
        if equity is not None and -1e12 <= equity <= 9_500.0:
            assert day.is_locked
