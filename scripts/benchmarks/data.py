"""How fast bars are made, imported and resampled, and in how much memory."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq

from data.bars import bar_seconds
from data.calendar import calendar_of
from data.synthetic import synthetic_bars
from scripts.benchmarks.line import BenchLine
from scripts.benchmarks.processes import measured
from utils.errors import DataError
from utils.paths import PROJECT_ROOT

SUITE = "data"
SYNTHETIC_BARS = 1_000_000
MINUTE_ROWS = 10_000_000
QUICK_SHARE = 20
"""A quick run measures one twentieth of the work."""

FIRST_SESSION, LAST_SESSION = "1995-01-03", "2025-12-31"
"""Sessions of the minute bars: more than enough of them."""


def data_suite(quick: bool) -> Iterator[BenchLine]:
    """Yield one line after the other, each once its work has been checked."""
    share = QUICK_SHARE if quick else 1
    yield _synthetic(SYNTHETIC_BARS // share)
    with tempfile.TemporaryDirectory() as folder:
        yield from _commands(Path(folder), MINUTE_ROWS // share)


def _synthetic(n_bars: int) -> BenchLine:
    """Time the default market, compiled beforehand, and check it against a shorter one."""
    beginning = synthetic_bars(n_bars // 10, seed=1)
    started = time.perf_counter()
    bars = synthetic_bars(n_bars, seed=1)
    seconds = time.perf_counter() - started
    if len(bars) != n_bars or not bars.iloc[: len(beginning)].equals(beginning):
        raise DataError("a longer synthetic market did not begin with the shorter one")
    if bar_seconds(bars.index) != 300:
        raise DataError(f"the synthetic bars were of {bar_seconds(bars.index)} s, not 300")
    return BenchLine(suite=SUITE, name="synth_1m_bars", value=seconds, unit="s")


def _commands(folder: Path, n_rows: int) -> Iterator[BenchLine]:
    """Time `data.py import` and `data.py resample` of one-minute rows, as processes."""
    text, imported, larger = (folder / name for name in ("rows.csv", "1.parquet", "5.parquet"))
    _write_minutes(text, n_rows)
    words = ["import", str(text), "--symbol", "MNQ", "--out", str(imported)]
    yield from _measured("import_10m", words, imported, n_rows)
    words = ["resample", str(imported), "--minutes", "5", "--out", str(larger)]
    yield from _measured("resample_10m", words, larger, n_rows // 5)


def _write_minutes(path: Path, n_rows: int) -> None:
    """Write a walk on the tick grid, one row per minute of the exchange's sessions."""
    stamps = calendar_of("MNQ").expected_bars(FIRST_SESSION, LAST_SESSION, 60)[:n_rows]
    steps = np.random.default_rng(0).integers(-4, 5, len(stamps))
    close = 20_000.0 + 0.25 * np.cumsum(steps)
    table = {
        "timestamp": pa.array(stamps.as_unit("s")),
        "open": close - 0.25 * steps,
        "high": np.maximum(close, close - 0.25 * steps),
        "low": np.minimum(close, close - 0.25 * steps),
        "close": close,
        "volume": np.arange(len(stamps)) % 1_000,
    }
    pa_csv.write_csv(pa.table(table), path)


def _measured(name: str, words: list[str], out: Path, n_expected: int) -> Iterator[BenchLine]:
    """Yield the seconds and the peak memory of one command; it must have made enough bars."""
    done = measured([str(PROJECT_ROOT / "scripts" / "data.py"), *words])
    n_made = pq.read_metadata(out).num_rows
    if n_made < 0.99 * n_expected:
        raise DataError(f"`data.py {words[0]}` made {n_made} bars of {n_expected}")
    yield BenchLine(suite=SUITE, name=f"{name}_rows", value=done.seconds, unit="s")
    yield BenchLine(suite=SUITE, name=f"{name}_peak", value=done.peak_bytes / 1e9, unit="GB")
