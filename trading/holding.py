"""What a row of fills of one contract comes to: position, average entry, PnL in whole ticks.

A trade is a round trip, flat to flat, as in the kernel: PnL is realised when the position is flat
or reverses, and what was taken off before is part of the open trade's.
"""

import math
from dataclasses import dataclass, replace

from env.kernel.ledger import reducing_quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What the fills of one contract come to.

    Attributes:
        position: Signed contracts.
        entry_ticks: Average entry of the contracts held; NaN when flat or unknown.
        flow_ticks: Contracts x ticks received less paid, over all fills of the open trade.
        realised_ticks: Contracts x ticks of the closed trades, before commission.
        is_priced: Whether every price is known; otherwise only `position` means something.
    """

    position: int = 0
    entry_ticks: float = math.nan
    flow_ticks: int = 0
    realised_ticks: int = 0
    is_priced: bool = True

    def after(self, quantity: int, price_ticks: int | None) -> "Holding":
        """Return the holding after a fill: opened, added to, reduced, closed or reversed."""
        if price_ticks is None or not self.is_priced:
            return Holding(position=self.position + quantity, is_priced=False)
        closing = int(reducing_quantity(self.position, quantity))
        reduced = self._reduced(closing, price_ticks) if closing else self
        opening = quantity - closing
        return reduced._entered(opening, price_ticks) if opening else reduced

    def open_ticks(self, mark_ticks: int) -> int:
        """Return contracts x ticks of the open trade, were it closed at `mark_ticks`."""
        return self.flow_ticks + self.position * mark_ticks

    def _reduced(self, closing: int, price_ticks: int) -> "Holding":
        position, flow = self.position + closing, self.flow_ticks - closing * price_ticks
        if position == 0:
            return Holding(realised_ticks=self.realised_ticks + flow)
        return replace(self, position=position, flow_ticks=flow)

    def _entered(self, opening: int, price_ticks: int) -> "Holding":
        held, size = abs(self.position), abs(opening)
        before = held * self.entry_ticks if held else 0.0
        return replace(
            self,
            position=self.position + opening,
            entry_ticks=(before + size * price_ticks) / (held + size),
            flow_ticks=self.flow_ticks - opening * price_ticks,
        )
