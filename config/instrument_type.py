"""What is known of a product, and the only place where prices become ticks and ticks dollars."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from utils.errors import DataError

GRID_TOLERANCE_TICKS = 1e-2
"""Ticks that a stored price may be off the grid: a float32 of gold at 5,000 is off by 0.0024."""

MAX_TICKS = 2**40
"""Largest price, in ticks: far beyond any market, and far from where int64 wraps around."""

SessionTemplate = Literal["equity_index", "energy", "metals", "grains", "fx", "always_open"]
RollRule = Literal["volume", "calendar", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One product. What is None or empty does not exist for it: spot crypto has no months.

    Attributes:
        symbol: Exchange root, e.g. "MNQ".
        name: What it is and how it is quoted, for people.
        exchange: Where it trades.
        currency: What prices and fees are in. All sums of ours are USD, so it is "USD" (a
            stablecoin counts as one).
        tick_size: Smallest price step of an outright trade, in price points.
        multiplier: USD per point and contract. A point is one unit of the quoted price, whatever
            that is: ZC is quoted in cents per bushel, so a point of its 5,000 bushels is 50 USD.
        commission_per_side_usd: Default fees of broker, exchange and regulator, per contract.
        session_template: Key of the session templates: the hours it trades.
        contract_months: Month codes of the contracts that are rolled through, in order; "" where
            there are no contracts. Illiquid serial months are left out (October gold among them).
        expiry_rule: Key of EXPIRY_RULES in data/expiry.py; None where nothing expires.
        roll_rule: How a continuous series of it changes contract unless told otherwise.
        ib_symbol: Its `symbol` at Interactive Brokers; None where it is not offered.
        ib_exchange: Its `exchange` there.
        ib_multiplier: Its `multiplier` there, in their units: tells SIL from SI, which share a
            symbol, and is 5000 bushels for ZC although the price is in cents.
        yahoo_symbol: Yahoo Finance's name of its nearest series.
    """

    symbol: str
    name: str
    exchange: str
    currency: str
    tick_size: float
    multiplier: float
    commission_per_side_usd: float
    session_template: SessionTemplate
    contract_months: str
    expiry_rule: str | None
    roll_rule: RollRule
    ib_symbol: str | None
    ib_exchange: str | None
    ib_multiplier: str | None
    yahoo_symbol: str

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
