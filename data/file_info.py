"""What a file of bars says of itself, and whether its bars bear that out."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from config.instruments import INSTRUMENTS
from data.bars import bar_seconds, check_bars
from data.calendar import calendar
from data.store import CHANGED, fingerprint, read_unchecked
from utils.errors import DataError

CME_TEMPLATE = "equity_index"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileInfo:
    """One file at a glance.

    Attributes:
        problem: Why it cannot be used as it is, one line; None for a sound file.
        metadata: What was noted when it was saved; empty for a file that is not ours.
        columns: All columns but the stamps.
        n_rows: Rows as found.
        n_bytes: Size of the file.
        first: Earliest stamp (ISO); None where there is none.
        last: Latest stamp (ISO).
        bar_seconds: Usual size of a bar; 0 where unknown.
        n_sessions: Trade dates with bars, on the clock of the noted symbol, else of CME futures.
        fingerprint: SHA-256 of the bars; None where they break an invariant.
    """

    problem: str | None
    metadata: dict[str, str]
    columns: tuple[str, ...]
    n_rows: int
    n_bytes: int
    first: str | None
    last: str | None
    bar_seconds: int
    n_sessions: int
    fingerprint: str | None

    def to_dict(self) -> dict[str, Any]:
        """Return the same in the types that JSON has."""
        return {**asdict(self), "columns": list(self.columns)}


def file_info(path: Path) -> FileInfo:
    """Look at a parquet file without asking what instrument it is of.

    Raises:
        DataError: If there is no such file. A damaged one is described.
    """
    if not path.is_file():
        raise DataError(f"no bar file `{path}`; check the path")
    try:
        frame, metadata, is_intact = read_unchecked(path)
    except DataError as error:
        return _described(path, str(error), {}, pd.DataFrame(), None)
    try:
        bars = check_bars(frame, where=f"`{path}`")
    except DataError as error:
        return _described(path, str(error), metadata, frame, None)
    problem = None if is_intact else f"`{path}`: {CHANGED}"
    return _described(path, problem, metadata, bars.reset_index(), fingerprint(bars))


def _described(
    path: Path,
    problem: str | None,
    metadata: dict[str, str],
    frame: pd.DataFrame,
    mark: str | None,
) -> FileInfo:
    column = frame["timestamp"] if "timestamp" in frame.columns else frame.index
    is_dated = pd.api.types.is_datetime64_any_dtype(column.dtype)
    stamps = pd.DatetimeIndex(column if is_dated else []).dropna().unique().sort_values()
    return FileInfo(
        problem=problem,
        metadata=metadata,
        columns=tuple(str(name) for name in frame.columns if name != "timestamp"),
        n_rows=len(frame),
        n_bytes=path.stat().st_size,
        first=stamps[0].isoformat() if len(stamps) else None,
        last=stamps[-1].isoformat() if len(stamps) else None,
        bar_seconds=bar_seconds(stamps),
        n_sessions=_n_sessions(stamps, metadata.get("symbol")),
        fingerprint=mark,
    )


def _n_sessions(stamps: pd.DatetimeIndex, symbol: str | None) -> int:
    if len(stamps) == 0 or stamps.tz is None:
        return 0
    template = INSTRUMENTS[symbol].session_template if symbol in INSTRUMENTS else CME_TEMPLATE
    return len(np.unique(calendar(template).trade_dates(stamps)))
