"""What must hold of a journal as a whole, however often its writer was killed."""

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from trading.journal_chain import Head, chain_report, stored_events
from trading.journal_codec import JournalEvent, decoded
from trading.journal_events import (
    Intent,
    ModeChanged,
    OperatorReset,
    RiskDay,
    Started,
    SwitchSet,
)
from trading.journal_reader import JournalReader
from trading.journal_replay import differences
from trading.mode_keeper import ON
from trading.modes import Hold, Mode
from trading.order_identity import Role


@dataclass
class JournalLaws:
    """Reads events in order, and knows what was allowed when each was written.

    Attributes:
        broken: What was written although it was not allowed, in words.
    """

    broken: list[str] = field(default_factory=list)
    _mode: str = ""
    _switches: set[str] = field(default_factory=set)
    _locked: set[date] = field(default_factory=set)
    _day: date | None = None

    def hear(self, event: JournalEvent) -> None:
        """Take the next event in."""
        match event:
            case Started():
                self._mode = ""  # holds stay, the connection does not
            case ModeChanged():
                self._mode = event.after
            case SwitchSet():
                change = self._switches.add if event.value == ON else self._switches.discard
                change(event.name)
            case OperatorReset():
                self._locked.discard(event.trading_day)
            case RiskDay():
                self._hear_day(event)
            case Intent() if event.role == Role.ENTRY:
                self._hear_entry(event)
            case _:
                pass

    def _hear_day(self, event: RiskDay) -> None:
        self._day = event.trading_day
        if event.is_locked:
            self._locked.add(event.trading_day)
        elif event.trading_day in self._locked:
            self.broken.append(f"I5: {event.trading_day} is locked no longer")

    def _hear_entry(self, event: Intent) -> None:
        if self._mode != Mode.TRADING:
            self.broken.append(f"I8: {event.ref} was decided while {self._mode or 'not connected'}")
        if self._day in self._locked:
            self.broken.append(f"I5: {event.ref} was decided on a locked day")
        if Hold.KILL_SWITCH in self._switches:
            self.broken.append(f"I6: {event.ref} was decided after the kill switch")


def assert_sound(path: Path) -> None:
    """Check I5, I6, I8 and I10 by the journal alone."""
    laws = JournalLaws()
    with JournalReader.open(path) as reader, reader.at_one_moment():
        for event in stored_events(reader.connection):
            laws.hear(decoded(event.kind, event.json))
        report = chain_report(stored_events(reader.connection), Head())
        assert report.fault is None, f"I10: {report.fault}"
        wrong = [str(found) for found in differences(reader.connection)]
    assert not wrong, f"I10: {wrong}"
    assert not laws.broken, laws.broken
