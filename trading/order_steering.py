"""From a decision to orders, and stops that follow what was really paid.

A decision is about the position at the close it was made on. Where that has changed since (a stop
was filled), or still may by an earlier entry, it is void: nothing is sent on an old view; flat is
flat, though, from wherever the position has gone. A bracket goes out with its stop measured
from the close; once the entry is filled, stop and target are moved to where the model's account has
them, by the kernel's own rule: from the average entry, and as they trail, at closes and opens.
"""

import math
import time
from dataclasses import dataclass

from config.trading_settings import ProtectionSettings
from env.kernel.matching import protective_stop_ticks, target_limit_ticks
from trading.bar_pipeline import BarPipeline
from trading.decisions import LiveDecision
from trading.modes import SYNCED
from trading.order_builder import EntryTerms
from trading.order_identity import Role
from trading.order_manager import OrderManager
from trading.placed import Placed
from trading.protection import Leg, Standing
from trading.protection_legs import legs
from trading.risk_codes import Denied

ASK_AGAIN_SECONDS = 5.0
"""Between two requests for the same move of the same order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a decision.

    Attributes:
        text: In words, for people.
        denied: Why an order was not sent; None where none was wanted, or it was.
    """

    text: str
    denied: Denied | None = None


class OrderSteering:
    """Sends what decisions ask for, and keeps exits where the model wants them.

    Args:
        manager: Sends.
        settings: Distances of exits, in ticks.
    """

    def __init__(self, manager: OrderManager, settings: ProtectionSettings) -> None:
        self._manager = manager
        self._settings = settings
        self._moved: dict[str, tuple[int, float]] = {}
        self._position: int | None = None
        self._may_loosen = False

    def act(self, decision: LiveDecision, decision_id: str, close: float, before: int) -> Outcome:
        """Send what a decision asks for.

        Args:
            decision: The model's.
            decision_id: Its name.
            close: Price of the bar's close, points.
            before: Contracts at that close.
        """
        if decision.quantity == 0:
            denial = decision.denial
            return Outcome(text="nothing to do" if denial == "none" else f"not taken: {denial}")
        books = self._manager.books
        position = books.position
        if decision.target == 0 and position != 0:
            self._manager.cancel_entries()
            return _outcome(self._manager.reduce(0, decision_id))
        if position != before:
            return Outcome(
                text=f"void: the position went from {before:+d} to {position:+d} since the close"
            )
        if any(one.is_opening for one in books.orders.may_fill(books.con_id)):
            return Outcome(text="void: an earlier entry may still fill")
        return _outcome(self._manager.enter(self._terms(decision, decision_id, close)))

    def follow(self, pipeline: BarPipeline) -> None:
        """Move the stop and the target of the position to where they belong.

        Away from the market a stop is moved only after a fill that has opened or added, to its
        distance from the entry. An account that was begun anew, or brought into line, would have
        it farther away than what was risked. Nothing is changed while the broker is out of reach:
        a change into a line that is down can leave two stops; nor while an order at the market is
        on its way: a stop that has trailed past the price is one too, and of the two the
        decision's goes first, as in the kernel.
        """
        books = self._manager.books
        self._note_position(books.position)
        if books.position == 0 or self._manager.is_flattening:
            self._moved.clear()
            return
        at_market = books.live_of(Role.ENTRY, Role.EXIT, Role.FLATTEN)
        if at_market or self._manager.modes.mode not in SYNCED:
            return
        for leg, price_ticks in self._misplaced(pipeline):
            self._move(leg, price_ticks)
        if self._may_loosen and not pipeline.has_new_fills and self.is_in_place(pipeline):
            self._may_loosen = False

    def is_in_place(self, pipeline: BarPipeline) -> bool:
        """Return whether every exit that rests is where it belongs."""
        return self._manager.books.position == 0 or not self._misplaced(pipeline)

    def _note_position(self, position: int) -> None:
        """Note whether contracts were opened since the last look; none are at the first."""
        before, self._position = self._position, position
        if before is None or position == before:
            return
        self._may_loosen |= abs(position) > abs(before) or position * before < 0

    def _misplaced(self, pipeline: BarPipeline) -> list[tuple[Leg, int]]:
        """Return the exits that are not where they belong, each with its price in ticks."""
        stops, targets = self._exits()
        stop, target = self._wanted_stop(pipeline), self._wanted_target(pipeline)
        found = [(leg, stop) for leg in stops if stop is not None and self._is_to_move(leg, stop)]
        found += [(leg, target) for leg in targets if target not in (None, leg.price_ticks)]
        return [(leg, price) for leg, price in found if price is not None]

    def _is_to_move(self, stop: Leg, price_ticks: int) -> bool:
        nearer = self._nearer(stop.price_ticks, price_ticks)
        return stop.price_ticks != price_ticks and (self._may_loosen or nearer == price_ticks)

    def _nearer(self, *prices_ticks: int) -> int:
        """Return the trigger that loses least."""
        return max(prices_ticks) if self._manager.books.position > 0 else min(prices_ticks)

    def _terms(self, decision: LiveDecision, decision_id: str, close: float) -> EntryTerms:
        """Return the terms of an entry as if it were filled at the close."""
        instrument, target = self._manager.books.instrument, decision.target
        ticks, settings = close / instrument.tick_size, self._settings
        stop = protective_stop_ticks(target, ticks, settings.stop_ticks)
        limit = (
            None
            if settings.target_ticks is None
            else float(
                instrument.to_prices(int(target_limit_ticks(target, ticks, settings.target_ticks)))
            )
        )
        return EntryTerms(
            decision_id=decision_id,
            target=target,
            stop=float(instrument.to_prices(int(stop))),
            target_price=limit,
        )

    def _wanted_stop(self, pipeline: BarPipeline) -> int | None:
        """Return the trigger that the stop should have, ticks; None where nothing tells.

        Never one that loses more than the entry's own distance. What has trailed nearer stays
        there after a fill, as in the kernel.
        """
        own = pipeline.stop_ticks if self._is_agreed(pipeline) else None
        entry, position = self._entry_ticks(), self._manager.books.position
        if entry is None:
            return own
        planned = int(protective_stop_ticks(position, entry, self._settings.stop_ticks))
        if own is None or (pipeline.has_new_fills and not pipeline.is_trailing):
            return planned
        return self._nearer(planned, own)

    def _is_agreed(self, pipeline: BarPipeline) -> bool:
        """Return whether the model's account holds the position's side, so that its exits count."""
        account = pipeline.account
        return account is not None and account.position * self._manager.books.position > 0

    def _wanted_target(self, pipeline: BarPipeline) -> int | None:
        position = self._manager.books.position
        if self._settings.target_ticks is None:
            return None
        is_own = self._is_agreed(pipeline) and not pipeline.has_new_fills
        if is_own and pipeline.target_ticks is not None:
            return pipeline.target_ticks
        entry = self._entry_ticks()
        if entry is None:
            return None
        return int(target_limit_ticks(position, entry, self._settings.target_ticks))

    def _exits(self) -> tuple[tuple[Leg, ...], tuple[Leg, ...]]:
        """Return the stops and the targets of the position.

        Those on its own side are of one before it, and are cancelled: at a price of this one they
        would fill at once, and make it larger.
        """
        books = self._manager.books
        stops, targets = legs(books.orders.orders, books.con_id, books.instrument)
        side = books.position
        return (
            tuple(leg for leg in stops if leg.quantity * side < 0),
            tuple(leg for leg in targets if leg.quantity * side < 0),
        )

    def _entry_ticks(self) -> float | None:
        books = self._manager.books
        ticks = books.fills.holding(books.con_id).entry_ticks
        return ticks if math.isfinite(ticks) else None

    def _move(self, leg: Leg, price_ticks: int) -> None:
        """Move an exit that rests at the broker; one on its way is looked at again later."""
        if leg.standing is not Standing.RESTING or not self._may_move(leg.key, price_ticks):
            return
        books = self._manager.books
        total = abs(leg.quantity) + books.orders.orders[leg.key].life.executed
        price = float(books.instrument.to_prices(price_ticks))
        self._manager.change(leg.key, total, price, "follows the position")

    def _may_move(self, key: str, price_ticks: int) -> bool:
        """Return whether a move was not just asked for: the broker may have refused it."""
        now, (price, asked_at) = time.monotonic(), self._moved.get(key, (0, -math.inf))
        if price == price_ticks and now - asked_at < ASK_AGAIN_SECONDS:
            return False
        self._moved[key] = price_ticks, now
        return True


def _outcome(answer: Placed | Denied) -> Outcome:
    if isinstance(answer, Denied):
        return Outcome(text=f"denied: {answer.code}: {answer.reason}", denied=answer)
    return Outcome(text="order sent" if answer.refs else "on its way already")
