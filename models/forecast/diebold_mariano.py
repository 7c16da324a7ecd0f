"""Whether one forecaster is better than another, or was lucky: Diebold and Mariano's test by day.

Null hypothesis: both have the same loss on average (Diebold and Mariano, "Comparing predictive
accuracy", Journal of Business and Economic Statistics 13, 1995). The differences of the losses are
averaged over each day, since rows overlap; their long-run variance is Newey and West's. The small
sample correction, and Student's t in place of the normal, are those of Harvey, Leybourne and
Newbold (International Journal of Forecasting 13, 1997), with the lags and the day itself for steps.
"""

import math
from dataclasses import dataclass

import numpy as np

from models.forecast.family import Floats
from models.forecast.long_run import (
    LEAST_DAYS,
    Days,
    daily_means,
    long_run_variance,
    newey_west_lags,
)
from models.forecast.probabilities import student_chance
from utils.errors import ConfigError, DataError
from utils.wording import counted

NOISE = 1e-12
"""Deviation of the differences, as a share of the mean loss, that is no more than rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DieboldMariano:
    """What the test says of a model against its rival.

    Attributes:
        mean_difference: The rival's loss less the model's, mean over days: > 0 where the model is
            better; NaN without a day.
        t: The statistic, of the same sign; None where it cannot be made.
        p_value: Two-sided, 0..1; None as `t`.
        n_days: Days that have a row of both.
        n_lags: Days added up in the long-run variance.
        reason: Why there is no statistic; empty where there is one.
    """

    mean_difference: float
    t: float | None
    p_value: float | None
    n_days: int
    n_lags: int
    reason: str = ""


def diebold_mariano(
    losses: Floats, rival_losses: Floats, days: Days, n_lags: int | None = None
) -> DieboldMariano:
    """Compare two forecasters over the rows that both were scored on.

    Args:
        losses: (n,) of the model; NaN where it has none.
        rival_losses: (n,) of the rival, on the same rows.
        days: (n,) the day of each row.
        n_lags: Days added up in the long-run variance; None: Newey and West's rule of thumb.

    Raises:
        ConfigError: If `n_lags` is below 0.
        DataError: If the shapes do not fit.
    """
    if n_lags is not None and n_lags < 0:
        raise ConfigError(f"`n_lags` must be >= 0, was {n_lags}")
    if losses.ndim != 1 or not losses.shape == rival_losses.shape == days.shape:
        raise DataError(
            "losses, those of the rival and days must be (n,) each, were "
            f"{losses.shape}, {rival_losses.shape} and {days.shape}"
        )
    is_known = np.isfinite(losses) & np.isfinite(rival_losses)
    differences = daily_means((rival_losses - losses)[is_known], days[is_known])
    lags = newey_west_lags(len(differences)) if n_lags is None else n_lags
    size = float(np.abs(rival_losses[is_known]).mean()) if is_known.any() else 0.0
    return _compared(differences, lags, size)


def _compared(differences: Floats, n_lags: int, size: float) -> DieboldMariano:
    n_days = len(differences)
    mean = float(differences.mean()) if n_days else math.nan
    reason = _reason(differences, n_lags, size)
    if reason:
        return DieboldMariano(
            mean_difference=mean, t=None, p_value=None, n_days=n_days, n_lags=n_lags, reason=reason
        )
    error = math.sqrt(long_run_variance(differences, n_lags) / n_days)
    t_statistic = mean / error * _small_sample_factor(n_days, n_lags + 1)
    return DieboldMariano(
        mean_difference=mean,
        t=t_statistic,
        p_value=student_chance(t_statistic, n_days - 1),
        n_days=n_days,
        n_lags=n_lags,
    )


def _reason(differences: Floats, n_lags: int, size: float) -> str:
    """Return why there can be no statistic; empty where there can."""
    n_days, least = len(differences), max(LEAST_DAYS, 2 * n_lags + 2)
    if n_days < least:
        return f"needs >= {least} days, was {counted(n_days, 'day')}"
    if not math.sqrt(long_run_variance(differences, n_lags)) > NOISE * size:
        return "the losses differ by the same on every day"
    return ""


def _small_sample_factor(n_days: int, n_steps: int) -> float:
    """Return what Harvey, Leybourne and Newbold (1997) multiply the statistic with, < 1."""
    share = (n_days + 1.0 - 2.0 * n_steps + n_steps * (n_steps - 1.0) / n_days) / n_days
    return math.sqrt(share)
