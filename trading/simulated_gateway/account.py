"""The broker's count of one account: positions, what they cost, money.

All PnL comes from whole ticks: `flow_ticks` (received less paid) and `held_ticks` (contracts held x
their average entry), so that nothing is rounded into money before it is told.
"""

from dataclasses import dataclass

from env.kernel.ledger import reducing_quantity
from trading.simulated_gateway.contracts import Listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a fill cost, and what its closing part gained, less the fees of that part; USD."""

    fee_usd: float
    realised_usd: float | None


@dataclass(slots=True, kw_only=True, eq=False)
class Holding:
    """What the account holds, or held, of one contract.

    Attributes:
        listed: The contract.
        position: Signed contracts.
        flow_ticks: Contracts x price, received less paid, over all fills.
        held_ticks: Signed contracts x average entry of what is held.
        fees_usd: Commission ever paid.
        held_fees_usd: Of it, for what is held.
        commission_usd: Per contract and side; None takes the instrument's own.
    """

    listed: Listed
    position: int = 0
    flow_ticks: int = 0
    held_ticks: float = 0.0
    fees_usd: float = 0.0
    held_fees_usd: float = 0.0
    commission_usd: float | None = None

    @property
    def fee_each_usd(self) -> float:
        """Commission per contract and side."""
        own = self.listed.instrument.commission_per_side_usd
        return own if self.commission_usd is None else self.commission_usd

    @property
    def average_cost(self) -> float:
        """Average entry price x multiplier, nothing else in it; 0 when flat."""
        if self.position == 0:
            return 0.0
        return self.held_ticks / self.position * self.listed.instrument.tick_value_usd

    @property
    def realised_usd(self) -> float:
        """Gains of all that was closed, before commission."""
        return (self.flow_ticks + self.held_ticks) * self.listed.instrument.tick_value_usd

    def unrealised_usd(self, ticks: int | None) -> float:
        """Return what closing at a price would gain, before commission; 0 where there is none."""
        if ticks is None:
            return 0.0
        gain_ticks = self.position * ticks - self.held_ticks
        return gain_ticks * self.listed.instrument.tick_value_usd

    def book(self, quantity: int, ticks: int) -> Receipt:
        """Take in a fill of `quantity` signed contracts; return what it cost and gained."""
        fee_each = self.fee_each_usd
        closing = int(reducing_quantity(self.position, quantity))
        gain_usd = None if closing == 0 else self._close(closing, ticks, fee_each)
        opening = quantity - closing
        self.position += opening
        self.held_ticks += opening * ticks
        self.held_fees_usd += abs(opening) * fee_each
        self.flow_ticks -= quantity * ticks
        fee_usd = abs(quantity) * fee_each
        self.fees_usd += fee_usd
        return Receipt(fee_usd=fee_usd, realised_usd=gain_usd)

    def _close(self, closing: int, ticks: int, fee_each: float) -> float:
        """Close a part of the position; return the gain less the fees of both its sides."""
        share = -closing / self.position
        cost_ticks, fees_usd = share * self.held_ticks, share * self.held_fees_usd
        gain_ticks = -closing * ticks - cost_ticks
        self.position += closing
        self.held_ticks -= cost_ticks
        self.held_fees_usd -= fees_usd
        if self.position == 0:
            self.held_ticks = self.held_fees_usd = 0.0
        gross_usd = gain_ticks * self.listed.instrument.tick_value_usd
        return gross_usd - fees_usd - abs(closing) * fee_each


class Account:
    """The money and the positions of one account.

    Attributes:
        name: Its id.
        initial_usd: What it began with.
        holdings: By con id.
    """

    def __init__(self, name: str, cash_usd: float, commission_usd: float | None = None):
        """Open a flat account; without a commission each instrument's own is paid."""
        self.name, self.initial_usd = name, cash_usd
        self._commission_usd = commission_usd
        self.holdings: dict[int, Holding] = {}
        self._day_start_usd = cash_usd
        self._day_start_realised_usd = 0.0

    def holding(self, listed: Listed) -> Holding:
        """Return what is held of a contract, also if that is nothing yet."""
        empty = Holding(listed=listed, commission_usd=self._commission_usd)
        return self.holdings.setdefault(listed.con_id, empty)

    @property
    def fees_usd(self) -> float:
        """Commission ever paid."""
        return sum(holding.fees_usd for holding in self.holdings.values())

    @property
    def realised_usd(self) -> float:
        """Gains of all that was closed, after all commission."""
        return sum(item.realised_usd for item in self.holdings.values()) - self.fees_usd

    @property
    def cash_usd(self) -> float:
        """What it began with, and all that was realised."""
        return self.initial_usd + self.realised_usd

    @property
    def day_start_usd(self) -> float:
        """Equity when the trade date began."""
        return self._day_start_usd

    @property
    def day_realised_usd(self) -> float:
        """Realised since the trade date began, after commission."""
        return self.realised_usd - self._day_start_realised_usd

    def begin_day(self, equity_usd: float) -> None:
        """Count the day's PnL from here on."""
        self._day_start_usd = equity_usd
        self._day_start_realised_usd = self.realised_usd
