"""What a trader looks at several times a second: day, clock, data, roll, kill switch.

Each look ends in a hold that is put or lifted, or in a flatten; none of them sends an order itself.
What is to be closed is closed again after a restart, from the holds alone: they are in the journal.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from config.trader_settings import TraderSettings
from trading.broker_events import ErrorSeen
from trading.contract_roll import RollDue
from trading.day_keeper import DayKeeper
from trading.ib_codes import COMPETING_SESSION
from trading.market_hours import MarketHours
from trading.mode_keeper import ModeKeeper
from trading.modes import SYNCED, Hold, LiftedBy
from trading.order_desk import OrderDesk
from trading.restart_window import RestartWindow
from utils.errors import JournalError
from utils.logger import get_logger

_LOG = get_logger("trader")

CLOSING_HOLDS = (Hold.KILL_SWITCH, Hold.DAILY_LOSS, Hold.OPERATOR, Hold.UNPROTECTED)
"""Under these no position stays."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sights:
    """What the watch cannot see for itself, as it is now.

    Attributes:
        last_price: Newest price, points; None before one.
        skew_seconds: The broker's clock less ours; None before it was asked.
        is_connected: Whether the line stands.
        stale_reason: Why the data cannot be used; None while they can.
        roll: How near the contract's last session is; None where it has none.
        code: Of the contract.
        hours: When the market trades; None before that is known.
        is_kill_wanted: Whether somebody left the file that kills.
    """

    last_price: float | None
    skew_seconds: float | None
    is_connected: bool
    stale_reason: str | None
    roll: RollDue | None
    code: str
    hours: MarketHours | None
    is_kill_wanted: bool


class TraderWatch:
    """Puts holds and lifts them."""

    def __init__(
        self,
        desk: OrderDesk,
        day: DayKeeper,
        settings: TraderSettings,
        sights: Callable[[], Sights],
    ) -> None:
        self._desk = desk
        self._day = day
        self._settings = settings
        self._sights = sights
        self._window = RestartWindow(
            settings.connection, settings.session.no_entry_before_restart_seconds
        )
        self._stale_since: datetime | None = None
        self._competing = False

    @property
    def _modes(self) -> ModeKeeper:
        return self._desk.manager.modes

    def hear(self, event: ErrorSeen) -> None:
        """Note what the broker says of other sessions."""
        if event.code == COMPETING_SESSION:
            self._competing = True

    def data_came(self) -> None:
        """Note that a bar came live: history alone is told to a second session too."""
        self._competing = False

    def look(self, now: datetime) -> None:
        """Look at everything once."""
        sights = self._sights()
        self._look_at_the_day(now, sights)
        self._look_at_the_switch(sights)
        self._look_at_the_clock(sights)
        self._look_at_the_data(now, sights)
        self._look_at_the_restart(now)
        self._look_at_the_roll(now, sights)
        self._close_what_may_not_stay()

    def kill(self, why: str, actor: str) -> None:
        """Pull the kill switch: it is written down, then acted on, connected or not."""
        self._modes.hold(Hold.KILL_SWITCH, why, actor)
        self._desk.manager.journal.flush()
        self._close_what_may_not_stay()

    def _look_at_the_day(self, now: datetime, sights: Sights) -> None:
        """Hold what the day's lock says; also of a process that was killed between the two."""
        self._day.mark(now, sights.last_price)
        day = self._day.day
        if day is not None and day.is_locked:
            if self._modes.hold(Hold.DAILY_LOSS, day.reason):
                # told at once: a status of a second later may be one of the next day
                self._desk.manager.alert("daily_loss_lock", day.reason)
        elif self._day.is_current(now):
            self._modes.lift(Hold.DAILY_LOSS, LiftedBy.NEXT_DAY, "the trading day is not locked")

    def _look_at_the_switch(self, sights: Sights) -> None:
        if sights.is_kill_wanted and Hold.KILL_SWITCH not in self._modes.state.holds:
            self.kill("the file KILL is there", "file")

    def _look_at_the_clock(self, sights: Sights) -> None:
        limit = self._settings.trading.limits.max_skew_seconds
        skew = sights.skew_seconds
        is_off = sights.is_connected and skew is not None and abs(skew) > limit
        text = (
            f"clocks differ by {skew:+.1f} s, at most {limit:g} s are allowed" if is_off else None
        )
        self._put(Hold.CLOCK_SKEW, text)

    def _look_at_the_data(self, now: datetime, sights: Sights) -> None:
        self._put(Hold.STALE_DATA, sights.stale_reason)
        text = "another session has the market data (10197)" if self._competing else None
        self._put(Hold.COMPETING_SESSION, text)
        is_open = sights.hours is not None and sights.hours.is_open(now)
        if sights.stale_reason is None or not is_open:
            self._stale_since = None  # what a pause was silent about is no reason at its end
            return
        self._stale_since = self._stale_since or now
        limit = self._settings.session.stale_flatten_seconds
        if limit is None or self._desk.manager.books.position == 0:
            return
        seconds = (now - self._stale_since).total_seconds()
        if seconds >= limit:
            self._flatten(f"data have been stale for {seconds:.0f} s")

    def _look_at_the_restart(self, now: datetime) -> None:
        text = "the broker restarts soon, or does" if self._window.is_near(now) else None
        self._put(Hold.RESTART_WINDOW, text)

    def _look_at_the_roll(self, now: datetime, sights: Sights) -> None:
        """Open nothing at the end of a contract's last session, and hold nothing beyond it."""
        roll, hours = sights.roll, sights.hours
        if roll is None or not (roll.is_last_session or roll.is_over):
            self._put(Hold.ROLLOVER, None)
            return
        left = None if hours is None else hours.seconds_to_close(now)
        is_late = left is not None and left <= self._settings.session.roll_flatten_seconds
        is_due = roll.is_over or is_late
        text = f"the last session of {sights.code} ends" if is_due else None
        self._put(Hold.ROLLOVER, text)
        if is_due and self._desk.manager.books.position != 0:
            self._flatten(f"{sights.code} is held no longer")

    def _close_what_may_not_stay(self) -> None:
        """Flatten under a hold that allows no position, also one of before a restart."""
        found = [hold for hold in CLOSING_HOLDS if hold in self._modes.state.holds]
        if not found:
            return
        manager = self._desk.manager
        if Hold.KILL_SWITCH in found:
            self._adopt_what_is_there()
        if manager.books.position != 0 or manager.books.live_entries():
            self._flatten(self._modes.state.holds[found[0]])

    def _adopt_what_is_there(self) -> None:
        """Take a position that is not ours for ours: who kills wants nothing left of it."""
        manager = self._desk.manager
        con_id, price = manager.books.con_id, self._sights().last_price
        is_other = any(one[0] == con_id for one in self._desk.reconciler.differences())
        is_halted = Hold.POSITION_MISMATCH in self._modes.state.holds
        is_known = manager.modes.mode in SYNCED and not manager.is_in_doubt
        if not (is_other and is_halted and is_known) or price is None:
            return
        try:
            self._desk.reconciler.adopt("kill switch", "to be closed", price)
        except JournalError as error:
            _LOG.error("the broker's position could not be adopted: %s", error)

    def _flatten(self, why: str) -> None:
        if not self._desk.manager.is_flattening:
            self._desk.manager.flatten(why)

    def _put(self, hold: Hold, why: str | None) -> None:
        """Put a hold that passes by itself, or lift it."""
        if why is not None:
            self._modes.hold(hold, why)
            self._modes.explain(hold, why)
        else:
            self._modes.lift(hold, LiftedBy.ITSELF, "it has passed")
