"""Bars in memory that this machine's processes share: one copy, whatever their number.

The segment is freed when it is closed, when the process that made it ends in order, and, by
Python's resource tracker, when that process is killed.
"""

import shutil
import sys
import weakref
from contextlib import ExitStack
from dataclasses import dataclass
from multiprocessing.shared_memory import SharedMemory
from pathlib import Path

import pandas as pd

from backtest.packed_bars import PackedBars, pack, unpack
from utils.errors import ConfigError

SEGMENTS = Path("/dev/shm")  # noqa: S108 - where Linux keeps them, not a file of ours
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedTicket:
    """What a process needs to read shared bars: some bytes, whatever their number.

    Attributes:
        segment: Name of the memory.
        packed: What lies in it.
    """

    segment: str
    packed: PackedBars


class SharedBars:
    """One copy of bars in shared memory, for as long as this object is open.

    Attributes:
        ticket: What to hand to other processes.
    """

    def __init__(self, bars: pd.DataFrame):
        """Copy checked bars into a new segment.

        Raises:
            ConfigError: If the machine has too little shared memory for them.
            DataError: If the bars are not checked ones.
        """
        self._freeing = ExitStack()
        weakref.finalize(self, self._freeing.close)
        names: list[str] = []

        def allocate(n_bytes: int) -> memoryview:
            _check_room(n_bytes)
            memory = SharedMemory(create=True, size=max(n_bytes, 1))
            self._freeing.callback(_free, memory)
            names.append(memory.name)
            return _view(memory)[:n_bytes]

        packed = pack(bars, allocate)
        self.ticket = SharedTicket(segment=names[0], packed=packed)

    def close(self) -> None:
        """Free the memory; who has opened it keeps it. A second time does nothing."""
        self._freeing.close()


class OpenedBars:
    """Shared bars as a worker sees them.

    Attributes:
        frame: Lies over the segment and cannot be written to; has no meaning without this object.
    """

    def __init__(self, ticket: SharedTicket):
        """Map the segment of `ticket` and check what lies in it."""
        self._memory = SharedMemory(name=ticket.segment)
        self.frame = unpack(ticket.packed, _view(self._memory))

    def close(self) -> None:
        """Let go of the segment; only where nothing looks at the frame any more."""
        del self.frame
        self._memory.close()


def _view(memory: SharedMemory) -> memoryview:
    view = memory.buf
    assert view is not None  # only of closed memory
    return view


def _free(memory: SharedMemory) -> None:
    memory.close()
    memory.unlink()


def _check_room(n_bytes: int) -> None:
    """Refuse what does not fit: Linux lets a segment be made, and kills who writes to it."""
    if not sys.platform.startswith("linux"):
        return
    free = shutil.disk_usage(SEGMENTS).free
    if n_bytes > free:
        raise ConfigError(
            f"the bars take {n_bytes / MEGABYTE:,.0f} MB of shared memory, `{SEGMENTS}` has "
            f"{free / MEGABYTE:,.0f} MB free; enlarge it (docker run --shm-size), or use one worker"
        )
