"""Our books against the broker's: asked in full at every connection, now and then, and in doubt.

Time, positions, open orders, executions, completed orders, one after the other; a list that does
not come in full proves nothing. What the broker says is never taken over by itself: two snapshots
that disagree halt the trader, and a person's word, written down, adopts the position.
"""

import asyncio
import math
from datetime import datetime, timedelta

from config.instrument_type import MAX_TICKS
from config.trading_settings import ReconciliationSettings
from trading.booked_order import BookedOrder
from trading.connection_events import (
    ConnectionDown,
    ConnectionEvent,
    ConnectionUp,
    TradingBlocked,
    TradingRestored,
)
from trading.gateway import Gateway
from trading.journal_events import (
    HeldPosition,
    IntentState,
    OperatorCommand,
    PositionAdopted,
    PositionSnapshot,
)
from trading.modes import Hold, LiftedBy, Link
from trading.order_manager import OrderManager
from trading.trader_books import TraderBooks
from utils.errors import ConfigError, TemporaryGatewayError

REMEMBERED = timedelta(days=2)
"""How long orders that are over stay in the book: the broker tells those of its day again."""

_ADOPTED = {Hold.POSITION_MISMATCH, Hold.FOREIGN_ORDER}
"""What a person's word for the broker's position answers."""

Difference = tuple[int, int, int]
"""Con id, contracts by our fills, contracts by the broker."""


