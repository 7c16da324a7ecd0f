"""The bars of one market, and how far it has come: at an open that stands, or after a close.

What is known of it: the bars that are over, and of the one that is not, its open and the pieces of
its path that have been shown.
"""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.instruments import Instrument
from data.bars import PRICE_COLUMNS, bar_seconds, check_bars
from env.kernel.types import BAR_TICKS
from trading.simulated_gateway.bar_path import (
    SHORT_SECONDS,
    n_pieces,
    part_of,
    part_of_volume,
)
from trading.simulated_gateway.hours import from_ns, to_ns
from utils.errors import ConfigError

NS_PER_SECOND = 1_000_000_000
NO_BARS = pd.DatetimeIndex([], tz="UTC")


class Tape:
    """Prices of one market, bar by bar, or by hand; several contracts may share it.

    Attributes:
        instrument: What is traded.
        bars: (n,) BAR_TICKS records.
        volumes: (n,) contracts.
        opens: (n,) UTC ns, open time of each bar.
        seconds: Size of a bar.
        row: The bar that stands at its open or, after its close, was the last one; -1 before all.
        is_standing: Whether `row` has opened and is not over.
        n_shown: Pieces of that bar's path that are over; 0 while it stands at its open.
        price_ticks: The last price that anybody can know; None before the first.
    """

    def __init__(self, instrument: Instrument, frame: pd.DataFrame | None):
        """Take bars, or none: then prices are set by hand.

        Raises:
            DataError: For bars that break an invariant, or are off the instrument's tick grid.
            ConfigError: For a single bar, whose size nobody knows.
        """
        self.instrument = instrument
        bars = None if frame is None else check_bars(frame, instrument)
        n_bars = 0 if bars is None else len(bars)
        if n_bars == 1:
            raise ConfigError("a market of the gateway must have two bars or more, was 1")
        self.bars: np.recarray[Any, np.dtype[np.void]] = np.zeros(n_bars, BAR_TICKS).view(
            np.recarray
        )
        stamps = NO_BARS if bars is None else pd.DatetimeIndex(bars.index)
        self.volumes: NDArray[np.float64] = np.zeros(n_bars)
        if bars is not None:
            for name in PRICE_COLUMNS:
                self.bars[name] = instrument.to_ticks(bars[name].to_numpy())
            self.volumes = bars["volume"].to_numpy(dtype=np.float64)
        self.bars["average_range"] = np.nan
        self.opens: NDArray[np.int64] = stamps.as_unit("ns").asi8
        self.seconds = bar_seconds(stamps)
        self.row = -1
        self.is_standing = False
        self.n_shown = 0
        self.price_ticks: int | None = None

    @property
    def price(self) -> float | None:
        """The last price that anybody can know, points."""
        if self.price_ticks is None:
            return None
        return float(self.instrument.to_prices(self.price_ticks))

    @property
    def n_complete(self) -> int:
        """How many bars are over."""
        return self.row if self.is_standing else self.row + 1

    def start_at(self, start: datetime | None) -> None:
        """Make all bars before `start` history."""
        if start is not None:
            self.row = int(np.searchsorted(self.opens, to_ns(start))) - 1
        if self.row >= 0:
            self.price_ticks = int(self.bars.close[self.row])

    def next_time(self) -> datetime | None:
        """Return when something happens next: a close, or an open; None after the last bar."""
        if self.is_standing:
            return self.close_time(self.row)
        if self.row + 1 >= len(self.opens):
            return None
        return from_ns(self.opens[self.row + 1])

    def open_time(self, row: int) -> datetime:
        """Return when a bar opens."""
        return from_ns(self.opens[row])

    def close_time(self, row: int) -> datetime:
        """Return when a bar is over."""
        return from_ns(self.opens[row]) + timedelta(seconds=self.seconds)

    def open_next(self) -> np.record:
        """Let the next bar's open stand, and return the bar: of it, only the open is known."""
        self.row += 1
        self.is_standing, self.n_shown = True, 0
        bar: np.record = self.bars[self.row]
        self.price_ticks = int(bar.open)
        return bar

    def next_piece_time(self) -> datetime | None:
        """Return when the next piece of the bar's path is over, if that is before its close."""
        if not self.is_standing or self.n_shown + 1 >= n_pieces(self.seconds):
            return None
        return self.open_time(self.row) + timedelta(seconds=(self.n_shown + 1) * SHORT_SECONDS)

    def show_piece(self) -> np.record:
        """Let the price go on by one piece of the bar's path; return the bar."""
        self.n_shown += 1
        bar: np.record = self.bars[self.row]
        self.price_ticks = self.part()[3]
        return bar

    def part(self) -> tuple[int, int, int, int]:
        """Return open, high, low and close in ticks of what is known of the bar that is forming."""
        return part_of(self.bars[self.row], n_pieces(self.seconds), 0, self.n_shown)

    def part_volume(self) -> float:
        """Return the contracts of what is known of it."""
        n = n_pieces(self.seconds)
        return part_of_volume(float(self.volumes[self.row]), n, 0, self.n_shown)

    def close(self) -> None:
        """Let the bar that stands be over."""
        self.is_standing = False
        self.price_ticks = int(self.bars.close[self.row])

    def at_price(self, ticks: int) -> np.record:
        """Return a bar of one price, which is from now on the last one."""
        self.price_ticks = ticks
        bar: np.record = np.zeros(1, BAR_TICKS).view(np.recarray)[0]
        bar.open = bar.high = bar.low = bar.close = ticks
        return bar

    def standing_bar(self) -> np.record | None:
        """Return a bar of the one price that stands, or None while none does.

        A price by hand stands for ever; one of bars from their open to their close.
        """
        if self.price_ticks is None or (len(self.bars) > 0 and not self.is_standing):
            return None
        bar = self.at_price(self.price_ticks)
        bar.slippage = self.bars.slippage[self.row] if self.is_standing else 0.0
        return bar
