"""The quality report: one planted defect of each kind is found, counted, located and explained."""

import json

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from config.instruments import get_instrument
from data.bars import check_bars
from data.calendar import calendar_of
from data.defects import DEFECTS, Severity
from data.quality import check_file, quality_report
from data.repair import ACCEPT_CHANGED, REPAIRS
from data.row_checks import ROW_CHECKS
from data.store import save_bars
from tests.helpers.bars import real_data
from tests.helpers.clocks import StoppedClock
from utils.errors import DataError

MNQ = get_instrument("MNQ")
CLOCK = StoppedClock("2026-03-06T18:00:00+00:00")


def two_sessions():
    """Return sound bars of Monday 2024-01-22 and Tuesday, 552 rows that rise and fall a little."""
    stamps = calendar_of("MNQ").expected_bars("2024-01-22", "2024-01-23", 300)
    open_ = 17_000.0 + np.arange(len(stamps)) % 2
    prices = {"open": open_, "high": open_ + 1.0, "low": open_ - 1.0, "close": open_}
    return check_bars(pd.DataFrame({**prices, "volume": 100.0}, index=stamps))


def with_value(row, column, value):
    """Return the two sessions with one value set."""
    bars = two_sessions()
    bars.iloc[row, bars.columns.get_loc(column)] = value
    return bars


def findings(frame, symbol="MNQ", adjustment="none"):
    """Return what a report finds, by code."""
    report = quality_report(frame, get_instrument(symbol), adjustment=adjustment, clock=CLOCK)
    return {found.code: found for found in report.findings}


def at(stamp, *, source=0):
    """Return a bar like that of row `source`, at another time."""
    row = two_sessions().iloc[[source]]
    return row.set_axis(pd.DatetimeIndex([stamp], tz="UTC", name="timestamp"), axis=0)


def test_quality_report_sound_bars_have_no_findings():
    report = quality_report(two_sessions(), MNQ)

    assert report.findings == ()
    assert report.summary == "0 errors, 0 warnings"
    assert (report.n_rows, report.bar_seconds, len(report.sessions)) == (552, 300, 2)
    assert not report.has_errors


ROWS = two_sessions()
PLANTED = {
    "missing_stamps": lambda: with_value(0, "open", 17_000.0).set_axis(
        ROWS.index.where(np.arange(552) != 7), axis=0
    ),
    "not_finite": lambda: with_value(7, "close", np.nan),
    "ohlc_violations": lambda: with_value(7, "high", 16_999.0),
    "negative_volumes": lambda: with_value(7, "volume", -1.0),
    "not_positive": lambda: with_value(7, "low", 0.0),
    "off_tick": lambda: with_value(7, "high", 17_002.1),
    "out_of_order": lambda: ROWS.iloc[[*range(7), 8, 7, *range(9, 552)]],
    "duplicates": lambda: pd.concat([ROWS.iloc[:8], ROWS.iloc[7:]]),
    "conflicting_duplicates": lambda: pd.concat([with_value(7, "volume", 1.0)[:8], ROWS.iloc[7:]]),
    "overlapping_contracts": lambda: pd.concat(
        [ROWS.assign(contract="MNQH24"), ROWS.iloc[[7]].assign(contract="MNQM24")]
    ),
    "outside_hours": lambda: pd.concat([ROWS, at("2024-01-27T12:00")]),
    "misaligned": lambda: pd.concat([ROWS, at("2024-01-23T21:56")]),
    "missing_sessions": lambda: pd.concat([ROWS, at("2024-01-24T23:00")]),
    "short_sessions": lambda: ROWS.drop(ROWS.index[300:400]),
    "missing_bars": lambda: ROWS.drop(ROWS.index[300:303]),
    "jumps": lambda: pd.concat([ROWS[:300], ROWS[300:].assign(**{
        name: ROWS[name][300:] + 100.0 for name in ("open", "high", "low", "close")})]),
    "spikes": lambda: with_value(300, "high", 17_100.0),
    "moved_without_volume": lambda: with_value(7, "volume", 0.0),
    "flat_without_volume": lambda: with_value(7, "volume", 0.0).assign(
        high=lambda bars: bars["high"].where(np.arange(552) != 7, bars["open"]),
        low=lambda bars: bars["low"].where(np.arange(552) != 7, bars["open"]),
    ),
    "no_zone": lambda: ROWS.tz_localize(None),
    "text_numbers": lambda: ROWS.astype({"volume": str}),
    "in_future": lambda: ROWS.set_axis(ROWS.index + pd.Timedelta(days=26_000), axis=0),
    "out_of_range": lambda: with_value(7, "low", 0.5),
    "rth_only": lambda: ROWS[calendar_of("MNQ").is_rth(ROWS.index)],
}  # fmt: skip
"""A frame with the defect, by its code."""


