"""Sessions by the exchange's calendar: the days on which calendars are known to be wrong."""

import pickle
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from config.instruments import INSTRUMENTS
from data.calendar import calendar, calendar_of, is_rth, minutes_since_open, trade_dates
from data.session_templates import TEMPLATES
from tests.helpers.bars import real_data
from utils.errors import ConfigError, DataError
from utils.paths import PROJECT_ROOT

FIVE_MINUTES = 300


def at(*stamps):
    """Return Chicago wall-clock times as an index."""
    return pd.DatetimeIndex(stamps).tz_localize("America/Chicago")


def utc(*stamps):
    return pd.DatetimeIndex(stamps).tz_localize("UTC")


def hours(template, day):
    """Return open and close of one session on Chicago's clock, or None."""
    sessions = calendar(template).sessions(day, day)
    if sessions.empty:
        return None
    row = sessions.iloc[0].loc[["open", "close"]]
    return tuple(f"{stamp.tz_convert('America/Chicago'):%m-%d %H:%M}" for stamp in row)


DAYS = [
    # template       trade date    open           close          five-minute bars
    ("equity_index", "2025-01-08", "01-07 17:00", "01-08 16:00", 276),  # an ordinary Wednesday
    ("equity_index", "2025-01-09", "01-08 17:00", "01-09 08:30", 186),  # halt at 08:30
    ("equity_index", "2018-12-05", "12-04 17:00", "12-05 08:30", 186),  # the same six years before
    ("equity_index", "2023-04-07", "04-06 17:00", "04-07 08:15", 183),  # Good Friday, report due
    ("equity_index", "2021-04-02", "04-01 17:00", "04-02 08:15", 183),  # another
    ("equity_index", "2021-06-25", "06-24 17:00", "06-25 16:00", 273),  # last day with the pause
    ("equity_index", "2021-06-28", "06-27 17:00", "06-28 16:00", 276),  # first day without
    ("equity_index", "2015-09-18", "09-17 17:00", "09-18 16:15", 276),  # 16:15 was the close then
    ("equity_index", "2015-09-21", "09-20 17:00", "09-21 16:00", 273),
    ("equity_index", "2024-06-19", "06-18 17:00", "06-19 12:00", 228),  # Juneteenth
    ("equity_index", "2021-06-18", "06-17 17:00", "06-18 16:00", 273),  # no holiday yet in 2021
    ("equity_index", "2022-06-20", "06-19 17:00", "06-20 12:00", 228),  # the Monday after a Sunday
    ("equity_index", "2024-07-03", "07-02 17:00", "07-03 12:15", 231),  # half days of 12:15
    ("equity_index", "2024-11-29", "11-28 17:00", "11-29 12:15", 231),
    ("equity_index", "2024-12-24", "12-23 17:00", "12-24 12:15", 231),
    ("equity_index", "2024-07-04", "07-03 17:00", "07-04 12:00", 228),
    ("equity_index", "2025-11-28", "11-27 17:00", "11-28 12:15", 231),  # outage: open by right
    ("equity_index", "2025-03-07", "03-06 17:00", "03-07 16:00", 276),  # before summer time
    ("equity_index", "2025-03-10", "03-09 17:00", "03-10 16:00", 276),  # after its first Sunday
    ("equity_index", "2025-10-31", "10-30 17:00", "10-31 16:00", 276),
    ("equity_index", "2025-11-03", "11-02 17:00", "11-03 16:00", 276),  # winter time again
    ("energy", "2025-01-09", "01-08 17:00", "01-09 16:00", 276),  # oil did not mourn
    ("energy", "2024-09-02", "09-01 17:00", "09-02 13:30", 246),  # Labor Day
    ("energy", "2021-09-06", "09-05 17:00", "09-06 12:00", 228),  # and before 2022
    ("energy", "2024-12-24", "12-23 17:00", "12-24 12:45", 237),
    ("energy", "2023-11-24", "11-23 17:00", "11-24 12:45", 237),
    ("energy", "2024-11-29", "11-28 17:00", "11-29 13:45", 249),
    ("metals", "2026-06-19", "06-18 17:00", "06-19 12:00", 228),  # a Friday: no evening after it
    ("energy", "2026-07-03", "07-02 17:00", "07-03 12:00", 228),  # another
    ("energy", "2027-06-18", "06-17 17:00", "06-18 12:00", 228),
    ("metals", "2026-09-07", "09-06 17:00", "09-07 13:30", 246),
    ("energy", "2027-09-06", "09-05 17:00", "09-06 13:30", 246),  # the library goes back to 12:00
    ("metals", "2028-11-24", "11-23 17:00", "11-24 13:45", 249),  # and to 12:45
    ("energy", "2029-12-24", "12-23 17:00", "12-24 12:45", 237),
    ("metals", "2020-12-24", "12-23 17:00", "12-24 12:45", 237),
    ("metals", "2023-06-19", "06-18 17:00", "06-19 13:30", 246),
    ("fx", "2024-01-15", "01-14 17:00", "01-15 16:00", 276),  # currencies take no half day
    ("fx", "2023-04-07", "04-06 17:00", "04-07 10:15", 207),
    ("grains", "2025-01-08", "01-07 19:00", "01-08 13:20", 211),  # 153 by night, 58 by day
    ("grains", "2025-01-09", "01-08 19:00", "01-09 12:15", 198),
    ("grains", "2024-11-29", "11-29 08:30", "11-29 12:05", 43),  # no overnight trading
    ("grains", "2025-01-02", "01-02 08:30", "01-02 13:20", 58),
    ("grains", "2014-06-02", "06-01 19:00", "06-02 13:15", 210),
]


