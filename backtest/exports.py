"""A report's numbers for other programs: trades, fills, orders and equity, and its pictures.

Only what is tested is exported; each row says of which policy it is. Times are UTC, money is USD,
prices are points; columns are those of `BacktestResult`. Results over one span with one seed give
the same bytes.
"""

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from backtest.pictures import PICTURES, picture_bytes
from backtest.result import BacktestResult
from utils.files import write_bytes_atomically

POLICY = "policy"
"""Column of the policy's name."""

Frame = Callable[[BacktestResult], pd.DataFrame]


def write_exports(folder: Path, results: Sequence[BacktestResult], n_tested: int = 1) -> None:
    """Write all of EXPORT_FILES, each in one step.

    Args:
        folder: Where to.
        results: The tested ones, then their baselines, over one span.
        n_tested: How many are tested.

    Raises:
        ConfigError: If a file cannot be written.
    """
    tested = results[:n_tested]
    for name, frame_of in FRAMES.items():
        frame = _stacked(tested, frame_of)
        write_bytes_atomically(folder / f"{name}.parquet", _parquet(frame))
        if name in AS_TEXT:
            text = frame.to_csv(index=False, date_format="%Y-%m-%dT%H:%M:%SZ", lineterminator="\n")
            write_bytes_atomically(folder / f"{name}.csv", text.encode("utf-8"))
    for name in PICTURES:
        write_bytes_atomically(folder / name, picture_bytes(name, results, n_tested))


def equity_frame(result: BacktestResult) -> pd.DataFrame:
    """Return timestamp (of the bar's open), equity and position at its close; row 0: the start."""
    return pd.DataFrame(
        {
            "timestamp": result.timestamps,
            "equity": result.equity,
            "position": result.positions,
        }
    )


FRAMES: dict[str, Frame] = {
    "trades": lambda result: result.trades,
    "fills": lambda result: result.fills,
    "orders": lambda result: result.orders,
    "equity": equity_frame,
}
"""What is written, by the name of its file."""

AS_TEXT = frozenset({"trades"})
"""What is written as CSV too: few rows, and looked at by people."""

EXPORT_FILES = frozenset(
    {
        *(f"{name}.parquet" for name in FRAMES),
        *(f"{name}.csv" for name in AS_TEXT),
        *PICTURES,
    }
)
"""Names of all files that `write_exports` writes."""


def _stacked(results: Sequence[BacktestResult], frame_of: Frame) -> pd.DataFrame:
    """Return the frames one below the other, led by the policy; an empty one keeps columns."""
    frames = [_named(frame_of(result), result.name) for result in results]
    filled = [frame for frame in frames if len(frame)]
    return pd.concat(filled, ignore_index=True) if filled else frames[0]


def _named(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    named = frame.reset_index(drop=True)
    named.insert(0, POLICY, pd.Series([name] * len(named), dtype="str"))
    return named


def _parquet(frame: pd.DataFrame) -> bytes:
    content = io.BytesIO()
    frame.to_parquet(content, index=False)
    return content.getvalue()
