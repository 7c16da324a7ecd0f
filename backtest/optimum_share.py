"""How much of what could have been earned on a planted edge a result did earn, three ways.

Realised PnL is mostly the luck of the price shocks. Since nobody can foresee those, what a result
was worth in expectation is known as well: each bar it held, position times filtered drift, less the
costs that it paid. That `foreseen` PnL compares two agents with far less noise.
"""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.engine import BacktestEngine
from backtest.optimum import OptimalPolicy, Optimum, optimum_of
from backtest.result import BacktestResult
from backtest.span import rows_of
from data.drift_filter import filtered_drift
from data.planted_edge import PlantedEdge
from env.kernel.names import Reason
from models.side_cost import cost_per_side_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class OptimumShare:
    """One result beside the optimum, on the same bars with the same account; all net, USD.

    Attributes:
        name: Whose result it is.
        net_usd: What it made.
        optimum_net_usd: What the optimal policy made on the same bars through the same kernel.
        expected_usd: What dynamic programming expects the optimal policy to make in as many bars.
        foreseen_usd: What the result's positions were expected to make given the signals.
        optimum_foreseen_usd: The same for the optimal policy's positions.
    """

    name: str
    net_usd: float
    optimum_net_usd: float
    expected_usd: float
    foreseen_usd: float
    optimum_foreseen_usd: float

    @property
    def of_realised(self) -> float:
        """Share of what the optimum made on these bars; NaN where it made nothing."""
        return _share(self.net_usd, self.optimum_net_usd)

    @property
    def of_expected(self) -> float:
        """Share of what the optimum makes on average; NaN where it never trades."""
        return _share(self.net_usd, self.expected_usd)

    @property
    def of_foreseen(self) -> float:
        """Share with the luck of the price shocks taken out of both; NaN where none was foreseen.

        At most 1 on average over many bars. What an agent learns from prices beyond the signals is
        not counted.
        """
        return _share(self.foreseen_usd, self.optimum_foreseen_usd)


def fraction_of_optimum(
    result: BacktestResult, bars: pd.DataFrame, edge: PlantedEdge
) -> OptimumShare:
    """Return what share of the optimum a result earned: same bars, costs, size and stop.

    Args:
        result: Any policy's or agent's back-test.
        bars: The frame it was run on, with the signal columns of the edge.
        edge: What was planted in them.

    Raises:
        ConfigError: If the bars are others, or lack the signals.
    """
    rows_of(result, bars.index)
    optimum = optimum_of(edge, result.settings)
    best = run_optimum(bars, optimum, like=result)
    return OptimumShare(
        name=result.name,
        net_usd=_net_usd(result),
        optimum_net_usd=_net_usd(best),
        expected_usd=optimum.expected_usd(len(result.timestamps) - 1),
        foreseen_usd=float(foreseen_usd(result, bars, edge).sum()),
        optimum_foreseen_usd=float(foreseen_usd(best, bars, edge).sum()),
    )


def run_optimum(
    bars: pd.DataFrame, optimum: Optimum, like: BacktestResult | None = None
) -> BacktestResult:
    """Back-test the optimal policy through the kernel with the optimum's account.

    Args:
        bars: With the signal columns of the edge.
        optimum: Its policy and account.
        like: A result over these bars whose span is to be walked; None walks all.
    """
    settings = optimum.settings
    start, end = (None, None) if like is None else like.span
    engine = BacktestEngine(
        df=bars,
        initial_capital=settings.initial_balance,
        slippage_ticks=settings.slippage_ticks,
        start=start,
        end=end,
    )
    return engine.run_with_policy(
        OptimalPolicy(optimum), optimum.edge.signal_columns, settings=settings
    )


def foreseen_usd(
    result: BacktestResult, bars: pd.DataFrame, edge: PlantedEdge
) -> NDArray[np.float64]:
    """Return what each bar was expected to make given the signals at the close before it, net.

    Row i uses signals <= row i - 1 of the result, and the contracts that it held in bar i. A bar in
    which a stop was hit counts as not held.

    Args:
        result: Any policy's or agent's back-test.
        bars: The frame it was run on, with the signal columns of the edge.
        edge: What was planted in them.

    Returns:
        (n,) USD; row 0, before any fill, is 0.
    """
    start, stop = rows_of(result, bars.index)
    drift = filtered_drift(bars[list(edge.signal_columns)].to_numpy(dtype=np.float64), edge)
    held, traded = _held_and_traded(result)
    earned = np.zeros(len(held))
    earned[1:] = held[1:] * drift[start : stop - 1] * result.instrument.tick_value_usd
    return earned - cost_per_side_usd(result.settings) * traded


def _held_and_traded(result: BacktestResult) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return signed contracts held through each bar, and contracts traded in it, both (n,)."""
    rows = result.timestamps.get_indexer(pd.DatetimeIndex(result.fills["time"]))
    quantity = result.fills["quantity"].to_numpy(dtype=np.int64)
    held, traded = (np.zeros(len(result.timestamps), dtype=np.int64) for _ in range(2))
    np.add.at(traded, rows, np.abs(quantity))
    # What is closed at the last close was held until then.
    is_before_close = (result.fills["reason"] != Reason.END_OF_DATA.label).to_numpy(dtype=bool)
    np.add.at(held, rows[is_before_close], quantity[is_before_close])
    return np.cumsum(held), traded


def _net_usd(result: BacktestResult) -> float:
    return float(result.equity[-1] - result.equity[0])


def _share(part: float, whole: float) -> float:
    return part / whole if whole > 0 else math.nan
