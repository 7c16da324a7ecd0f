"""Looks every second whether the whole position has its stop at the broker, and has it repaired.

What is to be repaired is trading/protection.py's to say. What cannot be protected in time is
flattened, and trading stays held until a person says otherwise.
"""

import asyncio
import math
from datetime import datetime, timedelta

from config.trading_settings import ProtectionSettings
from trading.modes import SYNCED, Hold
from trading.order_builder import ExitTerms
from trading.order_identity import Role
from trading.order_manager import OrderManager
from trading.protection import (
    Change,
    Leg,
    PlaceExit,
    Plan,
    Remove,
    Repair,
    must_flatten,
    plan_of,
    repairs,
    uncovered,
)
from trading.protection_legs import legs

MINUTE = timedelta(minutes=1)
MOST_A_MINUTE = 10
"""Stops that are put by repairs: more come of an error, the broker's or ours."""


class Protector:
    """Compares position and stops, by what our own books say."""

    def __init__(
        self, manager: OrderManager, settings: ProtectionSettings, tick_seconds: float
    ) -> None:
        self._manager = manager
        self._settings = settings
        self._tick_seconds = tick_seconds
        self._wake = asyncio.Event()
        self._since: datetime | None = None
        self._covered_at: datetime | None = None
        self._checked_at: datetime | None = None
        manager.on_protect = self._wake.set

    @property
    def unprotected_since(self) -> datetime | None:
        """From when the position has had no stop for all of it, as far as that can be judged.

        None without a connection and in a closed market, where nothing can be put.
        """
        return self._since

    async def run(self) -> None:
        """Look until cancelled: at deadlines often, at the position also when it has changed."""
        while True:
            try:
                async with asyncio.timeout(self._tick_seconds):
                    await self._wake.wait()
            except TimeoutError:
                pass
            self._manager.tick()
            if self._wake.is_set() or self._is_due(self._manager.now()):
                self._wake.clear()
                self.check()

    def check(self) -> None:
        """Look now, and have repaired what is to be."""
        manager, now = self._manager, self._manager.now()
        self._checked_at = now
        if manager.modes.mode not in SYNCED:
            self._since = None
            return
        books = manager.books
        untold = books.untold_fills()
        if untold and Hold.POSITION_MISMATCH not in manager.modes.state.holds:
            manager.on_query()
        if any(one.life.is_opening for one in untold):
            return  # its stop comes with it
        stops, targets = legs(books.orders.orders, books.con_id, books.instrument)
        plan = self._plan()
        is_sure = not untold or books.told_position == books.expected_position
        if plan is not None and is_sure:  # else a stop more could sell twice
            for repair in repairs(plan, stops, targets):
                if not self._takes_too_much(repair):
                    self._do(repair, plan)
        self._judge(stops, now, is_plannable=plan is not None)

    def _is_due(self, now: datetime) -> bool:
        last = self._checked_at
        return last is None or (now - last).total_seconds() >= self._settings.check_seconds

    def _plan(self) -> Plan | None:
        """Return what should stand behind the position; None where nothing tells a price."""
        books, position = self._manager.books, self._manager.guarded_position
        if position == 0:
            return Plan(position=0, oca_group="", stop_ticks=0)
        stop = books.decided_stop()
        entry_ticks = books.fills.holding(books.con_id).entry_ticks
        if not math.isfinite(entry_ticks):
            price = self._manager.view.last_price
            entry_ticks = math.nan if price is None else price / books.instrument.tick_size
        if not math.isfinite(entry_ticks):
            return None
        decided = None if stop is None else stop / books.instrument.tick_size
        return plan_of(position, entry_ticks, books.exit_group(), self._settings, decided)

    def _do(self, repair: Repair, plan: Plan) -> None:
        books = self._manager.books
        match repair:
            case Remove():
                self._manager.cancel(repair.key)
            case Change():
                total = abs(repair.quantity) + books.orders.orders[repair.key].life.executed
                self._manager.change(repair.key, total, self._points(repair.price_ticks), "repair")
            case PlaceExit():
                self._place(repair, plan)

    def _takes_too_much(self, repair: Repair) -> bool:
        """Return whether a repair takes away what protects a position that only the broker has."""
        if isinstance(repair, PlaceExit):
            return False
        booked = self._manager.books.orders.orders[repair.key]
        left = booked.life.quantity - booked.life.executed
        is_less = isinstance(repair, Remove) or abs(repair.quantity) < left
        return is_less and self._manager.may_be_needed(booked)

    def _place(self, repair: PlaceExit, plan: Plan) -> None:
        if self._manager.books.live_of(Role.FLATTEN):
            return  # it closes all of it; a stop beside it would be for nothing
        if self._manager.is_flattening and self._n_rejects() >= self._settings.max_rejects:
            return  # the broker takes none; the position is being closed for that
        if self._runs_away():
            return
        price = self._points(repair.price_ticks)
        terms = ExitTerms(
            role=Role.REPAIR_STOP if repair.is_stop else Role.REPAIR_TARGET,
            quantity=repair.quantity,
            stop=price if repair.is_stop else None,
            limit=None if repair.is_stop else price,
            # the stop that was placed a moment ago has founded the group of the target after it
            oca_group=plan.oca_group or self._manager.books.exit_group(),
        )
        self._manager.place_exit(terms)

    def _runs_away(self) -> bool:
        """Return whether repairs follow one another without an end; a person has to look then."""
        manager = self._manager
        placed = manager.books.decided_since(Role.REPAIR_STOP, manager.now() - MINUTE)
        if placed < MOST_A_MINUTE:
            return False
        text = f"{placed} stops were put within a minute"
        manager.modes.hold(Hold.UNPROTECTED, text)
        manager.alert("stop_missing", f"{text}, and one is missing again: none is put any more")
        return True

    def _judge(self, stops: tuple[Leg, ...], now: datetime, *, is_plannable: bool) -> None:
        """Flatten what has been without its whole stop for too long, in an open market."""
        manager, position = self._manager, self._manager.guarded_position
        is_open = manager.view.is_market_open is not False
        if not is_open or uncovered(position, stops) == 0:
            self._since, self._covered_at = None, now
            return
        self._since = self._since or now
        is_late = must_flatten(self._since, self._n_rejects(), now, self._settings)
        if (is_late or not is_plannable) and not manager.is_flattening:
            text = f"position {position:+d} could not be protected"
            manager.modes.hold(Hold.UNPROTECTED, text)
            manager.alert("stop_missing", f"{text}: it is flattened")
            manager.flatten(text)

    def _n_rejects(self) -> int:
        """Return how many stops were rejected since the position last had all of its own."""
        books, entry = self._manager.books, self._manager.books.last_entry
        times = [self._covered_at, None if entry is None else entry.life.created]
        known = [time for time in times if time is not None]
        return books.rejected_stops(min(known)) if known else 0

    def _points(self, ticks: int) -> float:
        return float(self._manager.books.instrument.to_prices(ticks))
