"""Sessions on Chicago's clock, across both changes of daylight saving."""

import numpy as np
import pandas as pd
import pytest

from config.instruments import get_instrument
from data.calendar import is_rth, minutes_since_open, session_starts, trade_dates
from data.store import load_bars
from tests.helpers.bars import real_data


def utc(*stamps):
    return pd.DatetimeIndex(stamps).tz_localize("UTC")


TABLE = [
    # bar open, UTC          trade date    minute  rth     why
    ("2025-01-06 22:55", "2025-01-06", 1_435, False),  # 16:55: the break belongs to the old date
    ("2025-01-06 23:00", "2025-01-07", 0, False),  # 17:00 CST: the next session opens
    ("2025-01-07 14:25", "2025-01-07", 925, False),  # 08:25
    ("2025-01-07 14:30", "2025-01-07", 930, True),  # 08:30: regular trading hours begin
    ("2025-01-07 20:55", "2025-01-07", 1_315, True),  # 14:55: their last bar
    ("2025-01-07 21:00", "2025-01-07", 1_320, False),  # 15:00
    ("2025-01-07 21:55", "2025-01-07", 1_375, False),  # 15:55: the session's last bar
    ("2025-01-10 21:55", "2025-01-10", 1_375, False),  # Friday 15:55: the week's last bar
    ("2025-01-10 23:00", "2025-01-13", 0, False),  # Friday evening, in a 24/7 market: Monday's
    ("2025-01-11 16:00", "2025-01-13", 1_020, False),  # Saturday 10:00: no trading hours
    ("2025-01-12 23:00", "2025-01-13", 0, False),  # Sunday 17:00 opens Monday
    ("2025-03-07 21:55", "2025-03-07", 1_375, False),  # Friday before summer time, CST
    ("2025-03-09 22:00", "2025-03-10", 0, False),  # Sunday 17:00, now CDT: an hour earlier in UTC
    ("2025-03-10 13:30", "2025-03-10", 930, True),  # 08:30 CDT
    ("2025-10-31 20:55", "2025-10-31", 1_375, False),  # Friday before winter time, CDT
    ("2025-11-02 23:00", "2025-11-03", 0, False),  # Sunday 17:00, CST again
    ("2025-11-03 14:30", "2025-11-03", 930, True),  # 08:30 CST
]


@pytest.mark.parametrize(("stamp", "trade_date", "minute", "in_rth"), TABLE)
def test_calendar_bar_is_placed_on_chicagos_clock(stamp, trade_date, minute, in_rth):
    index = utc(stamp)

    assert trade_dates(index)[0] == np.datetime64(trade_date)
    assert minutes_since_open(index)[0] == minute
    assert is_rth(index)[0] == in_rth


def test_calendar_other_zone_and_unit_give_the_same():
    index = utc("2025-03-09 22:00", "2025-03-10 13:30").tz_convert("Asia/Tokyo").as_unit("s")

    assert list(trade_dates(index)) == [np.datetime64("2025-03-10")] * 2
    assert list(minutes_since_open(index)) == [0, 930]


def test_calendar_arrays_have_the_declared_types():
    index = utc("2025-01-07 14:30")

    assert trade_dates(index).dtype == "datetime64[D]"
    assert minutes_since_open(index).dtype == np.int64
    assert session_starts(index).dtype == is_rth(index).dtype == np.bool_


def test_session_starts_first_present_bar_of_each_date_is_marked():
    index = utc(
        "2025-01-06 20:00",  # row 0 is a start, wherever it lies
        "2025-01-06 21:55",
        "2025-01-06 23:10",  # the bars of 17:00 and 17:05 are missing
        "2025-01-06 23:15",
        "2025-01-12 23:00",  # days are missing
    )

    assert list(session_starts(index)) == [True, False, True, False, True]


def test_session_starts_no_bars_gives_none():
    assert len(session_starts(utc())) == 0


def test_calendar_real_nasdaq_bars_never_lie_in_the_break():
    index = load_bars(real_data("NQ_5min.parquet"), get_instrument("MNQ")).index

    assert minutes_since_open(index).max() == 1_375
    assert len(np.unique(trade_dates(index))) == session_starts(index).sum() == 337
