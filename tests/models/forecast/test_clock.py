"""Slots of the session: the same wall clock in summer and winter, half days, breaks, all sizes."""

import numpy as np
import pandas as pd
import pytest

from config.forecast_settings import ForecastSettings
from models.forecast.clock import SessionClock, check_horizons
from utils.errors import ConfigError, DataError

FIVE_MINUTES, HALF_HOUR = 300, 1_800
RTH_OPEN = 186
"""Slot of 08:30 Chicago in five-minute bars: 15 hours and a half after 17:00."""


def _index(*stamps):
    return pd.DatetimeIndex(stamps, tz="America/Chicago").tz_convert("UTC")


def test_slots_are_the_same_before_and_after_the_clocks_change():
    clock = SessionClock.of("MNQ", FIVE_MINUTES)
    # summer time begins on Sunday 2025-03-09, and ends on 2025-11-02
    index = _index("2025-03-07 08:30", "2025-03-10 08:30", "2025-10-31 08:30", "2025-11-03 08:30")
    np.testing.assert_array_equal(clock.places(index).slots, [RTH_OPEN] * 4)
    opening = _index("2025-03-09 17:00", "2025-03-10 15:55")
    np.testing.assert_array_equal(clock.places(opening).slots, [0, 275])


def test_open_slots_of_a_half_day_end_at_noon():
    clock = SessionClock.of("MNQ", FIVE_MINUTES)
    # an ordinary day, and the day after Thanksgiving, which closes at 12:15
    places = clock.places(_index("2024-11-26 10:00", "2024-11-29 10:00"))
    ordinary, half = places.is_open[places.patterns]
    assert ordinary.sum() == 276
    np.testing.assert_array_equal(np.flatnonzero(half), np.arange(231))
    np.testing.assert_array_equal(places.slots, [204, 204])


def test_open_slots_of_a_day_without_a_session_are_none():
    clock = SessionClock.of("MNQ", FIVE_MINUTES)
    places = clock.places(_index("2024-12-25 10:00"))
    assert not places.is_open.any()


def test_open_slots_leave_a_break_within_the_session_out():
    clock = SessionClock.of("ZC", HALF_HOUR)
    is_open = clock.places(_index("2024-06-12 10:00")).is_open[0]
    # 19:00 to 07:45, then 08:30 to 13:20 Chicago, counted from 17:00
    np.testing.assert_array_equal(np.flatnonzero(is_open), [*range(4, 30), *range(31, 41)])


def test_clock_of_a_market_without_breaks_counts_from_midnight():
    clock = SessionClock.of("BTCUSDT", FIVE_MINUTES)
    places = clock.places(pd.DatetimeIndex(["2024-03-10 00:00", "2024-03-10 23:55"], tz="UTC"))
    np.testing.assert_array_equal(places.slots, [0, 287])
    assert places.is_open.all()
    assert clock.session_bars == 288


def test_places_of_a_bar_by_itself_are_those_among_others():
    clock = SessionClock.of("MNQ", FIVE_MINUTES)
    index = pd.date_range("2024-11-27 12:00", "2024-12-02 12:00", freq="5min", tz="UTC")
    together = clock.places(index)
    for row in range(0, len(index), 97):
        alone = clock.places(index[[row]])
        assert alone.slots[0] == together.slots[row]
        assert alone.sessions[0] == together.sessions[row]
        np.testing.assert_array_equal(alone.is_open[0], together.is_open[together.patterns[row]])


@pytest.mark.parametrize(("seconds", "bars"), [(60, 1_380), (300, 276), (1_800, 46), (14_400, 6)])
def test_session_bars_of_each_size(seconds, bars):
    assert SessionClock.of("MNQ", seconds).session_bars == bars


def test_check_horizons_one_that_no_session_holds_names_the_bound():
    clock = SessionClock.of("MNQ", HALF_HOUR)
    check_horizons(ForecastSettings(horizons=(45,)), clock)
    with pytest.raises(ConfigError, match="46 bars of 1800 s, was 46: a forecast ends"):
        check_horizons(ForecastSettings(horizons=(12, 46)), clock)


def test_clock_of_a_single_bar_is_refused_as_it_has_no_size():
    with pytest.raises(DataError, match="a single bar has no size: give at least two"):
        SessionClock.of("MNQ", 0)
