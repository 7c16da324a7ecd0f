"""What must hold of columns that are computed from all bars at once, by another library or so."""

from data.feature_set import FeatureSet
from tests.helpers.feature_kit import assert_same_bits


def assert_blind_to_the_future(features: FeatureSet, frame) -> None:
    """Fail if an earlier value changes when later bars are cut off, or are absurd."""
    values = features.compute(frame)
    for n_kept in (len(frame) // 3, len(frame) - 1):
        assert_same_bits(features.compute(frame.iloc[:n_kept]), values[:n_kept])
    cut = len(frame) // 2
    poisoned = frame.copy()
    poisoned.iloc[cut:, :4] *= 7.0
    poisoned.iloc[cut:, 4] += 1e6
    assert_same_bits(features.compute(poisoned)[:cut], values[:cut])