class Reconciler:
    """Asks, compares, and moves the link to RECONCILED or keeps it from there."""

    def __init__(
        self, gateway: Gateway, manager: OrderManager, settings: ReconciliationSettings
    ) -> None:
        self._gateway = gateway
        self._manager = manager
        self._settings = settings
        self._wake = asyncio.Event()
        self._last_differences: tuple[Difference, ...] = ()
        self._n_breaks = 0
        self._last_snapshot: PositionSnapshot | None = None
        manager.on_query = self.ask_soon

    def ask_soon(self) -> None:
        """Have the next snapshot taken as soon as may be."""
        self._wake.set()

    def hear(self, event: ConnectionEvent) -> None:
        """Hear what the connection's supervisor tells; it must be told nothing by us."""
        modes = self._manager.modes
        match event:
            case ConnectionUp():
                modes.move(Link.CONNECTING, "connecting")
                modes.move(Link.SYNCING, f"connection {event.n_connections} is up")
                modes.lift(Hold.BROKER_DOWN, LiftedBy.ITSELF, "connected anew")
                self._last_differences = ()
                self.ask_soon()
            case ConnectionDown():
                self._n_breaks += 1
                modes.move(Link.DISCONNECTED, event.reason)
            case TradingBlocked():
                self._n_breaks += 1
                modes.hold(Hold.BROKER_DOWN, f"TWS has lost the broker ({event.code})")
                modes.move(Link.SYNCING, "the broker is away")
            case TradingRestored():
                modes.lift(Hold.BROKER_DOWN, LiftedBy.ITSELF, "TWS has the broker back")
                self.ask_soon()
            case _:
                pass

    async def run(self) -> None:
        """Take snapshots, until cancelled: when asked to, and now and then."""
        while True:
            try:
                async with asyncio.timeout(self._settings.every_seconds):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._wake.clear()
            if self._is_askable():
                await self.reconcile()
            await asyncio.sleep(self._settings.again_seconds)

    async def reconcile(self) -> bool:
        """Take one snapshot and compare; return whether it was complete and agreed."""
        manager = self._manager
        try:
            since = await self._ask_all()
        except TemporaryGatewayError as error:
            manager.is_in_doubt = True
            manager.alert("not_reconciled", f"the broker's books are not known: {error}")
            self.ask_soon()
            return False
        manager.snapshot_ended(since)
        manager.forget(since - REMEMBERED)
        self._write_positions()
        self._look_for_strangers()
        return self._judge(self.differences())

    def differences(self) -> tuple[Difference, ...]:
        """Return where our own count of a position is not the broker's, by con id."""
        books = self._manager.books
        con_ids = sorted({*books.fills.con_ids(), *books.told_positions})
        found = (
            (con_id, books.fills.holding(con_id).position, books.told_positions.get(con_id, 0))
            for con_id in con_ids
        )
        return tuple(one for one in found if one[1] != one[2])

    def adopt(self, actor: str, reason: str, price: float) -> None:
        """Take the broker's position of the pinned contract for ours: a person's word.

        Args:
            actor: Who says so.
            reason: Why.
            price: Points that it counts as traded at; an average is taken to the nearest tick.

        Raises:
            ConfigError: If nobody says so, why is not said, the price is absurd, or the last
                snapshot was not complete: what is not known to be held must not be taken for flat.
            JournalError: If it cannot be written down; nothing was adopted.
        """
        if not actor.strip() or not reason.strip():
            raise ConfigError("adopting a position needs a name and a reason")
        manager, books = self._manager, self._manager.books
        if manager.modes.link is not Link.RECONCILED or manager.is_in_doubt:
            raise ConfigError("the broker's books are not known now; try again when they are")
        position, price = books.told_position, _nearest(books, price)
        if position == books.position and not _ADOPTED & set(manager.modes.state.holds):
            raise ConfigError(f"ours and the broker's are both {position:+d}: nothing to adopt")
        failure = manager.journal.commit(
            OperatorCommand(command="adopt", actor=actor, reason=reason),
            PositionAdopted(
                account=books.account,
                con_id=books.con_id,
                position=position,
                price=price,
                actor=actor,
                reason=reason,
            ),
        )
        if failure is not None:
            raise failure
        books.fills.adopt(books.con_id, position, price, manager.now())
        for one in books.settle():
            if not one.is_extra:  # that has no intent of its own
                manager.journal.note(_settled(one))
        for hold in sorted(_ADOPTED):
            manager.modes.lift(hold, LiftedBy.OPERATOR, reason, actor)
        manager.journal.flush()
        manager.doubt()

    def _is_askable(self) -> bool:
        modes = self._manager.modes
        is_connected = self._gateway.is_connected and modes.link in (Link.SYNCING, Link.RECONCILED)
        return is_connected and Hold.BROKER_DOWN not in modes.state.holds

    async def _ask_all(self) -> datetime:
        """Ask for everything, one list after the other; return when that was begun.

        Raises:
            TemporaryGatewayError: If something was not answered, or the broker's side was away
                meanwhile: its lists are then of before.
        """
        n_breaks = self._n_breaks
        await self._gateway.probe()
        since = self._manager.now()
        self._manager.catch_up()
        self._manager.books.begin_positions()
        await self._gateway.ask_positions()
        self._manager.catch_up()
        self._manager.books.end_positions()
        await self._gateway.ask_open_orders()
        await self._gateway.ask_executions()
        await self._gateway.ask_completed_orders()
        self._manager.catch_up()
        if self._n_breaks != n_breaks:
            raise TemporaryGatewayError("the broker was away while it told them")
        return since

    def _write_positions(self) -> None:
        """Write the broker's positions down where they have changed."""
        books = self._manager.books
        held = tuple(
            HeldPosition(con_id=con_id, symbol="", position=position, average_price=None)
            for con_id, position in sorted(books.told_positions.items())
            if position
        )
        snapshot = PositionSnapshot(account=books.account, positions=held)
        if snapshot != self._last_snapshot:
            self._manager.journal.note(snapshot)
        self._last_snapshot = snapshot

    def _look_for_strangers(self) -> None:
        books = self._manager.books
        foreign = [order for order in books.orders.foreign if order.account == books.account]
        if foreign:
            text = f"{len(foreign)} live orders here are not ours"
            self._manager.modes.hold(Hold.FOREIGN_ORDER, text)
            self._manager.alert("foreign_order", text)

    def _judge(self, found: tuple[Difference, ...]) -> bool:
        """Trade on where nothing differs; halt where the same differs a second time."""
        manager = self._manager
        is_second = bool(found) and found == self._last_differences
        self._last_differences = found
        if is_second:
            text = "; ".join(f"contract {one[0]}: ours {one[1]}, broker {one[2]}" for one in found)
            manager.modes.hold(Hold.POSITION_MISMATCH, text)
            manager.alert("drift", text)
        manager.is_in_doubt = bool(found) and not is_second
        if manager.is_in_doubt:
            self.ask_soon()
        else:
            manager.modes.move(Link.RECONCILED, "the broker's books are known")
            manager.on_protect()
        manager.journal.flush()
        return not found


def _nearest(books: TraderBooks, price: float) -> float:
    """Return the price on the grid next to one; money at any other would be unknown for good.

    Raises:
        ConfigError: If there is none.
    """
    ticks = price / books.instrument.tick_size
    if not (math.isfinite(ticks) and abs(ticks) <= MAX_TICKS):
        raise ConfigError(f"a price to adopt at must be one of the market, was {price:g}")
    return float(books.instrument.to_prices(round(ticks)))


def _settled(booked: BookedOrder) -> IntentState:
    """Return that an order owes no executions, for the next process too."""
    life = booked.life
    return IntentState(ref=booked.order.ref, state=life.state, settled=life.settled)