@pytest.mark.parametrize(("template", "day", "opens", "closes", "n_bars"), DAYS)
def test_calendar_session_has_the_hours_of_its_day(template, day, opens, closes, n_bars):
    assert hours(template, day) == (opens, closes)
    assert len(calendar(template).expected_bars(day, day, FIVE_MINUTES)) == n_bars


CLOSED = [
    ("equity_index", "2024-12-25"),
    ("equity_index", "2025-01-01"),
    ("equity_index", "2024-03-29"),  # Good Friday without a report due: the library opens it
    ("equity_index", "2025-04-18"),
    ("equity_index", "2022-04-15"),
    ("equity_index", "2021-12-24"),  # Christmas on a Saturday
    ("equity_index", "2022-12-26"),  # Christmas on a Sunday
    ("equity_index", "2023-01-02"),
    ("equity_index", "2025-01-11"),  # a Saturday
    ("fx", "2025-04-18"),
    ("energy", "2023-04-07"),  # closed although shares traded in the morning
    ("grains", "2024-06-19"),
    ("grains", "2025-01-20"),
]


@pytest.mark.parametrize(("template", "day"), CLOSED)
def test_calendar_closed_day_has_no_session(template, day):
    assert hours(template, day) is None


@pytest.mark.parametrize("day", ["2025-01-09", "2025-11-28"])
def test_calendar_special_day_says_why(day):
    note = calendar("equity_index").sessions(day, day)["note"].iloc[0]

    assert note.startswith({"01": "national day of mourning", "11": "exchange outage"}[day[5:7]])


def test_calendar_sessions_frame_has_the_declared_form():
    sessions = calendar("equity_index").sessions("2024-12-23", "2024-12-27")

    assert [f"{day:%m-%d}" for day in sessions.index] == ["12-23", "12-24", "12-26", "12-27"]
    assert sessions.index.name == "trade_date"
    assert sessions.index.tz is None
    assert list(sessions.columns) == ["open", "close", "is_half_day", "note"]
    assert list(sessions["is_half_day"]) == [False, True, False, False]
    assert list(sessions["note"]) == [""] * 4
    assert list(sessions["open"]) == list(
        utc("2024-12-22 23:00", "2024-12-23 23:00", "2024-12-25 23:00", "2024-12-26 23:00")
    )


def test_calendar_days_may_be_any_kind_of_date():
    clock = calendar("equity_index")
    expected = clock.sessions("2025-01-06", "2025-01-10")

    first, last = pd.Timestamp("2025-01-06"), np.datetime64("2025-01-10")
    pd.testing.assert_frame_equal(clock.sessions(first.date(), last), expected)
    pd.testing.assert_frame_equal(clock.sessions(first, last), expected)


PLACES = [
    # Chicago time       date          open   rth    since  to close
    ("2025-01-08 17:00", "2025-01-09", True, False, 0, 930),  # a session of 15.5 hours
    ("2025-01-09 08:25", "2025-01-09", True, False, 925, 5),
    ("2025-01-09 08:30", "2025-01-09", False, False, -1, -1),  # the halt
    ("2025-01-09 15:55", "2025-01-09", False, False, -1, -1),
    ("2025-01-09 16:30", "2025-01-09", False, False, -1, -1),  # the daily break
    ("2025-01-09 17:00", "2025-01-10", True, False, 0, 1_380),
    ("2025-01-10 08:30", "2025-01-10", True, True, 930, 450),
    ("2025-01-10 14:59", "2025-01-10", True, True, 1_319, 61),
    ("2025-01-10 15:00", "2025-01-10", True, False, 1_320, 60),
    ("2025-01-10 15:55", "2025-01-10", True, False, 1_375, 5),
    ("2025-01-10 16:00", "2025-01-10", False, False, -1, -1),
    ("2025-01-11 10:00", "2025-01-13", False, False, -1, -1),  # a Saturday print
    ("2025-01-01 10:00", "2025-01-01", False, False, -1, -1),  # New Year's Day
    ("2025-01-01 17:00", "2025-01-02", True, False, 0, 1_380),
    ("2024-07-03 12:10", "2024-07-03", True, True, 1_150, 5),
    ("2024-07-03 12:15", "2024-07-03", False, False, -1, -1),
    ("2021-06-25 15:10", "2021-06-25", True, False, 1_330, 50),
    ("2021-06-25 15:15", "2021-06-25", False, False, -1, -1),  # the pause that there was
    ("2021-06-25 15:30", "2021-06-25", True, False, 1_350, 30),  # the clock ran on
    ("2021-06-28 15:15", "2021-06-28", True, False, 1_335, 45),
]


