"""What time it is for whoever reads a status: its age must count on the trader's own clock.

A simulated trader lives in market time, which has nothing to do with ours; how long ago it spoke is
what the file system says. A real one's own stamp counts as well: one that hangs while something
still writes its old status is old.
"""

from datetime import datetime, timedelta
from pathlib import Path

from trading.status import TraderStatus
from utils.clock import Clock

SIMULATED = "sim"


def read_at(status: TraderStatus, path: Path, clock: Clock) -> datetime:
    """Return the time, on the trader's clock, at which its status is read.

    Args:
        status: As read from `path`.
        path: The file.
        clock: The reader's.
    """
    now = clock.now()
    if status.venue != SIMULATED:
        return now
    return status.at + timedelta(seconds=now.timestamp() - path.stat().st_mtime)
