"""A feature of a test's own: a kernel, and a specification that is sound unless changed."""

import dataclasses

from data.feature_set import FeatureSet
from data.features import FEATURES, FeatureSpec


def tried_spec(kernel, **changes) -> FeatureSpec:
    """Return the specification of a feature called `tried`."""
    plain = FeatureSpec(
        name="tried",
        kernel=kernel,
        state_size=2,
        columns=("tried",),
        warm_up=0,
        centre=0.0,
        spread=1.0,
        formula="of a test",
        source="none",
        unit="ratio",
        bounds="unbounded",
    )
    return dataclasses.replace(plain, **changes)


def tried_set(kernel, **changes) -> FeatureSet:
    """Return that feature alone, ready to be checked."""
    spec = tried_spec(kernel, **changes)
    return FeatureSet([spec.name], table={**FEATURES, spec.name: spec})