@pytest.mark.parametrize(("stamp", "day", "is_open", "rth", "since", "to_close"), PLACES)
def test_calendar_bar_is_placed_in_its_session(stamp, day, is_open, rth, since, to_close):
    clock, index = calendar("equity_index"), at(stamp)

    assert clock.trade_dates(index)[0] == np.datetime64(day)
    assert clock.is_open(index)[0] == is_open
    assert clock.is_rth(index)[0] == rth
    assert clock.minutes_since_open(index)[0] == since
    assert clock.minutes_to_close(index)[0] == to_close


def test_calendar_minutes_to_close_count_the_begun_minute():
    index = at("2025-01-10 15:59:30")

    assert calendar("equity_index").minutes_to_close(index)[0] == 1
    assert calendar("equity_index").minutes_since_open(index)[0] == 1_379


RTH = [
    ("energy", "2025-01-08 07:59", False),
    ("energy", "2025-01-08 08:00", True),
    ("energy", "2025-01-08 13:30", False),
    ("metals", "2025-01-08 07:20", True),
    ("metals", "2025-01-08 12:30", False),
    ("grains", "2025-01-08 07:40", False),
    ("grains", "2025-01-08 08:30", True),
    ("fx", "2025-01-08 07:20", True),
    ("fx", "2025-01-08 14:00", False),
    ("always_open", "2025-01-11 03:00", True),
]


@pytest.mark.parametrize(("template", "stamp", "expected"), RTH)
def test_calendar_regular_hours_are_the_products_own(template, stamp, expected):
    assert calendar(template).is_rth(at(stamp))[0] == expected


def test_calendar_grains_pause_in_the_morning():
    stamps = at("2025-01-08 07:44", "2025-01-08 07:45", "2025-01-08 08:29", "2025-01-08 08:30")

    assert list(calendar("grains").is_open(stamps)) == [True, False, False, True]
    assert list(calendar("grains").minutes_since_open(stamps)) == [764, -1, -1, 810]


def test_calendar_always_open_has_utc_days_and_no_rest():
    clock = calendar("always_open")
    stamps = utc("2025-01-11 00:00", "2025-01-11 23:59", "2025-12-25 12:00")

    assert list(clock.trade_dates(stamps)) == list(
        np.array(["2025-01-11", "2025-01-11", "2025-12-25"], "datetime64[D]")
    )
    assert clock.is_open(stamps).all()
    assert list(clock.minutes_since_open(stamps)) == [0, 1_439, 720]
    assert list(clock.minutes_to_close(stamps)) == [1_440, 1, 720]
    assert len(clock.expected_bars("2025-03-08", "2025-03-10", FIVE_MINUTES)) == 3 * 288


def test_calendar_expected_bars_are_cut_by_the_pause():
    bars = calendar("equity_index").expected_bars("2021-06-25", "2021-06-25", 3_600)

    chicago = bars.tz_convert("America/Chicago").strftime("%H:%M")
    assert list(chicago[-3:]) == ["14:00", "15:00", "15:30"]
    assert len(bars) == 24


def test_calendar_expected_bars_of_a_holiday_are_none():
    assert len(calendar("equity_index").expected_bars("2024-12-25", "2024-12-25", 60)) == 0


@pytest.mark.conformance
@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("seconds", [60, 300, 1_800, 5_400])
def test_template_expected_bars_are_all_open_sorted_and_of_their_session(template, seconds):
    clock = calendar(template)
    bars = clock.expected_bars("2024-10-28", "2025-03-14", seconds)
    sessions = clock.sessions("2024-10-28", "2025-03-14")

    assert clock.is_open(bars).all()
    assert bars.is_monotonic_increasing
    assert bars.is_unique
    assert list(np.unique(clock.trade_dates(bars))) == list(
        sessions.index.to_numpy().astype("datetime64[D]")
    )
    assert (clock.minutes_since_open(bars) >= 0).all()
    assert (clock.minutes_to_close(bars) > 0).all()


