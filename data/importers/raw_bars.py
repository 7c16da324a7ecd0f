"""What a reader takes from one file, before anything is decided or checked."""

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.bars import BAR_COLUMNS
from data.importers.zones import NO_STAMP, Stamps

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class BrokenLine:
    """A line that does not even split into the file's fields."""

    line: int
    reason: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RawBars:
    """The rows of one file, in its order.

    Attributes:
        lines: (n,) line of each row in the file, from 1; of a binary file, the record.
        stamps: (n,) int64 nanoseconds, of UTC where `is_utc`, else of the wall clock; dates whose
            order is open are read day first; NO_STAMP where there is no date.
        month_first: The same, read month first; None where no row could be read both ways.
        is_utc: Whether the file itself says which zone it is in: unix time, or written offsets.
        columns: OHLCV, each (n,), NaN where there is no number.
        is_grouped: (n,) rows with a number in digits that a comma or the like parts, e.g. 1,234.5,
            which could be two numbers; None where there are none.
        has_volume: Whether the file has volumes; zeros stand in where it has not.
        contracts: Which contract each row is of; None where the file does not say.
        broken: Lines that are no rows.
        n_blank: Blank lines.
        shapes: Rows per way in which the date is written, e.g. {"d/m/y with seconds": 12}.
        seconds: Size of a bar where the file names it; None where it does not.
        notes: What the user should know of how the file was read.
    """

    lines: NDArray[np.int64]
    stamps: Stamps
    columns: dict[str, Floats]
    is_utc: bool
    is_grouped: NDArray[np.bool_] | None = None
    month_first: Stamps | None = None
    has_volume: bool = True
    contracts: pd.Categorical | None = None
    broken: tuple[BrokenLine, ...] = ()
    n_blank: int = 0
    shapes: dict[str, int] = field(default_factory=dict)
    seconds: int | None = None
    notes: tuple[str, ...] = ()

    @property
    def n_rows(self) -> int:
        """Rows and broken lines: all that was meant to be a bar."""
        return len(self.lines) + len(self.broken)

    def rows(self, kept: NDArray[np.bool_]) -> "RawBars":
        """Return some of the rows; broken lines and counts stay."""
        if kept.all():
            return self
        return replace(
            self,
            lines=self.lines[kept],
            stamps=self.stamps[kept],
            month_first=None if self.month_first is None else self.month_first[kept],
            columns={name: values[kept] for name, values in self.columns.items()},
            is_grouped=None if self.is_grouped is None else self.is_grouped[kept],
            contracts=None if self.contracts is None else self.contracts[kept],
        )

    def row_text(self, row: int) -> str:
        """Return a row's stamp and values as text, for files that have no lines to quote."""
        stamp = self.stamps[row]
        shown = "no date" if stamp == NO_STAMP else str(np.datetime64(int(stamp), "ns"))
        return ",".join([shown, *(str(self.columns[name][row]) for name in BAR_COLUMNS)])
