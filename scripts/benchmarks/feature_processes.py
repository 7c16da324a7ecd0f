"""What features cost a process: compiling them at first, loading them later, and memory.

The seconds begin when the features are asked for: Python, numpy and numba have been loaded.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from data.feature_frames import walking_frame
from data.feature_set import FeatureSet
from data.indicators.bar import Floats
from scripts.benchmarks.line import BenchLine
from scripts.benchmarks.processes import Finished, measured
from utils.errors import DataError
from utils.paths import BARS_DIR, PROJECT_ROOT

RECIPE = "full"
COMPILED_BARS = 400
COPIED = ("utils", "config", "data")
"""The packages that features need. Compiled code is kept beside them: a copy begins without any."""

_COMPILE = f"""
import hashlib, time
from data.feature_frames import walking_frame
from data.feature_set import FeatureSet
frame = walking_frame({COMPILED_BARS})
started = time.perf_counter()
values = FeatureSet(["{RECIPE}"]).compute(frame)
print(hashlib.sha256(values.data).hexdigest(), time.perf_counter() - started)
"""
_COMPUTE = f"""
import hashlib, sys
import pandas as pd
from data.feature_set import FeatureSet
values = FeatureSet(["{RECIPE}"]).compute(pd.read_parquet(sys.argv[1]))
print(hashlib.sha256(values.data).hexdigest())
"""


def compile_lines(suite: str) -> Iterator[BenchLine]:
    """Yield the seconds to the first values where nothing was compiled before, then once more."""
    expected = FeatureSet([RECIPE]).compute(walking_frame(COMPILED_BARS))
    with tempfile.TemporaryDirectory() as folder:
        for package in COPIED:
            shutil.copytree(PROJECT_ROOT / package, Path(folder) / package, ignore=_left_out)
        for name in ("compile_first", "compile_cached"):
            done = measured(["-c", _COMPILE], folder)
            _check_same(done, expected)
            seconds = float(done.printed.split()[1])
            yield BenchLine(suite=suite, name=name, value=seconds, unit="s")


def memory_line(suite: str, frame: pd.DataFrame, values: Floats) -> BenchLine:
    """Return by how much the peak grows when the bars are computed, in sizes of the result.

    The growth is over a process that computes a few bars. Reading the frame counts.

    Args:
        suite: Whose line it is.
        frame: Bars, many: what the libraries themselves need is the same for few.
        values: Their features, shape (n, n_columns).
    """
    with tempfile.TemporaryDirectory() as folder:
        few, all_bars = Path(folder) / "few.parquet", Path(folder) / "all.parquet"
        frame.iloc[:COMPILED_BARS].to_parquet(few)
        frame.to_parquet(all_bars)
        measured(["-c", _COMPUTE, str(few)])  # so that neither of the next two has to compile
        small = measured(["-c", _COMPUTE, str(few)])
        large = measured(["-c", _COMPUTE, str(all_bars)])
    _check_same(small, values[:COMPILED_BARS])
    _check_same(large, values)
    growth = (large.peak_bytes - small.peak_bytes) / values.nbytes
    return BenchLine(suite=suite, name="memory_peak", value=growth, unit="outputs")


def _left_out(folder: str, names: list[str]) -> set[str]:
    """Return what is not copied: the user's bars, and bytecode."""
    here = Path(folder)
    return {name for name in names if name == "__pycache__" or here / name == BARS_DIR}


def _check_same(done: Finished, expected: Floats) -> None:
    """Refuse a process that computed anything else."""
    if done.printed.split()[0] != hashlib.sha256(expected.data).hexdigest():
        raise DataError(f"`{RECIPE}` computed in another process was not the same to the last bit")
