"""What an account's trades came to, one by one, and what trading cost it.

Equity over time is left to `session_returns.py` and `drawdown.py`; the conventions are those of
`metrics.py`, which offers all of these names. A trade is a round trip, flat to flat.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from backtest.session_returns import SESSIONS_PER_YEAR, Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeDetail:
    """What is known of each round trip beside its PnL; (m,) each, in the order of the exits.

    Attributes:
        net_ticks: Net PnL per contract entered, in ticks.
        r_multiple: Net PnL over what the protective stop risked at the entry; NaN without a stop.
        mae_usd: Maximum adverse excursion: the deepest open loss, USD <= 0.
        mfe_usd: Maximum favourable excursion: the highest open gain, USD >= 0.
        holding_bars: Bars from the first entry to the last exit, 0 within one bar.
    """

    net_ticks: Floats
    r_multiple: Floats
    mae_usd: Floats
    mfe_usd: Floats
    holding_bars: NDArray[np.int64]


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


def expectancy_of(outcomes: Floats) -> float:
    """Return the mean of what is defined (ticks, R), NaN where nothing is."""
    defined = outcomes[~np.isnan(outcomes)]
    return float(defined.mean()) if len(defined) else math.nan


def average_win_usd(net_usd: Floats) -> float:
    """Return the mean net PnL of the trades that won, USD > 0; NaN without one."""
    return expectancy_usd(net_usd[net_usd > 0])


def average_loss_usd(net_usd: Floats) -> float:
    """Return the mean net PnL of the trades that lost, USD < 0; NaN without one."""
    return expectancy_usd(net_usd[net_usd < 0])


def payoff_ratio(net_usd: Floats) -> float:
    """Return average win / |average loss|; NaN without a win or without a loss."""
    return average_win_usd(net_usd) / -average_loss_usd(net_usd)


def longest_losing_streak(net_usd: Floats) -> int:
    """Return the most trades in a row that lost; a zero ends the row."""
    longest = current = 0
    for is_loss in (net_usd < 0).tolist():
        current = current + 1 if is_loss else 0
        longest = max(longest, current)
    return longest


def slippage_share(slippage_usd: float, gross_usd: Floats) -> float:
    """Return slippage / (gross wins + slippage), a fraction of what prices alone would have won.

    Slippage is inside the gross PnL of a trade already, so it is added back below the line.

    Args:
        slippage_usd: Paid in worse prices over all fills, USD >= 0; NaN where unknown.
        gross_usd: (m,) PnL of each round trip before commission.
    """
    won = float(gross_usd[gross_usd > 0].sum()) + slippage_usd
    return slippage_usd / won if won > 0 else math.nan
