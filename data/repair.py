"""Mend what a quality report found: each repair by name, each change written down.

Nothing is filled in, nothing is changed that was not asked for, and the result must pass the same
check as any bars: what is left wrong is refused, with the name of the repair that mends it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.instruments import Instrument
from data.bars import BAR_COLUMNS, PRICE_COLUMNS, bar_seconds, check_bars
from data.calendar import calendar_of
from data.defects import DEFECTS, Severity
from data.quality import QualityReport, quality_report
from data.row_checks import (
    FoundRows,
    conflicting_duplicates,
    duplicates,
    found_rows,
    may_be_negative,
    missing_stamps,
    negative_volumes,
    not_finite,
    not_positive,
    off_tick,
    ohlc_violations,
    out_of_order,
)
from data.session_checks import LARGEST_GRID_SECONDS
from data.store import CHANGED, bar_metadata, read_unchecked, save_bars, size_to_note
from utils.errors import ConfigError, DataError
from utils.files import atomic_path
from utils.registry import lookup

ROW_NUMBER = "row_in_file"
"""Column that remembers, while repairs are made, where a row was found."""

ACCEPT_CHANGED = "accept-changed"

_Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What a repair works on: rows, what they are bars of, and what was done to their prices."""

    rows: FoundRows
    instrument: Instrument
    adjustment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RepairStep:
    """What one repair did.

    Attributes:
        name: Key of REPAIRS.
        n_removed: Rows that it took out.
        n_changed: Rows of which it changed a price.
        n_moved: Rows that were earlier than the one before them.
    """

    name: str
    n_removed: int = 0
    n_changed: int = 0
    n_moved: int = 0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RepairResult:
    """Mended bars and the account of it.

    Attributes:
        bars: As `check_bars` returns them.
        steps: What each repair did, in the order in which they were made.
        changes: One row per row removed or changed: repair, action, row_in_file, timestamp, OHLCV
            as found, new_open to new_close.
        report: What there is still to be said of the bars; no errors.
    """

    bars: pd.DataFrame
    steps: tuple[RepairStep, ...]
    changes: pd.DataFrame
    report: QualityReport


_Outcome = tuple[FoundRows, RepairStep, pd.DataFrame]


def _dropped(bench: Bench, mask: _Mask, name: str) -> _Outcome:
    """Take out the rows of the mask."""
    frame = bench.rows.frame
    gone = frame[mask].assign(repair=name, action="removed")
    kept = replace(bench.rows, frame=frame[~mask].reset_index(drop=True))
    return kept, RepairStep(name=name, n_removed=int(mask.sum())), gone


def _repriced(bench: Bench, mask: _Mask, prices: NDArray[np.float64], name: str) -> _Outcome:
    """Give the rows of the mask other prices, shape (n, 4)."""
    frame = bench.rows.frame.copy()
    changed = frame[mask].assign(repair=name, action="changed")
    for column, column_name in enumerate(PRICE_COLUMNS):
        changed[f"new_{column_name}"] = prices[mask, column]
    frame.loc[mask, list(PRICE_COLUMNS)] = prices[mask]
    return (
        replace(bench.rows, frame=frame),
        RepairStep(name=name, n_changed=int(mask.sum())),
        changed,
    )


def _drop_nan(bench: Bench) -> _Outcome:
    rows, instrument = bench.rows, bench.instrument
    mask = missing_stamps(rows, instrument) | not_finite(rows, instrument)
    return _dropped(bench, mask, "drop-nan")


def _drop_impossible(bench: Bench) -> _Outcome:
    mask = negative_volumes(bench.rows, bench.instrument)
    if not may_be_negative(bench.instrument, bench.adjustment):
        mask = mask | not_positive(bench.rows, bench.instrument)
    return _dropped(bench, mask, "drop-impossible")


