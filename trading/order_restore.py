"""The books of a new process, from its journal alone: as the old one had them when it was killed.

What the journal does not know, the broker is asked for: every live order comes back as UNKNOWN.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import nan
from types import MappingProxyType

from config.instrument_type import Instrument
from config.trading_settings import OrderTimers
from trading.booked_order import BookedOrder
from trading.broker_events import CommissionSeen, ExecutionSeen
from trading.gateway import OrderToSend
from trading.journal_events import RiskDay
from trading.journal_reader import JournalReader
from trading.journal_rows import StoredFill, StoredIntent, StoredStart
from trading.mode_keeper import holds_of
from trading.modes import Hold
from trading.order_events import Restarted
from trading.order_identity import parse_ref
from trading.order_life import OrderLife, split_exec_id
from trading.order_transitions import MAY_FILL, OrderState
from trading.own_position import OwnFills
from trading.reconciliation import REMEMBERED
from trading.trader_books import TraderBooks
from trading.working_orders import WorkingOrders
from utils.errors import JournalError

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traded:
    """Who trades what: what a journal is read for.

    Attributes:
        bot: First part of the refs that are ours.
        client_id: Ours.
        account: Where.
        con_id: The pinned contract.
        instruments: What each contract is, by con id, the pinned one among them.
    """

    bot: str
    client_id: int
    account: str = field(repr=False)
    con_id: int
    instruments: Mapping[int, Instrument]


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What a journal says.

    Attributes:
        books: Orders, fills, the highest order id.
        holds: What held the trader back and does not pass by itself, with why.
        risk_day: The newest trading day of it; None before any.
    """

    books: TraderBooks
    holds: Mapping[Hold, str]
    risk_day: RiskDay | None


def restore(reader: JournalReader, traded: Traded, timers: OrderTimers, now: datetime) -> Restored:
    """Return the books as the journal has them.

    Args:
        reader: Of the journal.
        traded: Whose books.
        timers: Of orders.
        now: When the new process reads it.

    Raises:
        JournalError: If an intent is not of this bot, or a fill cannot be read.
    """
    fills = reader.fills_since(LONG_AGO)
    refs = reader.refs()
    orders = WorkingOrders(traded.bot, traded.client_id, timers)
    starts = reader.starts(traded.account)
    intents = reader.intents_since(now - REMEMBERED)
    _restore_orders(orders, intents, fills, now)
    books = TraderBooks(
        account=traded.account,
        con_id=traded.con_id,
        instrument=traded.instruments[traded.con_id],
        orders=orders,
        fills=_own_fills(reader, traded, [fill for fill in fills if fill.order_ref in refs]),
        highest_order_id=reader.max_order_id(),
    )
    strange = [fill for fill in fills if fill.order_ref not in refs]
    for fill in strange:
        if fill.time >= now - REMEMBERED:
            orders.hear(_execution(fill), now)  # a stranger's, which must not be news again
    _count_strangers(books, [one for one in strange if one.account == traded.account], starts)
    holds = MappingProxyType(holds_of(reader.switches()))
    return Restored(books=books, holds=holds, risk_day=reader.newest_risk_day())


def _restore_orders(
    orders: WorkingOrders,
    intents: Iterable[StoredIntent],
    fills: list[StoredFill],
    now: datetime,
) -> None:
    by_ref: dict[str, list[StoredFill]] = {}
    for fill in fills:
        by_ref.setdefault(fill.order_ref, []).append(fill)
    for intent in intents:
        booked = _booked(intent, by_ref.get(intent.ref, []), orders.bot)
        orders.restore(booked, heard_at=intent.updated)
    live = [key for key, booked in orders.orders.items() if booked.life.state in MAY_FILL]
    for key in live:
        orders.do(key, Restarted(), now)


