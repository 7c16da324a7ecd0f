"""Made-up bars of ordinary sessions, written as each dialect writes them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace

import databento_dbn as dbn
import numpy as np
import pandas as pd
import pyarrow as pa

CHICAGO = "America/Chicago"
N_ROWS = 5 * 46
"""Half-hour bars of five sessions."""

Row = tuple[pd.Timestamp, float, float, float, float, int]


def session_bars(
    first: str = "2024-01-22", n_sessions: int = 5, minutes: int = 30, tick: float = 0.25
) -> list[Row]:
    """Return bars of whole sessions, 17:00 to 16:00 Chicago, Monday's first: open (UTC), OHLCV.

    Prices rise by a tick a bar from 4,000 ticks; a bar has its open, a high two ticks above it, a
    low one below, and closes a tick above its open, on a volume of ten.
    """
    rows: list[Row] = []
    for date in pd.bdate_range(first, periods=n_sessions):
        evening = date - pd.Timedelta(hours=7)
        for step in range(23 * 60 // minutes):
            stamp = (evening + pd.Timedelta(minutes=step * minutes)).tz_localize(CHICAGO)
            ticks = 4_000 + len(rows)
            prices = (round(n * tick, 6) for n in (ticks, ticks + 2, ticks - 1, ticks + 1))
            rows.append((stamp.tz_convert("UTC"), *prices, 10))  # type: ignore[arg-type]
    return rows


def texts(
    rows: list[Row], stamp: str, zone: str = "UTC", shift_minutes: int = 0, delimiter: str = ","
) -> list[str]:
    """Return a line per bar: its stamp on the clock of `zone`, then OHLCV.

    Args:
        rows: From `session_bars`.
        stamp: strftime format of the stamp.
        zone: IANA name.
        shift_minutes: Added to the open; the size of the bar for stamps of its end.
        delimiter: Between fields.
    """
    lines = []
    for opened, *values in rows:
        local = (opened + pd.Timedelta(minutes=shift_minutes)).tz_convert(zone)
        fields = [local.strftime(stamp), *(f"{value:g}" for value in values)]
        lines.append(delimiter.join(fields))
    return lines


def write(path: Path, lines: list[str]) -> Path:
    """Write lines, each with its end, and return the path."""
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


@dataclass(frozen=True, slots=True)
class Example:
    """A file of a dialect.

    Attributes:
        lines: Its text.
        zone: What its zone is taken for, and how that is known.
        stamp: Which end of a bar it stamps.
        first: Open of its first bar.
        n_bars: How many bars it has.
    """

    lines: Callable[[], list[str]]
    zone: str
    stamp: str
    first: str = "2024-01-21T23:00:00+00:00"
    n_bars: int = N_ROWS


def _ninjatrader() -> list[str]:
    return texts(session_bars(), "%Y%m%d %H%M%S", shift_minutes=30, delimiter=";")


def _kibot() -> list[str]:
    return texts(session_bars(), "%m/%d/%Y,%H:%M", "America/New_York")


def _metatrader() -> list[str]:
    header = "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>"
    lines = texts(session_bars(), "%Y.%m.%d\t%H:%M:%S", delimiter="\t")
    return [header, *(f"{line}\t0\t1" for line in lines)]


def _databento_csv() -> list[str]:
    lines = ["ts_event,rtype,publisher_id,instrument_id,open,high,low,close,volume,symbol"]
    for opened, *prices, volume in session_bars():
        fixed = ",".join(str(round(price * 1e9)) for price in prices)
        lines.append(f"{opened.value},33,1,42317,{fixed},{volume},MNQH4")
    return lines


def _yahoo() -> list[str]:
    lines = [
        "Price,Close,High,Low,Open,Volume",
        "Ticker,MNQ=F,MNQ=F,MNQ=F,MNQ=F,MNQ=F",
        "Datetime,,,,,",
    ]
    for opened, open_, high, low, close, volume in session_bars():
        lines.append(f"{opened.isoformat(' ')},{close},{high},{low},{open_},{volume}")
    return lines


def _quandl() -> list[str]:
    header = "Date,Open,High,Low,Last,Change,Settle,Volume,Previous Day Open Interest"
    return [
        header,
        "1959-07-01,1000.0,1001.0,999.0,1000.5,,1000.25,5.0,17694.0",
        "1959-07-02,1000.0,1002.0,999.0,1001.0,0.5,1001.5,6.0,17984.0",
        "1959-07-06,1001.0,1002.0,999.0,1001.0,0.5,1000.75,7.0,18634.0",
    ]


def _spliced() -> list[str]:
    return [
        "Date,Open,High,Low,Close,Spliced,Volume,Open Int",
        "2010-09-01,-1.0,1.0,-2.25,-0.25,1820.0,389294,338225",
        "2010-09-02,1.25,2.0,-3.75,1.0,1837.25,250865,341177",
    ]


def _sierra_chart() -> list[str]:
    header = "Date, Time, Open, High, Low, Last, Volume, NumberOfTrades, BidVolume, AskVolume"
    lines = texts(session_bars(), "%Y/%m/%d,%H:%M:%S.000000", "America/New_York")
    lines = [line.replace("/0", "/") for line in lines]
    return [header, *(f"{line},3,4,6".replace(",", ", ") for line in lines)]


def _backtrader() -> list[str]:
    return [
        "Date,Time,Open,High,Low,Close,Volume,OpenInterest",
        "2006-01-02,09:05:00,3578.75,3587.75,3578.75,3583.00,0,0",
        "2006-01-02,09:10:00,3583.00,3588.50,3583.00,3588.00,0,0",
        "2006-01-02,09:15:00,3588.00,3591.75,3587.75,3591.75,0,0",
    ]


def _tradestation() -> list[str]:
    header = '"Date","Time","Open","High","Low","Close","Up","Down"'
    lines = texts(session_bars(), "%m/%d/%Y,%H:%M", CHICAGO, shift_minutes=30)
    return [header, *(f"{line.rsplit(',', 1)[0]},6,4" for line in lines)]


def _tradingview() -> list[str]:
    lines = texts(session_bars(), "%Y-%m-%dT%H:%M:%S%z", CHICAGO)
    return ["time,open,high,low,close,Volume", *lines]


def _interactive_brokers() -> list[str]:
    lines = texts(session_bars(), "%Y-%m-%d %H:%M:%S%z", CHICAGO)
    return ["date,open,high,low,close,volume,average,barCount"] + [f"{line},1,2" for line in lines]


def _firstrate() -> list[str]:
    lines = texts(session_bars(), "%Y-%m-%d %H:%M:%S", "America/New_York")
    return ["timestamp,open,high,low,close,volume", *lines]


def _unix_time() -> list[str]:
    lines = ["time,open,high,low,close,volume"]
    for opened, *values in session_bars():
        fields = (f"{value:g}" for value in values)
        lines.append(f"{opened.value // 1_000_000_000},{','.join(fields)}")
    return lines


def _csv() -> list[str]:
    return ["Datetime|O|H|L|C|Vol", *texts(session_bars(), "%Y-%m-%d %H:%M", delimiter="|")]


EXAMPLES: dict[str, Example] = {
    "ninjatrader": Example(_ninjatrader, "UTC proven", "end proven"),
    "kibot": Example(_kibot, "America/New_York proven", "open proven"),
    "metatrader": Example(_metatrader, "UTC proven", "open proven"),
    "databento_csv": Example(_databento_csv, "UTC proven", "open proven"),
    "yahoo": Example(_yahoo, "UTC proven", "open proven"),
    "quandl": Example(_quandl, "UTC assumed", "open assumed", "1959-07-01T00:00:00+00:00", 3),
    "spliced": Example(_spliced, "UTC assumed", "open assumed", "2010-09-01T00:00:00+00:00", 2),
    "sierra_chart": Example(_sierra_chart, "America/New_York proven", "open proven"),
    "backtrader": Example(
        _backtrader, "UTC assumed", "end assumed", "2006-01-02T09:00:00+00:00", 3
    ),
    "tradestation": Example(_tradestation, "America/Chicago proven", "end proven"),
    "tradingview": Example(_tradingview, "UTC proven", "open proven"),
    "interactive_brokers": Example(_interactive_brokers, "UTC proven", "open proven"),
    "firstrate": Example(_firstrate, "America/New_York proven", "open proven"),
    "unix_time": Example(_unix_time, "UTC proven", "open proven"),
    "csv": Example(_csv, "UTC proven", "open proven"),
}
"""A file of every text dialect, by its key in DIALECTS."""


def write_dbn(path: Path, rows: list[tuple[int, float, int]], is_compressed: bool) -> Path:
    """Write one-minute bars as DBN: (instrument id, price of all four, minute since the first).

    Instrument 1 is called MNQH4, 2 MNQM4.
    """
    start = pd.Timestamp("2024-01-07T23:00Z").value
    day = pd.Timestamp("2024-01-07").date()
    until = pd.Timestamp("2024-01-09").date()
    mappings = [
        SimpleNamespace(
            raw_symbol=name,
            intervals=[SimpleNamespace(start_date=day, end_date=until, symbol=str(number))],
        )
        for number, name in ((1, "MNQH4"), (2, "MNQM4"))
    ]
    metadata = dbn.Metadata(
        dataset="GLBX.MDP3",
        start=start,
        stype_in=dbn.SType.PARENT,
        stype_out=dbn.SType.INSTRUMENT_ID,
        schema=dbn.Schema.OHLCV_1M,
        symbols=["MNQ.FUT"],
        mappings=mappings,
    )
    content = bytes(metadata)
    for number, price, minute in rows:
        fixed = round(price * 1e9)
        record = dbn.OHLCVMsg(
            rtype=dbn.RType.OHLCV_1M,
            publisher_id=1,
            instrument_id=number,
            ts_event=start + minute * 60_000_000_000,
            open=fixed,
            high=fixed,
            low=fixed,
            close=fixed,
            volume=5,
        )
        content += bytes(record)
    path.write_bytes(pa.compress(content, "zstd", asbytes=True) if is_compressed else content)
    return path


def write_parquet(path: Path, rows: list[Row]) -> Path:
    """Write bars as anybody's parquet file."""
    names = ["Timestamp", "Open", "High", "Low", "Close", "Volume"]
    frame = pd.DataFrame(rows, columns=names).astype({"Volume": np.int64})
    frame.to_parquet(path, index=False)
    return path
