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
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.instruments import Instrument
from data.bars import bar_seconds, check_bars
from data.store import (
    is_made_up,
    load_bars,
    load_metadata,
    locked_for_writing,
    size_to_note,
    write_bars,
)
from utils.errors import DataError
from utils.registry import lookup

COMPARED_KEYS = ("symbol", "bar_seconds", "adjustment")
"""Metadata in which a delivery must agree with the file that it is added to."""

UNKNOWN_SIZE = "0"
"""What is noted as `bar_seconds` of a single bar."""

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
    and are not compared where `metadata` is None; but where bars change, what was said of their
    quality is cleared, and their size noted again if it was unknown.

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
            write_bars(merged, path, _notes_of_changed(merged, notes))
    return report


def _notes_of_changed(bars: pd.DataFrame, notes: Mapping[str, str]) -> dict[str, str]:
    """Return a file's notes without what was true of its former bars only; none is added."""
    size = size_to_note(pd.DatetimeIndex(bars.index), notes.get("bar_seconds", ""))
    anew = {"quality": "", "bar_seconds": size}
    return {**notes, **{key: value for key, value in anew.items() if key in notes}}


def _merged(
    old: pd.DataFrame, new: pd.DataFrame, choice: Revised
) -> tuple[pd.DataFrame, AppendReport]:
    """Return both frames as one, oldest first, and what became of the new one."""
    is_known = np.asarray(new.index.isin(old.index))
    differs = np.zeros(len(new), dtype=np.bool_)
    known = new[is_known]
    differs[is_known] = _differences(old.loc[known.index], known).any(axis=1)
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


def _differences(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Return where rows of equal stamps differ, by column; two missing values are equal."""
    differs = {}
    for name in old.columns:
        ours, theirs = _comparable(old[name]), _comparable(new[name])
        same = (ours == theirs) | (ours.isna() & theirs.isna())
        differs[name] = ~same.to_numpy(dtype=np.bool_, na_value=False)
    return pd.DataFrame(differs, index=old.index)


def _comparable(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """Return a column as it compares with any other; categories do so only with their like."""
    return column.astype(object) if isinstance(column.dtype, pd.CategoricalDtype) else column


def _shown_revisions(old: pd.DataFrame, revised: pd.DataFrame) -> tuple[str, ...]:
    after = revised.head(SHOWN_REVISIONS)
    before = old.loc[after.index]
    lines = []
    for stamp, differs in _differences(before, after).iterrows():
        changes = (
            f"{name} {before.at[stamp, name]} -> {after.at[stamp, name]}"
            for name in before.columns[differs]
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
        values = {told[key] for told in (notes, metadata) if key in told}
        if len(values - {UNKNOWN_SIZE}) > 1:
            raise DataError(
                f"`{path}` holds bars of {key} `{notes[key]}`, the new ones are "
                f"`{metadata[key]}`; store them in a file of their own"
            )
    if "source" in notes and "source" in metadata and is_made_up(notes) != is_made_up(metadata):
        raise DataError(
            f"`{path}` holds bars from `{notes['source']}`, the new ones are from "
            f"`{metadata['source']}`; keep made-up bars and real ones in files of their own"
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
