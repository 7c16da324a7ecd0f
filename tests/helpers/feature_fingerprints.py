"""What each feature's numbers were when its version was last raised, as one number per column.

`python -m tests.helpers.feature_fingerprints` writes them anew; read the difference before it is
kept: a number that has changed needs a raised `version`, or the change is a mistake.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np

from data.feature_checks import frames_of
from data.feature_set import FeatureSet
from data.features import FEATURES
from data.indicators.bar import Floats
from utils.files import atomic_path
from utils.paths import PROJECT_ROOT

STORED = PROJECT_ROOT / "tests" / "data" / "feature_fingerprints.json"
DIGITS = 12


def fingerprints() -> dict[str, Any]:
    """Return version and fingerprints of every feature, on both of the bars of the checks."""
    features = FeatureSet(tuple(FEATURES))
    walks = frames_of("warm_up", features.warm_up)
    found = np.mean([_fingerprints(features.compute(frame)) for frame in walks], axis=0)
    by_column = dict(zip(features.columns, found, strict=True))
    return {
        name: {
            "version": spec.version,
            "columns": {
                column: float(f"{by_column[column]:.{DIGITS}g}") for column in spec.columns
            },
        }
        for name, spec in FEATURES.items()
    }


def _fingerprints(values: Floats) -> Floats:
    """Return a weighted mean of each column, NaN left out; each row has a weight of its own."""
    weights = np.random.default_rng(5).uniform(0.5, 1.5, len(values))
    weighted: Floats = np.nansum(weights[:, None] * values, axis=0) / len(values)
    return weighted


def stored_fingerprints(path: Path = STORED) -> dict[str, Any]:
    """Return what was written last."""
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


if __name__ == "__main__":
    with atomic_path(STORED) as temporary:
        temporary.write_text(json.dumps(fingerprints(), indent=1) + "\n", encoding="utf-8")
