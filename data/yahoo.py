"""Bars from Yahoo Finance, by way of yfinance: an extra, imported only when Yahoo is asked.

Yahoo has one series per product, the front month as it is, unadjusted, and keeps small bars for
days or weeks only. What it sends is free and unofficial: it has lone bad bars, and daily rows at
settlement prices that are off the tick grid.
"""

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType

import pandas as pd

from data.bars import BAR_COLUMNS
from data.history_request import BAR_SIZES
from utils.errors import ConfigError, DataError

EXTRA = "requirements-extras.txt"
REQUEST_TIMEOUT_SECONDS = 30
LONGEST_REASON = 160
"""Characters of Yahoo's own words that are passed on."""

START_MARGIN = pd.Timedelta(minutes=5)
"""By how much a request stays within Yahoo's limit: the limit moves on while it is on its way."""


@dataclass(frozen=True, slots=True)
class YahooSize:
    """One size of bar at Yahoo.

    Attributes:
        interval: As Yahoo spells it.
        days: How many days back it is kept; None for decades.
    """

    interval: str
    days: int | None


YAHOO_SIZES: dict[str, YahooSize] = {
    "1 min": YahooSize("1m", 7),
    "2 mins": YahooSize("2m", 60),
    "5 mins": YahooSize("5m", 60),
    "15 mins": YahooSize("15m", 60),
    "30 mins": YahooSize("30m", 60),
    "1 hour": YahooSize("1h", 730),
    "1 day": YahooSize("1d", None),
}
"""By the bar sizes of data/history_request.py; Yahoo has no others."""


def check_reach(bar_size: str, start: pd.Timestamp, now: pd.Timestamp) -> YahooSize:
    """Return Yahoo's size if it has such bars since `start`.

    Raises:
        ConfigError: If it has no bars of that size, or not so far back.
    """
    size = YAHOO_SIZES.get(bar_size)
    if size is None:
        raise ConfigError(f'Yahoo has no "{bar_size}" bars; it has {", ".join(YAHOO_SIZES)}')
    if size.days is not None and now - start > pd.Timedelta(days=size.days):
        larger = ", ".join(
            f'"{name}" {"for decades" if other.days is None else f"for {other.days} days"}'
            for name, other in YAHOO_SIZES.items()
            if BAR_SIZES[name] > BAR_SIZES[bar_size] and other.days != size.days
        )
        raise ConfigError(
            f'Yahoo keeps "{bar_size}" bars for {size.days} days, so not back to {start:%Y-%m-%d}; '
            f'ask for --duration "{size.days} D" at most, or for larger bars ({larger})'
        )
    return size


def download(ticker: str, bar_size: str, start: pd.Timestamp, now: pd.Timestamp) -> pd.DataFrame:
    """Return what Yahoo sends, in our columns: index `timestamp` (UTC), OHLCV; unchecked.

    Daily rows are stamped by their trade date at midnight UTC.

    Args:
        ticker: Yahoo's name, e.g. "NQ=F".
        bar_size: Key of YAHOO_SIZES.
        start: Earliest bar wanted.
        now: The time of the request.

    Raises:
        ConfigError: If yfinance is not installed, or Yahoo does not reach so far back.
        DataError: If nothing came, with Yahoo's reason.
    """
    size = check_reach(bar_size, start, now)
    if size.days is not None:
        start = max(start, now - pd.Timedelta(days=size.days) + START_MARGIN)
    yfinance = _library()
    with _said_by_yfinance() as said:
        try:
            frame = yfinance.download(
                ticker,
                start=start.to_pydatetime(),
                end=(now + pd.Timedelta(days=1)).to_pydatetime(),
                interval=size.interval,
                auto_adjust=False,
                actions=False,
                progress=False,
                threads=False,
                timeout=REQUEST_TIMEOUT_SECONDS,
            )
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            said.append(str(error))
            frame = None
    if frame is None or len(frame) == 0:
        raise DataError(
            f"no {ticker} bars came from Yahoo ({_reason(said)}); nothing was stored: is the "
            f"network there? Otherwise try again later"
        )
    return _in_our_columns(frame, ticker)


def _library() -> ModuleType:
    try:
        return import_module("yfinance")
    except ImportError as error:
        raise ConfigError(
            f"Yahoo needs yfinance, which is an extra: run `pip install -r {EXTRA}`"
        ) from error


class _Collector(logging.Handler):
    """Keeps what a logger says."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(record.getMessage())


@contextmanager
def _said_by_yfinance() -> Iterator[list[str]]:
    """Yield a list that collects what yfinance logs, which tells its errors in no other way."""
    lines: list[str] = []
    logger = logging.getLogger("yfinance")
    handlers, propagate = logger.handlers, logger.propagate
    logger.handlers, logger.propagate = [_Collector(lines)], False
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its own use of pandas
            yield lines
    finally:
        logger.handlers, logger.propagate = handlers, propagate


def _reason(said: list[str]) -> str:
    """Return the last thing that was said, in one short line."""
    words = " ".join(said[-1].split()) if said else "no reason given"
    return words if len(words) <= LONGEST_REASON else f"{words[:LONGEST_REASON]}..."


def _in_our_columns(frame: pd.DataFrame, ticker: str) -> pd.DataFrame:
    """Return yfinance's frame, whose columns are (price, ticker), as plain lower-case OHLCV."""
    if isinstance(frame.columns, pd.MultiIndex):
        level = next(
            (
                level
                for level in range(frame.columns.nlevels)
                if ticker in frame.columns.get_level_values(level)
            ),
            1,
        )
        frame = frame.droplevel(level, axis="columns")
    plain = frame.rename(columns=lambda name: str(name).lower())
    missing = [name for name in BAR_COLUMNS if name not in plain.columns]
    if missing:
        present = ", ".join(map(str, plain.columns))
        raise DataError(
            f"Yahoo's answer for {ticker} lacks {', '.join(missing)} (it has {present}); "
            f"is yfinance the version of {EXTRA}?"
        )
    stamps = pd.DatetimeIndex(plain.index)
    stamps = stamps.tz_localize("UTC") if stamps.tz is None else stamps.tz_convert("UTC")
    return plain[list(BAR_COLUMNS)].set_axis(stamps.rename("timestamp"), axis=0)
