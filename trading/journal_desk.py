"""The journal as a running trader writes it: in batches, and without stopping when it cannot.

What the broker said is kept until the disk takes it, since it happened whether it is written or
not; an order of ours is the other way round: what cannot be written is not sent.
"""

from trading.journal import Journal
from trading.journal_codec import JournalEvent, kind_of
from utils.errors import JournalConflictError, JournalError
from utils.logger import get_logger

_LOG = get_logger("journal")


class JournalDesk:
    """A journal, and what it still lacks.

    Attributes:
        journal: Where to.
        is_writable: Whether the last write succeeded.
    """

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self.is_writable = True
        self._backlog: list[JournalEvent] = []

    @property
    def n_waiting(self) -> int:
        """How many events are not on the disk yet."""
        return len(self._backlog)

    def note(self, *events: JournalEvent) -> None:
        """Have events written with the next batch."""
        self._backlog.extend(events)

    def flush(self) -> bool:
        """Write all that waits, in one batch; return whether the journal lacks nothing.

        After a write that failed, also one of nothing is tried.
        """
        if not self._backlog and self.is_writable:
            return True
        failure = self._write(self._backlog)
        if isinstance(failure, JournalConflictError):
            self._write_one_by_one()
        elif failure is None:
            self._backlog.clear()
        return not self._backlog and self.is_writable

    def commit(self, *events: JournalEvent) -> JournalError | None:
        """Write events now, in one batch with all that waits; return why they were not written.

        Events that were not written are forgotten: what they announce must not be done. Where the
        batch fails, what waits is written without them, since it may be they that cannot be.
        """
        if self._backlog and self._write([*self._backlog, *events]) is None:
            self._backlog.clear()
            return None
        if not self.flush():
            return JournalError("the journal still lacks what the broker said")
        return self._write(events)

    def _write(self, events: tuple[JournalEvent, ...] | list[JournalEvent]) -> JournalError | None:
        try:
            with self.journal.batch():
                for event in events:
                    self.journal.append(event)
        except JournalConflictError as error:
            return error
        except JournalError as error:
            if self.is_writable:
                _LOG.error("%s", error)
            self.is_writable = False
            return error
        self.is_writable = True
        return None

    def _write_one_by_one(self) -> None:
        """Leave out what contradicts the journal, so that it does not keep the rest from it."""
        while self._backlog:
            failure = self._write(self._backlog[:1])
            if failure is not None and not isinstance(failure, JournalConflictError):
                return
            if failure is not None:
                _LOG.error("%s was left out: %s", kind_of(self._backlog[0]), failure)
            del self._backlog[0]
