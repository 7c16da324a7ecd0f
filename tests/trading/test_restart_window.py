"""The daily restart: in it, shortly before it, over midnight and over a change of the clocks."""

from datetime import UTC, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.connection_settings import ConnectionSettings
from tests.helpers.live_laws import tried
from trading.restart_window import RestartWindow
from utils.errors import ConfigError

USUAL = RestartWindow(ConnectionSettings(), no_entry_before_seconds=120.0)


def window(begin: time, end: time, zone: str = "America/Chicago", lead: float = 0.0):
    settings = ConnectionSettings(planned_from=begin, planned_until=end, planned_zone=zone)
    return RestartWindow(settings, lead)


@pytest.mark.parametrize(
    ("text", "in_window", "is_near"),
    [
        ("2025-11-05T21:57:59Z", False, False),
        ("2025-11-05T21:58:00Z", False, True),  # two minutes before
        ("2025-11-05T21:59:59Z", False, True),
        ("2025-11-05T22:00:00Z", True, True),  # winter: 16:00 Chicago
        ("2025-11-05T22:59:59Z", True, True),
        ("2025-11-05T23:00:00Z", False, False),
        ("2025-07-02T20:58:00Z", False, True),
        ("2025-07-02T21:00:00Z", True, True),  # summer: 16:00 Chicago
        ("2025-07-02T22:00:00Z", False, False),
        ("2025-07-05T21:30:00Z", True, True),  # on a Saturday too
    ],
)
def test_restart_window_goes_by_chicago_wall_clock(text, in_window, is_near) -> None:
    now = datetime.fromisoformat(text)
    assert USUAL.in_window(now) is in_window
    assert USUAL.is_near(now) is is_near


@pytest.mark.parametrize(
    ("hour", "expected"), [(23, True), (0, True), (1, False), (12, False), (22, False)]
)
def test_restart_window_over_midnight_wraps(hour: int, expected: bool) -> None:
    assert window(time(23), time(1), "UTC").in_window(datetime(2025, 11, 5, hour, tzinfo=UTC)) is (
        expected
    )


def test_restart_window_just_after_midnight_is_near_on_the_evening_before() -> None:
    early = window(time(0, 1), time(0, 30), "UTC", lead=120.0)
    assert not early.is_near(datetime(2025, 11, 4, 23, 58, 59, tzinfo=UTC))
    assert early.is_near(datetime(2025, 11, 4, 23, 59, tzinfo=UTC))


def test_restart_window_shorter_than_its_lead_is_near_all_the_time_before() -> None:
    short = window(time(16), time(16, 1), "UTC", lead=3_600.0)
    near = [datetime(2025, 11, 5, 15, minute, tzinfo=UTC) for minute in (0, 1, 30, 59)]
    assert all(short.is_near(now) for now in near)
    assert not short.is_near(datetime(2025, 11, 5, 14, 59, tzinfo=UTC))
    assert not short.is_near(datetime(2025, 11, 5, 16, 1, tzinfo=UTC))


def test_restart_window_of_no_length_is_none() -> None:
    none = window(time(16), time(16), "UTC", lead=120.0)
    now = datetime(2025, 11, 5, 16, tzinfo=UTC)
    assert not none.in_window(now)
    assert not none.is_near(now - timedelta(seconds=60))


def test_restart_window_over_the_end_of_summer_time_is_one_longer_stretch() -> None:
    night = window(time(1, 30), time(2, 30))  # 01:30 summer time to 02:30 winter time
    begins = datetime(2025, 11, 2, 6, 30, tzinfo=UTC)
    states = [night.in_window(begins + timedelta(minutes=step)) for step in (-1, 0, 60, 119, 120)]
    assert states == [False, True, True, True, False]


def test_restart_window_that_falls_into_the_missing_hour_is_there_all_the_same() -> None:
    night = window(time(2, 10), time(2, 50))  # read by the clock that is put forward at 02:00
    begins = datetime(2025, 3, 9, 8, 10, tzinfo=UTC)
    states = [night.in_window(begins + timedelta(minutes=step)) for step in (-1, 0, 39, 40)]
    assert states == [False, True, True, False]


@pytest.mark.parametrize("seconds", [-1.0, 86_401.0, float("nan")])
def test_restart_window_with_an_impossible_lead_is_refused(seconds: float) -> None:
    with pytest.raises(ConfigError, match="`no_entry_before_restart_seconds` must be from 0"):
        RestartWindow(ConnectionSettings(), seconds)


@pytest.mark.property
@given(
    now=st.datetimes(datetime(2024, 1, 1), datetime(2025, 12, 31), timezones=st.just(UTC)),
    lead=st.integers(0, 7_200),
    begin=st.times(),
    end=st.times(),
)
@tried
def test_restart_window_is_near_exactly_when_one_comes_within_the_lead(
    now, lead, begin, end
) -> None:
    some = window(begin, end, "UTC", lead=float(lead))
    begins = datetime.combine(now.date(), begin, UTC)
    comes = [begins + timedelta(days=days) for days in (0, 1)]
    comes_soon = any(timedelta(0) <= each - now <= timedelta(seconds=lead) for each in comes)
    assert some.is_near(now) is (some.in_window(now) or (comes_soon and begin != end))
