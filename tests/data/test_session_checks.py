"""Expected against present bars, on days of which the exchange's hours are known by hand."""

import pandas as pd
import pytest

from data.bars import bar_seconds
from data.calendar import calendar_of
from data.session_checks import count_sessions
from tests.helpers.bars import real_data

MNQ = calendar_of("MNQ")
FIVE_MINUTES = 300


def week(freq="5min"):
    """Return all bars of Monday 2024-01-22 to Friday 2024-01-26: five sessions of 276."""
    return MNQ.expected_bars("2024-01-22", "2024-01-26", int(pd.Timedelta(freq).total_seconds()))


def test_count_sessions_full_week_expects_and_finds_276_bars_a_day():
    count = count_sessions(week(), MNQ, FIVE_MINUTES)

    assert list(count.table.index.strftime("%a")) == ["Mon", "Tue", "Wed", "Thu", "Fri"]
    assert count.table["expected"].tolist() == [276] * 5
    assert count.table["present"].tolist() == [276] * 5
    for stamps in (count.missing, count.outside, count.misaligned):
        assert len(stamps) == 0
    assert not count.is_rth_only


def test_count_sessions_holes_are_told_from_short_and_absent_sessions():
    stamps = week()
    dates = MNQ.trade_dates(stamps)
    is_wednesday = dates == pd.Timestamp("2024-01-24").to_datetime64()
    first_of_thursday = int((dates <= pd.Timestamp("2024-01-24").to_datetime64()).sum())
    keep = ~is_wednesday
    keep[3] = False  # one bar of Monday
    keep[first_of_thursday + 100 : first_of_thursday + 200] = False

    count = count_sessions(stamps[keep], MNQ, FIVE_MINUTES)

    assert count.table["present"].tolist() == [275, 276, 0, 176, 276]
    assert list(count.absent.index) == [pd.Timestamp("2024-01-24")]
    assert list(count.short.index) == [pd.Timestamp("2024-01-25")]
    assert len(count.missing) == 101
    assert count.missing[0] == stamps[3]


def test_count_sessions_file_that_begins_and_ends_within_a_session_is_not_short():
    count = count_sessions(week()[100:-100], MNQ, FIVE_MINUTES)

    assert count.table["expected"].tolist() == [176, 276, 276, 276, 176]
    assert len(count.missing) == 0
    assert len(count.short) == 0


def test_count_sessions_bars_of_the_closed_market_are_outside():
    break_and_saturday = pd.DatetimeIndex(["2024-01-22T22:30Z", "2024-01-27T12:00Z"])

    count = count_sessions(week().union(break_and_saturday), MNQ, FIVE_MINUTES)

    assert list(count.outside) == list(break_and_saturday)
    assert count.table["present"].sum() == 5 * 276


def test_count_sessions_stamps_off_the_grid_are_misaligned():
    stamps = week()
    shifted = stamps[:10].shift(1, "1min").union(stamps[10:])

    assert len(count_sessions(shifted, MNQ, FIVE_MINUTES).misaligned) == 10


def test_count_sessions_regular_hours_only_expects_no_others():
    stamps = week()

    count = count_sessions(stamps[MNQ.is_rth(stamps)], MNQ, FIVE_MINUTES)

    assert count.is_rth_only
    assert count.table["expected"].tolist() == [78] * 5  # 08:30 to 15:00
    assert len(count.missing) == 0


def test_count_sessions_market_that_never_closes_expects_288_bars_a_day():
    stamps = pd.date_range("2024-06-01", "2024-06-03T23:55", freq="5min", tz="UTC")

    count = count_sessions(stamps, calendar_of("BTCUSDT"), FIVE_MINUTES)

    assert count.table["expected"].tolist() == [288] * 3
    assert not count.is_rth_only


def test_count_sessions_daily_bars_are_counted_by_trade_date_at_midnight_or_by_their_open():
    dated = pd.DatetimeIndex(["2024-01-22", "2024-01-23", "2024-01-26", "2024-01-28"], tz="UTC")
    opened = dated[:3] - pd.Timedelta(hours=1)  # 17:00 Chicago the evening before

    for stamps in (dated, opened):
        count = count_sessions(stamps, MNQ, 86_400)
        assert count.table["present"].tolist()[:5] == [1, 1, 0, 0, 1]
        assert len(count.missing) == 0
    assert list(count_sessions(dated, MNQ, 86_400).outside) == [dated[3]]  # a Sunday


def test_count_sessions_four_hour_bars_are_counted_per_session_wherever_they_begin():
    stamps = pd.date_range("2024-01-22T01:00", "2024-01-23T17:00", freq="4h", tz="UTC")

    count = count_sessions(stamps, MNQ, 4 * 3_600)

    assert count.table["expected"].tolist() == [1, 1]
    assert len(count.outside) == 0


def test_count_sessions_half_days_and_halts_are_special_and_not_short():
    stamps = MNQ.expected_bars("2025-01-08", "2025-01-10", FIVE_MINUTES)

    count = count_sessions(stamps, MNQ, FIVE_MINUTES)

    assert list(count.special.index) == [pd.Timestamp("2025-01-09")]
    assert count.special["expected"].item() == 186  # 17:00 to 08:30
    assert len(count.short) == 0


REAL = {
    # What is left is a defect of the data, not of the calendar: absent, short, bars outside hours.
    "NQ_5min": ("NQ", ["2025-06-30"], [], []),
    "ES_5min": ("ES", ["2025-06-30"], [], []),
    "MNQH24_1min": ("MNQ", [], ["2024-03-11", "2024-03-12"], []),
    "MNQU25_5min": ("MNQ", [], [], ["2025-06-19 17:10"]),
    "NQ_5min_2023q1": ("NQ", [], [], []),
    "NQ_5min_firstrate_sample": ("NQ", [], [], []),
    "MGC_5min": ("MGC", [], [], []),
    "CL_30min": ("CL", [], ["2022-10-07"], []),
    "6E_5min": ("6E", [], [], []),
    "BTCUSDT_5min": ("BTCUSDT", [], [], []),
}


@pytest.mark.parametrize(
    ("name", "symbol", "absent", "short", "outside"), [(n, *v) for n, v in REAL.items()]
)
def test_count_sessions_calendar_explains_real_file_but_for_its_own_defects(
    name, symbol, absent, short, outside
):
    frame = pd.read_parquet(real_data(f"{name}.parquet"), columns=["timestamp"])
    stamps = pd.DatetimeIndex(frame["timestamp"])

    count = count_sessions(stamps, calendar_of(symbol), bar_seconds(stamps))

    inner = count.table.iloc[1:-1]  # the data begin and end within the outermost
    cut = inner[(inner["present"] < 0.8 * inner["expected"]) & (inner["present"] > 0)]
    assert [str(day.date()) for day in count.absent.index] == absent
    assert [str(day.date()) for day in cut.index] == short  # thin trading loses less than that
    assert list(count.outside.strftime("%Y-%m-%d %H:%M")) == outside
