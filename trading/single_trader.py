"""Keeps a second trader out before it touches anything: a line to the broker has one client.

Once connected, the account is known and is locked too (trading/trader_setup.py). But a second
process would not come so far: the broker refuses its client id, which may also be the ghost of a
connection that broke, so that it would try for ever, and write into the first one's folder.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from config.connection_settings import ConnectionSettings
from trading import trader_setup
from utils.errors import ConfigError
from utils.files import sha256_of_bytes
from utils.private_files import OWNER_ONLY_FOLDER
from utils.process_lock import ProcessLock


@contextmanager
def only_trader(mode: str, line: ConnectionSettings) -> Iterator[None]:
    """Let one process of this machine use a host, port and client id, while the block lasts.

    Args:
        mode: Of the trader; a rehearsal has a broker of its own.
        line: To the broker.

    Raises:
        ConfigError: If another one does.
    """
    if mode == trader_setup.SIM:
        yield
        return
    folder = trader_setup.LOCKS
    folder.mkdir(parents=True, exist_ok=True, mode=OWNER_ONLY_FOLDER)
    name = sha256_of_bytes(f"{line.host}:{line.port}/{line.client_id}".encode())[:16]
    lock = ProcessLock.take(folder / f"{name}.lock")
    if lock is None:
        raise ConfigError(
            f"a trader with client id {line.client_id} runs already at {line.host}:{line.port}; "
            "end that one first, or give this one an account and a client id of its own"
        )
    try:
        yield
    finally:
        lock.release()
