"""Contract facts, and the only place where prices become ticks and ticks become dollars."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from utils.errors import ConfigError, DataError
from utils.registry import lookup

GRID_TOLERANCE_TICKS = 1e-2
"""Ticks that a stored price may be off the grid: a float32 of gold at 5,000 is off by 0.0024."""

MAX_TICKS = 2**40
"""Largest price, in ticks: far beyond any market, and far from where int64 wraps around."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One futures product.

    Attributes:
        symbol: Exchange root, e.g. "MNQ".
        name: What it is, for people.
        exchange: Where it trades, as Interactive Brokers spells it.
        tick_size: Smallest price step, in price points.
        multiplier: USD per point and contract.
        commission_per_side_usd: Default fees of broker, exchange and regulator, per contract.
    """

    symbol: str
    name: str
    exchange: str
    tick_size: float
    multiplier: float
    commission_per_side_usd: float

    @property
    def tick_value_usd(self) -> float:
        """USD that one tick is worth for one contract, to a hundredth of a cent."""
        return round(self.tick_size * self.multiplier, 4)

    def off_grid(self, prices: ArrayLike) -> NDArray[np.bool_]:
        """Return whether each price (any shape, points) is no whole number of ticks, or absurd.

        NaN, infinity, and sizes beyond MAX_TICKS are off the grid.
        """
        points = np.asarray(prices, dtype=np.float64)
        with np.errstate(over="ignore", invalid="ignore"):  # infinity minus itself
            ticks = points / self.tick_size
            is_whole = np.abs(ticks - np.rint(ticks)) <= GRID_TOLERANCE_TICKS
        return np.asarray(~(is_whole & (np.abs(ticks) <= MAX_TICKS)))

    def to_ticks(self, prices: ArrayLike) -> NDArray[np.int64]:
        """Return prices (any shape, points) as whole ticks.

        Raises:
            DataError: If a price is off the tick grid; says how many are, and the first.
        """
        points = np.asarray(prices, dtype=np.float64)
        wrong = self.off_grid(points)
        if wrong.any():
            raise DataError(
                f"{int(wrong.sum())} of {points.size} prices are not on the {self.symbol} tick "
                f"grid of {self.tick_size}, first {points[wrong].flat[0]}; is the symbol right, "
                f"or are the bars ratio-adjusted?"
            )
        return np.rint(points / self.tick_size).astype(np.int64)

    def to_prices(self, ticks: ArrayLike) -> NDArray[np.float64]:
        """Return ticks (any shape) as prices in points, free of float noise."""
        return np.round(np.asarray(ticks, dtype=np.float64) * self.tick_size, 8)


INSTRUMENTS: dict[str, Instrument] = {
    instrument.symbol: instrument
    for instrument in (
        Instrument(
            symbol="MNQ",
            name="Micro E-mini Nasdaq-100",
            exchange="CME",
            tick_size=0.25,
            multiplier=2.0,
            commission_per_side_usd=0.62,
        ),
        Instrument(
            symbol="NQ",
            name="E-mini Nasdaq-100",
            exchange="CME",
            tick_size=0.25,
            multiplier=20.0,
            commission_per_side_usd=2.25,
        ),
        Instrument(
            symbol="MES",
            name="Micro E-mini S&P 500",
            exchange="CME",
            tick_size=0.25,
            multiplier=5.0,
            commission_per_side_usd=0.62,
        ),
        Instrument(
            symbol="ES",
            name="E-mini S&P 500",
            exchange="CME",
            tick_size=0.25,
            multiplier=50.0,
            commission_per_side_usd=2.25,
        ),
        Instrument(
            symbol="MGC",
            name="Micro Gold",
            exchange="COMEX",
            tick_size=0.1,
            multiplier=10.0,
            commission_per_side_usd=0.87,
        ),
        Instrument(
            symbol="CL",
            name="Crude Oil",
            exchange="NYMEX",
            tick_size=0.01,
            multiplier=1000.0,
            commission_per_side_usd=2.37,
        ),
    )
}
"""Fees are defaults, per contract and side: check them against your broker's current schedule."""


def get_instrument(symbol: str) -> Instrument:
    """Return the instrument called `symbol` (any case); a ConfigError names the choices."""
    if not isinstance(symbol, str):
        choices = ", ".join(INSTRUMENTS)
        raise ConfigError(f"`symbol` must be text, was {symbol!r}; choices: {choices}")
    return lookup(INSTRUMENTS, symbol.upper(), "symbol")
