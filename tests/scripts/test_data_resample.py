"""`data.py resample`: a file of bars in, a file of larger bars out."""

import numpy as np
import pandas as pd
import pytest

from config.instruments import get_instrument
from data.bars import check_bars
from data.calendar import calendar
from data.resample import resample_bars
from data.store import load_bars, load_metadata, save_bars
from tests.helpers.cli import assert_one_clear_line, run_script

CLOCK = calendar("equity_index")
NOTES = {"symbol": "MNQ", "bar_seconds": "60", "adjustment": "none", "source": "by hand"}


def minute_bars(stamps):
    closes = 20_000.0 + np.arange(len(stamps)) % 7 * 0.25
    prices = dict.fromkeys(("open", "high", "low", "close"), closes)
    return check_bars(pd.DataFrame({**prices, "volume": 1.0}, index=stamps))


@pytest.fixture
def minutes_file(tmp_path):
    """Return a file of a half day's minutes and six more, made and noted as MNQ."""
    stamps = CLOCK.expected_bars("2024-07-03", "2024-07-04", 60)[: 1_155 + 6]
    path = tmp_path / "minutes.parquet"
    save_bars(minute_bars(stamps), path, NOTES)
    return path


def test_data_resample_writes_larger_bars_and_notes(capsys, tmp_path, minutes_file):
    out = tmp_path / "fives.parquet"

    outcome = run_script(capsys, "data", "resample", minutes_file, "--minutes", 5, "--out", out)

    mnq = get_instrument("MNQ")
    assert outcome.exit_code == 0
    expected = resample_bars(load_bars(minutes_file, mnq), 5, CLOCK)
    pd.testing.assert_frame_equal(load_bars(out, mnq), expected)
    assert len(expected) == 231 + 1
    assert load_metadata(out) == {**NOTES, "bar_seconds": "300", "quality": ""}
    text = " ".join(outcome.out.split())
    assert text.startswith("1,161 bars of 60 s made 232 of 300 s, 2024-07-02 22:00:00+00:00 to")
    assert "left out, because the larger bar they belong to is not over: 1" in text
    assert "warning" not in text


def test_data_resample_bars_outside_hours_are_mentioned(capsys, tmp_path):
    stamps = CLOCK.expected_bars("2025-01-10", "2025-01-10", 60)
    file, out = tmp_path / "in.parquet", tmp_path / "out.parquet"
    saturday = pd.DatetimeIndex(["2025-01-11T16:00Z", "2025-01-12T23:00Z"])
    save_bars(minute_bars(stamps.union(saturday)), file, {})

    outcome = run_script(
        capsys, "data", "resample", file, "--minutes", 60, "--symbol", "nq", "--out", out
    )

    assert outcome.exit_code == 0
    assert "warning: outside the calendar's hours, kept in bars of their own: 1" in outcome.out
    assert load_metadata(out)["symbol"] == "NQ"


@pytest.mark.parametrize(("adjustment", "exit_code"), [("ratio", 0), ("difference", 2)])
def test_data_resample_only_ratio_adjusted_bars_may_leave_the_grid(
    capsys, tmp_path, minutes_file, adjustment, exit_code
):
    file, out = tmp_path / "in.parquet", tmp_path / "out.parquet"
    bars = pd.read_parquet(minutes_file).set_index("timestamp") * 1.00001
    save_bars(bars, file, {**NOTES, "adjustment": adjustment})

    outcome = run_script(capsys, "data", "resample", file, "--minutes", 5, "--out", out)

    assert outcome.exit_code == exit_code
    assert out.exists() == (exit_code == 0)


def test_data_resample_own_calendar_is_used(capsys, tmp_path, minutes_file):
    own = tmp_path / "own.toml"
    own.write_text(
        '[[session]]\ndates = ["2024-07-03"]\ntemplates = ["equity_index"]\nclose = "12:07"\n'
    )
    arguments = [minutes_file, "--minutes", 5, "--out", tmp_path / "out.parquet"]

    outcome = run_script(capsys, "data", "resample", *arguments, "--overrides", own)

    assert "warning: outside the calendar's hours, kept in bars of their own: 8" in outcome.out


def test_data_resample_mistakes_are_refused_with_one_line(capsys, tmp_path, minutes_file):
    out = tmp_path / "out.parquet"

    def refusal(file, minutes, *more):
        return run_script(capsys, "data", "resample", file, "--minutes", minutes, *more)

    assert_one_clear_line(
        refusal(minutes_file, 0, "--out", out), "`minutes` must be 1 to 1,439, was 0"
    )
    assert_one_clear_line(
        refusal(minutes_file, 5, "--out", minutes_file), "is the file itself; choose another name"
    )
    assert_one_clear_line(
        refusal(tmp_path / "gone.parquet", 5, "--out", out), "gone.parquet`; check the path"
    )
    assert_one_clear_line(
        refusal(minutes_file, 5, "--symbol", "XYZ", "--out", out), "unknown symbol `XYZ`"
    )
    assert_one_clear_line(
        refusal(minutes_file, 5, "--overrides", tmp_path / "no.toml", "--out", out),
        "cannot read the calendar overrides",
    )
    assert not out.exists()


def test_data_resample_file_without_symbol_needs_one(capsys, tmp_path, minutes_file):
    bare = tmp_path / "bare.parquet"
    save_bars(pd.read_parquet(minutes_file), bare, {})

    outcome = run_script(
        capsys, "data", "resample", bare, "--minutes", 5, "--out", tmp_path / "out.parquet"
    )

    assert_one_clear_line(outcome, "does not say what its bars are of; give --symbol, e.g. MNQ")


def test_data_resample_too_few_bars_are_refused(capsys, tmp_path, minutes_file):
    few = tmp_path / "few.parquet"
    save_bars(pd.read_parquet(minutes_file).iloc[:4], few, NOTES)

    outcome = run_script(
        capsys, "data", "resample", few, "--minutes", 5, "--out", tmp_path / "out.parquet"
    )

    assert_one_clear_line(outcome, "4 bars make no whole bar of 5 minutes; give more")
