"""What rows are to each other: sorted, repeated within a file, shared between files."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.bars import BAR_COLUMNS, bar_seconds
from data.contract_bars import CONTRACT_COLUMN
from data.importers.raw_bars import Floats
from data.importers.zones import Stamps
from utils.errors import DataError

REPEATED = "repeats an earlier row"
CONTRADICTS = "same time as an earlier row, other values"

TELLING_BARS = 10
"""Fewer bars than these do not say of what size they are: they may lie around a gap."""

Mask = NDArray[np.bool_]
Groups = NDArray[np.int64] | None
"""Contract of each row; None where all are of one."""


def arrangement(
    opens: Stamps, groups: Groups, lines: NDArray[np.int64], where: str, *, should_sort: bool
) -> tuple[NDArray[np.int64], bool]:
    """Return the order that puts rows by contract, then by time, and whether time needed it.

    Args:
        opens: (n,) UTC, none missing.
        groups: (n,) contract of each row; contracts may follow each other or alternate.
        lines: (n,) line of each.
        where: What to call the file.
        should_sort: Whether the user wants rows sorted that are not.

    Raises:
        DataError: If they are not and that is not wanted.
    """
    order = np.arange(len(opens)) if groups is None else np.argsort(groups, kind="stable")
    is_back = np.diff(opens[order]) < 0
    if groups is not None:
        is_back &= np.diff(groups[order]) == 0
    if not is_back.any():
        return order, False
    if not should_sort:
        first = int(lines[order[int(np.argmax(is_back)) + 1]])
        kind = "newest first" if is_back.all() else "not in order"
        raise DataError(
            f"{where}: {int(is_back.sum()):,} of {len(opens):,} rows are earlier than the row "
            f"before, first in line {first}: {kind}; give --sort to have them sorted"
        )
    return np.lexsort((opens,) if groups is None else (opens, groups)), True


def repeats(opens: Stamps, columns: dict[str, Floats], groups: Groups) -> tuple[Mask, Mask]:
    """Return which arranged rows have an earlier one's time, with equal and with other values.

    Of rows at one time the first stays; the others are compared with it.
    """
    n = len(opens)
    same_time = np.zeros(n, dtype=np.bool_)
    same_time[1:] = opens[1:] == opens[:-1]
    if groups is not None:
        same_time[1:] &= groups[1:] == groups[:-1]
    if not same_time.any():
        return same_time, same_time
    firsts = np.maximum.accumulate(np.where(same_time, 0, np.arange(n)))
    is_equal = np.ones(n, dtype=np.bool_)
    for name in BAR_COLUMNS:
        is_equal &= columns[name] == columns[name][firsts]
    return same_time & is_equal, same_time & ~is_equal


def merged(
    frames: list[pd.DataFrame], names: list[str], *, is_one_series: bool
) -> tuple[pd.DataFrame, int]:
    """Return the bars of several files as one frame, and how many equal ones were shared.

    Args:
        frames: Bars of each file, arranged and unique, all or none with a column `contract`.
        names: What to call the files.
        is_one_series: Whether the bars are put by time alone; else by contract, then by time.

    Raises:
        DataError: If their bars are of different sizes, differ where they overlap, or only some
            say their contract.
    """
    if len(frames) == 1:
        return frames[0], 0
    _check_alike(frames, names)
    total = pd.concat(frames)
    groups = None
    if CONTRACT_COLUMN in total.columns:
        groups = pd.factorize(total[CONTRACT_COLUMN], sort=True)[0]
    opens = pd.DatetimeIndex(total.index).asi8
    keys = (opens,) if groups is None else (opens, groups)
    order = np.lexsort(keys[::-1] if is_one_series else keys)
    total, groups = total.iloc[order], None if groups is None else groups[order]
    columns = {name: total[name].to_numpy() for name in BAR_COLUMNS}
    is_shared, differs = repeats(opens[order], columns, groups)
    if differs.any():
        file_of = np.repeat(np.arange(len(frames)), [len(frame) for frame in frames])[order]
        raise DataError(_conflict(total, differs, names[file_of[int(np.argmax(differs))]]))
    return total[~is_shared].rename_axis("timestamp"), int(is_shared.sum())


def _check_alike(frames: list[pd.DataFrame], names: list[str]) -> None:
    """Refuse files of different bar sizes, or of which only some say their contract."""
    sizes = [bar_seconds(pd.DatetimeIndex(frame.index)) for frame in frames]
    for frame, size, name in zip(frames, sizes, names, strict=True):
        if size != sizes[0] and min(len(frame), len(frames[0])) >= TELLING_BARS:
            raise DataError(
                f"{names[0]} has bars of {sizes[0]} s, {name} of {size} s; import them apart"
            )
        if set(frame.columns) != set(frames[0].columns):
            raise DataError(
                f"only one of {names[0]} and {name} says which contract its bars are of; name it "
                f"with --contract, or import them apart"
            )


def _conflict(total: pd.DataFrame, differs: Mask, name: str) -> str:
    """Say how many bars differ between files, and the first, as both files have it."""
    first = int(np.argmax(differs))
    before, here = (
        ", ".join(f"{value:.12g}" for value in total[list(BAR_COLUMNS)].iloc[row])
        for row in (first - 1, first)
    )
    return (
        f"{name}: {int(differs.sum()):,} bars that an earlier file has too have other values, "
        f"first {total.index[first].isoformat()} ({before} there, {here} here); are they of one "
        f"contract and adjustment? Import them apart"
    )
