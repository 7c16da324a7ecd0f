"""Whole columns of which a strategy reads what is known by now."""

import numpy as np
from numpy.typing import NDArray

from utils.errors import ConfigError

Floats = NDArray[np.float64]
Clock = list[int]
"""One number: the row of the bar that has just closed."""


class BarSeries:
    """A column that is read as of a clock."""

    __slots__ = ("_array", "_clock", "_values")

    def __init__(self, values: Floats, clock: Clock):
        """Take a column.

        Args:
            values: (n,), one per bar; a read-only view of it is kept.
            clock: Says which row has closed last, always >= 0.
        """
        self._array = np.ascontiguousarray(values, dtype=np.float64).view()
        self._array.flags.writeable = False
        self._values = self._array.data
        self._clock = clock

    @property
    def now(self) -> float:
        """That of the bar that has just closed."""
        value: float = self._values[self._clock[0]]  # of a memoryview: a plain float, and fast
        return value

    def ago(self, n_bars: int) -> float:
        """Return that of `n_bars` bars before; NaN where there was none.

        Raises:
            ConfigError: If that is in the future.
        """
        if n_bars < 0:
            raise ConfigError(f"`n_bars` must be >= 0, the past, was {n_bars}")
        row = self._clock[0] - n_bars
        return float(self._values[row]) if row >= 0 else float("nan")

    def last(self, n_bars: int) -> Floats:
        """Return the last `n_bars`, oldest first, this one included; read-only.

        Raises:
            ConfigError: If `n_bars` is below 0.
        """
        if n_bars < 0:
            raise ConfigError(f"`n_bars` must be >= 0, was {n_bars}")
        stop = self._clock[0] + 1
        return self._array[max(0, stop - n_bars) : stop].copy()

    def __len__(self) -> int:
        """Return how many there are so far."""
        return self._clock[0] + 1
