"""When the market trades: by the contract's hours and the calendar, written down by hand."""

from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.calendar import calendar_of
from tests.helpers.live_laws import tried
from tests.helpers.told_contracts import chicago, told, told_at
from trading.market_hours import MarketHours
from trading.simulated_gateway.hours import Hours
from trading.time_spans import Span

THANKSGIVING = (
    "20241124:1700-20241125:1600;20241125:1700-20241126:1600;20241126:1700-20241127:1600;"
    "20241127:1700-20241128:1200;20241128:1700-20241129:1215;20241130:CLOSED;"
    "20241201:1700-20241202:1600"
)
CHRISTMAS = (
    "20241222:1700-20241223:1600;20241223:1700-20241224:1215;20241225:CLOSED;"
    "20241225:1700-20241226:1600;20241226:1700-20241227:1600;20241228:CLOSED"
)
GOOD_FRIDAY = (
    "20250416:1700-20250417:1600;20250418:CLOSED;20250419:CLOSED;20250420:1700-20250421:1600"
)


def hours_of(text: str, now: str, zone: str = "US/Central") -> MarketHours:
    return MarketHours.of(told(trading_hours=text, time_zone=zone), "MNQ", chicago(now))


@pytest.mark.parametrize(
    ("now", "is_open", "seconds_to_close"),
    [
        ("2024-11-25T09:59:59", None, None),  # before anything was told
        ("2024-11-25T10:00:00", True, 21_600.0),
        ("2024-11-25T15:59:59", True, 1.0),
        ("2024-11-25T16:00:00", False, None),  # the maintenance break
        ("2024-11-25T16:59:59", False, None),
        ("2024-11-25T17:00:00", True, 82_800.0),  # Tuesday's session, 23 hours
        ("2024-11-26T00:00:00", True, 57_600.0),
        ("2024-11-28T11:59:59", True, 1.0),  # Thanksgiving: noon
        ("2024-11-28T12:00:00", False, None),
        ("2024-11-28T16:59:59", False, None),
        ("2024-11-28T17:00:00", True, 69_300.0),  # 19 hours and a quarter
        ("2024-11-29T12:14:59", True, 1.0),  # a half day
        ("2024-11-29T12:15:00", False, None),
        ("2024-11-29T17:00:00", False, None),  # a Friday has no evening
        ("2024-11-30T12:00:00", False, None),
        ("2024-12-01T16:59:59", False, None),
        ("2024-12-01T17:00:00", True, 82_800.0),  # Sunday
        ("2024-12-02T16:30:00", False, None),  # the break after the last session is known
        ("2024-12-02T16:59:59", False, None),
        ("2024-12-02T17:00:00", None, None),  # what follows is not
    ],
)
def test_market_hours_of_thanksgiving_week(now, is_open, seconds_to_close) -> None:
    hours = hours_of(THANKSGIVING, "2024-11-25T10:00:00")
    assert hours.is_open(chicago(now)) is is_open
    assert hours.seconds_to_close(chicago(now)) == seconds_to_close
    assert hours.differences == ()


@pytest.mark.parametrize(
    ("now", "opens"),
    [
        ("2024-11-25T10:00:00", "2024-11-25T17:00:00"),  # open, and still the next one is asked for
        ("2024-11-25T16:00:00", "2024-11-25T17:00:00"),
        ("2024-11-25T17:00:00", "2024-11-26T17:00:00"),
        ("2024-11-28T12:00:00", "2024-11-28T17:00:00"),
        ("2024-11-29T12:15:00", "2024-12-01T17:00:00"),  # over the weekend
        ("2024-12-01T16:59:59", "2024-12-01T17:00:00"),
        ("2024-12-01T17:00:00", None),  # Tuesday's session was not told
        ("2024-12-05T12:00:00", None),
    ],
)
def test_market_hours_next_open_is_the_next_beginning_that_was_told(now, opens) -> None:
    hours = hours_of(THANKSGIVING, "2024-11-25T10:00:00")
    expected = None if opens is None else chicago(opens)
    assert hours.next_open(chicago(now)) == expected


