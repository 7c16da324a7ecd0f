"""Tasks for executors, by module and name as workers find them, and a market to run them over."""

import os
from dataclasses import dataclass

import numpy as np
import pandas as pd

from data.bars import check_bars
from utils.errors import DataError


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Rows from `start` up to `stop`."""

    start: int
    stop: int

    @property
    def name(self) -> str:
        """What errors call it."""
        return f"rows {self.start} to {self.stop}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """Sum of closes, and the process that made it."""

    close: float
    process: int


def walk(n_bars: int) -> pd.DataFrame:
    """Return checked bars, five minutes apart, whose closes are 100, 101, 102 and so on."""
    index = pd.date_range("2024-01-02", periods=n_bars, freq="5min", tz="UTC", name="timestamp")
    close = 100.0 + np.arange(n_bars)
    prices = {"open": close, "high": close + 1, "low": close - 1, "close": close}
    return check_bars(pd.DataFrame({**prices, "volume": 10.0}, index=index))


def total(bars: pd.DataFrame, job: Span) -> Total:
    """Return the sum of the span's closes."""
    return Total(close=float(bars["close"].iloc[job.start : job.stop].sum()), process=os.getpid())


def refuse_third(bars: pd.DataFrame, job: Span) -> Total:
    """Return the sum of closes, but of the span that begins with row 2."""
    if job.start == 2:
        raise DataError("too few bars")
    return total(bars, job)


def fail_third(bars: pd.DataFrame, job: Span) -> Total:
    """Fail as a bug would at the span that begins with row 2."""
    if job.start == 2:
        raise ZeroDivisionError("a bug")
    return total(bars, job)