def _booked(intent: StoredIntent, fills: list[StoredFill], bot: str) -> BookedOrder:
    name = parse_ref(intent.ref, bot)
    if name is None:
        raise JournalError(f"intent `{intent.ref}` of the journal is not one of bot `{bot}`")
    numbered = {split_exec_id(fill.exec_id): fill.quantity for fill in fills}
    counted = {stem: (version, quantity) for (stem, version), quantity in numbered.items()}
    life = OrderLife(
        quantity=intent.quantity,
        is_opening=intent.is_opening,
        created=intent.created,
        state=intent.state,
        perm_id=intent.perm_id,
        fills=MappingProxyType(counted),
        said_filled=_said_filled(intent, fills),
        settled=intent.settled,
        sent=None if intent.state == OrderState.INTENT else intent.created,
    )
    return BookedOrder(name=name, order=_order(intent), life=life, parent_ref=intent.parent_ref)


def _said_filled(intent: StoredIntent, fills: list[StoredFill]) -> int:
    """Return what the broker said was filled: a fill that nobody told of still counts.

    After a correction of a fill the executions alone know. Of an order that filled, the status
    comes first: a change of its size may not have come in time.
    """
    if any(split_exec_id(fill.exec_id)[1] > 1 for fill in fills):
        return 0
    whole = intent.quantity if intent.state == OrderState.FILLED else 0
    return intent.said_filled or whole


def _order(intent: StoredIntent) -> OrderToSend:
    return OrderToSend(
        ref=intent.ref,
        order_id=intent.order_id or 0,
        con_id=intent.con_id,
        account=intent.account,
        action=intent.side,
        quantity=intent.quantity,
        kind=intent.kind,
        limit_price=intent.limit_price,
        stop_price=intent.stop_price,
        tif=intent.tif,
        oca_group=intent.oca_group,
    )


def _count_strangers(
    books: TraderBooks, fills: Iterable[StoredFill], starts: Mapping[int, StoredStart]
) -> None:
    """Count what others have traded; what is part of an adopted position counts for nothing."""
    begun = set(starts)
    for fill in sorted(fills, key=lambda fill: fill.seq):
        if fill.con_id in begun and fill.seq > starts[fill.con_id].seq:
            books.strangers.settle(fill.con_id)
            begun.remove(fill.con_id)
        books.strangers.hear(_execution(fill))
    for con_id in begun:
        books.strangers.settle(con_id)


def _own_fills(reader: JournalReader, traded: Traded, fills: list[StoredFill]) -> OwnFills:
    """Count fills and adopted positions in the order in which they were written."""
    own = OwnFills(instruments=traded.instruments)
    starts = sorted(reader.starts(traded.account).values(), key=lambda start: start.seq)
    for fill in sorted(fills, key=lambda fill: fill.seq):
        while starts and starts[0].seq < fill.seq:
            start = starts.pop(0)
            own.adopt(start.con_id, start.position, nan if start.price is None else start.price,
                      start.ts)  # fmt: skip
        own.hear(_execution(fill))
        _cost(own, fill)
    for start in starts:
        own.adopt(start.con_id, start.position, nan if start.price is None else start.price,
                  start.ts)  # fmt: skip
    return own


def _cost(own: OwnFills, fill: StoredFill) -> None:
    if fill.commission_usd is None:
        return
    own.hear_commission(
        CommissionSeen(
            exec_id=fill.exec_id,
            commission_usd=fill.commission_usd,
            currency="USD",
            realised_usd=fill.realised_usd,
        )
    )


def _execution(fill: StoredFill) -> ExecutionSeen:
    return ExecutionSeen(
        exec_id=fill.exec_id,
        order_id=fill.order_id,
        perm_id=fill.perm_id,
        client_id=fill.client_id,
        order_ref=fill.order_ref,
        con_id=fill.con_id,
        account=fill.account,
        time=fill.time,
        side=fill.side,
        quantity=fill.quantity,
        price=nan if fill.price is None else fill.price,
    )
