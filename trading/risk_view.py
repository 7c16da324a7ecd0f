"""What the risk guard looks at: an order that is proposed, and what is known at that moment.

None is "not known", which is never taken for zero.
"""

from dataclasses import dataclass, field
from enum import StrEnum

from config.instrument_type import Instrument
from trading.modes import Mode
from trading.order_identity import STOPS, TARGETS, Role
from trading.worst_case import MayFill


class Purpose(StrEnum):
    """What an order is for, as far as risk goes."""

    OPEN = "open"
    REDUCE = "reduce"
    PROTECT = "protect"


def purpose_of(role: Role) -> Purpose:
    """Return the purpose of a role."""
    if role is Role.ENTRY:
        return Purpose.OPEN
    return Purpose.PROTECT if role in STOPS | TARGETS else Purpose.REDUCE


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderProposal:
    """An order that somebody would like to send.

    An entry is proposed together with its stop and target, its children; these are not proposed
    again. A reversal is an entry of the position and the new one together.

    Attributes:
        role: What it is for.
        con_id: What to trade.
        account: Where.
        quantity: Signed contracts: positive buys.
        kind: "MKT", "LMT", "STP" or "STP LMT".
        limit_price: Points; of a limit.
        stop_price: Points; the trigger of a stop.
        oca_group: The group that it joins, or "".
        protective_stop: Points; trigger of the stop that comes with an entry.
        protective_target: Points; limit of its target; None where it has none.
    """

    role: Role
    con_id: int
    account: str = field(repr=False)
    quantity: int
    kind: str = "MKT"
    limit_price: float | None = None
    stop_price: float | None = None
    oca_group: str = ""
    protective_stop: float | None = None
    protective_target: float | None = None

    @property
    def purpose(self) -> Purpose:
        """What it is for, as far as risk goes."""
        return purpose_of(self.role)

    @property
    def may_fill(self) -> MayFill:
        """Return what it would be in the book."""
        return MayFill(
            quantity=self.quantity,
            is_opening=self.purpose is Purpose.OPEN,
            oca_group=self.oca_group,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskView:
    """What is known when an order is proposed; None or NaN is not known.

    Attributes:
        instrument: What is traded.
        con_id: The contract that is pinned.
        account: The account that is.
        mode: What may be done.
        position: Contracts by our own fills, signed.
        disputed_position: By the broker's list, while it stands against ours; else None.
        working: All orders of the contract that may still fill.
        has_unknown_entry: Whether an entry is UNKNOWN.
        is_day_locked: Whether the trading day is locked.
        is_day_current: Whether that day is today's.
        day_pnl_usd: Realised plus unrealised less commissions of the day.
        orders_last_minute: Opening orders sent in the last 60 s.
        orders_today: Opening orders sent in this trading day.
        last_price: Newest price, points.
        data_age_seconds: How old the newest bar or tick is.
        skew_seconds: Our clock against the broker's, signed.
        is_market_open: By the contract's own hours.
        seconds_to_close: To the next close or pause.
        is_journal_writable: Whether the intent can be written first.
        initial_margin_usd: To open one contract.
        available_usd: What is free for margin.
    """

    instrument: Instrument
    con_id: int | None = None
    account: str | None = field(default=None, repr=False)
    mode: Mode | None = None
    position: int | None = None
    disputed_position: int | None = None
    working: tuple[MayFill, ...] | None = None
    has_unknown_entry: bool | None = None
    is_day_locked: bool | None = None
    is_day_current: bool | None = None
    day_pnl_usd: float | None = None
    orders_last_minute: int | None = None
    orders_today: int | None = None
    last_price: float | None = None
    data_age_seconds: float | None = None
    skew_seconds: float | None = None
    is_market_open: bool | None = None
    seconds_to_close: float | None = None
    is_journal_writable: bool | None = None
    initial_margin_usd: float | None = None
    available_usd: float | None = None