@pytest.mark.parametrize(
    ("now", "is_open"),
    [
        ("2024-12-24T12:14:59", True),
        ("2024-12-24T12:15:00", False),
        ("2024-12-24T17:00:00", False),  # no session of Christmas
        ("2024-12-25T12:00:00", False),
        ("2024-12-25T16:59:59", False),
        ("2024-12-25T17:00:00", True),  # the 26th's, on a day that is named closed
        ("2024-12-27T15:59:59", True),
        ("2024-12-28T16:59:59", False),  # Saturday
        ("2024-12-28T17:00:00", None),
    ],
)
def test_market_hours_of_christmas_closed_day_ends_with_its_trade_date(now, is_open) -> None:
    hours = hours_of(CHRISTMAS, "2024-12-23T10:00:00")
    assert hours.is_open(chicago(now)) is is_open
    assert hours.differences == ()


def test_market_hours_of_good_friday_are_closed_from_thursday_to_sunday() -> None:
    hours = hours_of(GOOD_FRIDAY, "2025-04-17T12:00:00")
    assert hours.is_open(chicago("2025-04-17T15:59:59")) is True
    assert hours.is_open(chicago("2025-04-17T17:00:00")) is False
    assert hours.is_open(chicago("2025-04-18T10:00:00")) is False
    assert hours.next_open(chicago("2025-04-17T16:00:00")) == chicago("2025-04-20T17:00:00")


@pytest.mark.parametrize(
    ("text", "told_on", "closes", "opens"),
    [
        (  # summer time began on Sunday 2025-03-09
            "20250306:1700-20250307:1600;20250308:CLOSED;20250309:1700-20250310:1600",
            "2025-03-07T10:00:00",
            datetime(2025, 3, 7, 22, tzinfo=UTC),
            datetime(2025, 3, 9, 22, tzinfo=UTC),
        ),
        (  # and ended on Sunday 2025-11-02
            "20251030:1700-20251031:1600;20251101:CLOSED;20251102:1700-20251103:1600",
            "2025-10-31T10:00:00",
            datetime(2025, 10, 31, 21, tzinfo=UTC),
            datetime(2025, 11, 2, 23, tzinfo=UTC),
        ),
    ],
)
def test_market_hours_over_a_change_of_the_clocks(text, told_on, closes, opens) -> None:
    hours, second = hours_of(text, told_on), timedelta(seconds=1)
    assert [hours.is_open(closes - second), hours.is_open(closes)] == [True, False]
    assert [hours.is_open(opens - second), hours.is_open(opens)] == [False, True]
    assert hours.seconds_to_close(opens) == 82_800.0


def test_market_hours_that_miss_a_half_day_are_closed_by_the_calendar() -> None:
    text = THANKSGIVING.replace("20241128:1200", "20241128:1600")
    hours = hours_of(text, "2024-11-25T10:00:00")
    assert hours.is_open(chicago("2024-11-28T12:30:00")) is False
    assert hours.seconds_to_close(chicago("2024-11-28T11:00:00")) == 3_600.0
    assert hours.differences == (
        Span(chicago("2024-11-28T12:00:00"), chicago("2024-11-28T16:00:00")),
    )


def test_market_hours_that_end_early_are_closed_although_the_calendar_is_not() -> None:
    text = THANKSGIVING.replace("20241126:1600", "20241126:0830")  # a halt told a day ahead
    hours = hours_of(text, "2024-11-25T10:00:00")
    assert hours.is_open(chicago("2024-11-26T08:29:59")) is True
    assert hours.is_open(chicago("2024-11-26T08:30:00")) is False
    assert hours.next_open(chicago("2024-11-26T09:00:00")) == chicago("2024-11-26T17:00:00")
    assert hours.differences == (
        Span(chicago("2024-11-26T08:30:00"), chicago("2024-11-26T16:00:00")),
    )


