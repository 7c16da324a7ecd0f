"""Say by the exit code whether a trader is alive: 0 if its status is young, 1 if not.

For a container's health check: `python -m trading.health_check var/trading`. A trader that is
halted or has no connection is alive; alerts are for that.
"""

import sys
from pathlib import Path

from trading.status_age import read_at
from trading.status_file import STATUS_FILE, read_status
from utils.clock import Clock, SystemClock
from utils.errors import FuturesGymError

MAX_AGE_SECONDS = 60.0


def health(place: Path, clock: Clock) -> str:
    """Return what is wrong with a trader, or "".

    Args:
        place: Its status file; or a folder: the trader below it that spoke last is meant, since a
            container has one, whatever its mode and account are called.
        clock: The reader's.
    """
    path = _newest(place) if place.is_dir() else place
    try:
        status = read_status(path)
        seconds = (read_at(status, path, clock) - status.at).total_seconds()
    except FuturesGymError as error:
        return str(error)
    if abs(seconds) > MAX_AGE_SECONDS:
        return f"`{path}` is {seconds:.0f} s old, more than {MAX_AGE_SECONDS:.0f} s"
    return ""


def _newest(folder: Path) -> Path:
    """Return the status that was written last, or where one would be looked for."""
    found = (folder / STATUS_FILE, *folder.glob(f"*/{STATUS_FILE}"))
    times = {path: path.stat().st_mtime for path in found if path.exists()}
    return max(times, key=lambda path: times[path], default=folder / STATUS_FILE)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m trading.health_check STATUS_FILE_OR_FOLDER")
    sys.exit(health(Path(sys.argv[1]), SystemClock()) or 0)
