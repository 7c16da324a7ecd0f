"""What one account's way through the bars left behind, and the result that is made of it.

Where it comes from is left to the runs: policies decide bar by bar, replays all at once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from backtest.frames import fills_frame, trades_frame
from backtest.result import BacktestResult
from config.settings import EnvSettings
from env.kernel.types import Records
from env.market import Market
from env.simulation import Simulation


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """One account from its first decision to the end of its episode.

    Attributes:
        equity: (k,) USD at each close; row 0 before the first fill. A ruin ends it early.
        positions: (k,) signed contracts at the same closes.
        fills: FILL records, oldest first.
        trades: TRADE records, by exit.
        denials: Decisions that were denied, wholly or in part, by the label of the reason.
        n_ambiguous: Bars whose result depends on the path policy.
        is_ruined: Whether the account was closed by force.
    """

    equity: NDArray[np.float64]
    positions: NDArray[np.int64]
    fills: Records
    trades: Records
    denials: Mapping[str, int]
    n_ambiguous: int
    is_ruined: bool


def course_of(simulation: Simulation, denials: Mapping[str, int]) -> Course:
    """Return the course of a simulation whose episode is over."""
    return Course(
        equity=simulation.equity,
        positions=simulation.positions,
        fills=simulation.fills,
        trades=simulation.trades,
        denials=denials,
        n_ambiguous=simulation.n_ambiguous,
        is_ruined=simulation.is_ruined,
    )


def result_of(
    name: str,
    course: Course,
    market: Market,
    settings: EnvSettings,
    rows: tuple[int, int],
    stops: Mapping[int, float] | None = None,
) -> BacktestResult:
    """Return the result of a course over the rows from the first up to before the second.

    After a ruin its equity and positions go on as they were.

    Args:
        name: What reports call it.
        course: What happened.
        market: Where.
        settings: The account.
        rows: Of the first decision, and after the last bar.
        stops: How far the stop is that an order brings, ticks, by the order's id. The account's
            own is beside it; the nearer one is hit first.
    """
    start, stop = rows
    n_left = stop - start - len(course.equity)
    return BacktestResult(
        name=name,
        timestamps=market.timestamps[start:stop],
        trade_dates=market.trade_dates[start:stop],
        equity=carried_on(course.equity, n_left),
        positions=carried_on(course.positions, n_left),
        fills=fills_frame(course.fills, market),
        trades=trades_frame(course.trades, market, stop_ticks(course, settings, stops or {})),
        settings=settings,
        feature_columns=(*market.feature_set.names, *market.feature_set.forecasts),
        was_liquidated=course.is_ruined,
        denials=course.denials,
        n_ambiguous=course.n_ambiguous,
    )


def carried_on(values: NDArray[Any], n_rows: int) -> NDArray[Any]:
    """Return `values` followed by `n_rows` repetitions of the last, read-only."""
    whole = np.append(values, np.repeat(values[-1:], n_rows))
    whole.flags.writeable = False
    return whole


def stop_ticks(
    course: Course, settings: EnvSettings, stops: Mapping[int, float]
) -> NDArray[np.float64]:
    """Return how far the first stop of each trade was from its entry, ticks; NaN without one."""
    quantity = course.fills["quantity"]
    after = np.cumsum(quantity)
    is_entry = (after != 0) & (np.sign(after) != np.sign(after - quantity))
    ids = course.fills["order_id"][is_entry][: len(course.trades)]
    brought = np.array([stops.get(order_id, np.nan) for order_id in ids.tolist()], dtype=np.float64)
    return np.fmin(brought, _own_stop_ticks(settings))


def _own_stop_ticks(settings: EnvSettings) -> float:
    """Return how far the account's own stop is from an entry, ticks; NaN where it has none."""
    for distance in (settings.stop_loss_ticks, settings.trailing_stop_ticks):
        if distance is not None:
            return distance
    return np.nan
