"""The conformance kit of features for tests: data/feature_checks.py, failing with what it found."""

from collections.abc import Callable

import pandas as pd

from data import feature_checks
from data.feature_checks import Check
from data.feature_contract import check_memory, check_spec
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


assert_spec_is_complete = _asserting(check_spec, "assert_spec_is_complete")
assert_memory_is_its_own = _asserting(check_memory, "assert_memory_is_its_own")
assert_warm_up_is_exact = _asserting(feature_checks.check_warm_up, "assert_warm_up_is_exact")
assert_blind_to_truncation = _asserting(
    feature_checks.check_truncation, "assert_blind_to_truncation"
)
assert_blind_to_poison = _asserting(feature_checks.check_poison, "assert_blind_to_poison")
assert_stream_is_batch = _asserting(feature_checks.check_live, "assert_stream_is_batch")
assert_restart_is_seamless = _asserting(feature_checks.check_restart, "assert_restart_is_seamless")
assert_roll_shifts_the_past = _asserting(feature_checks.check_roll, "assert_roll_shifts_the_past")
assert_lookback_is_enough = _asserting(feature_checks.check_lookback, "assert_lookback_is_enough")
assert_hard_bars_give_numbers = _asserting(
    feature_checks.check_hard_bars, "assert_hard_bars_give_numbers"
)

ALL_CHECKS = (
    assert_spec_is_complete,
    assert_memory_is_its_own,
    assert_warm_up_is_exact,
    assert_blind_to_truncation,
    assert_blind_to_poison,
    assert_stream_is_batch,
    assert_restart_is_seamless,
    assert_roll_shifts_the_past,
    assert_lookback_is_enough,
    assert_hard_bars_give_numbers,
)
"""Whatever a feature computes, it passes each of them."""
