"""What the bar check accepts, and the one line with which it refuses the rest."""

import numpy as np
import pandas as pd
import pytest

from config.instruments import get_instrument
from data.bars import BAR_COLUMNS, bar_seconds, check_bars
from tests.helpers.bars import make_bars
from utils.errors import DataError

ROWS = [
    (20_000.0, 20_002.0, 19_998.0, 20_000.0),
    (20_001.0, 20_010.0, 19_999.0, 20_008.0),
    (20_009.0, 20_012.0, 20_005.0, 20_006.25),
]


def changed(column, row, value):
    frame = make_bars(ROWS)
    frame.iloc[row, frame.columns.get_loc(column)] = value
    return frame


def restamped(stamps):
    return make_bars(ROWS).set_axis(pd.DatetimeIndex(stamps, name="timestamp"), axis=0)


BAD_FRAMES = {
    "empty": (make_bars(ROWS).iloc[:0], "bars: there are no bars; give at least one row"),
    "no_close": (
        make_bars(ROWS).drop(columns="close"),
        "bars: 1 column missing: close (present: open, high, low, volume); "
        "rename or add them, names are lower case",
    ),
    "no_volume": (
        make_bars(ROWS).drop(columns="volume"),
        "bars: 1 column missing: volume (present: open, high, low, close); "
        "rename or add them, names are lower case",
    ),
    "upper_case": (
        make_bars(ROWS).rename(columns=str.title),
        "bars: 5 columns missing: open, high, low, close, volume "
        "(present: Open, High, Low, Close, Volume); rename or add them, names are lower case",
    ),
    "column_twice": (
        make_bars(ROWS).assign(Close=1.0).rename(columns=str.lower),
        "bars: column `close` appears twice; keep one",
    ),
    "naive": (
        make_bars(ROWS).tz_localize(None),
        "bars: 3 timestamps without a time zone, first 2024-01-01 23:00:00; "
        "say which it is with tz_localize, e.g. 'UTC' or 'America/Chicago'",
    ),
    "no_stamps": (
        make_bars(ROWS).reset_index(drop=True),
        "bars: `timestamp` must be an index or column of dates with a zone, there is no such "
        "column (present: open, high, low, close, volume) and the index holds int64; "
        "make one with pandas.to_datetime(..., utc=True)",
    ),
    "stamps_as_text": (
        make_bars(ROWS).assign(timestamp="2024-01-02"),
        "bars: `timestamp` must be an index or column of dates with a zone, "
        "the column holds str; make one with pandas.to_datetime(..., utc=True)",
    ),
    "nat": (
        restamped(["2024-01-02T15:00Z", "NaT", "2024-01-02T15:10Z"]),
        "bars: 1 timestamp missing (NaT), first in row 1; drop those rows",
    ),
    "far_future": (
        restamped(pd.to_datetime(["2024", "2025", "9999"], format="%Y", utc=True).as_unit("s")),
        "bars: a timestamp lies outside the years 1678 to 2261; correct or drop it",
    ),
    "unsorted": (
        restamped(["2024-01-02T15:00Z", "2024-01-02T15:10Z", "2024-01-02T15:05Z"]),
        "bars: 1 of 3 bars earlier than the bar before, first at 2024-01-02T15:05:00+00:00; "
        "sort the bars by timestamp",
    ),
    "duplicate": (
        restamped(["2024-01-02T15:00Z", "2024-01-02T15:05Z", "2024-01-02T15:05Z"]),
        "bars: 1 of 3 bars at the same time as the bar before, first at "
        "2024-01-02T15:05:00+00:00; keep one of each",
    ),
    "nan": (
        changed("close", 1, np.nan),
        "bars: 1 of 3 bars with NaN or infinite `close`, first at 2024-01-01T23:05:00+00:00; "
        "drop or correct them",
    ),
    "infinite_volume": (
        changed("volume", 2, np.inf),
        "bars: 1 of 3 bars with NaN or infinite `volume`, first at 2024-01-01T23:10:00+00:00; "
        "drop or correct them",
    ),
    "low_above_open": (
        changed("low", 1, 20_001.25),
        "bars: 1 of 3 bars whose low is above open or close, first at "
        "2024-01-01T23:05:00+00:00; correct or drop them",
    ),
    "high_below_close": (
        changed("high", 1, 20_007.75),
        "bars: 1 of 3 bars whose high is below open or close, first at "
        "2024-01-01T23:05:00+00:00; correct or drop them",
    ),
    "negative_volume": (
        changed("volume", 0, -1.0),
        "bars: 1 of 3 bars with negative volume, first at 2024-01-01T23:00:00+00:00; "
        "correct or drop them",
    ),
    "off_tick": (
        changed("close", 2, 20_006.10),
        "bars: 1 of 3 bars off the MNQ tick grid of 0.25, first at 2024-01-01T23:10:00+00:00; "
        "is the symbol right, or are the bars ratio-adjusted?",
    ),
    "absurd_price": (
        changed("high", 2, 1e18),
        "bars: 1 of 3 bars off the MNQ tick grid of 0.25, first at 2024-01-01T23:10:00+00:00; "
        "is the symbol right, or are the bars ratio-adjusted?",
    ),
    "no_frame": (None, "bars: must be a pandas DataFrame, was NoneType"),
    "levels_of_columns": (
        pd.concat({"MNQ": make_bars(ROWS)}, axis=1).swaplevel(axis=1),
        "bars: the columns have 2 levels, first ('open', 'MNQ'); "
        "keep one, e.g. frame.columns = frame.columns.get_level_values(0)",
    ),
    "complex": (
        make_bars(ROWS).astype({"open": complex}),
        "bars: column `open` must hold numbers, was complex128; convert it with pandas.to_numeric",
    ),
    "text": (
        make_bars(ROWS).astype({"open": str}),
        "bars: column `open` must hold numbers, was str; convert it with pandas.to_numeric",
    ),
}