@pytest.mark.parametrize("code", list(PLANTED))
def test_quality_report_planted_defect_is_found_as_bad_as_it_is(code):
    found = findings(PLANTED[code]())[code]

    assert found.severity is DEFECTS[code].severity
    assert found.count >= 1
    assert found.problem
    assert found.advice


@pytest.mark.parametrize("code", list(ROW_CHECKS))
def test_quality_report_one_bad_row_is_counted_and_located(code):
    found = findings(PLANTED[code]())[code]

    assert found.count == 1
    assert len(found.first) == 1
    assert "no stamp (row 7)" in found.first[0] or "(row " in found.first[0]


def test_quality_report_every_planted_error_is_refused_by_check_bars():
    for code in ROW_CHECKS:
        if code != "not_positive":  # legal for some products, so left to the report
            with pytest.raises(DataError):
                check_bars(PLANTED[code](), MNQ)


def test_quality_report_all_defects_are_planted_somewhere():
    elsewhere = {"changed", "special_sessions", "beyond_calendar"}

    assert set(PLANTED) | elsewhere == set(DEFECTS)


def test_defects_name_repairs_that_exist():
    named = {defect.repair for defect in DEFECTS.values()} - {None}

    assert named == {*REPAIRS, ACCEPT_CHANGED}


def test_quality_report_gaps_are_told_longest_first():
    bars = two_sessions()
    found = findings(bars.drop(bars.index[[10, *range(100, 105)]]))["missing_bars"]

    assert found.count == 6
    assert found.first == (
        "2 gaps",
        "2024-01-22T07:20:00+00:00: 5 bars",
        "2024-01-21T23:50:00+00:00: 1 bars",
    )


def test_quality_report_negative_crude_oil_is_legal_and_negative_nasdaq_is_not():
    for symbol, adjustment, severity in (
        ("CL", "none", Severity.INFO),
        ("MNQ", "difference", Severity.INFO),
        ("MNQ", "none", Severity.ERROR),
    ):
        found = findings(with_value(7, "low", -37.0), symbol, adjustment)["not_positive"]
        assert found.severity is severity


def test_quality_report_numbers_stored_as_text_are_an_error_and_named():
    found = findings(ROWS.astype({"open": str, "volume": str}))["text_numbers"]

    assert (found.severity, found.count) == (Severity.ERROR, 552)
    assert found.first == ("columns open, volume",)


@pytest.mark.parametrize(("hours", "count"), [(0, 0), (1, 1), (48, 1)])
def test_quality_report_bars_of_a_day_that_has_not_come_are_found(hours, count):
    latest = pd.Timestamp("2024-01-24T21:55Z")
    now = latest - pd.Timedelta(days=1, hours=hours)
    rows = pd.concat([ROWS, at(latest.tz_localize(None))])
    report = quality_report(rows, MNQ, clock=StoppedClock(now.isoformat()))
    found = [found for found in report.findings if found.code == "in_future"]

    assert len(found) == count
    assert all(each.severity is Severity.WARNING for each in found)
    assert hours != 1 or found[0].first[0].startswith("2024-01-24T21:55:00+00:00 (row 552)")


def test_quality_report_bars_of_another_symbol_are_found():
    found = findings(ROWS, "6E")["out_of_range"]

    assert found.count == 552
    assert found.first[0] == "6E lies in 0.4 to 4"
    assert "is the symbol right?" in found.advice


def test_quality_report_ratio_adjusted_prices_may_lie_off_the_grid():
    assert findings(ROWS / 1.01, adjustment="ratio")["off_tick"].severity is Severity.INFO


def test_quality_report_many_flat_bars_are_a_warning():
    bars = two_sessions()
    bars.iloc[100:150, :4] = 17_000.0
    bars.iloc[100:150, 4] = 0.0
    found = findings(bars)["flat_without_volume"]

    assert (found.severity, found.count) == (Severity.WARNING, 50)
    assert found.first[0] == "9.06% of the bars, longest run 50"


def test_quality_report_bars_before_the_calendar_are_said_not_to_be_compared():
    stamps = pd.date_range("1960-01-04", periods=5, freq="D", tz="UTC", name="timestamp")
    report = quality_report(two_sessions()[:5].set_axis(stamps, axis=0), MNQ)

    assert [found.code for found in report.findings] == ["beyond_calendar"]
    assert len(report.sessions) == 0
    assert report.to_dict()["bars_expected"] == 0


