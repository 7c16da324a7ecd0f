"""The steps of scripts/fetch_data.py --source ib: which file to write, or what it lacks."""

import re
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from config.instruments import get_instrument
from data.calendar import calendar_of
from data.history_request import HistoryRequest
from data.ib_history import RAW_FOLDER, IbAccess
from data.ib_history_client import IbAddress, IbHistoryClient
from data.ib_history_plan import check_can_be_asked
from data.sources import BarRequest, FetchedBars, fetch_bars
from data.store import load_bars, load_metadata, save_bars
from scripts import fetching
from scripts.ending import ending_cleanly
from scripts.fetching_progress import ProgressListener
from scripts.printing import console, shown
from utils.errors import ConfigError
from utils.files import check_writable

USUAL_BAR_SIZE = "5 mins"
"""Bars of this size are not named after it."""

CHUNKS_KEPT = "the bars that came are kept"


@dataclass(frozen=True, slots=True, kw_only=True)
class IbJob:
    """A download as it was asked for.

    Attributes:
        history: What to have.
        out: File to write; None is one in data/storage/, named after its sessions.
        is_update: Whether to append what is missing to the file, if there is one.
        revised: What to do with bars that the file has with other values, one of `Revised`.
    """

    history: HistoryRequest
    out: Path | None = None
    is_update: bool = False
    revised: str = "refuse"


def download(job: IbJob, address: IbAddress, command: str) -> tuple[Path, int]:
    """Download bars with a progress bar; return the file and the exit code.

    Args:
        job: What is wanted.
        address: Of TWS or IB Gateway.
        command: The script and its options, to be shown as what goes on after an interruption.

    Raises:
        ConfigError: If there is a file and no update was asked for, or nothing can be written.
        DataError: If nothing sound came, or it does not fit what is there.
        GatewayError: If the broker cannot be asked, or refuses.
    """
    with ending_cleanly(command, CHUNKS_KEPT), ProgressListener() as listener:
        access = IbAccess(
            source=IbHistoryClient(address),
            folder=fetching.BARS_DIR / RAW_FOLDER,
            listener=listener,
        )
        return fetch_from_ib(job, access)


def fetch_from_ib(job: IbJob, access: IbAccess) -> tuple[Path, int]:
    """Download bars and store them; return the file and the exit code. Errors as `download`."""
    check_can_be_asked(job.history.symbol)
    folder = fetching.BARS_DIR
    present = _present(folder, job.history) if job.out is None else job.out
    if present is None or not present.exists():
        check_writable(folder if present is None else present.parent)
        fetched = fetch_bars("ib", BarRequest(history=job.history, ib=access), access.clock)
        path = present or _named(folder, job.history, fetched.bars)
        _refuse_taken(path)
        save_bars(fetched.bars, path, fetched.metadata)
        fetching.print_stored(path, fetched)
    elif job.is_update:
        fetched, path = _update(present, job, access)
    else:
        raise ConfigError(
            f"`{shown(present)}` exists: add --update to append what is missing, or choose --out"
        )
    return path, fetching.account_for_rest(path, fetched)


def _update(path: Path, job: IbJob, access: IbAccess) -> tuple[FetchedBars, Path]:
    """Append to a file what it lacks, and name it anew."""
    check_writable(path.parent)
    instrument = get_instrument(job.history.symbol)
    first = load_bars(path, instrument).index[0]
    access = replace(access, first=first, should_retry_gaps=True)
    fetched = fetch_bars("ib", BarRequest(history=job.history, ib=access), access.clock)
    fetching.append_fetched(path, fetched, instrument, job.revised)
    if job.out is not None:
        return fetched, path
    target = _named(path.parent, job.history, load_bars(path, instrument))
    if target != path:
        _refuse_taken(target)
        path.replace(target)
        console.print(f"renamed by its sessions: {shown(target)}")
    return fetched, target


def _suffix(history: HistoryRequest) -> str:
    """Return what a file's name ends with, so that other bars of a product have other names."""
    size = "" if history.bar_size == USUAL_BAR_SIZE else f"_{history.bar_size.replace(' ', '')}"
    return f"{size}{'_rth' if history.is_rth_only else ''}"


def _named(folder: Path, history: HistoryRequest, bars: pd.DataFrame) -> Path:
    """Return where bars belong: MNQ_20240102_20241231.parquet, by their sessions' dates."""
    symbol = get_instrument(history.symbol).symbol
    dates = calendar_of(symbol).trade_dates(pd.DatetimeIndex(bars.index[[0, -1]]))
    first, last = (str(day).replace("-", "") for day in dates)
    return folder / f"{symbol}_{first}_{last}{_suffix(history)}.parquet"


def _present(folder: Path, history: HistoryRequest) -> Path | None:
    """Return the file of an earlier download, of several the one that ends last."""
    symbol = get_instrument(history.symbol).symbol
    pattern = re.compile(rf"{symbol}_\d{{8}}_(\d{{8}}){re.escape(_suffix(history))}\.parquet")
    found = [
        (match[1], path)
        for path in sorted(folder.glob(f"{symbol}_*.parquet"))
        if (match := pattern.fullmatch(path.name)) and _is_ours(path)
    ]
    return max(found)[1] if found else None


def _is_ours(path: Path) -> bool:
    return load_metadata(path).get("source", "").startswith(RAW_FOLDER)


def _refuse_taken(path: Path) -> None:
    if path.exists():
        raise ConfigError(f"`{shown(path)}` is there already; move it away, or choose --out")
