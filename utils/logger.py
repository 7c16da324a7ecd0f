"""One logging set-up for all scripts: plain lines on standard error, UTC stamps."""

import logging
import sys
import time
from typing import TextIO

FORMAT = "%(asctime)sZ %(levelname)s %(name)s: %(message)s"


class _PlainLines(logging.StreamHandler[TextIO]):
    """Writes to what standard error is at that moment: a live view takes its place for a while."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line."""
        self.stream = sys.stderr
        super().emit(record)


def get_logger(name: str) -> logging.Logger:
    """Return the logger called `futuresgym.<name>`."""
    return logging.getLogger(f"futuresgym.{name}")


def configure_logging(level: int = logging.INFO) -> None:
    """Send our log lines to standard error; called once, by a script's outermost loop."""
    handler = _PlainLines(sys.stderr)
    formatter = logging.Formatter(FORMAT, datefmt="%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    root = logging.getLogger("futuresgym")
    root.handlers = [handler]
    root.setLevel(level)
    root.propagate = False