def test_quality_report_rows_without_any_value_are_reported_not_raised():
    bars = two_sessions()[:5]
    bars.iloc[:, :] = np.nan
    bars.index = pd.DatetimeIndex([pd.NaT] * 5, tz="UTC", name="timestamp")
    report = quality_report(bars, MNQ)

    assert report.span is None
    assert [found.code for found in report.findings] == ["missing_stamps", "not_finite"]


def test_quality_report_single_bar_is_enough():
    assert quality_report(two_sessions()[:1], MNQ).summary == "0 errors, 0 warnings"


def test_quality_report_summary_and_json_tell_the_same():
    frame = pd.concat([ROWS[:8], ROWS[7:300], ROWS[303:]])
    report = quality_report(frame, MNQ)
    told = json.loads(json.dumps(report.to_dict()))

    assert report.summary == "1 error, 1 warning: duplicates 1, missing_bars 3"
    assert told["summary"] == report.summary
    assert told["sessions_that_differ"] == [
        {"trade_date": "2024-01-23", "expected": 276, "present": 273, "note": ""}
    ]
    assert [found["code"] for found in told["findings"]] == ["duplicates", "missing_bars"]
    assert told["bars_expected"] - told["bars_present"] == 3


def test_check_file_values_edited_under_the_fingerprint_are_found(tmp_path):
    path = tmp_path / "bars.parquet"
    save_bars(ROWS, path, {"symbol": "MNQ"})
    table = pq.read_table(path)
    volume = pa.array([7.0, *table.column("volume").to_pylist()[1:]])
    pq.write_table(table.set_column(table.schema.get_field_index("volume"), "volume", volume), path)

    assert check_file(path, MNQ).summary == "1 error, 0 warnings: changed 552"


def test_check_file_reads_the_adjustment_from_the_file(tmp_path):
    path = tmp_path / "bars.parquet"
    save_bars(ROWS / 1.01, path, {"adjustment": "ratio"})

    assert not check_file(path, MNQ).has_errors


@pytest.mark.parametrize(
    ("name", "symbol", "summary"),
    [
        ("NQ_5min", "NQ", "0 errors, 2 warnings: missing_sessions 1, jumps 18"),
        ("NQ_5min_backadj", "MNQ", "0 errors, 2 warnings: missing_sessions 1, jumps 13"),
        ("NQ_5min_2023q1", "NQ", "0 errors, 0 warnings"),
        ("MNQU25_5min", "MNQ", "0 errors, 2 warnings: outside_hours 1, jumps 4"),
        ("BTCUSDT_5min", "BTCUSDT", "0 errors, 0 warnings"),
        ("6E_5min", "6E", "0 errors, 1 warning: spikes 1"),
    ],
)
def test_check_file_real_bars_have_these_defects_and_no_others(name, symbol, summary):
    report = check_file(real_data(f"{name}.parquet"), get_instrument(symbol))

    assert report.summary == summary


def test_check_file_real_nasdaq_has_the_defects_that_are_known_of_it():
    report = check_file(real_data("NQ_5min.parquet"), get_instrument("NQ"))
    found = {finding.code: finding for finding in report.findings}

    assert found["missing_sessions"].first == ("2025-06-30: 0 of 276 bars",)
    assert "2025-01-09: 186 of 186 bars" in found["special_sessions"].first[0]
    assert any("2025-04-06T22:00" in line and "(-793.5)" in line for line in found["jumps"].first)
    assert found["flat_without_volume"].count == 2


@pytest.mark.parametrize(
    ("name", "symbol", "n_violations"),
    [("BZ_yahoo", "BZ", 30), ("CL_yahoo", "CL", 7), ("SI_yahoo", "SI", 57), ("ZC_yahoo", "ZC", 3)],
)
def test_check_file_real_daily_bars_of_yahoo_have_ohlc_violations(name, symbol, n_violations):
    report = check_file(real_data(f"daily/{name}.parquet"), get_instrument(symbol))
    found = {finding.code: finding for finding in report.findings}

    assert found["ohlc_violations"].count == n_violations
    assert found.get("outside_hours") is None


def test_check_file_real_contracts_overlap_and_must_be_rolled():
    report = check_file(real_data("NQ_5min_contracts.parquet"), get_instrument("NQ"))
    errors = report.of(Severity.ERROR)

    assert [(found.code, found.count) for found in errors] == [("overlapping_contracts", 13_594)]
    assert "roll" in errors[0].advice
