"""Say by the exit code whether a trader is alive: 0 if its status is young, 1 if not.

For a container's health check: `python -m trading.health_check var/trading/status.json`. A trader
that is halted or has no connection is alive; alerts are for that.
"""

import sys
from pathlib import Path

from trading.status_file import status_age_seconds
from utils.clock import Clock, SystemClock
from utils.errors import FuturesGymError

MAX_AGE_SECONDS = 60.0


def health(path: Path, clock: Clock) -> str:
    """Return what is wrong with the trader whose status lies at `path`, or ""."""
    try:
        seconds = status_age_seconds(path, clock.now())
    except FuturesGymError as error:
        return str(error)
    if abs(seconds) > MAX_AGE_SECONDS:
        return f"`{path}` is {seconds:.0f} s old, more than {MAX_AGE_SECONDS:.0f} s"
    return ""


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m trading.health_check STATUS_FILE")
    sys.exit(health(Path(sys.argv[1]), SystemClock()) or 0)
