"""Which file a trader may write its journal into: its own, private, sound, open nowhere else."""

import os
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from trading.journal_chain import recent_report
from trading.journal_connection import connect_to_write, in_one_line, is_empty
from trading.journal_owner import JournalOwner
from trading.journal_schema import own_schema, schema_of
from utils.errors import JournalError
from utils.private_files import OWNER_ONLY_FILE, OWNER_ONLY_FOLDER, why_not_private
from utils.process_lock import ProcessLock

LOCK_SUFFIX = "-lock"
SIDE_SUFFIXES = ("-wal", "-shm", LOCK_SUFFIX)
"""What lies beside a journal while it is open, or was not closed."""

N_CHECKED_AT_OPEN = 1_000
"""Newest links of the chain that are followed at every start; `verify` follows all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenJournal:
    """A journal's file, held by this process alone.

    Attributes:
        path: The file.
        connection: To its database.
        lock: Keeps other writers out.
        device: Of the file when it was opened.
        inode: The same; together they tell whether the file was replaced.
    """

    path: Path
    connection: sqlite3.Connection
    lock: ProcessLock
    device: int
    inode: int

    def check_in_place(self) -> None:
        """Refuse to write into a file that nobody will find again.

        Raises:
            JournalError: If it was removed or replaced since it was opened.
        """
        try:
            status = self.path.stat()
        except OSError:
            status = None
        if status is None or (status.st_dev, status.st_ino) != (self.device, self.inode):
            raise JournalError(
                f"cannot write the journal `{self.path}`: the file was removed or replaced while "
                f"it was open; put it back and start again"
            )

    def close(self) -> None:
        """Close the database and let the next writer in."""
        self.connection.close()
        self.lock.release()


def open_to_write(path: Path, owner: JournalOwner, wait_seconds: float) -> OpenJournal:
    """Open a journal, or an empty file for one, as its only writer.

    Raises:
        JournalError: If another has it open, others can write it, it is no journal of this version,
            account and mode, or its tables or newest links are not sound.
    """
    _make_private(path)
    lock = ProcessLock.take(_lock_of(path))
    if lock is None:
        raise JournalError(
            f"the journal `{path}` is open in another process: stop that one first, two traders "
            f"must not trade one account"
        )
    try:
        connection = connect_to_write(path, wait_seconds)
    except BaseException:
        lock.release()
        raise
    status = path.stat()
    opened = OpenJournal(
        path=path, connection=connection, lock=lock, device=status.st_dev, inode=status.st_ino
    )
    try:
        with in_one_line(path, "read"):
            if not is_empty(connection):
                _check_sound(connection, path, owner)
    except BaseException:
        opened.close()
        raise
    return opened


def _make_private(path: Path) -> None:
    """Make folder and file for their owner alone, and refuse those that are not.

    Raises:
        JournalError: If they cannot be made, or others can write them.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=OWNER_ONLY_FOLDER)
        check_private(path)
        for each in (path, _lock_of(path)):
            _make_file(each)
    except OSError as error:
        why = error.strerror or error
        raise JournalError(f"cannot write the journal `{path}`: {why}") from error


def _make_file(path: Path) -> None:
    """Make an empty file; one that is there is not touched.

    To close a file gives up all locks that this process has on it, SQLite's among them.
    """
    with suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, OWNER_ONLY_FILE))


def _lock_of(path: Path) -> Path:
    return path.with_name(path.name + LOCK_SUFFIX)


def check_private(path: Path) -> None:
    """Refuse a journal that somebody else could have written, or could put another in place of.

    Raises:
        JournalError: Says what is open to others.
    """
    beside = [path.with_name(path.name + suffix) for suffix in SIDE_SUFFIXES]
    for each in (path.parent, path, *beside):
        why = why_not_private(each)
        if why is not None:
            raise JournalError(f"the journal `{path}` is refused: {why}")


def _check_sound(connection: sqlite3.Connection, path: Path, owner: JournalOwner) -> None:
    """Refuse a journal of somebody else, or one that was tampered with or damaged."""
    if schema_of(connection) != own_schema():
        raise JournalError(f"the journal `{path}` is refused: its tables are not as they were made")
    kept = dict(connection.execute("SELECT key, value FROM kv"))
    if kept.get("mode") != owner.mode:
        raise JournalError(
            f"the journal `{path}` is of mode {kept.get('mode')}, not {owner.mode}; name another"
        )
    if kept.get("account") != owner.account:
        raise JournalError(f"the journal `{path}` is of another account; name another file")
    report = recent_report(connection, N_CHECKED_AT_OPEN)
    if report.fault is not None:
        raise JournalError(f"the journal `{path}` is refused: its chain is broken, {report.fault}")
