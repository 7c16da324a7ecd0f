"""The file in which trials are kept, one per set of bars: one JSON line per back-test.

What trials are and how they are counted is left to `trials.py`.

Lines are only ever added, under a lock and synced to the disk, so that several processes may write
and none loses what another wrote. A process that is killed may leave half a line: the next writer
closes it, readers skip it and say how many they skipped, and the count is then a lower bound.
"""

import json
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from backtest.trials import LoggedTrials, Trial, overlapping
from utils.clock import Clock
from utils.errors import ConfigError, DataError
from utils.paths import TRIALS_DIR

LOCK_SECONDS = 30.0
"""How long a writer waits for another one."""

TIME_FIELD = "logged_at"
UNDEFINED_FIELDS = ("sharpe", "skewness", "kurtosis")
"""Null in the file where they are NaN."""

_FIELDS = frozenset(field.name for field in fields(Trial)) - {"n_looks"}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialLog:
    """The trials on one set of bars.

    Attributes:
        fingerprint: Of the bars, `data.store.fingerprint`.
        folder: Where logs lie.
    """

    fingerprint: str
    folder: Path = TRIALS_DIR

    @property
    def path(self) -> Path:
        """The file; it need not exist."""
        return self.folder / f"{self.fingerprint}.jsonl"

    def add(self, trial: Trial, clock: Clock) -> None:
        """Append a look, with the time; whole, or not at all as far as readers are concerned.

        Raises:
            ConfigError: If the log cannot be written, or another process holds it for too long.
        """
        line = _line_of(trial, clock)
        with self._held(), _cannot("write", self.path), self.path.open("a+b") as file:
            if _ends_in_a_torn_line(file):
                file.write(b"\n")
            file.write(line)
            file.flush()
            os.fsync(file.fileno())

    def trials_on(self, span: tuple[str, str]) -> LoggedTrials:
        """Return the trials that share a session with a span.

        Args:
            span: Trade dates of the first and the last session, e.g. ("2025-01-02", "2025-03-31").

        Raises:
            ConfigError: If the log is there and cannot be read.
            DataError: If a whole line of it is no trial.
        """
        looks, n_damaged = self._looks()
        return LoggedTrials(trials=overlapping(looks, span), n_damaged=n_damaged)

    def _looks(self) -> tuple[list[Trial], int]:
        with _cannot("read", self.path):
            content = self.path.read_bytes() if self.path.exists() else b""
        looks, n_damaged = [], 0
        for number, line in enumerate(content.splitlines(), start=1):
            values = _parsed(line)
            if values is None:
                n_damaged += 1
            else:
                looks.append(_trial_of_values(values, f"line {number} of `{self.path}`"))
        return looks, n_damaged

    @contextmanager
    def _held(self) -> Iterator[None]:
        """Hold the log against other writers."""
        lock = FileLock(self.path.with_suffix(".lock"), timeout=LOCK_SECONDS)
        try:
            with _cannot("write", self.path):
                self.folder.mkdir(parents=True, exist_ok=True)
                lock.acquire()
        except Timeout as error:
            raise ConfigError(
                f"another process has been writing `{self.path}` for {LOCK_SECONDS:g} s; "
                "wait until it is done, then try again"
            ) from error
        try:
            yield
        finally:
            lock.release()


@contextmanager
def _cannot(what: str, path: Path) -> Iterator[None]:
    """Turn what the operating system says into one line; a lock's timeout is not of its saying."""
    try:
        yield
    except Timeout:
        raise
    except OSError as error:
        raise ConfigError(
            f"cannot {what} the log of trials `{path}`: {error.strerror or error}; "
            "make its folder accessible, or name another one"
        ) from error


def _line_of(trial: Trial, clock: Clock) -> bytes:
    values = asdict(trial)
    del values["n_looks"]
    for name in UNDEFINED_FIELDS:
        values[name] = None if math.isnan(values[name]) else values[name]
    values[TIME_FIELD] = clock.now().isoformat()
    return json.dumps(values, sort_keys=True, allow_nan=False).encode("utf-8") + b"\n"


def _ends_in_a_torn_line(file: Any) -> bool:
    if file.seek(0, os.SEEK_END) == 0:
        return False
    file.seek(-1, os.SEEK_END)
    return bool(file.read(1) != b"\n")


def _parsed(line: bytes) -> dict[str, Any] | None:
    """Return what a line says, None where it is torn."""
    try:
        values = json.loads(line)
    except ValueError:  # also where it is no text at all
        return None
    return values if isinstance(values, dict) else None


def _trial_of_values(values: dict[str, Any], where: str) -> Trial:
    missing = sorted(_FIELDS - values.keys())
    if missing:
        raise DataError(
            f"{where} is no trial: it lacks `{missing[0]}`; move the file away, or mend the line"
        )
    known = {name: values[name] for name in _FIELDS}
    for name in UNDEFINED_FIELDS:
        known[name] = math.nan if known[name] is None else known[name]
    try:
        return Trial(**{**known, "returns": tuple(known["returns"])})
    except TypeError as error:
        raise DataError(
            f"{where} is no trial: `returns` is no list; move the file away, or mend the line"
        ) from error
