"""Add bars to a stored file: what is new goes in, what is known must agree with it.

Two deliveries of one market overlap, and the overlap is the only proof that they are of one
series: a bar that both hold is kept once, and a bar that they hold with other values was revised by
its source, or is of another contract or adjustment. Such bars are refused unless the caller says
which of the two to keep.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.instruments import Instrument
from data.bars import bar_seconds, check_bars
from data.store import load_bars, load_metadata, locked_for_writing, write_bars
from utils.errors import DataError
from utils.registry import lookup

COMPARED_KEYS = ("symbol", "bar_seconds", "adjustment")
"""Metadata in which a delivery must agree with the file that it is added to."""

SHOWN_REVISIONS = 3

TELLING_BARS = 10
"""Fewer bars than these do not say of what size they are: they may lie around a gap."""

_Mask = NDArray[np.bool_]


class Revised(StrEnum):
    """What to do with bars that the file holds with other values."""

    REFUSE = "refuse"
    KEEP_OLD = "keep_old"
    TAKE_NEW = "take_new"


@dataclass(frozen=True, slots=True, kw_only=True)
class AppendReport:
    """What became of a delivery.

    Attributes:
        n_before: Bars in the file before.
        n_added: Bars that the file did not have.
        n_identical: Bars that it had, with equal values.
        n_revised: Bars that it had, with other values.
        first_revised: The first of these, each as one line of old and new values.
    """

    n_before: int
    n_added: int
    n_identical: int
    n_revised: int
    first_revised: tuple[str, ...] = ()

    @property
    def n_after(self) -> int:
        """Bars in the file afterwards."""
        return self.n_before + self.n_added


def append_bars(
    path: Path,
    frame: pd.DataFrame,
    instrument: Instrument | None,
    *,
    revised: str = Revised.REFUSE,
    metadata: Mapping[str, str] | None = None,
) -> AppendReport:
    """Add to the bars of `path` those of `frame` that it lacks, in one step.

    Bars before, within and after the file's own span are added alike. The file's metadata stay,
    and are not compared where `metadata` is None.

    Args:
        path: Parquet file that exists.
        frame: Bars of the same series, as for `check_bars`, with the file's columns.
        instrument: As for `load_bars`; None for any tick grid.
        revised: What to do with bars of other values, one of Revised.
        metadata: What is known of the new bars; COMPARED_KEYS must agree with the file's.

    Raises:
        DataError: If the file or the frame breaks an invariant, they are not of one series, bars
            were revised and that is refused, or another process keeps writing the file.
        ConfigError: If the folder cannot be written, or `revised` is not one of Revised.
    """
    choice = lookup({item.value: item for item in Revised}, revised, "choice for revised bars")
    new = check_bars(frame, instrument, where=f"bars to add to `{path}`")
    with locked_for_writing(path):
        old, notes = load_bars(path, instrument), load_metadata(path)
        _check_same_series(path, old, new, notes, metadata or {})
        merged, report = _merged(old, new[old.columns], choice)
        if report.n_revised and choice is Revised.REFUSE:
            raise DataError(_refusal(path, report))
        if not merged.equals(old):
            write_bars(merged, path, notes)
    return report


def _merged(
    old: pd.DataFrame, new: pd.DataFrame, choice: Revised
) -> tuple[pd.DataFrame, AppendReport]:
    """Return both frames as one, oldest first, and what became of the new one."""
    is_known = np.asarray(new.index.isin(old.index))
    differs = np.zeros(len(new), dtype=np.bool_)
    differs[is_known] = _differs(old.loc[new.index[is_known]], new[is_known])
    report = AppendReport(
        n_before=len(old),
        n_added=int((~is_known).sum()),
        n_identical=int((is_known & ~differs).sum()),
        n_revised=int(differs.sum()),
        first_revised=_shown_revisions(old, new[differs]),
    )
    kept = old.drop(new.index[differs]) if choice is Revised.TAKE_NEW else old
    taken = ~is_known | differs if choice is Revised.TAKE_NEW else ~is_known
    if not taken.any():
        return old, report
    return pd.concat([kept, new[taken]]).sort_index().rename_axis("timestamp"), report


def _differs(old: pd.DataFrame, new: pd.DataFrame) -> _Mask:
    """Return whether rows of equal stamps differ in any column; two missing values are equal."""
    differs = np.zeros(len(old), dtype=np.bool_)
    for name in old.columns:
        ours, theirs = old[name], new[name]
        same = (ours == theirs) | (ours.isna() & theirs.isna())
        differs |= ~same.to_numpy(dtype=np.bool_, na_value=False)
    return differs


def _shown_revisions(old: pd.DataFrame, revised: pd.DataFrame) -> tuple[str, ...]:
    lines = []
    for stamp, row in revised.head(SHOWN_REVISIONS).iterrows():
        before = old.loc[stamp]
        changes = (
            f"{name} {before[name]} -> {row[name]}"
            for name in revised.columns
            if before[name] != row[name]
        )
        lines.append(f"{stamp.isoformat()} ({', '.join(changes)})")
    return tuple(lines)


def _check_same_series(
    path: Path,
    old: pd.DataFrame,
    new: pd.DataFrame,
    notes: Mapping[str, str],
    metadata: Mapping[str, str],
) -> None:
    """Refuse bars of another instrument, adjustment, size or set of columns."""
    for key in COMPARED_KEYS:
        if key in notes and key in metadata and notes[key] != metadata[key]:
            raise DataError(
                f"`{path}` holds bars of {key} `{notes[key]}`, the new ones are "
                f"`{metadata[key]}`; store them in a file of their own"
            )
    sizes = [bar_seconds(pd.DatetimeIndex(bars.index)) for bars in (old, new)]
    if sizes[0] != sizes[1] and min(len(old), len(new)) >= TELLING_BARS:
        raise DataError(
            f"`{path}` holds bars of {sizes[0]} s, the new ones are {sizes[1]} s apart; "
            f"resample them, or store them in a file of their own"
        )
    if set(old.columns) != set(new.columns):
        odd = ", ".join(sorted(set(map(str, old.columns)) ^ set(map(str, new.columns))))
        raise DataError(
            f"`{path}` and the bars to add to it must have the same columns; only one has: {odd}"
        )


def _refusal(path: Path, report: AppendReport) -> str:
    return (
        f"`{path}`: {report.n_revised} of {report.n_identical + report.n_revised} bars that are "
        f"there already have other values now, first {'; '.join(report.first_revised)}; is it the "
        f'same contract and adjustment? Then say which to keep: "keep_old" or "take_new"'
    )
