"""Bars as one block of memory that several processes read, without a copy in any of them.

The block holds the stamps and all columns of a fixed width: numbers, dates, true and false, and
text, such as contract codes, as Arrow's arrays. Columns of Python objects travel in the header,
once per process. Neither ever lies on a disk.
"""

import hashlib
import pickle
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
import pandas as pd

from utils.errors import DataError

STAMPS = "datetime64[ns, UTC]"
"""Type of the index of checked bars."""

ALIGNMENT = 64
"""Bytes at whose multiples each array begins: a cache line, and the widest that processors load."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedBars:
    """How to make a frame of a block again.

    Attributes:
        header: Columns, types and order, and all values that are in no array.
        sizes: Bytes of each array in the block, in order; that of the stamps is first.
        digest: SHA-256 of header and block, in hexadecimal.
    """

    header: bytes
    sizes: tuple[int, ...]
    digest: str

    @property
    def starts(self) -> list[int]:
        """Where each array begins in the block; one more, where the block ends."""
        return _starts(self.sizes)


def pack(bars: pd.DataFrame, allocate: Callable[[int], memoryview]) -> PackedBars:
    """Write checked bars into a new block.

    Args:
        bars: As `data.bars.check_bars` returns them; further columns of any type.
        allocate: Returns a writable block of so many bytes.

    Raises:
        DataError: If the index is not that of checked bars.
    """
    arrays: list[pickle.PickleBuffer] = []
    stamps = np.ascontiguousarray(_stamps(bars).asi8)
    plain = bars.set_axis(pd.RangeIndex(len(bars)), axis=0)
    header = pickle.dumps(plain, protocol=5, buffer_callback=arrays.append)
    parts = [stamps.data.cast("B"), *(array.raw() for array in arrays)]
    sizes = tuple(part.nbytes for part in parts)
    with allocate(_starts(sizes)[-1]) as block:
        for start, part in zip(_starts(sizes), parts, strict=False):
            block[start : start + part.nbytes] = part
        return PackedBars(header=header, sizes=sizes, digest=_digest(header, block))


def unpack(packed: PackedBars, block: memoryview) -> pd.DataFrame:
    """Return the frame over a block, which lives as long as the frame does and cannot be changed.

    Args:
        packed: What `pack` returned.
        block: What it filled, perhaps longer; that is ignored.

    Raises:
        DataError: If the block, or the header, is not what was packed.
    """
    starts = packed.starts
    held = block[: starts[-1]].toreadonly()
    if _digest(packed.header, held) != packed.digest:
        raise DataError("the bars that a worker was given are not those that were sent; run again")
    views = [held[start : start + size] for start, size in zip(starts, packed.sizes, strict=False)]
    # Our own process made it a moment ago, and the digest says that it is the same still.
    frame: pd.DataFrame = pickle.loads(packed.header, buffers=views[1:])  # noqa: S301
    stamps = np.frombuffer(views[0], dtype=np.int64)
    # From integers and a type: by every other way pandas makes a copy.
    index = pd.DatetimeIndex(stamps, dtype=STAMPS, name="timestamp", copy=False)
    return frame.set_axis(index, axis=0)


def _starts(sizes: Sequence[int]) -> list[int]:
    rounded = (-(-size // ALIGNMENT) * ALIGNMENT for size in sizes)
    return list(accumulate(rounded, initial=0))


def _digest(header: bytes, block: memoryview) -> str:
    digest = hashlib.sha256(header)
    digest.update(block)
    return digest.hexdigest()


def _stamps(bars: pd.DataFrame) -> pd.DatetimeIndex:
    """Return the index, or refuse one that `check_bars` does not make."""
    index = bars.index
    if str(index.dtype) != STAMPS or index.name != "timestamp":
        raise DataError(
            f"bars for an executor must have an index `timestamp` of {STAMPS}, was "
            f"`{index.name}` of {index.dtype}; pass them through data.bars.check_bars"
        )
    return pd.DatetimeIndex(index)
