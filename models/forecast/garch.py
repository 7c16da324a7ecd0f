"""Parameters of a GARCH process for returns whose time of day was taken out; forecasts of it.

Glosten, Jagannathan and Runkle's (1993) model with Student's t, fitted by the `arch` library. Its
recursion over bars is left to models/compiled/seasonal_volatility.py.
"""

import warnings

import numpy as np

from models.forecast.family import Floats
from utils.errors import DataError

MOST_ROWS = 20_000
"""Training bars that it is fitted to, the last ones: about 70 sessions of five-minute bars."""

N_PARAMETERS = 4
NO_GARCH = np.zeros(N_PARAMETERS)
"""What stands for parameters where no forecast of it is asked for."""

MOST_PERSISTENT = 0.9995
"""Share of a shock that is left after one bar, at most: beyond there is no long-run variance."""


def fit_garch(returns: Floats) -> Floats:
    """Return omega, alpha, gamma and beta, (N_PARAMETERS,), each >= 0 but gamma >= -alpha.

    A persistence above MOST_PERSISTENT is brought down to it by beta and gamma alike.

    Args:
        returns: (n,) of training bars, of size about one, oldest first.

    Raises:
        DataError: If the likelihood finds no maximum.
    """
    from arch import arch_model  # noqa: PLC0415 - takes seconds to import

    model = arch_model(
        returns[-MOST_ROWS:], mean="Zero", vol="GARCH", p=1, o=1, q=1, dist="t", rescale=False
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what went wrong is in the flag
            found = model.fit(disp="off", show_warning=False)
    except (ValueError, np.linalg.LinAlgError) as error:
        raise DataError(_no_fit(len(returns))) from error
    parameters = np.asarray(found.params.to_numpy()[:N_PARAMETERS], dtype=np.float64)
    if found.convergence_flag != 0 or not np.isfinite(parameters).all():
        raise DataError(_no_fit(len(returns)))
    return stationary(parameters)


def _no_fit(n_returns: int) -> str:
    return (
        f"the GARCH process found no parameters for {min(n_returns, MOST_ROWS):,} training bars: "
        "give more sessions, or another family than garch_fhs"
    )


def stationary(parameters: Floats) -> Floats:
    """Return the parameters with a persistence that leaves a long-run variance."""
    omega, alpha, gamma, beta = parameters
    persistence = alpha + 0.5 * gamma + beta
    factor = min(1.0, MOST_PERSISTENT / persistence)
    return np.array([max(omega, 1e-6), alpha * factor, gamma * factor, beta * factor])


def persistence_of(parameters: Floats) -> float:
    """Return which share of a shock to the variance is left after one bar, in [0, 1)."""
    return float(parameters[1] + 0.5 * parameters[2] + parameters[3])


def long_run_variance(parameters: Floats) -> float:
    """Return the variance that forecasts tend to."""
    return float(parameters[0] / (1.0 - persistence_of(parameters)))
