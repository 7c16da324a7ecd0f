"""What must hold before a feature's code is trusted to run: its specification, and its memory.

What it computes is left to data/feature_checks.py.
"""

import numpy as np
import pandas as pd

from data.feature_pass import load_pass
from data.feature_problems import Problems, differing, of_all
from data.feature_set import FeatureSet
from data.indicators.bar import Floats, feature_bars
from data.indicators.spec import FeatureSpec

N_GUARDS = 64
"""Floats before and after state and output, to see whether a kernel goes beyond its own."""


def check_spec(features: FeatureSet, frame: pd.DataFrame) -> Problems:
    """Find specifications that are incomplete or contradict themselves."""
    del frame  # nothing is computed
    found = {spec.name: _spec_problem(spec) for spec in features.specs}
    return {name: problem for name, problem in found.items() if problem}


def _spec_problem(spec: FeatureSpec) -> str:
    """Return what is wrong with a specification, "" where nothing is."""
    texts = {name: getattr(spec, name) for name in ("formula", "source", "unit", "bounds")}
    silent = [name for name, text in texts.items() if not text]
    if silent:
        return f"`{silent[0]}` must say something"
    if not spec.columns or len(set(spec.columns)) < len(spec.columns):
        return f"`columns` must be different names, was {spec.columns}"
    if not np.isfinite(spec.centre) or not 0.0 < spec.spread < np.inf:
        return f"`centre` must be finite and `spread` > 0, was {spec.centre} and {spec.spread}"
    return _length_problem(spec)


def _length_problem(spec: FeatureSpec) -> str:
    """Return what is wrong with the lengths of a specification, "" where nothing is."""
    if spec.state_size < 0 or spec.warm_up < 0:
        return "`state_size` and `warm_up` must be >= 0"
    if spec.lookback is not None and spec.lookback < 1:
        return f"`lookback` must be >= 1 (this bar counts), or None, was {spec.lookback}"
    for first, stop in spec.price_state:
        if not 0 <= first < stop <= spec.state_size:
            return f"`price_state` ({first}, {stop}) must lie in the state of {spec.state_size}"
    return ""


def check_memory(features: FeatureSet, frame: pd.DataFrame) -> Problems:
    """Find kernels that use more state, or write more columns, than their specification says.

    Compiled code does not look where it reads and writes, so this comes before all that trusts it.
    """
    values = []
    for guard in (-1.0, 7.0):
        state, inner_state = _guarded(sum(spec.state_size for spec in features.specs), guard)
        inner_state[:] = 0.0
        out, inner_out = _guarded(len(frame) * len(features.columns), guard)
        rows = inner_out.reshape(len(frame), len(features.columns))
        load_pass(features.specs)(inner_state, feature_bars(frame), rows)
        for name, memory in (("state_size", state), ("columns", out)):
            if (memory[:N_GUARDS] != guard).any() or (memory[-N_GUARDS:] != guard).any():
                return of_all(features, f"the kernel writes beyond its `{name}`")
        values.append(rows)
    return differing(features, values[0], values[1], "reads beyond its state, or a value not set")


def _guarded(size: int, guard: float) -> tuple[Floats, Floats]:
    """Return memory full of `guard`, and the part of it between the guards."""
    memory = np.full(size + 2 * N_GUARDS, guard)
    return memory, memory[N_GUARDS : N_GUARDS + size]
