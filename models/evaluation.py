"""What a policy makes of rows that it does not learn from: one pass, at full costs, best actions.

Whose weights are kept because of it is left to `models.callback_validation`.
"""

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.settings import EnvSettings
from env.market import Market
from env.simulation import Simulation
from models.decider import Decider
from models.selection import standard_error

DECAY = 0.94
"""Of the weights of past moves in the volatility, from bar to bar: half of it is 11 bars old."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What one pass came to. Undefined figures are NaN.

    Attributes:
        timestep: Of the training, when it was made.
        net_pnl_usd: Of all trades, after all costs.
        n_trades: Round trips.
        win_rate: Share of them that won; NaN without any.
        sharpe_per_bar: Mean over standard deviation of the PnL per bar, not annualised; NaN where
            it never changes.
        exposure: Share of the span's closes with an open position.
        evidence: Standard errors by which the sum of `changes_of` lies above nothing; NaN where
            nothing changes.
    """

    timestep: int
    net_pnl_usd: float
    n_trades: int
    win_rate: float
    sharpe_per_bar: float
    exposure: float
    evidence: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationSpan:
    """Where evaluations are made.

    Attributes:
        market: The user's own.
        settings: The user's account, at full costs.
        first_decision: Row at whose close the pass begins; it ends with the market.
    """

    market: Market
    settings: EnvSettings
    first_decision: int

    @property
    def n_decisions(self) -> int:
        """Decisions of a pass that is not ended by ruin."""
        return self.market.n_bars - 1 - self.first_decision

    def to_dict(self) -> dict[str, Any]:
        """Return the stamps of the first and the last bar traded on, and the number, for JSON."""
        stamps = self.market.timestamps
        return {
            "first": stamps[self.first_decision + 1].isoformat(),
            "last": stamps[-1].isoformat(),
            "n_decisions": self.n_decisions,
        }


def walked(decider: Decider, span: EvaluationSpan) -> Simulation:
    """Return the account after one pass of the decider's best actions over the span.

    The account lives on the whole market, whose earlier bars its ranges and sessions need; the
    decider is shown no more than the rows that its windows reach.
    """
    offset = span.first_decision + 1 - span.settings.lookback_window
    simulation = Simulation(span.market, span.settings)
    simulation.reset(span.first_decision, span.market.n_bars)
    decider.begin(_from_row(span.market, offset), span.settings)
    while not simulation.is_done:
        simulation.step(decider.decide(simulation.bar - offset, simulation.observation()))
    return simulation


def evaluation_of(
    simulation: Simulation, changes: NDArray[np.float64], timestep: int
) -> Evaluation:
    """Return what a pass came to.

    Args:
        simulation: At its end.
        changes: (n_decisions,) of `changes_of`, the whole span's, which ruin may have cut short.
        timestep: Of the training.
    """
    error = standard_error(changes)
    n_trades, equity = simulation.n_trades, simulation.equity
    return Evaluation(
        timestep=timestep,
        net_pnl_usd=float(equity[-1] - equity[0]),
        n_trades=n_trades,
        win_rate=simulation.n_wins / n_trades if n_trades else math.nan,
        sharpe_per_bar=sharpe_per_bar(equity),
        exposure=float(np.count_nonzero(simulation.positions[1:])) / len(changes),
        evidence=float(changes.sum()) / error if error > 0.0 else math.nan,
    )


def changes_of(simulation: Simulation, span: EvaluationSpan) -> NDArray[np.float64]:
    """Return a pass's changes of equity, bar by bar, (n_decisions,); zeros after a ruin.

    In units of what one contract's price moves in a bar: the root of the exponentially weighted
    mean square of its moves until the decision (RiskMetrics, 1996), at least a tick. What a new
    contract trades above the old one is no move.
    """
    steps = np.diff(simulation.equity)
    rows = slice(span.first_decision, span.first_decision + len(steps))
    bars = span.market.bars
    moves = bars.close[1:] - bars.close[:-1] - bars.roll_gap[1:]
    ticks = pd.Series(np.square(moves, dtype=np.float64)).ewm(alpha=1.0 - DECAY).mean().pow(0.5)
    typical = np.maximum(np.insert(ticks.to_numpy(), 0, 1.0)[rows], 1.0)
    changes = np.zeros(span.n_decisions)
    changes[: len(steps)] = steps / (typical * span.market.instrument.tick_value_usd)
    return changes


def sharpe_per_bar(equity: NDArray[np.float64]) -> float:
    """Return mean over standard deviation of the changes of equity, (n,) USD; NaN where all equal.

    The deviation is that of the population.
    """
    changes = np.diff(equity)
    if len(changes) == 0 or np.ptp(changes) == 0.0:
        return math.nan
    return float(changes.mean() / changes.std())


def _from_row(market: Market, start: int) -> Market:
    """Return the market of the rows from `start` on: views of the same memory."""
    return replace(
        market,
        timestamps=market.timestamps[start:],
        bars=market.bars[start:],
        features=market.features[start:],
        trade_dates=market.trade_dates[start:],
        is_roll=market.is_roll[start:],
    )
