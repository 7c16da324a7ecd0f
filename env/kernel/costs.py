"""What trading costs: commission per contract and side, slippage in adverse ticks."""

import math

import numpy as np

from utils.jit import jit


@jit
def fee_usd(quantity: int, costs: np.record) -> float:
    """Return the commission, USD >= 0, of a fill of `quantity` signed contracts."""
    return abs(quantity) * float(costs.commission_per_side_usd)


@jit
def slipped_ticks(ticks: int, quantity: int, costs: np.record) -> int:
    """Return `ticks` made worse by the slippage: higher for a buy, lower for a sale."""
    if quantity > 0:
        return ticks + int(costs.slippage_ticks)
    return ticks - int(costs.slippage_ticks)


GRID_NOISE_TICKS = 1e-9
"""Float noise that must not cost a whole tick: 100 x 0.29 is a little less than 29."""


def scaled_costs(
    commission_per_side_usd: float, slippage_ticks: int, scale: float
) -> tuple[float, int]:
    """Return commission and slippage at `scale` in [0, 1] of their full size.

    Slippage stays a whole number of ticks, rounded down: a slippage of one tick is none until the
    scale is 1.
    """
    return commission_per_side_usd * scale, math.floor(slippage_ticks * scale + GRID_NOISE_TICKS)
