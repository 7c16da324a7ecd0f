"""What luck there was in the order of the trades: the same ones, shuffled many times.

The record that was actually made is left to `metrics.py`, other trades than these to
`resampling.py`. The total is the same in every order; only the path to it differs, hence the
drawdowns and whether the account lives to see the end.

Warning: shuffling breaks whatever holds trades together. Where losses come in clusters, true
drawdowns are deeper than these.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from utils.errors import ConfigError

QUANTILE_LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
"""From the deepest drawdowns to the shallowest."""

ELEMENTS_AT_ONCE = 1_000_000
"""Bounds the memory: orders x trades that are worked on at a time."""

NOISE_DECIMALS = 6

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShuffledDrawdowns:
    """Maximum drawdowns of the same trades in other orders.

    Attributes:
        quantiles_usd: Of the maximum drawdown, USD <= 0, by level: at 0.05 it was as deep or deeper
            in one order of twenty. NaN without trades.
        as_traded_usd: The maximum drawdown in the true order, USD <= 0; NaN without trades.
        deeper_share: Share of the orders with a deeper one than the true order's, 0..1: near 1 the
            true order was lucky. NaN without trades.
        ruin_share: Share of the orders in which equity was ever at or below zero, 0..1; NaN without
            trades.
        n_orders: How many orders were tried.
    """

    quantiles_usd: dict[float, float]
    as_traded_usd: float
    deeper_share: float
    ruin_share: float
    n_orders: int


def shuffled_drawdowns(
    trade_net_usd: Floats,
    initial_usd: float,
    n_orders: int,
    generator: np.random.Generator,
) -> ShuffledDrawdowns:
    """Return how deep the maximum drawdown was over random orders of the same trades.

    Drawdowns are of equity after each trade, from the running peak, initial capital included; what
    happens inside a trade is not seen. An order that ruins the account goes on to its last trade.

    Args:
        trade_net_usd: (m,) net PnL of the round trips, USD, in their true order.
        initial_usd: Initial capital, USD > 0.
        n_orders: How many orders to try, >= 1.
        generator: Source of the orders; the same state gives the same bits.

    Raises:
        ConfigError: If the capital or the number of orders is out of its bounds.
    """
    if not initial_usd > 0.0 or n_orders < 1:
        raise ConfigError(
            "shuffled trades need `initial_usd` > 0 and `n_orders` >= 1, were "
            f"{initial_usd} and {n_orders}"
        )
    if len(trade_net_usd) == 0:
        return _no_trades(n_orders)
    parts = [
        _deepest_and_lowest(trades, initial_usd)
        for trades in _orders(trade_net_usd, n_orders, generator)
    ]
    deepest, lowest = (np.concatenate(part) for part in zip(*parts, strict=True))
    as_traded = _deepest_and_lowest(trade_net_usd[None, :], initial_usd)[0][0]
    quantiles = np.quantile(deepest, QUANTILE_LEVELS)
    return ShuffledDrawdowns(
        quantiles_usd=dict(zip(QUANTILE_LEVELS, quantiles.tolist(), strict=True)),
        as_traded_usd=float(as_traded),
        deeper_share=float(np.mean(deepest < as_traded)),
        ruin_share=float(np.mean(lowest <= 0.0)),
        n_orders=n_orders,
    )


def _no_trades(n_orders: int) -> ShuffledDrawdowns:
    return ShuffledDrawdowns(
        quantiles_usd=dict.fromkeys(QUANTILE_LEVELS, math.nan),
        as_traded_usd=math.nan,
        deeper_share=math.nan,
        ruin_share=math.nan,
        n_orders=n_orders,
    )


def _orders(
    trade_net_usd: Floats, n_orders: int, generator: np.random.Generator
) -> Iterator[Floats]:
    """Yield the trades in random orders, (at most all, m) at a time."""
    n_at_once = max(1, ELEMENTS_AT_ONCE // len(trade_net_usd))
    for first in range(0, n_orders, n_at_once):
        n_now = min(n_at_once, n_orders - first)
        yield generator.permuted(np.tile(trade_net_usd, (n_now, 1)), axis=1)


def _deepest_and_lowest(trade_net_usd: Floats, initial_usd: float) -> tuple[Floats, Floats]:
    """Return the maximum drawdown and the lowest equity of each order, USD.

    Args:
        trade_net_usd: (n_orders, m) net PnL in the order of a row.
        initial_usd: Initial capital.
    """
    # orders that differ in float noise alone are equal
    equity = np.round(initial_usd + np.cumsum(trade_net_usd, axis=1), NOISE_DECIMALS)
    peak = np.maximum(np.maximum.accumulate(equity, axis=1), initial_usd)
    return np.minimum((equity - peak).min(axis=1), 0.0), equity.min(axis=1)
