"""What an account's equity came to: session-daily returns, and the figures made of them.

Falls below a peak are left to `drawdown.py`, single trades to `trade_figures.py`; the conventions
are those of `metrics.py`, which offers all of these names.
"""

import math

import numpy as np
from numpy.typing import NDArray

SESSIONS_PER_YEAR = 252
TAIL_PROBABILITY = 0.05
ZERO_DEVIATION = 1e-12
"""Deviations of returns up to this are float noise of a constant series: a ratio is then NaN."""

Floats = NDArray[np.float64]


def session_equity(equity: Floats, trade_dates: NDArray[np.datetime64]) -> Floats:
    """Return initial capital, then equity at the last bar of each trade date, (n_sessions + 1,).

    Row 0 of `equity` stands before the first fill, so it makes no session by itself.
    """
    dates = trade_dates[1:]
    if len(dates) == 0:
        return equity[:1].copy()
    is_last = np.append(dates[1:] != dates[:-1], True)
    return np.concatenate([equity[:1], equity[1:][is_last]])


def session_returns(daily_equity: Floats) -> Floats:
    """Return r_d = (E_d - E_(d-1)) / E_(d-1), (n_sessions,), a fraction; flat days are 0.

    Equity at or below zero counts as zero: that session returns -1, and every later one 0.
    """
    solvent = np.where(np.logical_or.accumulate(daily_equity <= 0), 0.0, daily_equity)
    before, after = solvent[:-1], solvent[1:]
    alive = before > 0
    return np.where(alive, (after - before) / np.where(alive, before, 1.0), 0.0)


def is_ruined(equity: Floats) -> bool:
    """Return whether equity was ever at or below zero at a close."""
    return bool((equity <= 0).any())


def net_profit_usd(equity: Floats) -> float:
    """Return last equity minus initial capital, USD."""
    return float(equity[-1] - equity[0])


def total_return(equity: Floats) -> float:
    """Return E_last / E_first - 1, a fraction."""
    return float(equity[-1] / equity[0] - 1.0)


def annualised_return(returns: Floats) -> float:
    """Return 252 x mean session return, a fraction per year; NaN without a session."""
    return float(SESSIONS_PER_YEAR * returns.mean()) if len(returns) else math.nan


def cagr(equity: Floats, n_sessions: int) -> float:
    """Return (E1 / E0)^(252 / n_sessions) - 1, a fraction per year.

    -1 once equity was at or below zero, NaN without a session.
    """
    if n_sessions == 0:
        return math.nan
    if is_ruined(equity):
        return -1.0
    with np.errstate(over="ignore"):
        return float((equity[-1] / equity[0]) ** (SESSIONS_PER_YEAR / n_sessions) - 1.0)


def annualised_volatility(returns: Floats) -> float:
    """Return sqrt(252) x standard deviation (ddof 1) of session returns; NaN below two sessions."""
    return math.sqrt(SESSIONS_PER_YEAR) * _deviation(returns)


def sharpe(returns: Floats) -> float:
    """Return sqrt(252) x mean / standard deviation (ddof 1); NaN where the deviation is 0."""
    deviation = _deviation(returns)
    if not deviation > ZERO_DEVIATION:
        return math.nan
    return float(math.sqrt(SESSIONS_PER_YEAR) * returns.mean() / deviation)


def sortino(returns: Floats, target: float = 0.0) -> float:
    """Return sqrt(252) x mean(r - target) / sqrt(mean(min(r - target, 0)^2)), means over all n.

    NaN where no session falls short of the target.

    Args:
        returns: (n,) session returns.
        target: Return per session that counts as no shortfall.
    """
    if len(returns) == 0:
        return math.nan
    excess = returns - target
    downside = math.sqrt(np.mean(np.minimum(excess, 0.0) ** 2))
    return (
        float(math.sqrt(SESSIONS_PER_YEAR) * excess.mean() / downside)
        if downside > ZERO_DEVIATION
        else math.nan
    )


def var_5(returns: Floats) -> float:
    """Return the historical 5 % value at risk per session (linear quantile), loss < 0.

    NaN without a session.
    """
    return float(np.quantile(returns, TAIL_PROBABILITY)) if len(returns) else math.nan


def cvar_5(returns: Floats) -> float:
    """Return the mean session return at or below `var_5`, loss < 0; NaN without a session."""
    return float(returns[returns <= var_5(returns)].mean()) if len(returns) else math.nan


def _deviation(returns: Floats) -> float:
    return float(returns.std(ddof=1)) if len(returns) > 1 else math.nan
