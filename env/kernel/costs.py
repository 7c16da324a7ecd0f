"""What trading costs: commission per contract and side, slippage in adverse ticks."""

import math

import numpy as np

from utils.jit import lean_jit

GRID_NOISE_TICKS = 1e-9
"""Float noise that must not cost a whole tick: 100 x 0.29 is a little less than 29."""


@lean_jit
def fee_usd(quantity: int, costs: np.record) -> float:
    """Return the commission, USD >= 0, of a fill of `quantity` signed contracts."""
    return abs(quantity) * float(costs.commission_per_side_usd * costs.scale)


@lean_jit
def adverse_ticks(bar: np.record, costs: np.record) -> int:
    """Return the slippage of a market or stop fill in `bar`, whole ticks >= 0.

    Scaled down, it stays whole and is rounded down: one tick is none until the scale is 1.
    """
    ticks: float = (costs.slippage_ticks + bar.slippage) * costs.scale
    return math.floor(ticks + GRID_NOISE_TICKS)


@lean_jit
def slipped_ticks(ticks: int, quantity: int, bar: np.record, costs: np.record) -> int:
    """Return `ticks` made worse by the slippage: higher for a buy, lower for a sale."""
    if quantity > 0:
        return ticks + adverse_ticks(bar, costs)
    return ticks - adverse_ticks(bar, costs)
