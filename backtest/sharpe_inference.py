"""How sure one can be of a Sharpe ratio: of one track record, and of the best of many trials.

What was earned is left to `metrics.py`, how a choice among variants carries over to
`overfitting.py`.

Conventions: every Sharpe ratio here is **per session** (an annual one divided by sqrt(252)), with
ddof 1; skewness and raw kurtosis (3 for a normal) are of the moments about the mean, ddof 0.
Probabilities are the chance that the true ratio lies above the benchmark, not of a future gain.
NaN means "undefined": a deviation of 0, or fewer than `LEAST_RETURNS` sessions.

Sources: Bailey and Lopez de Prado, "The Sharpe ratio efficient frontier", Journal of Risk 15 (2012)
for the probabilistic ratio and the minimum track record; "The deflated Sharpe ratio", Journal of
Portfolio Management 40 (2014) for the deflated one.
"""

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from backtest.metrics import ZERO_DEVIATION
from utils.errors import ConfigError

LEAST_RETURNS = 4
"""As many as there are moments to estimate."""

EULER_GAMMA = 0.5772156649015329

Floats = NDArray[np.float64]

_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True, kw_only=True)
class SharpeEstimate:
    """What a track record says about its own Sharpe ratio.

    Attributes:
        sharpe: Mean / standard deviation (ddof 1) of session returns; NaN where undefined.
        skewness: Third standardised moment; NaN where undefined.
        kurtosis: Fourth standardised moment, raw: 3 for a normal; NaN where undefined.
        n_sessions: Length of the record.
    """

    sharpe: float
    skewness: float
    kurtosis: float
    n_sessions: int

    @property
    def variance_factor(self) -> float:
        """1 - g3 SR + (g4 - 1) / 4 SR^2: the estimate's variance times (n - 1); NaN if undefined.

        Never below (1 - g3 SR / 2)^2, because the kurtosis is never below 1 + skewness^2.
        """
        quadratic = (self.kurtosis - 1.0) / 4.0 * self.sharpe**2
        return 1.0 - self.skewness * self.sharpe + quadratic


def estimate_sharpe(returns: Floats) -> SharpeEstimate:
    """Return the per-session Sharpe ratio of a record with the moments that its error depends on.

    Args:
        returns: (n,) session returns, fractions.
    """
    n_sessions = len(returns)
    deviation = float(returns.std(ddof=1)) if n_sessions >= LEAST_RETURNS else 0.0
    if not deviation > ZERO_DEVIATION:
        undefined = math.nan
        return SharpeEstimate(
            sharpe=undefined, skewness=undefined, kurtosis=undefined, n_sessions=n_sessions
        )
    standardised = (returns - returns.mean()) / returns.std()
    return SharpeEstimate(
        sharpe=float(returns.mean()) / deviation,
        skewness=float(np.mean(standardised**3)),
        kurtosis=float(np.mean(standardised**4)),
        n_sessions=n_sessions,
    )


def probabilistic_sharpe(returns: Floats, benchmark: float = 0.0) -> float:
    """Return the probability that the true Sharpe ratio of a record is above a benchmark, 0..1.

    Args:
        returns: (n,) session returns, fractions.
        benchmark: Per-session Sharpe ratio to be above; 0 is "no skill".

    Returns:
        NaN where the record's own ratio, or the benchmark, is undefined.
    """
    return probability_above(estimate_sharpe(returns), benchmark)


def probability_above(estimate: SharpeEstimate, benchmark: float) -> float:
    """Return Phi((SR - SR*) sqrt(n - 1) / sqrt(1 - g3 SR + (g4 - 1) / 4 SR^2)); NaN if undefined.

    Args:
        estimate: Of the record.
        benchmark: SR*, per session.
    """
    factor = estimate.variance_factor
    if not factor > 0.0:
        return math.nan
    excess = estimate.sharpe - benchmark
    return _NORMAL.cdf(excess * math.sqrt(estimate.n_sessions - 1) / math.sqrt(factor))


