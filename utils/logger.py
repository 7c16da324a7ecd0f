"""One logging set-up for all scripts: plain lines on standard error, UTC stamps."""

import logging
import sys
import time

FORMAT = "%(asctime)sZ %(levelname)s %(name)s: %(message)s"


def get_logger(name: str) -> logging.Logger:
    """Return the logger called `futuresgym.<name>`."""
    return logging.getLogger(f"futuresgym.{name}")


def configure_logging(level: int = logging.INFO) -> None:
    """Send our log lines to standard error; called once, by a script's outermost loop."""
    handler = logging.StreamHandler(sys.stderr)
    formatter = logging.Formatter(FORMAT, datefmt="%Y-%m-%dT%H:%M:%S")
    formatter.converter = time.gmtime
    handler.setFormatter(formatter)
    root = logging.getLogger("futuresgym")
    root.handlers = [handler]
    root.setLevel(level)
    root.propagate = False
