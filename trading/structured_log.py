"""The trader's log: one JSON object a line, UTC, rotated, without account ids and addresses.

Plain lines on standard error, as every script has them, go on beside it, masked likewise. Each of
the two has a thread of its own that writes it (trading/log_thread.py).
"""

import json
import logging
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

from config.operation_settings import LogSettings
from trading.alert_targets import keep_addresses_out_of_logs
from trading.log_thread import LogThread
from utils.errors import ConfigError
from utils.files import check_writable
from utils.logger import configure_logging
from utils.masking import masked_text

LOG_FILE = "trader.log"
ROOT = "futuresgym"
LOOP = "asyncio"
"""Tells what fails in a callback, with all that was in it."""

_USUAL = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
"""What every record has; the rest was given by `extra`."""


class MaskingFilter(logging.Filter):
    """Takes secrets out of a record before any handler writes it.

    Args:
        secrets: Account ids that are masked however they are spelt.
    """

    def __init__(self, secrets: tuple[str, ...] = ()) -> None:
        super().__init__()
        self._secrets = secrets

    def filter(self, record: logging.LogRecord) -> bool:
        """Mask the message, the traceback and whatever was given besides; keep every record."""
        record.msg = self._masked(_message(record))
        record.args = None
        if record.exc_info:
            record.exc_text = self._masked(logging.Formatter().formatException(record.exc_info))
        for name, value in _given(record).items():
            setattr(record, name, self._plain(value))
        return True

    def _masked(self, text: str) -> str:
        return masked_text(text, self._secrets)

    def _plain(self, value: Any) -> Any:
        if value is None or isinstance(value, bool | int | float):
            return value
        return self._masked(str(value))


class JsonFormatter(logging.Formatter):
    """One line of JSON: time, level, logger, message, what was given besides, and a traceback."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a number that JSON does not have is written as a word."""
        at = datetime.fromtimestamp(record.created, UTC)
        line = {
            "time": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **{name: _in_json(value) for name, value in _given(record).items()},
        }
        if record.exc_info:
            line["traceback"] = record.exc_text or self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=False, allow_nan=False)


class _LossyRotation(RotatingFileHandler):
    """Files of its owner alone; a full disk loses lines, and stops nobody."""

    n_lost = 0

    def close(self) -> None:
        """Close the file, whether or not its last lines can still be written."""
        with suppress(OSError):
            super().close()

    def _open(self) -> TextIOWrapper:
        stream = open(  # noqa: SIM115 - logging closes it
            self.baseFilename, self.mode, encoding=self.encoding, opener=_owners_alone
        )
        assert isinstance(stream, TextIOWrapper)
        return stream

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - their name
        """Count it, and say so once."""
        self.n_lost += 1
        if self.n_lost == 1:
            print("the log cannot be written; lines are lost", file=sys.stderr)  # noqa: T201


@contextmanager
def trader_log(
    folder: Path, settings: LogSettings, secrets: tuple[str, ...] = ()
) -> Iterator[Path]:
    """Write the trader's log into a folder until the end, and yield the file.

    Args:
        folder: Made if need be; new files are readable by their owner only.
        settings: How long files get, how many are kept, how many lines may wait.
        secrets: Account ids, which appear masked.

    Raises:
        ConfigError: If the folder cannot be written.
    """
    check_writable(folder, "the log's folder")
    keep_addresses_out_of_logs()
    root, loop = logging.getLogger(ROOT), logging.getLogger(LOOP)
    file = folder / LOG_FILE
    in_file = _file_handler(file, settings)
    before = [(one, one.handlers, one.level, one.propagate) for one in (root, loop)]
    configure_logging()
    threads = [LogThread(handler, settings.n_waiting) for handler in (*root.handlers, in_file)]
    masking = MaskingFilter(secrets)
    for thread in threads:
        thread.addFilter(masking)
    root.handlers, loop.handlers, loop.propagate = list(threads), list(threads), False
    try:
        yield file
    finally:
        for one, handlers, level, propagate in before:
            one.handlers, one.propagate = handlers, propagate
            one.setLevel(level)
        if _finish(threads, settings.close_seconds):
            in_file.close()  # else its thread has it, and waits for the disk


def _finish(threads: list[LogThread], seconds: float) -> bool:
    """Have the threads write what they still have; return whether the file's did, the last one."""
    for thread in threads:
        thread.finish(0.0)
    return [thread.finish(seconds / len(threads)) for thread in threads][-1]


def _file_handler(file: Path, settings: LogSettings) -> logging.Handler:
    try:
        handler = _LossyRotation(
            file, maxBytes=settings.max_bytes, backupCount=settings.n_kept, encoding="utf-8"
        )
    except OSError as error:
        raise ConfigError(f"cannot write the log `{file}`: {error.strerror or error}") from error
    handler.setFormatter(JsonFormatter())
    return handler


def _owners_alone(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _message(record: logging.LogRecord) -> str:
    """Return the message; one that does not fit its arguments is shown as it was given."""
    try:
        return record.getMessage()
    except (TypeError, ValueError):
        return str(record.msg)


def _given(record: logging.LogRecord) -> dict[str, Any]:
    """Return what was given by `extra`; names with a first underscore are some library's own."""
    return {
        name: value
        for name, value in vars(record).items()
        if name not in _USUAL and not name.startswith("_")
    }


def _in_json(value: Any) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if value - value == 0 else str(value)
    return str(value)
