"""Which rows are wrong, by hand-made rows with one defect each."""

import numpy as np
import pandas as pd
import pytest

from config.instruments import get_instrument
from data.row_checks import ROW_CHECKS, found_rows
from tests.helpers.bars import make_bars
from utils.errors import DataError

MNQ = get_instrument("MNQ")
SOUND = (100.0, 101.0, 99.0, 100.5)
START = pd.Timestamp("2024-01-02T15:00:00Z")


def frame_of(*rows, minutes=None):
    """Return rows of (open, high, low, close, volume), five minutes apart or at `minutes`."""
    minutes = [5 * i for i in range(len(rows))] if minutes is None else minutes
    stamps = pd.DatetimeIndex([START + pd.Timedelta(minutes=m) for m in minutes])
    columns = ["open", "high", "low", "close", "volume"]
    return pd.DataFrame(rows, columns=columns, index=stamps.rename("timestamp"), dtype=float)


def wrong_rows(frame, code, symbol="MNQ"):
    """Return the numbers of the rows that a check points at."""
    mask = ROW_CHECKS[code](found_rows(frame, "bars"), get_instrument(symbol))
    return np.flatnonzero(mask).tolist()


GOOD = (*SOUND, 10.0)


@pytest.mark.parametrize(
    ("code", "bad"),
    [
        ("not_finite", (np.nan, 101.0, 99.0, 100.5, 10.0)),
        ("not_finite", (100.0, np.inf, 99.0, 100.5, 10.0)),
        ("not_finite", (100.0, 101.0, 99.0, 100.5, np.nan)),
        ("ohlc_violations", (100.0, 100.25, 99.0, 100.5, 10.0)),
        ("ohlc_violations", (100.0, 101.0, 100.25, 100.5, 10.0)),
        ("ohlc_violations", (100.0, 98.0, 99.0, 98.5, 10.0)),
        ("negative_volumes", (100.0, 101.0, 99.0, 100.5, -1.0)),
        ("not_positive", (0.0, 101.0, 0.0, 100.5, 10.0)),
        ("not_positive", (-37.5, 101.0, -40.0, 100.5, 10.0)),
        ("off_tick", (100.1, 101.0, 99.0, 100.5, 10.0)),
    ],
)
def test_row_check_one_bad_row_is_the_only_one_pointed_at(code, bad):
    frame = frame_of(GOOD, GOOD, bad, GOOD)

    assert wrong_rows(frame, code) == [2]
    assert {name for name in ROW_CHECKS if wrong_rows(frame, name)} == {code}


@pytest.mark.parametrize("code", list(ROW_CHECKS))
def test_row_check_sound_rows_are_not_pointed_at(code):
    assert wrong_rows(frame_of(GOOD, GOOD, GOOD), code) == []


def test_missing_stamps_are_pointed_at_and_not_called_duplicates():
    frame = frame_of(GOOD, GOOD, GOOD)
    frame.index = pd.DatetimeIndex([START, pd.NaT, pd.NaT], name="timestamp")

    assert wrong_rows(frame, "missing_stamps") == [1, 2]
    assert wrong_rows(frame, "duplicates") == []
    assert wrong_rows(frame, "out_of_order") == []


def test_out_of_order_points_at_each_step_back():
    assert wrong_rows(frame_of(*[GOOD] * 5, minutes=[0, 10, 5, 15, 0]), "out_of_order") == [2, 4]


def test_out_of_order_looks_past_a_missing_stamp():
    frame = frame_of(*[GOOD] * 3, minutes=[10, 0, 5])
    frame.index = pd.DatetimeIndex([frame.index[0], pd.NaT, frame.index[2]], name="timestamp")

    assert wrong_rows(frame, "out_of_order") == [2]


def test_duplicates_the_last_of_equal_rows_is_kept_and_others_conflict():
    other = (100.0, 101.0, 99.0, 100.25, 10.0)
    frame = frame_of(GOOD, other, GOOD, GOOD, minutes=[0, 0, 0, 5])

    assert wrong_rows(frame, "duplicates") == [0]
    assert wrong_rows(frame, "conflicting_duplicates") == [1]
    assert wrong_rows(frame, "overlapping_contracts") == []


def test_overlapping_contracts_are_neither_duplicates_nor_out_of_order():
    frame = frame_of(*[GOOD] * 4, minutes=[0, 5, 0, 5]).assign(contract=["H", "H", "M", "M"])

    assert wrong_rows(frame, "overlapping_contracts") == [0, 1]
    for code in ("duplicates", "conflicting_duplicates", "out_of_order"):
        assert wrong_rows(frame, code) == []


def test_found_rows_takes_a_column_of_stamps_in_any_zone_and_text_for_numbers():
    frame = frame_of(GOOD, GOOD).tz_convert("America/Chicago").reset_index()
    frame["volume"] = ["12", "many"]

    rows = found_rows(frame, "bars")

    assert rows.stamps[0] == START
    assert not rows.is_naive
    assert rows.frame["volume"].iloc[0] == 12.0
    assert np.isnan(rows.frame["volume"].iloc[1])


def test_found_rows_naive_stamps_are_taken_for_utc_and_remembered():
    rows = found_rows(frame_of(GOOD).tz_localize(None), "bars")

    assert rows.is_naive
    assert rows.stamps[0] == START


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (make_bars([SOUND])[:0], "there are no bars"),
        (make_bars([SOUND])[["open", "close"]], "high, low, volume is not .*present: open, close"),
        (make_bars([SOUND]).reset_index(drop=True), "`timestamp` must be .* dates, was int64"),
        (make_bars([SOUND]).assign(timestamp="today"), "`timestamp` must be .* dates, was str"),
    ],
)
def test_found_rows_that_cannot_be_looked_at_are_refused(frame, message):
    with pytest.raises(DataError, match=message):
        found_rows(frame, "bars")


def test_found_rows_years_that_no_stamp_can_hold_are_refused():
    stamps = pd.DatetimeIndex(np.array(["3024-01-02"], dtype="datetime64[s]"), tz="UTC")

    with pytest.raises(DataError, match="outside the years 1678 to 2261"):
        found_rows(make_bars([SOUND]).set_axis(stamps.rename("timestamp"), axis=0), "bars")
