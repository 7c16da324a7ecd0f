"""What one account's history amounts to: every metric by name, in one written convention.

The figures are made in `session_returns.py`, `drawdown.py` and `trade_figures.py`, whose functions
are all to be had here. Where results come from is left to `result.py`, parts of them (by hour,
session, regime) to `breakdown.py`, how they are shown to `report.py`.

Conventions: rows oldest first; gains positive, drawdowns and VaR negative. The primary series is
the **session-daily** return; every annual figure uses 252 sessions, never a frequency inferred from
stamps. NaN means "undefined" (too few sessions, no trades, no deviation) and becomes null in JSON;
inputs hold no NaN, but for R multiples of trades without a stop.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backtest.drawdown import (
    average_drawdown,
    calmar,
    drawdown_duration,
    drawdowns,
    max_drawdown,
    max_drawdown_usd,
    recovery_factor,
)
from backtest.session_returns import (
    SESSIONS_PER_YEAR,
    TAIL_PROBABILITY,
    ZERO_DEVIATION,
    Floats,
    annualised_return,
    annualised_volatility,
    cagr,
    cvar_5,
    is_ruined,
    net_profit_usd,
    session_equity,
    session_returns,
    sharpe,
    sortino,
    total_return,
    var_5,
)
from backtest.trade_figures import (
    TradeDetail,
    average_loss_usd,
    average_win_usd,
    cost_share,
    expectancy_of,
    expectancy_usd,
    exposure,
    longest_losing_streak,
    payoff_ratio,
    profit_factor,
    slippage_share,
    turnover,
    win_rate,
)

__all__ = [
    "SESSIONS_PER_YEAR",
    "TAIL_PROBABILITY",
    "ZERO_DEVIATION",
    "AccountHistory",
    "Floats",
    "Metrics",
    "TradeDetail",
    "annualised_return",
    "annualised_volatility",
    "average_drawdown",
    "average_loss_usd",
    "average_win_usd",
    "cagr",
    "calmar",
    "compute_metrics",
    "cost_share",
    "cvar_5",
    "drawdown_duration",
    "drawdowns",
    "expectancy_of",
    "expectancy_usd",
    "exposure",
    "is_ruined",
    "longest_losing_streak",
    "max_drawdown",
    "max_drawdown_usd",
    "net_profit_usd",
    "payoff_ratio",
    "profit_factor",
    "recovery_factor",
    "session_equity",
    "session_returns",
    "sharpe",
    "slippage_share",
    "sortino",
    "total_return",
    "turnover",
    "var_5",
    "win_rate",
]

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
        slippage_usd: Paid in worse prices over all fills, USD >= 0; NaN where unknown.
        detail: Of each round trip; None where unknown, and what needs it is NaN.
    """

    equity: Floats
    positions: NDArray[np.int64]
    trade_dates: NDArray[np.datetime64]
    trade_gross_usd: Floats
    trade_net_usd: Floats
    fees_usd: float
    traded_notional_usd: float
    was_liquidated: bool = False
    slippage_usd: float = math.nan
    detail: TradeDetail | None = None


def compute_metrics(history: AccountHistory) -> Metrics:
    """Return every metric by name; undefined ones are NaN.

    `profit_factor` is infinite where there are wins and no losses; `profit_factor_is_infinite` says
    so, because JSON shows both infinity and NaN as null.
    """
    equity = history.equity
    daily_equity = session_equity(equity, history.trade_dates)
    returns = session_returns(daily_equity)
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
        **_falls(equity, daily_equity),
        "var_5": var_5(returns),
        "cvar_5": cvar_5(returns),
        **_trades(history.trade_net_usd),
        **_details(history.detail),
        "exposure": exposure(history.positions),
        "turnover": turnover(history.traded_notional_usd, equity, len(returns)),
        "total_fees_usd": history.fees_usd,
        "cost_share": cost_share(history.fees_usd, history.trade_gross_usd),
        "total_slippage_usd": history.slippage_usd,
        "slippage_share": slippage_share(history.slippage_usd, history.trade_gross_usd),
        "n_sessions": len(returns),
        "is_ruined": history.was_liquidated or is_ruined(equity),
    }


def _falls(equity: Floats, daily_equity: Floats) -> Metrics:
    return {
        "max_drawdown": max_drawdown(daily_equity),
        "max_drawdown_usd": max_drawdown_usd(daily_equity),
        "average_drawdown": average_drawdown(daily_equity),
        "drawdown_duration_sessions": drawdown_duration(daily_equity),
        "bar_max_drawdown": max_drawdown(equity),
        "bar_average_drawdown": average_drawdown(equity),
        "bar_drawdown_duration": drawdown_duration(equity),
        "recovery_factor": recovery_factor(daily_equity),
    }


def _trades(net_usd: Floats) -> Metrics:
    factor = profit_factor(net_usd)
    return {
        "n_trades": len(net_usd),
        "win_rate": win_rate(net_usd),
        "profit_factor": factor,
        "profit_factor_is_infinite": math.isinf(factor),
        "expectancy_usd": expectancy_usd(net_usd),
        "average_win_usd": average_win_usd(net_usd),
        "average_loss_usd": average_loss_usd(net_usd),
        "payoff_ratio": payoff_ratio(net_usd),
        "longest_losing_streak": longest_losing_streak(net_usd),
    }


def _details(detail: TradeDetail | None) -> Metrics:
    if detail is None:
        unknown = ("expectancy_ticks", "expectancy_r", "mean_mae_usd", "mean_mfe_usd")
        return dict.fromkeys((*unknown, "mean_holding_bars"), math.nan)
    return {
        "expectancy_ticks": expectancy_of(detail.net_ticks),
        "expectancy_r": expectancy_of(detail.r_multiple),
        "mean_mae_usd": expectancy_of(detail.mae_usd),
        "mean_mfe_usd": expectancy_of(detail.mfe_usd),
        "mean_holding_bars": expectancy_of(detail.holding_bars.astype(np.float64)),
    }
