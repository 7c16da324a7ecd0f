"""The journal: what was decided, sent and told, on the disk before anything is made of it.

One event is one row of a hash chain and what it changes in the tables, in one transaction. One
process writes; where it cannot, nobody may send an order (JournalError). Questions are answered by
journal_reader, what an event does to the tables stands in journal_projections.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from trading.journal_chain import Head, head_of, next_event
from trading.journal_codec import JournalEvent, decoded, encoded, kind_of, stamp
from trading.journal_connection import in_one_line, is_empty
from trading.journal_events import Created
from trading.journal_opening import OpenJournal, open_to_write
from trading.journal_owner import JournalOwner
from trading.journal_place import Place
from trading.journal_projections import project
from trading.journal_reader import JournalReader
from trading.journal_schema import SCHEMA_VERSION, create_tables
from utils.clock import Clock
from utils.errors import JournalError

OnWrite = Callable[[str], None]
"""Told how far a write has come: "inside <kind>", "before commit", "after commit"."""

LOCK_WAIT_SECONDS = 0.25


class Journal:
    """The one writer of a journal; for one thread.

    Attributes:
        path: Its file.
        reader: Answers questions, also within a batch.
    """

    def __init__(self, opened: OpenJournal, clock: Clock, on_write: OnWrite | None = None) -> None:
        self.path = opened.path
        self.reader = JournalReader(opened.connection, opened.path)
        self._opened = opened
        self._connection = opened.connection
        self._clock = clock
        self._on_write = on_write
        self._head: Head | None = None
        self._is_in_batch = False
        self._has_failed = False

    @classmethod
    def open(
        cls,
        path: Path,
        clock: Clock,
        owner: JournalOwner,
        *,
        on_write: OnWrite | None = None,
        wait_seconds: float = LOCK_WAIT_SECONDS,
    ) -> "Journal":
        """Open a journal to write, or begin one.

        Args:
            path: Its file; SQLite's own files and a lock lie beside it.
            clock: Stamps the events.
            owner: Whose it is; a file of another is refused.
            on_write: Called at every step of every write, so that a test can kill it there.
            wait_seconds: How long a write waits for whoever locked the database from outside.

        Raises:
            JournalError: If another process has it open, others can write it, it is no journal or
                one of another version, account or mode, or its tables or newest links are broken.
        """
        journal = cls(open_to_write(path, owner, wait_seconds), clock, on_write)
        try:
            journal._begin(owner)
        except BaseException:
            journal.close()
            raise
        return journal

    def _begin(self, owner: JournalOwner) -> None:
        """Make tables and first event in one transaction, where there are none.

        Whatever the last writer left in its log goes into the file itself, now that there is time.
        """
        if is_empty(self._connection):
            first = Created(schema_version=SCHEMA_VERSION, account=owner.account, mode=owner.mode)
            with in_one_line(self.path, "write"), self.batch():
                create_tables(self._connection)
                self.append(first)
        self.checkpoint()

    def append(self, event: JournalEvent) -> int:
        """Write an event and what follows from it, and return its number.

        It is on the disk when this returns; within a batch, when the batch has ended.

        Raises:
            JournalConflictError: If it contradicts what is written: a second entry of a decision, a
                lock taken back, an order id that falls. Nothing is written, nor is its batch.
            JournalError: If it cannot be written.
        """
        if not self._is_in_batch:
            with self.batch():
                return self.append(event)
        try:
            with in_one_line(self.path, "write"):
                return self._append(event)
        except BaseException:
            self._has_failed = True
            raise

    def _append(self, event: JournalEvent) -> int:
        """Put one event into the open transaction."""
        kind, text, ts = kind_of(event), encoded(event), stamp(self._clock.now())
        stored = next_event(self._head or head_of(self._connection), ts, kind, text)
        # what can be read back is applied, not what was given: a replay must find the same
        project(self._connection, decoded(kind, text), Place(stored.seq, ts))
        self._connection.execute(
            "INSERT INTO raw_event VALUES(?, ?, ?, ?, ?, ?)",
            (stored.seq, ts, kind, text, stored.prev_hash, stored.hash),
        )
        self._head = Head(seq=stored.seq, hash=stored.hash)
        self._tell(f"inside {kind}")
        return stored.seq

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Write all events within together or none: one wait for the disk instead of many.

        A batch within a batch belongs to the outer one. Nothing may be awaited within: what other
        tasks wrote meanwhile would belong to it.

        Raises:
            JournalError: If they cannot be written, or an append within failed, whoever caught it.
        """
        if self._is_in_batch:
            yield
            return
        self._open_batch()
        try:
            yield
            self._commit()
        finally:
            self._close_batch()

    def _open_batch(self) -> None:
        self._opened.check_in_place()
        with in_one_line(self.path, "write"):
            self._connection.execute("BEGIN IMMEDIATE")
        self._head, self._has_failed, self._is_in_batch = None, False, True

    def _commit(self) -> None:
        """Have the transaction on the disk, or fail."""
        if self._has_failed:
            raise JournalError(
                f"cannot write the journal `{self.path}`: a write of the same batch was refused"
            )
        self._tell("before commit")
        with in_one_line(self.path, "write"):
            self._connection.execute("COMMIT")
        self._tell("after commit")

    def _close_batch(self) -> None:
        """Undo whatever was not committed."""
        self._is_in_batch = False
        if self._connection.in_transaction:
            with in_one_line(self.path, "write"):
                self._connection.execute("ROLLBACK")

    def _tell(self, point: str) -> None:
        if self._on_write is not None:
            self._on_write(point)

    def head(self) -> Head:
        """Return where the chain ends; noted elsewhere, it shows later that nothing was cut off."""
        with in_one_line(self.path, "read"):
            return head_of(self._connection)

    def checkpoint(self) -> None:
        """Move the write-ahead log into the database; for a moment in which nothing is urgent.

        Raises:
            JournalError: If the disk does not take it; nothing is lost.
        """
        with in_one_line(self.path, "write"):
            self._connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def close(self) -> None:
        """Close the file; what was appended is there already. A second time does nothing."""
        self._opened.close()

    def __enter__(self) -> "Journal":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
