"""Whether a kernel keeps to its own memory: its state, its columns, and nothing besides.

What it computes is left to data/feature_checks.py.
"""

import numpy as np
import pandas as pd

from data.feature_problems import Problems, differing, of_all
from data.feature_set import FeatureSet
from data.indicators.bar import Floats, feature_bars
from data.indicators.spec import FeatureSpec
from data.kernel_faults import plain_fault, run_pass
from data.plain_kernels import foreign_value

N_GUARDS = 65_536
"""Floats before and after state and output, to see whether a kernel goes beyond its own."""

PLAIN_BARS = 400
"""Bars after the warm-up that a kernel is run on as plain Python, which is slow."""

GUARDS = (-1.0, 0.0, 7.0)
"""What they hold in turn: a kernel that reads one of them tells by its values."""


def check_memory(features: FeatureSet, frame: pd.DataFrame) -> Problems:
    """Find kernels that use more state, or write more columns, than their specification says.

    Compiled code does not look where it reads and writes, so each kernel is read first, and run as
    plain Python, before what is compiled of it is trusted to run at all.
    """
    bars = feature_bars(frame)
    found = {spec.name: _fault(spec, bars) for spec in features.specs}
    problems = {name: problem for name, problem in found.items() if problem}
    return problems or _check_guards(features, bars)


def _fault(spec: FeatureSpec, bars: np.recarray) -> str:
    """Return what is wrong with a kernel as it is written; "" where nothing is."""
    fault = foreign_value(spec.kernel)
    if fault:
        return fault
    first = bars[: spec.warm_up + PLAIN_BARS].view(np.recarray)
    fault = plain_fault(spec, first)
    return f"its kernel cannot be run: {fault}" if fault else ""


def _check_guards(features: FeatureSet, bars: np.recarray) -> Problems:
    """Find compiled kernels that read or write beside their state and columns."""
    values = []
    for guard in GUARDS:
        state, inner_state = _guarded(sum(spec.state_size for spec in features.specs), guard)
        inner_state[:] = 0.0
        out, inner_out = _guarded(len(bars) * len(features.columns), guard)
        rows = inner_out.reshape(len(bars), len(features.columns))
        run_pass(features.specs, inner_state, bars, rows)
        for name, memory in (("state_size", state), ("columns", out)):
            if (memory[:N_GUARDS] != guard).any() or (memory[-N_GUARDS:] != guard).any():
                return of_all(features, f"the kernel writes beyond its `{name}`")
        values.append(rows)
    problem = "reads beyond its state, or a value not set, or is a matter of chance"
    return differing(features, values[0], values[1], problem) or differing(
        features, values[1], values[2], problem
    )


def _guarded(size: int, guard: float) -> tuple[Floats, Floats]:
    """Return memory full of `guard`, and the part of it between the guards."""
    memory = np.full(size + 2 * N_GUARDS, guard)
    return memory, memory[N_GUARDS : N_GUARDS + size]
