"""What must hold of a feature's specification before its code is run.

How the code uses its memory is left to data/feature_memory.py, what it computes to
data/feature_checks.py.
"""

import math
from collections.abc import Iterator
from numbers import Integral, Real
from typing import get_args

import pandas as pd

from data.bars import BAR_COLUMNS
from data.feature_problems import Problems
from data.feature_set import FeatureSet
from data.indicators.spec import FeatureSpec, SessionRule
from data.optional_columns import OPTIONAL_COLUMNS

TEXTS = ("formula", "source", "unit", "bounds")
RESERVED = ("timestamp", *BAR_COLUMNS, *OPTIONAL_COLUMNS)
"""Columns of the bars themselves."""


def check_spec(features: FeatureSet, frame: pd.DataFrame) -> Problems:
    """Find specifications that cannot be used, are incomplete or contradict themselves."""
    del frame  # nothing is computed
    found = {spec.name: spec_problem(spec) for spec in features.specs}
    return {name: problem for name, problem in found.items() if problem}


def spec_problem(spec: FeatureSpec) -> str:
    """Return the first thing that is wrong with a specification, "" where nothing is."""
    return unusable(spec) or next(_incomplete(spec), "")


def unusable(spec: FeatureSpec) -> str:
    """Return why no pass can be made of a specification, "" where one can.

    Nothing is taken for granted of the fields' types: users write them.
    """
    return next(_mistyped(spec), "") or next(_misfitting(spec), "")


def _mistyped(spec: FeatureSpec) -> Iterator[str]:
    """Yield what is wrong with the types of a specification's fields."""
    for name in ("state_size", "warm_up", "version"):
        if not _is_whole(getattr(spec, name)):
            yield f"`{name}` must be a whole number, was {getattr(spec, name)!r}"
    if spec.lookback is not None and not _is_whole(spec.lookback):
        yield f"`lookback` must be a whole number or None, was {spec.lookback!r}"
    for name in ("centre", "spread"):
        if not _is_number(getattr(spec, name)):
            yield f"`{name}` must be a number, was {getattr(spec, name)!r}"
    for name in TEXTS:
        if not isinstance(getattr(spec, name), str):
            yield f"`{name}` must be text, was {getattr(spec, name)!r}"
    if not isinstance(spec.needs_other, bool):
        yield f"`needs_other` must be True or False, was {spec.needs_other!r}"
    for name in ("columns", "parameters", "price_state"):
        if not isinstance(getattr(spec, name), tuple):
            value = getattr(spec, name)
            yield f"`{name}` must be a tuple, was {value!r}; one item needs a comma: (x,)"


def _misfitting(spec: FeatureSpec) -> Iterator[str]:
    """Yield what else keeps a specification from being used; its fields have the right types."""
    for name in (spec.name, *spec.columns):
        if not isinstance(name, str) or not name.isidentifier():
            yield f"a name must be letters, digits and _, not a digit first, was {name!r}"
        elif name in RESERVED:
            yield f"`{name}` is a column of the bars; choose another name"
    if not spec.columns or len(set(spec.columns)) < len(spec.columns):
        yield f"`columns` must be different names, was {spec.columns}"
    for value in spec.parameters:
        if not _is_number(value) or not math.isfinite(value):
            yield f"`parameters` must be finite numbers, was {spec.parameters}"
    if spec.state_size < 0 or spec.warm_up < 0:
        yield (f"`state_size` and `warm_up` must be >= 0, was {spec.state_size} and {spec.warm_up}")
    for part in spec.price_state:
        if not isinstance(part, tuple) or len(part) != 2 or not all(map(_is_whole, part)):
            yield f"`price_state` must be pairs such as ((1, 11),), was {spec.price_state}"
        elif not 0 <= part[0] < part[1] <= spec.state_size:
            yield f"`price_state` {part} must lie in the state of {spec.state_size}"


def _incomplete(spec: FeatureSpec) -> Iterator[str]:
    """Yield what a usable specification lacks, or says that cannot be."""
    for name in TEXTS:
        if not getattr(spec, name).strip():
            yield f"`{name}` must say something"
    if not math.isfinite(spec.centre) or not 0.0 < spec.spread < math.inf:
        yield f"`centre` must be finite and `spread` > 0, was {spec.centre} and {spec.spread}"
    if spec.lookback is not None and spec.lookback < spec.warm_up + 1:
        yield (
            f"`lookback` must be >= `warm_up` + 1 ({spec.warm_up + 1}), this bar counts, or None, "
            f"was {spec.lookback}"
        )
    if spec.session_rule not in get_args(SessionRule):
        choices = " or ".join(get_args(SessionRule))
        yield f"`session_rule` must be {choices}, was {spec.session_rule!r}"
    if spec.version < 1:
        yield f"`version` must be >= 1, was {spec.version}"


def _is_whole(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)
