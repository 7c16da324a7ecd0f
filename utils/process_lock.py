"""A lock between processes that the system takes back from one that dies, however it dies.

SQLite's own lock on an empty file: the same on every system, and nothing to clean up after a kill.
"""

import sqlite3
from pathlib import Path

from utils.errors import ConfigError


class ProcessLock:
    """A lock that is held until `release`, or until this process is no more."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    @classmethod
    def take(cls, path: Path) -> "ProcessLock | None":
        """Return the lock, or None at once where somebody holds it, this process included.

        Args:
            path: A file for this purpose alone, made if need be; it stays, empty. Whoever opens and
                closes it otherwise in the process that holds the lock, gives the lock up.

        Raises:
            ConfigError: If the file cannot be opened.
        """
        try:
            connection = sqlite3.connect(path, timeout=0.0, isolation_level=None)
        except sqlite3.Error as error:
            raise ConfigError(f"cannot lock `{path}`: {error}") from error
        try:
            connection.execute("PRAGMA journal_mode = MEMORY")  # no second file beside the first
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.Error as error:
            connection.close()
            if error.sqlite_errorcode == sqlite3.SQLITE_BUSY:
                return None
            raise ConfigError(f"cannot lock `{path}`: {error}") from error
        return cls(connection)

    def release(self) -> None:
        """Let go; a second time does nothing."""
        self._connection.close()
