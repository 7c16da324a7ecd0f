"""What the training bars must have for the chosen features, and where features are all there."""

import pandas as pd

from data.feature_set import FeatureSet
from utils.errors import DataError


def check_volume(bars: pd.DataFrame, features: FeatureSet) -> None:
    """Refuse bars that never have a volume where a feature is made of it.

    Raises:
        DataError: Naming the first such feature.
    """
    if bars["volume"].max() > 0.0:
        return
    needy = [spec.name for spec in features.specs if "volume" in spec.formula.lower()]
    if needy:
        raise DataError(
            f"feature `{needy[0]}` is made of volume, which is 0 in all {len(bars):,} training "
            f"bars: leave out {', '.join(needy)}, or give bars with volume"
        )
