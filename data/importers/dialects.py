"""The dialects in which bars are found, and which of them a file is in."""

from collections.abc import Callable
from dataclasses import dataclass

from data.importers import recognisers
from data.importers.columns import Layout
from data.importers.dbn_reader import dbn_layout, read_dbn
from data.importers.options import OnProgress, Stamp
from data.importers.parquet_reader import parquet_layout, read_parquet
from data.importers.raw_bars import RawBars
from data.importers.source import Sample
from data.importers.text_reader import read_text
from utils.errors import DataError

_SHOWN_LINE = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """One way of writing bars to a file.

    Attributes:
        title: Whose it is, for people.
        recognise: Returns how to read a file that is of this dialect, or None.
        read: Reads it.
        zone: The zone that its stamps are usually in, where they do not say.
        stamp: Which end of a bar it stamps; None where nobody knows.
        is_exact: Whether the format defines the stamp, so that bars cannot prove another one.
    """

    title: str
    recognise: Callable[[Sample], Layout | None]
    zone: str
    stamp: Stamp | None
    read: Callable[[Sample, Layout, OnProgress], RawBars] = read_text
    is_exact: bool = False


DIALECTS: dict[str, Dialect] = {
    "databento_dbn": Dialect(
        title="Databento DBN",
        recognise=dbn_layout,
        read=read_dbn,
        zone="UTC",
        stamp=Stamp.OPEN,
        is_exact=True,
    ),
    "parquet": Dialect(
        title="Parquet",
        recognise=parquet_layout,
        read=read_parquet,
        zone="UTC",
        stamp=Stamp.OPEN,
    ),
    "ninjatrader": Dialect(
        title="NinjaTrader",
        recognise=recognisers.ninjatrader,
        zone="UTC",
        stamp=Stamp.END,
    ),
    "kibot": Dialect(
        title="Kibot",
        recognise=recognisers.kibot,
        zone="America/New_York",
        stamp=Stamp.OPEN,
    ),
    "metatrader": Dialect(
        title="MetaTrader",
        recognise=recognisers.metatrader,
        zone="UTC",  # the broker's, which differs
        stamp=Stamp.OPEN,
    ),
    "databento_csv": Dialect(
        title="Databento CSV",
        recognise=recognisers.databento_csv,
        zone="UTC",
        stamp=Stamp.OPEN,
        is_exact=True,
    ),
    "yahoo": Dialect(
        title="Yahoo Finance",
        recognise=recognisers.yahoo,
        zone="UTC",
        stamp=Stamp.OPEN,
    ),
    "quandl": Dialect(
        title="Quandl",
        recognise=recognisers.quandl,
        zone="UTC",
        stamp=Stamp.OPEN,
    ),
    "spliced": Dialect(
        title="Back-adjusted and spliced",
        recognise=recognisers.spliced,
        zone="UTC",
        stamp=Stamp.OPEN,
    ),
    "sierra_chart": Dialect(
        title="Sierra Chart",
        recognise=recognisers.sierra_chart,
        zone="America/New_York",  # the chart's, which the user sets
        stamp=Stamp.OPEN,
    ),
    "backtrader": Dialect(
        title="backtrader",
        recognise=recognisers.backtrader,
        zone="UTC",
        stamp=Stamp.END,
    ),
    "tradestation": Dialect(
        title="TradeStation",
        recognise=recognisers.tradestation,
        zone="America/Chicago",  # the exchange's or the computer's
        stamp=Stamp.END,
    ),
    "tradingview": Dialect(
        title="TradingView",
        recognise=recognisers.tradingview,
        zone="UTC",
        stamp=Stamp.OPEN,
    ),
    "interactive_brokers": Dialect(
        title="Interactive Brokers",
        recognise=recognisers.interactive_brokers,
        zone="America/New_York",  # where the export does not say UTC
        stamp=Stamp.OPEN,
    ),
    "firstrate": Dialect(
        title="FirstRate Data",
        recognise=recognisers.firstrate,
        zone="America/New_York",
        stamp=Stamp.OPEN,
    ),
    "unix_time": Dialect(
        title="CSV with unix time",
        recognise=recognisers.unix_time,
        zone="UTC",
        stamp=Stamp.OPEN,
    ),
    "csv": Dialect(
        title="CSV",
        recognise=recognisers.any_csv,
        zone="UTC",
        stamp=None,
    ),
}
"""Asked in this order; the first that recognises a file has it.

Zone and stamp are guesses, which bars with a daily break confirm or refute.
"""


def recognised(sample: Sample) -> tuple[str, Dialect, Layout]:
    """Return the dialect of a file by name, and how to read it.

    Raises:
        DataError: If it is of none; quotes its first line.
    """
    for name, dialect in DIALECTS.items():
        layout = dialect.recognise(sample)
        if layout is not None:
            return name, dialect, layout
    if not sample.lines:
        raise DataError(f"{sample.where} is neither text, parquet nor DBN; export it as CSV")
    first = sample.lines[0][:_SHOWN_LINE]
    if not sample.delimiter:
        raise DataError(
            f"{sample.where}: neither comma, semicolon, tab nor | parts its lines into a date and "
            f"four prices (first line: {first!r}); is the delimiter right?"
        )
    titles = ", ".join(dialect.title for dialect in DIALECTS.values())
    raise DataError(
        f"{sample.where} is of no dialect that is known (first line: {first!r}): give it a header "
        f"such as timestamp,open,high,low,close,volume; known are {titles}"
    )
