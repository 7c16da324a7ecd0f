"""What one account's history amounts to; pure functions on arrays, one written convention each.

Where results come from is left to `result.py`, how they are shown to `report.py`.

Conventions: rows oldest first; gains positive, drawdowns and VaR negative. The primary series is
the **session-daily** return; every annual figure uses 252 sessions, never a frequency inferred from
stamps. NaN means "undefined" (too few sessions, no trades, no deviation) and becomes null in JSON;
inputs hold no NaN.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SESSIONS_PER_YEAR = 252
TAIL_PROBABILITY = 0.05
ZERO_DEVIATION = 1e-12
"""Deviations of returns up to this are float noise of a constant series: a ratio is then NaN."""

Floats = NDArray[np.float64]
Metrics = dict[str, float | int | bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountHistory:
    """All that the metrics need to know of one run.

    Attributes:
        equity: (n,) USD at each bar's close; row 0 is the initial capital, before the first fill.
        positions: (n,) signed contracts held at each bar's close.
        trade_dates: (n,) datetime64[D], the trade date of each bar.
        trade_gross_usd: (m,) PnL of each round trip before commission (slippage is in the prices).
        trade_net_usd: (m,) the same after commission.
        fees_usd: Commission paid in all, USD, >= 0.
        traded_notional_usd: Sum of |contracts| x price x multiplier over all fills, USD.
        was_liquidated: Whether the account was closed by force at its ruin level.
    """

    equity: Floats
    positions: NDArray[np.int64]
    trade_dates: NDArray[np.datetime64]
    trade_gross_usd: Floats
    trade_net_usd: Floats
    fees_usd: float
    traded_notional_usd: float
    was_liquidated: bool = False


def compute_metrics(history: AccountHistory) -> Metrics:
    """Return every metric by name; undefined ones are NaN.

    `profit_factor` is infinite where there are wins and no losses; `profit_factor_is_infinite` says
    so, because JSON shows both infinity and NaN as null.
    """
    equity, net_usd = history.equity, history.trade_net_usd
    daily_equity = session_equity(equity, history.trade_dates)
    returns = session_returns(daily_equity)
    factor = profit_factor(net_usd)
    return {
        "initial_equity_usd": float(equity[0]),
        "final_equity_usd": float(equity[-1]),
        "net_profit_usd": net_profit_usd(equity),
        "total_return": total_return(equity),
        "annualised_return": annualised_return(returns),
        "cagr": cagr(equity, len(returns)),
        "annualised_volatility": annualised_volatility(returns),
        "sharpe": sharpe(returns),
        "sortino": sortino(returns),
        "calmar": calmar(equity, daily_equity),
        "max_drawdown": max_drawdown(daily_equity),
        "max_drawdown_usd": max_drawdown_usd(daily_equity),
        "average_drawdown": average_drawdown(daily_equity),
        "drawdown_duration_sessions": drawdown_duration(daily_equity),
        "bar_max_drawdown": max_drawdown(equity),
        "bar_average_drawdown": average_drawdown(equity),
        "bar_drawdown_duration": drawdown_duration(equity),
        "recovery_factor": recovery_factor(daily_equity),
        "var_5": var_5(returns),
        "cvar_5": cvar_5(returns),
        "n_trades": len(net_usd),
        "win_rate": win_rate(net_usd),
        "profit_factor": factor,
        "profit_factor_is_infinite": math.isinf(factor),
        "expectancy_usd": expectancy_usd(net_usd),
        "exposure": exposure(history.positions),
        "turnover": turnover(history.traded_notional_usd, equity, len(returns)),
        "total_fees_usd": history.fees_usd,
        "cost_share": cost_share(history.fees_usd, history.trade_gross_usd),
        "n_sessions": len(returns),
        "is_ruined": history.was_liquidated or is_ruined(equity),
    }


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


def calmar(equity: Floats, daily_equity: Floats) -> float:
    """Return CAGR / |max drawdown on sessions|; NaN without a drawdown.

    Args:
        equity: (n,) per-bar equity, which decides whether the run was ruined.
        daily_equity: (n_sessions + 1,) from `session_equity`.
    """
    deepest = max_drawdown(daily_equity)
    return cagr(equity, len(daily_equity) - 1) / -deepest if deepest < 0 else math.nan


def drawdowns(equity: Floats) -> Floats:
    """Return equity / running peak - 1 per row, <= 0; row 0, the initial capital, is a peak too."""
    return equity / np.maximum.accumulate(equity) - 1.0


def max_drawdown(equity: Floats) -> float:
    """Return the deepest drawdown of a series (bars or sessions), a fraction <= 0; not below -1."""
    return max(float(drawdowns(equity).min()), -1.0)


def max_drawdown_usd(equity: Floats) -> float:
    """Return the deepest fall below the running peak, USD <= 0; maybe not where the fraction is."""
    return float((equity - np.maximum.accumulate(equity)).min())


def average_drawdown(equity: Floats) -> float:
    """Return the mean trough of the drawdown episodes, a fraction <= 0; 0 without one.

    An episode is a run of rows below the peak; one open at the end counts with its low so far.
    """
    depth = np.maximum(drawdowns(equity), -1.0)
    starts, ends = _episodes(depth < 0)
    return (
        float(np.mean([depth[a:b].min() for a, b in zip(starts, ends, strict=True)]))
        if len(starts)
        else 0.0
    )


def drawdown_duration(equity: Floats) -> int:
    """Return the longest run of rows (bars or sessions) below the peak, open ones too."""
    starts, ends = _episodes(drawdowns(equity) < 0)
    return int((ends - starts).max()) if len(starts) else 0


def recovery_factor(equity: Floats) -> float:
    """Return net profit / |max drawdown in USD| of a series; NaN without a drawdown."""
    deepest = max_drawdown_usd(equity)
    return net_profit_usd(equity) / -deepest if deepest < 0 else math.nan


def var_5(returns: Floats) -> float:
    """Return the historical 5 % value at risk per session (linear quantile), loss < 0.

    NaN without a session.
    """
    return float(np.quantile(returns, TAIL_PROBABILITY)) if len(returns) else math.nan


def cvar_5(returns: Floats) -> float:
    """Return the mean session return at or below `var_5`, loss < 0; NaN without a session."""
    return float(returns[returns <= var_5(returns)].mean()) if len(returns) else math.nan


def win_rate(net_usd: Floats) -> float:
    """Return wins / all trades on net PnL, a fraction (a zero is no win); NaN without trades."""
    return float((net_usd > 0).mean()) if len(net_usd) else math.nan


def profit_factor(net_usd: Floats) -> float:
    """Return sum of wins / |sum of losses| on net PnL; infinite with only wins, NaN with none."""
    wins = float(net_usd[net_usd > 0].sum())
    losses = -float(net_usd[net_usd < 0].sum())
    if losses > 0:
        return wins / losses
    return math.inf if wins > 0 else math.nan


def expectancy_usd(net_usd: Floats) -> float:
    """Return the mean net PnL of a trade, USD; NaN without trades."""
    return float(net_usd.mean()) if len(net_usd) else math.nan


def exposure(positions: NDArray[np.int64]) -> float:
    """Return the share of bars that closed with an open position, 0..1; NaN without a bar.

    Row 0, before the first fill, is left out.
    """
    return float((positions[1:] != 0).mean()) if len(positions) > 1 else math.nan


def turnover(traded_notional_usd: float, equity: Floats, n_sessions: int) -> float:
    """Return notional traded per year / mean equity (times per year, both sides counted).

    NaN without a session, or where the mean equity is not positive.
    """
    mean_equity = float(equity.mean())
    if n_sessions == 0 or mean_equity <= 0:
        return math.nan
    return traded_notional_usd / mean_equity * SESSIONS_PER_YEAR / n_sessions


def cost_share(fees_usd: float, gross_usd: Floats) -> float:
    """Return commission / sum of gross wins, a fraction of what was won; NaN without wins."""
    won = float(gross_usd[gross_usd > 0].sum())
    return fees_usd / won if won > 0 else math.nan


def _deviation(returns: Floats) -> float:
    return float(returns.std(ddof=1)) if len(returns) > 1 else math.nan


def _episodes(is_below: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where each run of True begins, and where it has ended (exclusive)."""
    edges = np.diff(np.concatenate([[False], is_below, [False]]).astype(np.int64))
    return np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
