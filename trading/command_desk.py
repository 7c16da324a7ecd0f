"""Does what people tell a running trader: each command once, written down first, answered always.

A flatten is answered when the position is gone, or after a while with what is left; it holds the
trader until somebody releases it, so that the model does not open again what a person has closed.
"""

import time
from datetime import datetime

from trading.command_box import Command, CommandBox, CommandKind
from trading.day_keeper import DayKeeper
from trading.journal_events import OperatorCommand
from trading.modes import SYNCED, Hold, LiftedBy
from trading.order_desk import OrderDesk
from trading.risk_day import DayReset
from trading.trader_watch import TraderWatch
from utils.errors import ConfigError, FuturesGymError

RELEASED = (Hold.OPERATOR, Hold.UNPROTECTED, Hold.FOREIGN_ORDER, Hold.POSITION_MISMATCH)
"""Holds that a release lifts beside the kill switch; what is still wrong is held again by
the next snapshot, and until that one nothing is opened."""

FAR_SHARE = 0.05
"""Of the last price: a position was hardly entered so far away, and its money would be wrong."""

ANSWER_SECONDS = 8.0
"""After which a flatten is answered, flat or not; who asked waits a little longer."""


class CommandDesk:
    """Carries commands out.

    Args:
        box: Where they lie.
        desk: Of orders.
        watch: Pulls the kill switch.
        day: Of the trading day.
    """

    def __init__(
        self, box: CommandBox, desk: OrderDesk, watch: TraderWatch, day: DayKeeper
    ) -> None:
        self._box = box
        self._desk = desk
        self._watch = watch
        self._day = day
        self._closing: dict[str, tuple[Command, float]] = {}

    def look(self, now: datetime) -> None:
        """Carry out what has come, and answer what is done."""
        for command in self._box.take():
            if command.id not in self._closing:
                self._carry_out(command, now)
        for command, since in list(self._closing.values()):
            self._answer_when_flat(command, since)

    def _carry_out(self, command: Command, now: datetime) -> None:
        manager = self._desk.manager
        said = OperatorCommand(
            command=command.kind.value, actor=command.actor, reason=command.reason
        )
        failure = manager.journal.commit(said)
        if command.kind in {CommandKind.FLATTEN, CommandKind.KILL}:
            if failure is not None:  # what only makes safer is done without a journal
                manager.journal.note(said)
            self._close(command)
            return
        if failure is not None:
            self._box.answer(command, f"not done: {failure}", is_done=False)
            return
        try:
            text = self._do(command, now)
        except FuturesGymError as error:
            self._box.answer(command, f"not done: {error}", is_done=False)
        else:
            manager.journal.flush()
            self._box.answer(command, text, is_done=True)

    def _close(self, command: Command) -> None:
        manager = self._desk.manager
        why = f"{command.kind} by {command.actor}: {command.reason or 'no reason given'}"
        if command.kind is CommandKind.KILL:
            self._watch.kill(why, command.actor)
        else:
            manager.modes.hold(Hold.OPERATOR, why, command.actor)
            manager.journal.flush()
            manager.flatten(why)
        self._closing[command.id] = (command, time.monotonic())

    def _answer_when_flat(self, command: Command, since: float) -> None:
        manager = self._desk.manager
        position, mode = manager.books.position, manager.modes.mode
        is_known = mode in SYNCED and not manager.is_in_doubt
        ours = {manager.books.con_id, *manager.books.fills.con_ids()}
        others = [one for one in self._desk.reconciler.differences() if one[0] in ours]
        is_flat = position == 0 and not manager.is_flattening and is_known and not others
        is_late = time.monotonic() - since >= ANSWER_SECONDS  # a replay's clock may stand still
        if not is_flat and not is_late:
            return
        del self._closing[command.id]
        text = f"not flat yet: position {position:+d}, {mode}; it goes on until it is"
        if is_flat:
            text = "flat; nothing is opened until `release`"
        elif others:
            held = "; ".join(f"{there:+d} of contract {con_id}" for con_id, _, there in others)
            text = f"ours is {position:+d}, the broker has {held}: `adopt` it, or close it by hand"
        self._box.answer(command, text, is_done=is_flat)

    def _do(self, command: Command, now: datetime) -> str:
        match command.kind:
            case CommandKind.RELEASE:
                return self._release(command)
            case CommandKind.RESET_LOCK:
                return self._reset_lock(command, now)
            case _:
                return self._adopt(command)

    def _release(self, command: Command) -> str:
        modes = self._desk.manager.modes
        if not self._box.lift_kill(command):
            raise ConfigError("the file KILL is younger than this release: nothing was released")
        holds = (Hold.KILL_SWITCH, *RELEASED)
        lifted = [
            hold.value
            for hold in holds
            if modes.lift(hold, LiftedBy.OPERATOR, command.reason, command.actor)
        ]
        self._desk.manager.doubt()
        return f"released: {', '.join(lifted)}" if lifted else "nothing was held by a person"

    def _reset_lock(self, command: Command, now: datetime) -> str:
        assert command.trading_day is not None, "commands check themselves"
        word = DayReset(
            trading_day=command.trading_day,
            actor=command.actor,
            reason=command.reason,
            at=now,
        )
        was_locked = self._day.is_locked
        self._day.reset(word)
        is_lifted = self._desk.manager.modes.lift(
            Hold.DAILY_LOSS, LiftedBy.OPERATOR, command.reason, command.actor
        )
        if not (was_locked or is_lifted):
            return f"trading day {command.trading_day} was not locked; nothing was changed"
        return f"trading day {command.trading_day} is unlocked; its loss counts anew"

    def _adopt(self, command: Command) -> str:
        assert command.price is not None, "commands check themselves"
        last = self._desk.manager.view.last_price
        if last is not None and abs(command.price - last) > FAR_SHARE * abs(last):
            raise ConfigError(
                f"a price to adopt at must lie within {FAR_SHARE:.0%} of the market's "
                f"{last:,.2f}, was {command.price:,.2f}: it makes the day's profit or loss"
            )
        self._desk.reconciler.adopt(command.actor, command.reason, command.price)
        position = self._desk.manager.books.position
        return f"the broker's position of {position:+d} is ours now"