def test_market_hours_in_a_zone_without_summer_time_lose_an_hour_and_gain_none() -> None:
    text = "20240714:1700-20240715:1600"  # 18:00 to 17:00 in Chicago, as Belize's clocks have it
    hours = hours_of(text, "2024-07-14T12:00:00", zone="America/Belize")
    assert hours.spans == (Span(chicago("2024-07-14T18:00"), chicago("2024-07-15T16:00")),)
    assert hours.differences == (
        Span(chicago("2024-07-14T17:00"), chicago("2024-07-14T18:00")),
        Span(chicago("2024-07-15T16:00"), chicago("2024-07-15T17:00")),
    )


def test_market_hours_differences_of_the_past_are_not_told() -> None:
    text = "20241124:1800-20241125:1600"  # on Sunday it was told an hour late, but that is over
    assert hours_of(text, "2024-11-25T10:00:00").differences == ()


@pytest.mark.parametrize("text", ["", ";", "20240102:1700-20240103:1600", "20241123:CLOSED"])
def test_market_hours_without_a_word_of_today_know_nothing(text: str) -> None:
    hours, now = hours_of(text, "2024-11-25T10:00:00"), chicago("2024-11-25T10:00:00")
    assert (hours.is_open(now), hours.seconds_to_close(now), hours.next_open(now)) == (None,) * 3
    assert hours.needs_renewal(now)
    assert hours.differences == ()


def test_market_hours_are_to_be_renewed_after_a_day_and_when_they_end() -> None:
    hours = hours_of(THANKSGIVING, "2024-11-25T10:00:00")
    assert not hours.needs_renewal(chicago("2024-11-25T10:00:00"))
    assert not hours.needs_renewal(chicago("2024-11-26T09:59:59"))
    assert hours.needs_renewal(chicago("2024-11-26T10:00:00"))
    assert hours.is_open(chicago("2024-11-27T10:00:00")) is True  # until an answer comes
    last = hours_of("20241124:1700-20241125:1600", "2024-11-25T10:00:00")
    assert not last.needs_renewal(chicago("2024-11-25T16:59:59"))
    assert last.needs_renewal(chicago("2024-11-25T17:00:00"))
    assert last.covers_until == chicago("2024-11-25T17:00:00")


@pytest.mark.parametrize("symbol", ["MNQ", "ZC", "CL"])
def test_market_hours_of_the_simulated_gateway_have_no_difference_in_a_year(symbol: str) -> None:
    for day in pd.date_range("2024-01-01T15:00Z", "2024-12-31T15:00Z"):
        hours = MarketHours.of(told_at(symbol, day.to_pydatetime()), symbol, day.to_pydatetime())
        assert hours.differences == (), day
        assert hours.covers(day.to_pydatetime() + timedelta(days=5)), day


@pytest.mark.property
@given(
    symbol=st.sampled_from(["MNQ", "ZC", "CL", "6E"]),
    now=st.datetimes(datetime(2024, 1, 1), datetime(2025, 12, 31), timezones=st.just(UTC)),
    later=st.timedeltas(timedelta(0), timedelta(days=8)),
)
@tried
def test_market_hours_of_the_simulated_gateway_agree_with_the_calendar(symbol, now, later) -> None:
    hours, market, time = (
        MarketHours.of(told_at(symbol, now), symbol, now),
        Hours(symbol),
        now + later,
    )
    assert hours.covers(now)
    if not hours.covers(time):
        assert time >= hours.covers_until
        assert hours.is_open(time) is None
        return
    is_open = bool(calendar_of(symbol).is_open(pd.DatetimeIndex([time]))[0])
    assert hours.is_open(time) is is_open
    left = hours.seconds_to_close(time)
    assert (left is not None) is is_open
    if left is not None:
        closes = time + timedelta(seconds=left)
        assert market.is_open(closes - timedelta(microseconds=1))
        assert not market.is_open(closes)
    opens = hours.next_open(time)
    assert opens is None or opens == market.next_open(time)
    assert opens is not None or market.next_open(time) >= hours.covers_until


def test_market_hours_of_the_simulated_gateway_know_the_whole_day_they_are_told_on() -> None:
    noon = chicago("2024-12-25T12:00:00")  # Christmas: a day without a session
    hours = MarketHours.of(told_at("MNQ", noon), "MNQ", noon)
    assert hours.is_open(noon) is False
    assert hours.next_open(noon) == chicago("2024-12-25T17:00:00")