@pytest.mark.conformance
@pytest.mark.parametrize("template", TEMPLATES)
def test_template_minutes_of_a_year_are_open_just_where_a_minute_bar_is_expected(template):
    clock = calendar(template)
    minutes = pd.date_range("2021-01-04", "2021-12-31", freq="min", tz="UTC")
    expected = clock.expected_bars("2021-01-01", "2021-12-31", 60)

    np.testing.assert_array_equal(clock.is_open(minutes), minutes.isin(expected))


def test_calendar_agrees_with_the_plain_clock_wherever_shares_trade():
    index = pd.date_range("2021-06-01", "2025-12-31", freq="5min", tz="UTC")
    clock = calendar("equity_index")
    is_open = clock.is_open(index)

    np.testing.assert_array_equal(clock.trade_dates(index), trade_dates(index))
    np.testing.assert_array_equal(
        clock.minutes_since_open(index)[is_open], minutes_since_open(index)[is_open]
    )
    np.testing.assert_array_equal(clock.is_rth(index), is_rth(index) & is_open)


def test_calendar_accepts_unsorted_bars_of_any_zone_and_unit():
    index = at("2025-01-10 08:30", "2025-01-08 17:00").tz_convert("Asia/Tokyo").as_unit("s")

    assert list(calendar("equity_index").minutes_since_open(index)) == [930, 0]


def test_calendar_arrays_have_the_declared_types():
    clock, index = calendar("equity_index"), at("2025-01-08 10:00")

    assert clock.trade_dates(index).dtype == "datetime64[D]"
    assert clock.minutes_since_open(index).dtype == clock.minutes_to_close(index).dtype == np.int64
    assert clock.is_open(index).dtype == clock.is_rth(index).dtype == np.bool_
    assert str(clock.expected_bars("2025-01-08", "2025-01-08", 60).dtype) == "datetime64[ns, UTC]"


def test_calendar_no_bars_give_nothing():
    clock, index = calendar("equity_index"), utc()

    assert len(clock.trade_dates(index)) == len(clock.minutes_to_close(index)) == 0


@pytest.mark.parametrize(
    ("index", "message"),
    [
        (pd.DatetimeIndex(["2025-01-08"]), "1 timestamp without a time zone"),
        (pd.DatetimeIndex(["2025-01-08", None], tz="UTC"), "1 timestamp missing"),
        (utc("2025-01-08", "1950-01-01"), "1 of 2 bars lie outside the years"),
        (utc("2150-01-01"), "1970 to 2099, first 2150-01-01"),
    ],
)
def test_calendar_bad_stamps_are_refused(index, message):
    with pytest.raises(DataError, match=message):
        calendar("equity_index").minutes_to_close(index)


def test_calendar_bad_arguments_are_refused():
    clock = calendar("equity_index")

    with pytest.raises(ConfigError, match="less than 86,400, was 86400"):
        clock.expected_bars("2025-01-08", "2025-01-08", 86_400)
    with pytest.raises(DataError, match="from 1970-01-01 to 2099-12-31"):
        clock.sessions("1960-01-01", "2025-01-01")
    with pytest.raises(ConfigError, match="'soon' is no trade date"):
        clock.sessions("2025-01-01", "soon")
    with pytest.raises(ConfigError, match="is a time, not a trade date"):
        clock.sessions(pd.Timestamp("2025-01-01", tz="UTC"), "2025-01-02")
    with pytest.raises(ConfigError, match="unknown session template `equity`"):
        calendar("equity")


@pytest.mark.parametrize("symbol", INSTRUMENTS)
def test_calendar_of_every_instrument_is_that_of_its_template(symbol):
    clock = calendar_of(symbol.lower())

    assert clock == calendar(INSTRUMENTS[symbol].session_template)
    assert len(clock.sessions("2025-01-06", "2025-01-10")) == 5


def test_calendar_survives_pickling():
    clock = pickle.loads(pickle.dumps(calendar("energy")))

    assert clock == calendar("energy")
    assert clock.table is calendar("energy").table


def test_calendar_trade_dates_do_not_load_the_library():
    code = (
        "import sys, pandas as pd\n"
        "from data.calendar import calendar, is_rth\n"
        "index = pd.date_range('2025-01-08', periods=3, freq='D', tz='UTC')\n"
        "calendar('equity_index').trade_dates(index), is_rth(index)\n"
        "calendar('always_open').is_open(index)\n"
        "sys.exit('pandas_market_calendars' in sys.modules)"
    )

    assert (
        subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT, check=False).returncode == 0
    )


def test_calendar_real_nasdaq_sessions_have_all_their_bars():
    bars = pd.read_parquet(real_data("NQ_5min.parquet"), columns=["timestamp"])
    stamps = pd.DatetimeIndex(bars["timestamp"])
    expected = calendar("equity_index").expected_bars("2024-05-13", "2025-08-29", FIVE_MINUTES)

    missing = trade_dates(expected.difference(stamps))
    assert set(missing.astype(str)) == {"2025-06-30"}
    assert calendar("equity_index").is_open(stamps).all()
