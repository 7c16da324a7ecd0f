"""The conformance kit of features for tests: data/feature_checks.py, failing with what it found."""

from collections.abc import Callable

import pandas as pd

from data.feature_checks import CHECKS, Check
from data.feature_frames import check_frame, flat_frame, walking_frame, with_other_market
from data.feature_set import FeatureSet
from data.indicators.bar import Floats

__all__ = ["check_frame", "flat_frame", "walking_frame", "with_other_market"]


def assert_same_bits(actual: Floats, expected: Floats) -> None:
    """Fail unless both are the same floats to the last bit, NaN included."""
    assert actual.shape == expected.shape
    assert actual.tobytes() == expected.tobytes()


def _asserting(check: Check, name: str) -> Callable[[FeatureSet, pd.DataFrame], None]:
    """Return a function that fails, with each feature's problem, where the check finds one."""

    def assert_nothing_found(features: FeatureSet, frame: pd.DataFrame) -> None:
        problems = check(features, frame)
        assert not problems, problems

    assert_nothing_found.__name__ = name
    return assert_nothing_found


ALL_CHECKS = {name: _asserting(check, f"assert_{name}") for name, check in CHECKS.items()}
"""Whatever a feature computes, it passes each of them."""

assert_blind_to_truncation = ALL_CHECKS["truncation"]
assert_stream_is_batch = ALL_CHECKS["live"]
