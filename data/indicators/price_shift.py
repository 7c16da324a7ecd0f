"""What a roll does to the prices that features remember: they move to the new contract's level."""

from data.indicators.bar import Floats
from utils.jit import lean_jit


@lean_jit
def move_prices(prices: Floats, gap: float) -> None:
    """Add `gap`, in points, to each price.

    A loop in a function of its own: written out as `prices += gap` for every feature, it would take
    numba longer to compile than the features themselves.
    """
    for i in range(prices.shape[0]):
        prices[i] += gap