def _sort(bench: Bench) -> _Outcome:
    n_moved = int(out_of_order(bench.rows, bench.instrument).sum())
    frame = bench.rows.frame.sort_values("timestamp", kind="stable", ignore_index=True)
    return replace(bench.rows, frame=frame), RepairStep(name="sort", n_moved=n_moved), frame[:0]


def _drop_duplicates(bench: Bench) -> _Outcome:
    rows, instrument = bench.rows, bench.instrument
    mask = duplicates(rows, instrument) | conflicting_duplicates(rows, instrument)
    return _dropped(bench, mask, "drop-duplicates")


def _drop_outside_hours(bench: Bench) -> _Outcome:
    stamps = bench.rows.stamps
    known = stamps.dropna()
    seconds = bar_seconds(known.unique().sort_values())
    if seconds > LARGEST_GRID_SECONDS:
        raise ConfigError(
            f"drop-outside-hours is for bars of up to {LARGEST_GRID_SECONDS:,} s, these have "
            f"{seconds:,} s: a larger bar may begin in a pause"
        )
    mask = np.zeros(len(stamps), dtype=np.bool_)
    mask[~stamps.isna()] = ~calendar_of(bench.instrument.symbol).is_open(known)
    return _dropped(bench, mask, "drop-outside-hours")


def _snap_to_tick(bench: Bench) -> _Outcome:
    mask, prices = off_tick(bench.rows, bench.instrument), bench.rows.prices
    if bench.adjustment == "ratio":
        mask = np.zeros_like(mask)  # these belong off the grid
    snapped = prices.copy()
    ticks = np.rint(prices[mask] / bench.instrument.tick_size)
    snapped[mask] = np.round(ticks * bench.instrument.tick_size, 8)
    return _repriced(bench, mask, snapped, "snap-to-tick")


def _clip_ohlc(bench: Bench) -> _Outcome:
    mask, prices = ohlc_violations(bench.rows, bench.instrument), bench.rows.prices.copy()
    prices[:, 1], prices[:, 2] = prices.max(axis=1), prices.min(axis=1)
    return _repriced(bench, mask, prices, "clip-ohlc")


REPAIRS: dict[str, Callable[[Bench], _Outcome]] = {
    "drop-nan": _drop_nan,
    "drop-impossible": _drop_impossible,
    "sort": _sort,
    "drop-duplicates": _drop_duplicates,
    "drop-outside-hours": _drop_outside_hours,
    "snap-to-tick": _snap_to_tick,
    "clip-ohlc": _clip_ohlc,
}
"""By the name of its option, in the order in which they are made whichever are asked for."""


def repair_bars(
    frame: pd.DataFrame,
    instrument: Instrument,
    repairs: Sequence[str],
    *,
    adjustment: str = "none",
    where: str = "bars",
) -> RepairResult:
    """Make the repairs asked for, and no others.

    Of rows with one stamp (and contract), the last in the file stays. Snapped prices go to the
    nearest tick; clipped bars get the highest of their prices as high and the lowest as low.

    Args:
        frame: Bars as found, in any order and state, with the columns of bars.
        instrument: What they are bars of.
        repairs: Keys of REPAIRS, in any order.
        adjustment: What was done to prices at rolls, one of `data.store.ADJUSTMENTS`.
        where: What to call the frame in an error, e.g. its file.

    Raises:
        ConfigError: For an unknown repair, or one that is not for bars of this size.
        DataError: If nothing can be read, no bars are left, or errors are: names what mends them.
    """
    for name in repairs:
        lookup(REPAIRS, name, "repair")
    rows = found_rows(frame, where)
    if rows.is_naive:
        raise DataError(
            f"{where}: its bars {DEFECTS['no_zone'].problem}; {DEFECTS['no_zone'].advice}"
        )
    rows = replace(rows, frame=rows.frame.assign(**{ROW_NUMBER: np.arange(len(frame))}))
    steps, changes = [], [rows.frame[:0]]
    for name, repair in REPAIRS.items():
        if name in repairs:
            bench = Bench(rows=rows, instrument=instrument, adjustment=adjustment)
            rows, step, changed = repair(bench)
            steps.append(step)
            changes.append(changed)
    mended = rows.frame.drop(columns=ROW_NUMBER)
    report = quality_report(mended, instrument, adjustment=adjustment, where=f"{where}, repaired")
    _refuse_errors(report, where)
    grid = None if adjustment == "ratio" else instrument
    return RepairResult(
        bars=check_bars(mended, grid, where=f"{where}, repaired"),
        steps=tuple(steps),
        changes=_account(changes),
        report=report,
    )


