"""The mode of a running trader, each change of it written down, and each hold in the log too.

Holds that pass by themselves end with the process; the others are switches in the journal, which a
new process finds again. The law of modes is trading/modes.py's.
"""

import logging
from collections.abc import Mapping

from trading.journal_desk import JournalDesk
from trading.journal_events import ModeChanged, SwitchSet
from trading.journal_rows import StoredSwitch
from trading.modes import HOLDS, LINKS, Hold, LiftedBy, Link, Mode, ModeState, started
from utils.clock import Clock
from utils.logger import get_logger

_LOG = get_logger("modes")

ON, OFF = "on", "off"
TRADER = "trader"
"""Who sets a switch that no person has set."""

LASTING = frozenset(
    hold for hold, rule in HOLDS.items() if rule.lifted_by and LiftedBy.ITSELF not in rule.lifted_by
)
"""Holds that outlive the process."""


def holds_of(switches: Mapping[str, StoredSwitch]) -> dict[Hold, str]:
    """Return the holds that a journal's switches say, with why."""
    found = {hold: switches[hold.value] for hold in LASTING if hold.value in switches}
    return {hold: switch.reason for hold, switch in found.items() if switch.value == ON}


class ModeKeeper:
    """Link and holds; changes are written with the next batch of the journal.

    Attributes:
        state: As it is now.
    """

    def __init__(self, journal: JournalDesk, clock: Clock, holds: Mapping[Hold, str]) -> None:
        self.state: ModeState = started(clock.now(), holds)
        self._journal = journal
        self._clock = clock
        for hold, why in holds.items():
            _LOG.warning("still held, as the journal says: %s: %s", hold, why)

    @property
    def mode(self) -> Mode:
        """What may be done now."""
        return self.state.mode

    @property
    def link(self) -> Link:
        """How far the connection has come."""
        return self.state.link

    def move(self, link: Link, why: str) -> None:
        """Move the link; where there is no such move, or it is there, nothing happens."""
        if (self.link, link) in LINKS:
            self._become(self.state.moved(link, self._clock.now()), why)

    def hold(self, hold: Hold, why: str, actor: str = TRADER) -> bool:
        """Add a hold; return whether it is a new one."""
        if hold in self.state.holds:
            return False
        if hold in LASTING:
            self._journal.note(SwitchSet(name=hold.value, value=ON, actor=actor, reason=why))
        level = logging.INFO if hold is Hold.STOPPING else logging.WARNING  # no end is a trouble
        _LOG.log(level, "held: %s: %s", hold, why)
        self._become(self.state.held(hold, why), f"{hold}: {why}")
        return True

    def explain(self, hold: Hold, why: str) -> None:
        """Say anew why a hold stands: its cause goes on, and is another or has other numbers."""
        self.state = self.state.explained(hold, why)

    def lift(self, hold: Hold, by: LiftedBy, why: str = "", actor: str = TRADER) -> bool:
        """Take a hold away; return whether it stood and `by` may do so."""
        after = self.state.lifted(hold, by)
        if after is self.state:
            return False
        if hold in LASTING:
            self._journal.note(SwitchSet(name=hold.value, value=OFF, actor=actor, reason=why))
        _LOG.info("lifted: %s: %s", hold, why)
        self._become(after, f"{hold} lifted: {why}")
        return True

    def _become(self, state: ModeState, why: str) -> None:
        before, self.state = self.state.mode, state
        if state.mode != before:
            event = ModeChanged(before=before.value, after=state.mode.value, reason=why)
            self._journal.note(event)
