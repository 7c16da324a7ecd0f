"""A stand-in for yfinance, whose frames have the shape of the real ones (version 1.7.0)."""

import logging
import sys
from types import SimpleNamespace

import pandas as pd
import pytest


def yahoo_frame(ticker: str, stamps: pd.DatetimeIndex, rows: list[tuple]) -> pd.DataFrame:
    """Return (open, high, low, close, volume) rows as `yfinance.download` does.

    Columns are (price, ticker), in alphabetical order, with the adjusted close among them.
    """
    plain = pd.DataFrame(rows, columns=["Open", "High", "Low", "Close", "Volume"], index=stamps)
    plain.insert(0, "Adj Close", plain["Close"])
    plain = plain[["Adj Close", "Close", "High", "Low", "Open", "Volume"]]
    plain.columns = pd.MultiIndex.from_product([plain.columns, [ticker]], names=["Price", "Ticker"])
    return plain.rename_axis("Datetime" if stamps.tz is not None else "Date")


class FakeYahoo:
    """Answers every request with one frame, or with words in the log and an empty frame."""

    def __init__(self, frame: pd.DataFrame | None = None, words: tuple[str, ...] = ()) -> None:
        self.frame = frame
        self.words = words
        self.asked: list[dict] = []

    def download(self, ticker: str, **options: object) -> pd.DataFrame:
        """Note what was asked and answer."""
        self.asked.append({"ticker": ticker, **options})
        for line in self.words:
            logging.getLogger("yfinance").error(line)
        if self.frame is None:
            return yahoo_frame(ticker, pd.DatetimeIndex([]), [])
        return self.frame

    def install(self, monkeypatch: pytest.MonkeyPatch) -> "FakeYahoo":
        """Stand in for the library until the test is over."""
        module = SimpleNamespace(download=self.download)
        monkeypatch.setitem(sys.modules, "yfinance", module)
        return self
