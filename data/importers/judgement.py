"""Part the good rows of a file from the bad ones, and put the good ones in order."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.bars import BAR_COLUMNS
from data.importers.raw_bars import RawBars
from data.importers.row_order import CONTRADICTS, REPEATED, arrangement, repeats
from data.importers.row_rules import OFF_TICK, ROW_RULES, RowSet, first_reasons
from utils.errors import DataError

MAX_OFF_TICK_SHARE = 0.5
"""With more rows than these off the grid, it is not the rows that are wrong."""

REASONS = (*ROW_RULES, REPEATED, CONTRADICTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """Verdict on n rows.

    Attributes:
        reasons: (n,) place in REASONS, -1 for rows that are kept.
        kept: Rows that are kept, by contract, then by time.
        was_sorted: Whether they were in another order.
        n_off_tick: Rows off the tick grid.
    """

    reasons: NDArray[np.int8]
    kept: NDArray[np.int64]
    was_sorted: bool
    n_off_tick: int


def judged_rows(rows: RowSet, raw: RawBars, where: str, *, should_sort: bool) -> Judged:
    """Return which rows are kept, and why the others are not.

    Raises:
        DataError: If most prices are off the tick grid, no row is fit, or the rows are not in
            order and should not be sorted.
    """
    reasons = first_reasons(rows)
    n_off_tick = int((reasons == REASONS.index(OFF_TICK)).sum())
    good = np.flatnonzero(reasons < 0)
    if n_off_tick > MAX_OFF_TICK_SHARE * len(reasons):
        raise DataError(_off_grid(rows, raw, reasons, where))
    if len(good) == 0:
        raise DataError(
            f"{where}: none of {len(reasons):,} rows is fit, line {raw.lines[0]} because of: "
            f"{REASONS[reasons[0]]}; is it a file of {rows.instrument.symbol} bars?"
        )
    groups = None if raw.contracts is None else np.asarray(raw.contracts.codes)[good]
    order, was_sorted = arrangement(
        rows.opens[good], groups, raw.lines[good], where, should_sort=should_sort
    )
    arranged = good[order]
    is_repeat, contradicts = repeats(
        rows.opens[arranged],
        {name: raw.columns[name][arranged] for name in BAR_COLUMNS},
        None if groups is None else groups[order],
    )
    reasons[arranged[is_repeat]] = REASONS.index(REPEATED)
    reasons[arranged[contradicts]] = REASONS.index(CONTRADICTS)
    kept = arranged[~(is_repeat | contradicts)]
    return Judged(reasons=reasons, kept=kept, was_sorted=was_sorted, n_off_tick=n_off_tick)


def _off_grid(rows: RowSet, raw: RawBars, reasons: NDArray[np.int8], where: str) -> str:
    """Say that it is not the rows that are wrong, but the symbol or the adjustment."""
    is_off = reasons == REASONS.index(OFF_TICK)
    return (
        f"{where}: {int(is_off.sum()):,} of {len(reasons):,} rows are off the "
        f"{rows.instrument.symbol} tick grid of {rows.instrument.tick_size}, first in line "
        f"{raw.lines[int(np.argmax(is_off))]}: is the symbol right? If the prices are adjusted by "
        f"ratio, or are not the exchange's, give --adjustment ratio to have them unchecked"
    )
