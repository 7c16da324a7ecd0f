"""One row of a drift report: contracts of the trader beside the kernel's, and what they are worth.

Amounts are what the trader made more than the kernel: negative is worse.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from config.instrument_type import Instrument
from trading.drift_pairs import Leg, Pair

Kind = Literal["matched", "missed", "extra"]
"""Both accounts had it; the kernel's alone; the trader's alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowFill:
    """The contracts of a row in one of the accounts.

    Attributes:
        time: When they were filled, UTC; the kernel knows the open of the bar.
        place: Of that bar among those of the day.
        price: What was paid, points.
        price_ticks: The same as the day's last contract has it: moved by the gap of a roll.
        fee_usd: Commission.
        label: Role of the trader's order, or the reason of the kernel's.
    """

    time: pd.Timestamp
    place: int
    price: float
    price_ticks: int
    fee_usd: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Valuing:
    """What fills of a day are worth at its last close.

    Attributes:
        instrument: What is traded.
        close_ticks: The last close.
        gaps: Ticks that each bar's contract trades above the one before; 0 but on a roll.
    """

    instrument: Instrument
    close_ticks: int
    gaps: Sequence[int]

    def fill_of(self, leg: Leg | None) -> RowFill | None:
        """Return a part of a fill as a row shows it."""
        if leg is None:
            return None
        fill = leg.fill
        gaps = self.gaps[fill.place if leg.is_old else fill.place + 1 :]
        return RowFill(
            time=fill.time,
            place=fill.place,
            price=float(self.instrument.to_prices(fill.price_ticks)),
            price_ticks=fill.price_ticks + sum(gaps),
            fee_usd=leg.fee_usd,
            label=fill.label,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftRow:
    """Contracts that both accounts traded, or one of them.

    Attributes:
        quantity: Signed contracts.
        live: The trader's; None where it has none.
        kernel: The kernel's; None where it has none.
        valuing: What they are worth.
        note: Why one of them has none, where that is known.
    """

    quantity: int
    live: RowFill | None
    kernel: RowFill | None
    valuing: Valuing
    note: str = ""

    @property
    def kind(self) -> Kind:
        """Which of the accounts had it."""
        if self.live is None:
            return "missed"
        return "extra" if self.kernel is None else "matched"

    @property
    def worse_ticks(self) -> int | None:
        """By how much the trader's price was worse; None where only one of them has one."""
        if self.live is None or self.kernel is None:
            return None
        ticks = self.live.price_ticks - self.kernel.price_ticks
        return ticks if self.quantity > 0 else -ticks

    @property
    def bars_later(self) -> int | None:
        """How many bars after the kernel's the trader's was filled."""
        if self.live is None or self.kernel is None:
            return None
        return self.live.place - self.kernel.place

    @property
    def price_usd(self) -> float:
        """Of the prices of contracts that both had: less slippage than supposed, or more."""
        ticks = 0 if self.worse_ticks is None else -self.worse_ticks * abs(self.quantity)
        return ticks * self.valuing.instrument.tick_value_usd

    @property
    def commission_usd(self) -> float:
        """Of the commissions on contracts that both had."""
        if self.live is None or self.kernel is None:
            return 0.0
        return self.kernel.fee_usd - self.live.fee_usd

    @property
    def unmatched_usd(self) -> float:
        """Of contracts that one of them had alone: marked to the last close, after commission."""
        if self.live is not None and self.kernel is not None:
            return 0.0
        return self._worth_usd(self.live) - self._worth_usd(self.kernel)

    @property
    def total_usd(self) -> float:
        """All of it."""
        return self.price_usd + self.commission_usd + self.unmatched_usd

    def _worth_usd(self, fill: RowFill | None) -> float:
        if fill is None:
            return 0.0
        ticks = self.quantity * (self.valuing.close_ticks - fill.price_ticks)
        return ticks * self.valuing.instrument.tick_value_usd - fill.fee_usd


def row_of(pair: Pair, valuing: Valuing, note: str = "") -> DriftRow:
    """Return a pair as a row."""
    leg = pair.live or pair.kernel
    assert leg is not None
    return DriftRow(
        quantity=leg.quantity,
        live=valuing.fill_of(pair.live),
        kernel=valuing.fill_of(pair.kernel),
        valuing=valuing,
        note=note,
    )