@pytest.mark.parametrize(("frame", "message"), BAD_FRAMES.values(), ids=BAD_FRAMES)
def test_check_bars_bad_frame_is_refused_with_one_line(frame, message):
    with pytest.raises(DataError) as caught:
        check_bars(frame, get_instrument("MNQ"))

    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("stamps", "problem"),
    [
        (["15:00", "15:05", "15:05"], "at the same time as the bar before"),
        (["15:05", "15:10", "15:00"], "earlier than the bar before"),
    ],
)
def test_check_bars_of_contracts_that_overlap_are_to_be_rolled(stamps, problem):
    frame = restamped([f"2024-01-02T{stamp}Z" for stamp in stamps])

    with pytest.raises(DataError, match=rf"{problem}.*with `scripts/data.py roll`$"):
        check_bars(frame.assign(contract=["H", "H", "M"]))
    for contracts in (["H", "M", "M"], [None, None, "M"]):
        with pytest.raises(DataError, match=rf"{problem}.*; (sort|keep)"):
            check_bars(frame.assign(contract=contracts))


def test_check_bars_stamps_carry_no_frequency():
    assert make_bars(ROWS).index.freq is None


def test_check_bars_error_names_the_place():
    with pytest.raises(DataError, match=r"^`my\.parquet`: there are no bars"):
        check_bars(make_bars(ROWS).iloc[:0], where="`my.parquet`")


def test_check_bars_timestamp_column_gives_the_same_as_index():
    by_index = check_bars(make_bars(ROWS))
    by_column = check_bars(make_bars(ROWS).reset_index())

    pd.testing.assert_frame_equal(by_column, by_index)
    assert by_column.index.name == "timestamp"


