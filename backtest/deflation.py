"""How sure a record's Sharpe ratio is, given how many were tried before it was chosen.

The formulas are those of `sharpe_inference.py`, the count that of `trials.py`.
"""

import math
from dataclasses import dataclass

from backtest.metrics import SESSIONS_PER_YEAR
from backtest.sharpe_inference import (
    LEAST_RETURNS,
    SharpeEstimate,
    probability_above,
    sessions_needed,
    trials_benchmark,
)
from backtest.trials import HoldOutUses, LoggedTrials, Trial, sharpes_of, uses_of, with_this
from utils.errors import DataError


@dataclass(frozen=True, slots=True, kw_only=True)
class Deflation:
    """What is known of the true Sharpe ratio.

    Attributes:
        probabilistic: Probability that it is above 0, 0..1.
        deflated: That it is above the luckiest of the trials, 0..1; NaN where these are several and
            fewer than two have a ratio.
        luckiest: Annual ratio that the best of the trials is expected to show without skill; 0 for
            a single trial, NaN as above.
        sessions_needed: Minimum track record at the confidence asked for; infinite where the ratio
            is not above 0.
        n_trials: All that were tried on these sessions, this one included.
        uses: How often the sessions were looked at, as far as it was logged.
        n_damaged: Lines of the log that could not be read: `n_trials` is then a lower bound.
    """

    probabilistic: float
    deflated: float
    luckiest: float
    sessions_needed: float
    n_trials: int
    uses: HoldOutUses
    n_damaged: int


def deflation_of(this: Trial, logged: LoggedTrials, confidence: float) -> Deflation:
    """Return what a trial's ratio is worth among those that were logged.

    Args:
        this: The chosen one, with its session returns or their moments.
        logged: All on its sessions; it may be among them.
        confidence: For the minimum track record, from 0.5 up to below 1.

    Raises:
        DataError: If its ratio is undefined.
    """
    if math.isnan(this.sharpe):
        raise DataError(
            f"a Sharpe ratio needs returns that differ and >= {LEAST_RETURNS} sessions, had "
            f"{this.n_sessions}"
        )
    trials = with_this(logged.trials, this)
    benchmark = trials_benchmark(sharpes_of(trials))
    estimate = SharpeEstimate(
        sharpe=this.sharpe,
        skewness=this.skewness,
        kurtosis=this.kurtosis,
        n_sessions=this.n_sessions,
    )
    return Deflation(
        probabilistic=probability_above(estimate, 0.0),
        deflated=probability_above(estimate, benchmark),
        luckiest=math.sqrt(SESSIONS_PER_YEAR) * benchmark,
        sessions_needed=sessions_needed(estimate, 0.0, confidence),
        n_trials=len(trials),
        uses=uses_of(logged.trials),
        n_damaged=logged.n_damaged,
    )
