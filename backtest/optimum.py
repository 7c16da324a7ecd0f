"""The best that anybody could do with a planted edge, given its signals, costs and limits.

What can be known at the close of bar t of the drift of bar t + 1 is its filtered mean m_t
(data/drift_filter.py). Decide at that close, fill at the next open, earn the drift of bar t + 1:

    position_(t+1) m_t tick_value - cost_per_side |position_(t+1) - position_t|      USD

The policy that maximises the long-run average of this comes from dynamic programming over m and the
positions that the actions can reach: short, flat and long of `max_position`. Costs are in
proportion to what is traded, so each contract is a problem of its own and all have the same
solution: long at m >= h, short at m <= -h, and between these two thresholds what is held stays.
Flat is only ever the beginning.

Warning:
    This is the optimum of a risk-neutral trader **given the signals**: moves of the price tell next
    to nothing more (`Optimum.information_in_moves` says how much), and the protective stop, margin
    and ruin are left out of it. Compare with a stop that is off or too far away to be hit.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from config.instruments import get_instrument
from config.settings import EnvSettings
from data.drift_filter import SteadyFilter, filtered_drift, steady_filter
from data.planted_edge import PlantedEdge
from data.preprocessor import RANKS
from env.actions import Action
from env.market import Market
from env.observation import Observation
from models.position_chain import ChainSolution, Floats, solve_chain
from models.side_cost import cost_per_side_usd
from utils.errors import ConfigError

GRID_POINTS = 401
GRID_SDS = 6.0
"""Filtered means that are told apart: evenly between these many standard deviations either way."""

MAX_HALF_LIFE_BARS = 100.0
"""Beyond it steps of the filtered mean are too small for the grid: values come out 0.2 % high."""

SHORT, FLAT, LONG = range(3)
"""Indices of the positions that the actions can reach."""

_normal_cdf = np.vectorize(lambda z: 0.5 * (1.0 + math.erf(z / math.sqrt(2.0))), otypes=[float])


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimum:
    """The optimal policy for one edge and one account, and what it is worth.

    Attributes:
        edge: What was planted.
        settings: The account: symbol, costs and largest position.
        buy_at_ticks: Filtered mean, ticks per bar, at or above which to be long; infinite where
            costs make every trade a loss.
        sell_at_ticks: Filtered mean at or below which to be short.
        value_per_bar_usd: Long-run average, USD per bar, net of costs.
    """

    edge: PlantedEdge
    settings: EnvSettings
    buy_at_ticks: float
    sell_at_ticks: float
    value_per_bar_usd: float

    def expected_usd(self, n_bars: int) -> float:
        """Return the expected net PnL of `n_bars` traded bars, USD.

        Beginning flat and closing at the end move it by no more than a few round trips.
        """
        return n_bars * self.value_per_bar_usd

    def information_in_moves(self, shock_sd_ticks: float) -> float:
        """Return by what share the optimum would rise if it also watched the bars' moves.

        Args:
            shock_sd_ticks: Standard deviation of a bar's shock, ticks, taken as constant; where it
                varies, the root of the harmonic mean of its squares gives quiet bars their weight.

        Returns:
            A fraction >= 0; NaN where the optimum is never to trade.
        """
        if self.value_per_bar_usd <= 0.0:
            return math.nan
        seen = steady_filter(self.edge, shock_sd_ticks)
        return drift_chain(seen, self.settings).gain / self.value_per_bar_usd - 1.0


class OptimalPolicy:
    """Be long at or above the optimum's upper threshold, short at or below the lower, else hold.

    An ordinary policy: it sees the signal columns of its market, at bar t those of bars <= t.
    """

    name = "optimum"

    def __init__(self, optimum: Optimum):
        self.optimum = optimum
        self._actions: NDArray[np.int64] = np.empty(0, dtype=np.int64)

    def reset(self, market: Market, settings: EnvSettings) -> None:
        """Filter the signals of the whole market, each row from those up to it.

        Raises:
            ConfigError: If the market does not show all signals of the edge, or scaled to ranks or
                by session.
        """
        means = filtered_drift(_signals(market, self.optimum.edge), self.optimum.edge)
        self._actions = np.full(len(means), int(Action.HOLD))
        self._actions[means >= self.optimum.buy_at_ticks] = Action.BUY
        self._actions[means <= self.optimum.sell_at_ticks] = Action.SELL

    def decide(self, bar: int, observation: Observation) -> int:
        """Return the action of the close of row `bar`."""
        return int(self._actions[bar])


def optimum_of(edge: PlantedEdge, settings: EnvSettings) -> Optimum:
    """Return the optimal policy of an edge for an account's costs and largest position.

    Args:
        edge: What was planted.
        settings: The account; a commission of None is the instrument's own.

    Raises:
        ConfigError: If the symbol is unknown, the sizer is not `fixed`, or the half-life is too
            long for the grid.
    """
    if settings.position_sizer != "fixed":
        raise ConfigError(
            "the optimum is known for `position_sizer` fixed only, was "
            f"{settings.position_sizer}; compare agents of fixed size with it"
        )
    steady = steady_filter(edge)
    solution = drift_chain(steady, settings)
    means = drift_grid(steady)
    buy_at_ticks = _first_crossing(means, solution.worth_of_trading(SHORT, LONG))
    sell_worth = solution.worth_of_trading(LONG, SHORT)
    return Optimum(
        edge=edge,
        settings=settings,
        buy_at_ticks=buy_at_ticks,
        sell_at_ticks=-_first_crossing(-means[::-1], sell_worth[::-1]),
        value_per_bar_usd=solution.gain if math.isfinite(buy_at_ticks) else 0.0,
    )


def drift_chain(steady: SteadyFilter, settings: EnvSettings) -> ChainSolution:
    """Return the solved chain over `drift_grid(steady)` and (short, flat, long), in USD."""
    means = drift_grid(steady)
    tick_value_usd = get_instrument(settings.symbol).tick_value_usd
    positions = settings.max_position * np.array([-1.0, 0.0, 1.0])
    transition = _transition(means, steady)
    return solve_chain(tick_value_usd * means, transition, positions, cost_per_side_usd(settings))


def drift_grid(steady: SteadyFilter) -> Floats:
    """Return the filtered means that are told apart, ticks per bar, evenly spaced about zero."""
    return steady.sd_ticks * np.linspace(-GRID_SDS, GRID_SDS, GRID_POINTS)


def _transition(means: Floats, steady: SteadyFilter) -> Floats:
    """Return the probabilities that one filtered mean, by row, is followed by another, by column.

    Raises:
        ConfigError: If a step of the filtered mean is too small to be seen on the grid.
    """
    phi = steady.persistence
    if phi > 0.5 ** (1.0 / MAX_HALF_LIFE_BARS):
        raise ConfigError(
            f"`half_life_bars` must be <= {MAX_HALF_LIFE_BARS:g} for its optimum to be found, was "
            f"{math.log(0.5) / math.log(phi):.6g}"
        )
    step_sd = steady.sd_ticks * math.sqrt(1.0 - phi**2)
    edges = 0.5 * (means[1:] + means[:-1])
    below = _normal_cdf((edges[None, :] - phi * means[:, None]) / step_sd)
    return np.diff(below, axis=1, prepend=0.0, append=1.0)


def _first_crossing(means: Floats, worth: Floats) -> float:
    """Return where `worth` becomes >= 0, interpolated between two means; infinite if nowhere."""
    is_worth_it = worth >= 0.0
    if not is_worth_it.any():
        return math.inf
    row = int(is_worth_it.argmax())
    if row == 0:
        return float(means[0])
    below, above = worth[row - 1], worth[row]
    return float(means[row] - (means[row] - means[row - 1]) * above / (above - below))


def _signals(market: Market, edge: PlantedEdge) -> Floats:
    """Return the edge's signals from a market's features, as they were before scaling."""
    columns = market.scaler.columns
    missing = [name for name in edge.signal_columns if name not in columns]
    if missing:
        raise ConfigError(
            f"the optimum needs the signals {', '.join(edge.signal_columns)}, the market shows "
            f"{', '.join(columns)}; name them in `feature_columns`"
        )
    if market.scaler.kind == RANKS or market.scaler.is_session_aware:
        hours = " by session" if market.scaler.is_session_aware else ""
        raise ConfigError(
            "the optimum cannot read signals scaled to ranks or by session, was "
            f"{market.scaler.kind}{hours}; use the scaler standard or robust, for all hours alike"
        )
    rows = [columns.index(name) for name in edge.signal_columns]
    centre, spread = np.array(market.scaler.centre), np.array(market.scaler.spread)
    return np.asarray(market.features[:, rows] * spread[rows] + centre[rows], dtype=np.float64)
