"""Why a kernel cannot be run, in one line: what numba, or Python, says of it in a hundred.

A kernel is tried as plain Python first, where a place beyond an array's end is an error; compiled
code reads and writes there without a word.
"""

import traceback
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numba.core.errors import NumbaError

from data.feature_pass import load_pass, run_in_groups
from data.indicators.bar import FEATURE_BAR, Floats
from data.indicators.spec import FeatureSpec
from data.plain_kernels import plain_kernel, python_of
from utils.errors import ConfigError

LONGEST_REASON = 200
"""Characters of what numba says; it may print whole types."""


class EndedArray(np.ndarray):
    """Floats that refuse a slice beyond their end, as numpy refuses a single place there.

    A slice comes back as a plain array: loops over windows stay fast.
    """

    def __getitem__(self, key):  # type: ignore[no-untyped-def]
        """Return an item, or a part that lies within and is not empty."""
        if isinstance(key, slice):
            part = self.view(np.ndarray)[key]
            ends = [end for end in (key.start, key.stop) if end is not None]
            if max(ends, default=0) > self.shape[0] or part.shape[0] == 0:
                raise IndexError(f"places {key.start} to {key.stop} are not among {self.shape[0]}")
            return part
        return super().__getitem__(key)


def run_pass(specs: Sequence[FeatureSpec], state: Floats, bars: np.recarray, out: Floats) -> None:
    """Run the features' pass, as `load_pass` gives it.

    Raises:
        ConfigError: If it cannot be compiled or a kernel raises, naming the feature and why.
    """
    try:
        run_in_groups(load_pass(specs), len(specs), state, bars, out)
    except Exception as error:  # whatever a user's kernel raises is the user's to mend
        raise _explained(specs, bars, error) from error


def _explained(specs: Sequence[FeatureSpec], bars: np.recarray, error: Exception) -> ConfigError:
    """Return the error of the first feature that cannot be run alone."""
    for spec in specs:
        fault = plain_fault(spec, bars) or _compiled_fault(spec, bars)
        if fault:
            file = Path(_file_of(spec)).name
            return ConfigError(
                f"`{file}`, feature `{spec.name}`: its kernel cannot be run: {fault}"
            )
    return ConfigError(f"the features cannot be computed together: {_reason(error)}")


def plain_fault(spec: FeatureSpec, bars: np.recarray) -> str:
    """Return what goes wrong where a kernel is run as plain Python; "" where nothing does.

    Args:
        spec: The feature.
        bars: FEATURE_BAR records, shape (n,), oldest first.
    """
    kernel = plain_kernel(spec.kernel)
    state = np.zeros(spec.state_size).view(EndedArray)
    parameters = tuple(np.float64(value) for value in spec.parameters)
    out = np.zeros(len(spec.columns)).view(EndedArray)
    for row, bar in enumerate(bars):
        try:
            with np.errstate(all="ignore"):
                kernel(state, parameters, bar, out)
        except Exception as error:  # as above
            return f"{_plain_reason(spec, error)}, at bar {row}"
    return ""


def _file_of(spec: FeatureSpec) -> str:
    """Return the path of the file that a kernel is written in."""
    function = python_of(spec.kernel)
    return "a file" if function is None else function.__code__.co_filename


def _plain_reason(spec: FeatureSpec, error: Exception) -> str:
    """Return what Python says, in the words of one who writes a feature."""
    file = _file_of(spec)
    frames = [
        frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file
    ]
    where = f" (line {frames[-1].lineno})" if frames else ""
    if isinstance(error, AttributeError) and "'record'" in str(error):
        return f"bar has no `{error.name}` (fields: {', '.join(FEATURE_BAR.names or ())}){where}"
    if isinstance(error, IndexError):
        return f"it goes beyond its `state_size`, `columns` or `parameters`: {error}{where}"
    return f"{type(error).__name__}: {' '.join(str(error).split())}{where}"


def _compiled_fault(spec: FeatureSpec, bars: np.recarray) -> str:
    """Return what numba says of one feature; "" where it can be run."""
    out = np.zeros((len(bars), len(spec.columns)))
    try:
        load_pass([spec])(np.zeros(spec.state_size), bars, out, 0, 1)
    except Exception as error:  # as above
        return _reason(error)
    return ""


def _reason(error: Exception) -> str:
    """Return the innermost line of an error, and of which line of a file it speaks."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    if not isinstance(error, NumbaError) or not lines:
        return f"{type(error).__name__}: {' '.join(lines)}"[:LONGEST_REASON]
    said = [line for line in lines if not line.startswith(("Failed in", "File", "During", ">>>"))]
    raised = [line for line in said if "Error: " in line]
    places = [line for line in lines if line.startswith("File ")]
    where = f" (line {places[0].rpartition('line ')[2].rstrip(':')})" if places else ""
    return f"{(raised or said or lines)[0][:LONGEST_REASON]}{where}"