def test_check_bars_other_zone_becomes_utc():
    chicago = make_bars(ROWS).tz_convert("America/Chicago")

    bars = check_bars(chicago)

    assert str(bars.index[0]) == "2024-01-01 23:00:00+00:00"


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_check_bars_any_stamp_unit_becomes_nanoseconds(unit):
    frame = make_bars(ROWS)

    bars = check_bars(frame.set_axis(frame.index.as_unit(unit), axis=0))

    assert str(bars.index.dtype) == "datetime64[ns, UTC]"


def test_check_bars_integer_and_nullable_columns_become_float64():
    bars = check_bars(make_bars(ROWS).astype({"volume": "Int64", "open": "int64"}))

    assert {str(bars[name].dtype) for name in BAR_COLUMNS} == {"float64"}


def test_check_bars_missing_value_in_nullable_column_is_refused():
    frame = make_bars(ROWS).astype({"volume": "Int64"})
    frame.iloc[1, frame.columns.get_loc("volume")] = pd.NA

    with pytest.raises(DataError, match="NaN or infinite `volume`"):
        check_bars(frame)


def test_check_bars_further_columns_are_carried_through():
    bars = check_bars(make_bars(ROWS).assign(contract="MNQH24", signal=[1.0, np.nan, 3.0]))

    assert list(bars["contract"]) == ["MNQH24"] * 3
    assert np.isnan(bars["signal"].iloc[1])


def test_check_bars_leaves_the_given_frame_alone():
    frame = make_bars(ROWS).reset_index().astype({"volume": "int64"})
    before = frame.copy()

    bars = check_bars(frame)
    bars["close"] = 0.0

    pd.testing.assert_frame_equal(frame, before)


def test_check_bars_negative_prices_are_prices():
    bars = check_bars(make_bars([(1.0, 1.25, -37.75, -37.5)]), get_instrument("CL"))

    assert bars["close"].iloc[0] == -37.5


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        ([0], 0),
        ([0, 5], 300),
        ([0, 5, 10, 70, 75], 300),  # an hour's break
        ([0, 1, 2, 3, 8, 13], 60),
        ([0, 5, 35, 65], 1_800),
    ],
)
def test_bar_seconds_is_the_most_frequent_step(minutes, expected):
    stamps = pd.Timestamp("2024-01-02T15:00Z") + pd.to_timedelta(minutes, unit="min")
    assert bar_seconds(pd.DatetimeIndex(stamps)) == expected


def sized(*parts):
    """Return bars, (count, minutes) of each size one after the other."""
    minutes = np.concatenate([np.full(count, step) for count, step in parts]).cumsum()
    stamps = pd.Timestamp("2024-01-02T00:00Z") + pd.to_timedelta(minutes, unit="min")
    frame = make_bars([ROWS[0]] * len(minutes))
    return frame.set_axis(pd.DatetimeIndex(stamps, name="timestamp"), axis=0)


@pytest.mark.parametrize("parts", [((200, 5), (200, 1)), ((200, 1), (200, 5)), ((60, 5), (60, 60))])
def test_check_bars_of_two_sizes_are_refused(parts):
    with pytest.raises(
        DataError, match=r"bars of \d+ s and of \d+ s are mixed, the change is near"
    ):
        check_bars(sized(*parts))


def test_check_bars_with_many_gaps_are_of_one_size():
    check_bars(sized(*[(30, 5), (1, 65)] * 20))


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5])
def test_check_bars_thinly_traded_minutes_are_of_one_size(share):
    kept = np.random.default_rng(1).random(20_000) < share
    steps = np.diff(np.flatnonzero(kept))
    check_bars(sized(*[(1, int(step)) for step in steps]))


def test_check_bars_of_days_are_of_one_size_where_the_clock_changes():
    days = pd.date_range("2023-01-02", periods=900, freq="B", tz="America/Chicago")
    frame = make_bars([ROWS[0]] * len(days))
    check_bars(frame.set_axis(days.rename("timestamp"), axis=0))
