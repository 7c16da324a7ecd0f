"""At which price an open position is worth what it is: the newest one that can be believed.

A price that is none, or that no market goes to at one stroke, must neither lock a trading day nor
hide a loss; so it is not marked at, and the position counts as of unknown worth until a better one.
"""

import math

from config.instrument_type import Instrument

MOST_AT_ONCE = 0.5
"""Share of a price that the next one may be away from it: far beyond any exchange's daily limit."""

LEAST_TICKS = 1_000
"""So many ticks it may always be away: near zero a share means nothing (oil was below it once)."""


class MarkPrice:
    """Follows the price while a position is held, and remembers nothing while none is."""

    def __init__(self, instrument: Instrument) -> None:
        self._instrument = instrument
        self._last: float | None = None

    def believed(self, price: float | None, entry_ticks: float | None) -> float | None:
        """Return a price in points, or None where it cannot be believed.

        It must lie near the last one that was believed, or near where the position was entered:
        so a bad one that was believed does not keep out the good ones after it.

        Args:
            price: What the market is said to be at, points; None or NaN is not known.
            entry_ticks: Average entry of the position; None when flat, NaN where not known.
        """
        if entry_ticks is None:
            self._last = None
            return price
        entry = entry_ticks * self._instrument.tick_size
        if price is None or not math.isfinite(price):
            return None
        if not (self._is_near(price, entry) or self._is_near(price, self._last)):
            return None
        self._last = price
        return price

    def _is_near(self, price: float, known: float | None) -> bool:
        if known is None or math.isnan(known):
            return False
        room = max(MOST_AT_ONCE * abs(known), LEAST_TICKS * self._instrument.tick_size)
        return abs(price - known) <= room
