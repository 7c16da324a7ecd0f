"""One contract's bars out of its chunks: each bar once, and what was sent in two ways is told.

Requests reach further back than their chunk, so chunks overlap, and the overlap says whether the
keeper of history has revised it. A chunk's own bars go before those that another one has of the
same time; what its own request lacked is taken from the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.bars import BAR_COLUMNS
from data.ib_history_plan import Chunk
from data.ib_history_store import no_bars


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Merged:
    """Bars of one contract.

    Attributes:
        bars: Index `timestamp` (UTC, increasing), OHLCV as they came.
        n_repeated: Rows of a time that the same answer had already.
        revised: Bars that came with other values too, as text: what is kept, then what is not.
    """

    bars: pd.DataFrame
    n_repeated: int
    revised: tuple[str, ...]


def merge_chunks(parts: Sequence[tuple[Chunk, pd.DataFrame]]) -> Merged:
    """Return the bars of one contract that lie in any of the chunks.

    Args:
        parts: The chunks, and what came for each, in any order and more than once. Within one
            answer the later row goes before the earlier one.
    """
    frames = [frame.assign(is_own=_lies_in(chunk, frame)) for chunk, frame in parts]
    if not frames:
        return Merged(bars=no_bars(), n_repeated=0, revised=())
    rows = pd.concat(frames)
    is_wanted = np.zeros(len(rows), dtype=np.bool_)
    for chunk, _ in parts:
        is_wanted |= _lies_in(chunk, rows)
    # a stable sort: of one time, first those of other chunks, then the chunk's own, as they came
    rows = rows[is_wanted].rename_axis("timestamp").reset_index()
    rows = rows.sort_values(["timestamp", "is_own"], kind="stable")
    kept = rows.drop_duplicates("timestamp", keep="last").set_index("timestamp")
    kept = kept[list(BAR_COLUMNS)].astype("float64")
    others = rows[rows["timestamp"].duplicated(keep="last")].set_index("timestamp")
    revised = revisions(others[list(BAR_COLUMNS)], kept)
    n_repeated = sum(int(frame.index.duplicated().sum()) for _, frame in parts)
    return Merged(bars=kept, n_repeated=n_repeated, revised=revised)


def revisions(others: pd.DataFrame, kept: pd.DataFrame) -> tuple[str, ...]:
    """Return, as text, the rows of `others` that `kept` has with other values.

    Args:
        others: OHLCV by `timestamp`, which may repeat.
        kept: OHLCV by `timestamp`, each once; stamps that it lacks are not compared.
    """
    others = others[others.index.isin(kept.index)]
    same = kept.loc[others.index]
    ours, theirs = same.to_numpy(dtype=np.float64), others.to_numpy(dtype=np.float64)
    differs = ~((ours == theirs) | (np.isnan(ours) & np.isnan(theirs)))
    return tuple(
        f"{others.index[row].isoformat()} "
        + ", ".join(
            f"{BAR_COLUMNS[column]} {ours[row, column]:.10g}, not {theirs[row, column]:.10g}"
            for column in np.flatnonzero(differs[row])
        )
        for row in np.flatnonzero(differs.any(axis=1))
    )


def lacking(chunk: Chunk, earlier: pd.DataFrame, later: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of an earlier answer that lie in its chunk and that a later one lacks."""
    return earlier[_lies_in(chunk, earlier) & ~earlier.index.isin(later.index)]


def _lies_in(chunk: Chunk, frame: pd.DataFrame) -> NDArray[np.bool_]:
    return np.asarray((frame.index >= chunk.start) & (frame.index < chunk.end))