def _refuse_errors(report: QualityReport, where: str) -> None:
    """Refuse what is still wrong, naming the repair for each kind of defect."""
    errors = report.of(Severity.ERROR)
    if errors:
        listed = "; ".join(
            f"{found.count} bars {found.problem}: {found.advice}" for found in errors
        )
        raise DataError(f"{where}: nothing was written; {listed}")


def _account(changes: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Return all removed and changed rows as one table, in the columns of the account."""
    new_prices = [f"new_{name}" for name in PRICE_COLUMNS]
    columns = ["repair", "action", ROW_NUMBER, "timestamp", *BAR_COLUMNS, *new_prices]
    parts = [part for part in changes if len(part)]
    table = pd.concat(parts) if parts else changes[0]
    return table.reindex(columns=columns).reset_index(drop=True)


def suitable_repairs(path: Path) -> tuple[str, ...]:
    """Return all repairs but those that are not for bars of the size that a file has."""
    stamps = found_rows(read_unchecked(path)[0], f"`{path}`").stamps.dropna()
    if bar_seconds(stamps.unique().sort_values()) <= LARGEST_GRID_SECONDS:
        return tuple(REPAIRS)
    return tuple(name for name in REPAIRS if name != "drop-outside-hours")


def account_path(out: Path) -> Path:
    """Return where the account of a repair lies: beside the mended file."""
    return out.with_name(f"{out.name}.repaired.csv")


def repair_file(
    path: Path, instrument: Instrument, repairs: Sequence[str], out: Path
) -> RepairResult:
    """Mend a parquet file into another one, and write the account to `account_path(out)`.

    Args:
        path: Parquet file, ours or anybody's.
        instrument: What it has bars of.
        repairs: Keys of REPAIRS; ACCEPT_CHANGED as well, for a file that was edited.
        out: Parquet file to create or replace; not `path`.

    Raises:
        ConfigError: As `repair_bars`; if `out` is the file itself or cannot be written.
        DataError: As `repair_bars`; if the file is damaged, or was changed and that was not
            accepted.
    """
    if out.resolve() == path.resolve():
        raise ConfigError(f"`--out {out}` is the file itself; choose another name")
    frame, metadata, is_intact = read_unchecked(path)
    if not is_intact and ACCEPT_CHANGED not in repairs:
        raise DataError(f"`{path}`: {CHANGED} (repair --{ACCEPT_CHANGED})")
    wanted = [name for name in repairs if name != ACCEPT_CHANGED]
    adjustment = metadata.get("adjustment", "none")
    result = repair_bars(frame, instrument, wanted, adjustment=adjustment, where=f"`{path}`")
    made = [name for name in metadata.get("repairs", "").split(", ") if name]
    notes = {
        **bar_metadata(result.bars, symbol=instrument.symbol, source=path.name),
        **metadata,
        "symbol": instrument.symbol,
        "bar_seconds": size_to_note(
            pd.DatetimeIndex(result.bars.index), metadata.get("bar_seconds", "")
        ),
        "quality": result.report.summary,
        "repairs": ", ".join(dict.fromkeys([*made, *repairs])),
    }
    with atomic_path(account_path(out)) as temporary:
        result.changes.to_csv(temporary, index=False)
    save_bars(result.bars, out, notes)
    return result