def minimum_track_record(
    returns: Floats, benchmark: float = 0.0, confidence: float = 0.95
) -> float:
    """Return how many sessions like these make `probabilistic_sharpe` reach a confidence.

    Args:
        returns: (n,) session returns, fractions.
        benchmark: Per-session Sharpe ratio to be above.
        confidence: Probability asked for, from 0.5 up to below 1.

    Returns:
        Sessions, unrounded; infinite where the ratio is not above the benchmark, NaN where it, or
        the benchmark, is undefined.

    Raises:
        ConfigError: If the confidence is out of its bounds.
    """
    return sessions_needed(estimate_sharpe(returns), benchmark, confidence)


def sessions_needed(estimate: SharpeEstimate, benchmark: float, confidence: float) -> float:
    """Return 1 + (1 - g3 SR + (g4 - 1) / 4 SR^2) (Phi^-1(confidence) / (SR - SR*))^2.

    Args:
        estimate: Of the record.
        benchmark: SR*, per session.
        confidence: Probability asked for, from 0.5 up to below 1.

    Returns:
        Sessions, unrounded; infinite where SR <= SR*, NaN where either is undefined.

    Raises:
        ConfigError: If the confidence is out of its bounds.
    """
    if not 0.5 <= confidence < 1.0:
        raise ConfigError(
            f"`confidence` of a track record must be from 0.5 up to below 1, was {confidence}; "
            "0.95 is usual"
        )
    excess = estimate.sharpe - benchmark
    if math.isnan(excess):
        return math.nan
    if excess <= 0.0:
        return math.inf
    return 1.0 + estimate.variance_factor * (_NORMAL.inv_cdf(confidence) / excess) ** 2


def expected_best_sharpe(variance_of_trials: float, n_trials: int) -> float:
    """Return the Sharpe ratio that the best of so many trials without skill is expected to show.

    sqrt(V) ((1 - g) Phi^-1(1 - 1/N) + g Phi^-1(1 - 1/(N e))), with g = 0.5772; a single trial is
    no choice, so for N = 1 it is 0.

    Args:
        variance_of_trials: V, the variance of the per-session Sharpe ratios over the trials.
        n_trials: N, all that were tried, the discarded ones too.

    Returns:
        Per session; NaN where the variance is NaN and there was a choice.

    Raises:
        ConfigError: If there is no trial, or the variance is negative.
    """
    if n_trials < 1 or variance_of_trials < 0.0:
        raise ConfigError(
            "the best of some trials needs `n_trials` >= 1 and `variance_of_trials` >= 0, were "
            f"{n_trials} and {variance_of_trials}; log every trial"
        )
    if n_trials == 1:
        return 0.0
    most = _NORMAL.inv_cdf(1.0 - 1.0 / n_trials)
    beyond = _NORMAL.inv_cdf(1.0 - 1.0 / (n_trials * math.e))
    return math.sqrt(variance_of_trials) * ((1.0 - EULER_GAMMA) * most + EULER_GAMMA * beyond)


def trials_benchmark(trial_sharpes: Floats) -> float:
    """Return the per-session Sharpe ratio that the best of the logged trials must be above.

    Args:
        trial_sharpes: (N,) per-session ratios of all trials logged, the chosen one too. A NaN is a
            trial whose ratio is undefined: it counts in N, and not in the variance (ddof 1).

    Returns:
        0 for a single trial; NaN for several of which fewer than two are defined.

    Raises:
        ConfigError: If no trial was logged.
    """
    defined = trial_sharpes[~np.isnan(trial_sharpes)]
    variance = float(defined.var(ddof=1)) if len(defined) > 1 else math.nan
    return expected_best_sharpe(variance, len(trial_sharpes))


def deflated_sharpe(returns: Floats, trial_sharpes: Floats) -> float:
    """Return the probability that a record beats what the best of so many trials shows by luck.

    `probabilistic_sharpe` with `trials_benchmark` for its benchmark; with one trial logged it is
    the probabilistic ratio above 0.

    Args:
        returns: (n,) session returns of the chosen trial, fractions.
        trial_sharpes: (N,) per-session Sharpe ratios of all trials logged, the chosen one too; NaN
            where undefined.

    Returns:
        0..1; NaN where the record's ratio, or the spread of several trials, is undefined.

    Raises:
        ConfigError: If no trial was logged.
    """
    return probabilistic_sharpe(returns, trials_benchmark(trial_sharpes))
