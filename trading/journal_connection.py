"""How a journal's file is connected to, and what SQLite says against it, in one line."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import pathname2url

from trading.journal_schema import APPLICATION_ID, SCHEMA_VERSION
from utils.errors import JournalError

READ_WAIT_SECONDS = 5.0

PAGES_UNTIL_CHECKPOINT = 10_000
"""40 MB of write-ahead log; a trader checkpoints in quiet moments, long before."""


@contextmanager
def in_one_line(path: Path, verb: str) -> Iterator[None]:
    """Turn whatever SQLite says against reading or writing into one line.

    Raises:
        JournalError: Instead of sqlite3's errors, and of numbers too large for a column.
    """
    try:
        yield
    except (sqlite3.Error, OverflowError) as error:
        raise JournalError(f"cannot {verb} the journal `{path}`: {error}") from error


def connect_to_write(path: Path, wait_seconds: float) -> sqlite3.Connection:
    """Open an empty file or a journal as its one writer.

    Every commit is on the disk before it returns (`synchronous=FULL`), in a write-ahead log, so
    that readers never stand in the way.

    Args:
        path: Of the journal.
        wait_seconds: How long to wait for whoever else has it locked, before that is an error.

    Raises:
        JournalError: If it cannot be opened, or is no journal of this version.
    """
    with in_one_line(path, "open"):
        connection = sqlite3.connect(path, timeout=wait_seconds, isolation_level=None)
        try:
            if not is_empty(connection):
                check_version(connection, path)
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA fullfsync = ON")
            connection.execute(f"PRAGMA wal_autocheckpoint = {PAGES_UNTIL_CHECKPOINT}")
        except BaseException:
            connection.close()
            raise
    return connection


def connect_to_read(path: Path) -> sqlite3.Connection:
    """Open a journal so that nothing can be written, whoever writes it meanwhile.

    Raises:
        JournalError: If there is none, or none of this version.
    """
    if not path.is_file():
        raise JournalError(f"there is no journal `{path}`")
    with in_one_line(path, "read"):
        address = f"file:{pathname2url(str(path.absolute()))}?mode=ro"
        connection = sqlite3.connect(
            address, uri=True, timeout=READ_WAIT_SECONDS, isolation_level=None
        )
        try:
            check_version(connection, path)
        except BaseException:
            connection.close()
            raise
    return connection


def check_version(connection: sqlite3.Connection, path: Path) -> None:
    """Refuse a file that is no journal, or one of another version.

    Raises:
        JournalError: Says which.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION_ID:
        raise JournalError(f"`{path}` is no journal of ours")
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version != SCHEMA_VERSION:
        raise JournalError(
            f"the journal `{path}` is of schema {version}, this code has {SCHEMA_VERSION}: begin a "
            f"new file when flat and without orders, or use the code that wrote it"
        )


def is_empty(connection: sqlite3.Connection) -> bool:
    """Return whether nothing was ever committed to the file."""
    (n_objects,) = connection.execute("SELECT COUNT(*) FROM sqlite_master").fetchone()
    return bool(n_objects == 0)
