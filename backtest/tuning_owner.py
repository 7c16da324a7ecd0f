"""Whose trial is it, and is that process still alive? So that what a killed one began is redone.

Each process that tunes holds a lock file as long as it lives, which the system takes back however
it dies: on the same machine a dead owner is known at once. From another machine the lock cannot be
seen; there an owner is given up when the storage has had no sign of life of it for a while, by
clocks that must agree to within minutes.
"""

import threading
import uuid
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType

from filelock import FileLock, Timeout
from optuna import Study
from optuna.exceptions import StorageInternalError
from optuna.trial import FrozenTrial
from sqlalchemy.exc import SQLAlchemyError

from utils.clock import Clock
from utils.files import check_writable

OWNER = "owner"
"""The trial's attribute that names its process."""

ALIVE = "alive"
"""Beginning of the study's attributes with signs of life."""

SIGN_SECONDS = 60.0
GRACE = timedelta(minutes=10)
"""Without a sign for so long, an owner on another machine counts as dead."""


class Owner:
    """This process, as other processes see it, inside a `with` block.

    Attributes:
        token: What its trials are marked with.
    """

    def __init__(
        self, study: Study, folder: Path, clock: Clock, sign_seconds: float = SIGN_SECONDS
    ):
        """Prepare.

        Args:
            study: What is tuned.
            folder: Of the lock files of all processes of this machine; is made.
            clock: For signs of life.
            sign_seconds: Between two of them.

        Raises:
            ConfigError: If the folder cannot be written.
        """
        check_writable(folder)
        self.token = uuid.uuid4().hex
        self._study = study
        self._folder = folder
        self._clock = clock
        self._sign_seconds = sign_seconds
        self._lock = FileLock(self._lock_file(self.token))
        self._is_over = threading.Event()
        self._signing = threading.Thread(target=self._sign_on, daemon=True)

    def __enter__(self) -> "Owner":
        """Take the lock, and begin to give signs of life."""
        self._lock.acquire(timeout=0)
        self._sign()
        self._signing.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the lock back: whatever is still marked as this process's is lost."""
        self._is_over.set()
        self._signing.join()
        self._lock.release()
        self._lock_file(self.token).unlink(missing_ok=True)

    def is_lost(self, trial: FrozenTrial) -> bool:
        """Return whether a running trial's process is dead; False while that is not known.

        Args:
            trial: Marked with an owner. One that is not marked yet is never lost here.
        """
        token = trial.user_attrs.get(OWNER)
        if token is None or token == self.token:
            return False
        lock = self._lock_file(str(token))
        return _is_free(lock) if lock.exists() else self._is_silent(str(token))

    def _lock_file(self, token: str) -> Path:
        return self._folder / f"{token}.lock"

    def _is_silent(self, token: str) -> bool:
        last = self._study.user_attrs.get(f"{ALIVE}:{token}")
        if last is None:
            return True
        return self._clock.now() - datetime.fromisoformat(str(last)) > GRACE

    def _sign(self) -> None:
        self._study.set_user_attr(f"{ALIVE}:{self.token}", self._clock.now().isoformat())

    def _sign_on(self) -> None:
        while not self._is_over.wait(self._sign_seconds):
            # a storage that is away for a moment misses a sign; the next one finds it again
            with suppress(SQLAlchemyError, StorageInternalError):
                self._sign()


def _is_free(file: Path) -> bool:
    """Return whether nobody holds a lock file; then it is removed."""
    lock = FileLock(file)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    lock.release()
    file.unlink(missing_ok=True)
    return True
