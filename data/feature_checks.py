"""Checks that a feature must pass before its numbers are trusted, whoever wrote it.

Each check returns what is wrong, by feature, and nothing where all is well. What is right about the
numbers themselves, no check can say.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache

import pandas as pd

from data.feature_contract import check_spec, spec_problem
from data.feature_frames import check_frame, sessions_frame
from data.feature_market_checks import check_roll, check_second_market, check_session_rule
from data.feature_memory import check_memory
from data.feature_problems import CheckResult, Problems
from data.feature_set import FeatureSet
from data.feature_time_checks import (
    check_live,
    check_lookback,
    check_poison,
    check_restart,
    check_truncation,
)
from data.feature_value_checks import check_hard_bars, check_scale, check_values, check_warm_up
from data.indicators.spec import FeatureSpec
from utils.errors import ConfigError

Check = Callable[[FeatureSet, pd.DataFrame], Problems]

CHECKS: dict[str, Check] = {
    "spec": check_spec,
    "memory": check_memory,
    "warm_up": check_warm_up,
    "values": check_values,
    "scale": check_scale,
    "truncation": check_truncation,
    "poison": check_poison,
    "live": check_live,
    "restart": check_restart,
    "roll": check_roll,
    "second_market": check_second_market,
    "session_rule": check_session_rule,
    "lookback": check_lookback,
    "hard_bars": check_hard_bars,
}
"""In the order in which they are run, the last only where PRELIMINARY ones found nothing."""

PRELIMINARY = ("spec", "memory")
ON_SESSIONS = ("values", "scale", "session_rule")
"""Checks that are run on bars of many sessions, not on small ones."""

ON_BOTH = ("warm_up", "roll", "second_market", "hard_bars")
"""Checks that are run on both."""


def frames_of(check: str, warm_up: int, seed: int = 0) -> list[pd.DataFrame]:
    """Return the made-up bars that a check is run on; they are shared, so do not change them.

    Args:
        check: Key of CHECKS.
        warm_up: Of the features that are checked.
        seed: Another one gives other walks.
    """
    small, large = _frames(warm_up, seed)
    if check in ON_BOTH:
        return [small, large]
    return [large] if check in ON_SESSIONS else [small]


@lru_cache(maxsize=4)
def _frames(warm_up: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    return check_frame(warm_up, seed), sessions_frame(warm_up, seed)


def run_checks(spec: FeatureSpec, table: Mapping[str, FeatureSpec]) -> list[CheckResult]:
    """Return what each of CHECKS finds of one feature, on bars made for it.

    Args:
        spec: The feature.
        table: Where it is found by its name.
    """
    problem = spec_problem(spec)
    if problem:
        later = [CheckResult(spec.name, name, was_run=False) for name in CHECKS if name != "spec"]
        return [CheckResult(spec.name, "spec", problem), *later]
    features = FeatureSet([spec.name], table=table)
    results: list[CheckResult] = []
    for name in CHECKS:
        is_stopped = any(result.problem and result.check in PRELIMINARY for result in results)
        if is_stopped or (name == "lookback" and spec.lookback is None):
            results.append(CheckResult(spec.name, name, was_run=False))
        else:
            results.append(CheckResult(spec.name, name, _problem_of(name, features)))
    return results


def _problem_of(check: str, features: FeatureSet) -> str | None:
    """Return what a check finds of the one feature in `features`; None where it passes."""
    for frame in frames_of(check, features.warm_up):
        try:
            problems = CHECKS[check](features, frame)
        except ConfigError as error:  # the kernel raises on these bars
            return str(error)
        if problems:
            return next(iter(problems.values()))
    return None
