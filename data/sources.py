"""Where bars come from: one registry of sources, one way of asking, one check of what they send.

Sound bars are returned, the others beside them with the reason: nothing is dropped silently, and
nothing is mended. A bar that is still forming is never returned. What is Yahoo's own is left to
data/yahoo.py, files of other formats to data/importers, Interactive Brokers to data/ib_history.py.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

import numpy as np
import pandas as pd

from config.instruments import get_instrument
from data.bars import bar_seconds
from data.calendar import SECONDS_PER_DAY, SESSION_MINUTES, calendar_of
from data.history_request import BAR_SIZES, HistoryRequest, start_of
from data.ib_history import IbAccess, ib_history
from data.quality import quality_report
from data.sound_bars import sorted_out
from data.store import bar_metadata, load_bars, load_metadata
from data.synthetic import synthetic_bars
from data.yahoo import download
from utils.clock import Clock, SystemClock
from utils.errors import ConfigError, DataError
from utils.registry import lookup

SYNTHETIC_BAR_SIZE = "5 mins"


@dataclass(frozen=True, slots=True, kw_only=True)
class BarRequest:
    """What to ask a source for.

    Attributes:
        history: Symbol, how far back, bar size, and whether regular hours only.
        since: Bars before it are not needed, whatever the duration says; None for all of it.
        file: Parquet file, for the source `file`.
        preset: Market to make up, for the source `synthetic`.
        seed: Its seed.
        ib: How to reach Interactive Brokers, for the source `ib`; None takes the environment's.
    """

    history: HistoryRequest
    since: pd.Timestamp | None = None
    file: Path | None = None
    preset: str = "default"
    seed: int = 0
    ib: IbAccess | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FetchedBars:
    """What a source sent.

    Attributes:
        bars: As `check_bars` returns them.
        rejected: Rows that break an invariant, as sent, with a column `reason`.
        n_forming: Bars that were left out because their time is not over.
        metadata: What to store with the bars, as from `bar_metadata`.
    """

    bars: pd.DataFrame
    rejected: pd.DataFrame
    n_forming: int
    metadata: dict[str, str]


class Source(Protocol):
    """Anything that bars come from."""

    def __call__(self, request: BarRequest, now: pd.Timestamp) -> FetchedBars:
        """Return the bars asked for; `now` is the time of the request, UTC."""
        ...


def from_file(request: BarRequest, now: pd.Timestamp) -> FetchedBars:
    """Return the last bars of a parquet file: those of the duration, counted from its end.

    Raises:
        ConfigError: If no file was named, or it notes another symbol, or has another bar size.
        DataError: If the file is missing or damaged, or its bars break an invariant.
    """
    path, history = request.file, request.history
    if path is None:
        raise ConfigError("the source `file` needs --file, a parquet file of bars")
    if path.suffix != ".parquet" and path.is_file():
        raise ConfigError(
            f"`{path}` is no parquet file: read it with `python scripts/data.py import {path} "
            f"--symbol {history.symbol} --out FILE`"
        )
    instrument = get_instrument(history.symbol)
    notes = load_metadata(path)
    if notes.get("symbol", instrument.symbol) != instrument.symbol:
        raise ConfigError(
            f"`{path}` has bars of {notes['symbol']}; give --symbol {notes['symbol']}"
        )
    bars = load_bars(path, None if notes.get("adjustment") == "ratio" else instrument)
    seconds, wanted = bar_seconds(pd.DatetimeIndex(bars.index)), BAR_SIZES[history.bar_size]
    if seconds != wanted:
        raise ConfigError(
            f'`{path}` has bars of {seconds} s, asked for "{history.bar_size}" ({wanted} s); '
            f"give its size with --bar-size, or resample it with scripts/data.py resample"
        )
    bars = bars[bars.index >= start_of(history.duration, bars.index[-1])]
    metadata = {**bar_metadata(bars, symbol=instrument.symbol, source=f"file {path.name}"), **notes}
    return FetchedBars(bars=bars, rejected=bars[:0], n_forming=0, metadata=metadata)


def from_synthetic(request: BarRequest, now: pd.Timestamp) -> FetchedBars:
    """Return made-up bars, about as many as a market has in the duration.

    Raises:
        ConfigError: For an unknown preset, or a bar size other than five minutes.
    """
    history = request.history
    if history.bar_size != SYNTHETIC_BAR_SIZE:
        raise ConfigError(
            f'the synthetic market has "{SYNTHETIC_BAR_SIZE}" bars, asked for '
            f'"{history.bar_size}"; make larger ones with scripts/data.py resample'
        )
    start = start_of(history.duration, now)
    n_sessions = max(1, int(np.busday_count(start.date(), now.date())))
    n_bars = n_sessions * SESSION_MINUTES * 60 // BAR_SIZES[history.bar_size]
    bars = synthetic_bars(n_bars, request.preset, seed=request.seed, symbol=history.symbol)
    symbol = get_instrument(history.symbol).symbol
    metadata = bar_metadata(bars, symbol=symbol, source=f"synthetic {request.preset}")
    metadata["seed"] = str(request.seed)
    return FetchedBars(bars=bars, rejected=bars[:0], n_forming=0, metadata=metadata)


def from_yahoo(request: BarRequest, now: pd.Timestamp) -> FetchedBars:
    """Return what Yahoo has of the product's front month; see data/yahoo.py.

    Raises:
        ConfigError: If yfinance is not installed, or Yahoo does not reach so far back.
        DataError: If nothing came, or no row of it is sound.
    """
    history = request.history
    instrument = get_instrument(history.symbol)
    start = start_of(history.duration, now) if request.since is None else request.since
    sent = download(instrument.yahoo_symbol, history.bar_size, start, now)
    seconds = BAR_SIZES[history.bar_size]
    ends = sent.index + pd.Timedelta(seconds=seconds)
    is_over = np.asarray(ends <= now)
    if not is_over.any():
        raise DataError(f"all {history.symbol} bars that came are still forming; try again later")
    where = f"{history.symbol} bars that came"
    sound, rejected = sorted_out(sent[is_over], history.symbol, where)
    is_daily = seconds >= SECONDS_PER_DAY
    metadata = bar_metadata(
        sound,
        symbol=instrument.symbol,
        source=f"yahoo {instrument.yahoo_symbol}",
        zone="trade dates at midnight UTC" if is_daily else "UTC, as sent",
    )
    metadata["bar_seconds"] = str(seconds)
    return FetchedBars(
        bars=sound, rejected=rejected, n_forming=int((~is_over).sum()), metadata=metadata
    )


def from_ib(request: BarRequest, now: pd.Timestamp) -> FetchedBars:
    """Return what Interactive Brokers has, its contracts joined; see data/ib_history.py.

    Raises:
        ConfigError: If it has no such product, or the raw bars cannot be written.
        DataError: If nothing sound came, or a roll cannot be measured.
        GatewayError: If it cannot be asked, or refuses.
    """
    series, n_forming = ib_history(request.history, request.ib or IbAccess(), now)
    return FetchedBars(
        bars=series.bars, rejected=series.rejected, n_forming=n_forming, metadata=series.metadata
    )


SOURCES: dict[str, Source] = {
    "file": from_file,
    "synthetic": from_synthetic,
    "yahoo": from_yahoo,
    "ib": from_ib,
}


def fetch_bars(source: str, request: BarRequest, clock: Clock | None = None) -> FetchedBars:
    """Return bars from one of SOURCES, in regular hours only where that was asked for.

    Args:
        source: Key of SOURCES.
        request: What to ask for.
        clock: Says what time it is; the machine's own when None.

    Raises:
        ConfigError: If the source does not exist, or cannot have such bars.
        DataError: If nothing sound came.
        GatewayError: If a broker cannot be asked, or refuses.
    """
    fetch = lookup(SOURCES, source, "source")
    now = pd.Timestamp((clock or SystemClock()).now()).tz_convert("UTC")
    history = request.history
    if history.is_rth_only and BAR_SIZES[history.bar_size] >= SECONDS_PER_DAY and source != "ib":
        raise ConfigError("--rth-only is for bars within a day, a daily bar has all hours in it")
    fetched = fetch(request, now)
    bars = fetched.bars
    if history.is_rth_only and BAR_SIZES[history.bar_size] < SECONDS_PER_DAY:
        bars = bars[calendar_of(history.symbol).is_rth(pd.DatetimeIndex(bars.index))]
        if bars.empty:
            raise DataError(f"none of the {len(fetched.bars)} bars lie in regular trading hours")
    adjustment = fetched.metadata["adjustment"]
    report = quality_report(bars, get_instrument(history.symbol), adjustment=adjustment)
    metadata = {**fetched.metadata, "quality": report.summary}
    return replace(fetched, bars=bars, metadata=metadata)
