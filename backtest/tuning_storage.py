"""Where a tuning keeps its trials: a SQLite file on one machine, a PostgreSQL server for several.

What a killed process had half written, SQLite's own journal undoes for the next reader, and its
lock lets several processes of one machine write in turn; a journal file of Optuna's would leave a
torn line and a lock behind. A file on a network share is no storage for several machines.
"""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import reduce
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import RDBStorage
from sqlalchemy import URL, Connection, event, make_url
from sqlalchemy.exc import (
    ArgumentError,
    IntegrityError,
    OperationalError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.pool import NullPool

from utils.errors import ConfigError
from utils.files import check_writable

LOCK_SECONDS = 60
"""How long a writer waits for another process's transaction, and a connection for its server."""

N_ATTEMPTS = 3
ATTEMPT_SECONDS = 0.5

HIDDEN = "***"

SQLITE = "sqlite"
POSTGRESQL = "postgresql+psycopg"
DRIVERS = {
    "sqlite": SQLITE,
    "postgresql": POSTGRESQL,
    "postgres": POSTGRESQL,
    "postgresql+psycopg": POSTGRESQL,
}
"""What a URL may begin with, and the driver that is taken for it."""


def storage_url(storage: str | None, folder: Path, study: str) -> str:
    """Return what the user asked for as a URL, by default a SQLite file of the study's own.

    Args:
        storage: A URL, the path of a SQLite file ending in .db, or None.
        folder: Of the files of those who asked for nothing.
        study: Name of the study, and of its file.
    """
    if storage is None:
        return f"{SQLITE}:///{(folder / f'{study}.db').as_posix()}"
    is_file = storage.endswith(".db") and "://" not in storage
    return f"{SQLITE}:///{Path(storage).as_posix()}" if is_file else storage


def without_password(storage: str) -> str:
    """Return a URL that may be printed: its password, if it has one, as stars."""
    plain = re.sub(r"(?<=://)([^:/@]*):.*@", rf"\1:{HIDDEN}@", storage)
    return re.sub(r"(?<=password=)[^&]*", HIDDEN, plain)


def open_storage(storage: str) -> RDBStorage:
    """Connect, and make the tables where there are none.

    Args:
        storage: URL of a SQLite file or of a PostgreSQL database. A password that is not in it is
            taken from PGPASSWORD or ~/.pgpass.

    Raises:
        ConfigError: If it is no such URL, cannot be reached or written, or its driver is missing.
            The password is in no message.
    """
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    url = _checked_url(storage)
    if url.drivername == SQLITE:
        check_writable(Path(str(url.database)).parent, f"--storage {storage}")
    try:
        return _connected(url)
    except ImportError as error:
        raise ConfigError(
            f"`--storage {without_password(storage)}` needs the package psycopg: "
            "pip install -r requirements-extras.txt"
        ) from error
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError, RuntimeError) as error:
        raise ConfigError(
            f"cannot open `--storage {without_password(storage)}`: {_reason(error, url)}"
        ) from None  # the chain shows the URL, and the password in it


@contextmanager
def told_if_away(storage: str) -> Iterator[None]:
    """Say in one line that a storage has gone away, or is full, in the midst of a search.

    Raises:
        ConfigError: In place of whatever the database says; the password is not in it.
    """
    try:
        yield
    except (SQLAlchemyError, optuna.exceptions.StorageInternalError) as error:
        raise ConfigError(
            f"`--storage {without_password(storage)}` cannot be reached or written any more: "
            f"{_reason(error, _checked_url(storage))}; trials that were finished are kept: see to "
            "it, then give the same command again"
        ) from None  # the chain shows the URL, and the password in it


def _connected(url: URL) -> RDBStorage:
    """Connect; where another process makes the same tables at the same moment, do so again."""
    text = url.render_as_string(hide_password=False)
    for _ in range(N_ATTEMPTS - 1):
        try:
            return _serialised(RDBStorage(text, engine_kwargs=_engine_arguments(url)))
        except (IntegrityError, ProgrammingError, OperationalError):
            time.sleep(ATTEMPT_SECONDS)
    return _serialised(RDBStorage(text, engine_kwargs=_engine_arguments(url)))


def _serialised(storage: RDBStorage) -> RDBStorage:
    """Let a SQLite transaction lock the file from its first statement on, whatever that is.

    Otherwise two processes may read that a trial waits, and both take it: SQLite has no row locks.
    """
    if storage.engine.dialect.name == SQLITE:
        event.listen(storage.engine, "connect", _leave_transactions_to_us)
        event.listen(storage.engine, "begin", _begin_immediately)
    return storage


def _leave_transactions_to_us(connection: Any, _record: Any) -> None:
    connection.isolation_level = None


def _begin_immediately(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _checked_url(storage: str) -> URL:
    """Return the URL with a driver that we have."""
    try:
        url = make_url(storage)
    except (ArgumentError, ValueError):
        url = None
    if url is None or url.drivername not in DRIVERS or not url.database:
        raise ConfigError(
            f"`--storage` must be sqlite:///FILE.db or postgresql://USER@HOST/DATABASE, was "
            f"{without_password(storage)}"
        )
    return url.set(drivername=DRIVERS[url.drivername])


def _engine_arguments(url: URL) -> dict[str, Any]:
    """Return how to connect: anew for each transaction, so that none is held through a long fold.

    A server has few connections for many machines, and closes those that lie idle.
    """
    limit = "timeout" if url.drivername == SQLITE else "connect_timeout"
    return {"poolclass": NullPool, "connect_args": {limit: LOCK_SECONDS}}


def _reason(error: Exception, url: URL) -> str:
    """Return the first line of what the driver says, without the password."""
    cause = getattr(error, "orig", None) or error.__cause__ or error
    lines = str(cause).strip().splitlines() or [type(cause).__name__]
    secrets = [url.password, *url.normalized_query.get("password", ())]
    return reduce(lambda line, each: line.replace(each, HIDDEN), filter(None, secrets), lines[0])
