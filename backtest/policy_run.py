"""A policy deciding at every close of a span, in the environment's own simulation."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.course import course_of, result_of
from backtest.remarks import flat_remarks
from backtest.result import BacktestResult
from config.settings import EnvSettings
from env.action_modes import ACTION_MODES
from env.market import Market
from env.simulation import Simulation
from models.policy import Policy, TrainedPolicy

Progress = Callable[[int, int], None]
"""Is told how many bars are done, and of how many."""

PROGRESS_STRIDE = 256
"""Bars between two calls of it."""


def run_policy(
    policy: Policy,
    market: Market,
    settings: EnvSettings,
    rows: tuple[int, int],
    on_progress: Progress | None = None,
) -> BacktestResult:
    """Return what a policy comes to.

    Args:
        policy: What decides.
        market: What it sees and trades.
        settings: The account.
        rows: Of the first decision, and after the last bar.
        on_progress: Called now and then.
    """
    start, stop = rows
    simulation = Simulation(market, settings)
    simulation.reset(start, stop)
    policy.reset(market, settings)
    decisions = np.zeros(stop - 1 - start, np.int64)
    denials = _walk(simulation, policy, decisions, on_progress)
    decisions.flags.writeable = False
    result = result_of(policy.name, course_of(simulation, denials), market, settings, rows)
    return replace(
        result, decisions=decisions, **_learnt(policy, market.timestamps[start + 1 : stop])
    )


def _walk(
    simulation: Simulation,
    policy: Policy,
    decisions: NDArray[np.int64],
    on_progress: Progress | None,
) -> dict[str, int]:
    """Let the policy decide at every close until the episode is over; return what was denied.

    What was chosen is written to `decisions`.
    """
    choice_of = ACTION_MODES[simulation.settings.action_mode].reader(simulation.terms.max_position)
    n_done, denials = 0, Counter[str]()
    while not simulation.is_done:
        action = policy.decide(simulation.bar, simulation.observation())
        simulation.step(action)
        decisions[n_done] = choice_of(action)
        n_done += 1
        if simulation.denial:
            denials[simulation.last_denial] += 1
        if on_progress is not None and (simulation.is_done or n_done % PROGRESS_STRIDE == 0):
            on_progress(n_done, len(decisions))
    return dict(denials)


def _learnt(policy: Policy, traded: pd.DatetimeIndex) -> dict[str, Any]:
    """Return what a result says of a policy that was trained; nothing of another."""
    if not isinstance(policy, TrainedPolicy):
        return {}
    return {
        # the first decision bar is not traded on, so it may be the last one of the training
        "is_in_sample": bool(traded[0] <= pd.Timestamp(policy.provenance["training_last"])),
        "agreement": policy.agreement,
        "remarks": flat_remarks(policy.name, policy.provenance),
    }
