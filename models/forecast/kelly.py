"""Whole-contract Kelly: how many contracts make an account grow fastest, under a distribution."""

import numpy as np

from models.forecast.atoms import mean_of
from models.forecast.family import Floats


def kelly_contracts(net_usd: Floats, equity_usd: float, most: int) -> int:
    """Return the n in 0..most that maximises the expected log(1 + n net_usd / equity_usd).

    A number at which the account could be ruined is out. More equity never gives fewer contracts,
    higher costs never more. Kelly (1956), without the approximation by mean and variance.

    Args:
        net_usd: (199,) gain per contract in each atom, after costs, USD.
        equity_usd: What the account is worth.
        most: Largest number that is tried.
    """
    if not equity_usd > 0.0:
        return 0
    wealth = 1.0 + np.arange(most + 1)[:, None] * (net_usd / equity_usd)
    is_safe = (wealth > 0.0).all(axis=1)
    # a ruinous number counts as no growth at all, which none has, and none comes first
    return int(np.argmax(mean_of(np.log(np.where(is_safe[:, None], wealth, 1.0)))))
