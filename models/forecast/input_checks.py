"""What bars must have for the chosen features."""

import pandas as pd

from data.feature_set import FeatureSet
from utils.errors import DataError

VOLUME_WORDS = ("volume", "vwap", "pvo")
"""What the formula of a feature that is made of volume has in it."""


def check_volume(bars: pd.DataFrame, features: FeatureSet) -> None:
    """Refuse bars that never have a volume where a feature is made of it.

    Raises:
        DataError: Naming the first such feature.
    """
    if bars["volume"].max() > 0.0:
        return
    needy = [
        spec.name
        for spec in features.specs
        if not spec.needs_other and any(word in spec.formula.lower() for word in VOLUME_WORDS)
    ]
    if needy:
        raise DataError(
            f"feature `{needy[0]}` is made of volume, which is 0 in all {len(bars):,} bars: "
            f"train without {', '.join(needy)}, or give bars with volume"
        )
