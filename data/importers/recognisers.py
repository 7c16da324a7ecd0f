"""How each text dialect is told from the others: by its header and its first values.

Every function answers one question, is it this dialect, with the layout to read it by, or None.
"""

import re
from dataclasses import replace

from data.importers.columns import Layout, layout_of_header
from data.importers.options import DateOrder
from data.importers.source import Sample
from utils.errors import DataError

_PRICES = ("open", "high", "low", "close")
_UNIX = re.compile(r"^\d{10}(\d{3}){0,3}$")
_DOTTED_DATE = re.compile(r"^\d{4}\.\d\d\.\d\d( |$)")
_COMPACT_DATE = re.compile(r"^\d{8}( \d{6})?$")
_AMERICAN_DATE = re.compile(r"^\d\d/\d\d/\d{4}$")
_CLOCK = re.compile(r"^\d\d:\d\d$")
_ISO_DATE = re.compile(r"^\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d)?)?$")
_FIXED_POINT = re.compile(r"^-?\d{10,}$")


def ninjatrader(sample: Sample) -> Layout | None:
    """`yyyyMMdd HHmmss;o;h;l;c;v` without header; minutes, or days without a time."""
    first = sample.fields(0)
    if sample.delimiter != ";" or len(first) != 6 or not _COMPACT_DATE.match(first[0]):
        return None
    return _headerless("stamp", *_PRICES, "volume")


def metatrader(sample: Sample) -> Layout | None:
    """Dotted dates or <NAMES> with tabs or commas; or `Time` and prices with tabs."""
    if sample.header:
        is_marked = sample.lines[0].startswith("<")
        is_tabbed = sample.delimiter == "\t" and sample.header[0] == "time"
        is_dotted = bool(_DOTTED_DATE.match(_at(sample.fields(1), 0)))
        layout = layout_of_header(sample) if is_marked or is_tabbed or is_dotted else None
        return None if layout is None else _with_tick_volume(sample, layout)
    first = sample.fields(0)
    if not _DOTTED_DATE.match(_at(first, 0)):
        return None
    if len(first) >= 7 and _CLOCK.match(first[1]):
        return replace(_headerless("stamp", "time", *_PRICES, "volume"), width=len(first))
    if len(first) >= 6:
        return replace(_headerless("stamp", *_PRICES, "volume"), width=len(first))
    return None


def _with_tick_volume(sample: Sample, layout: Layout) -> Layout:
    """Take the number of ticks where the column of real volume is all zeros, as for CFDs."""
    names = sample.header
    if not {"vol", "tickvol"} <= set(names):
        return layout
    real = names.index("vol")
    has_real = any(_at(sample.fields(line), real).strip("0.") for line in range(1, 40))
    chosen = "vol" if has_real else "tickvol"
    columns = {**layout.columns, "volume": names.index(chosen)}
    return replace(layout, columns=columns, notes=(f"volume is the column <{chosen.upper()}>",))


def databento_csv(sample: Sample) -> Layout | None:
    """`ts_event,rtype,publisher_id,instrument_id,open,...`; prices in 1e-9 or in points."""
    if "ts_event" not in sample.header or not {"rtype", "instrument_id"} & set(sample.header):
        return None
    layout = layout_of_header(sample)
    if layout is None:
        return None
    if "contract" not in layout.columns and "instrument_id" in sample.header:
        contract = sample.header.index("instrument_id")
        layout = replace(layout, columns={**layout.columns, "contract": contract})
    is_fixed = bool(_FIXED_POINT.match(_at(sample.fields(1), layout.columns["open"])))
    return replace(layout, price_scale=1e-9 if is_fixed else 1.0)


def yahoo(sample: Sample) -> Layout | None:
    """Three lines of header as yfinance writes them, or `Adj Close`, or `Datetime` and dividends.

    Prices are those of `Close`, not of `Adj Close`.

    Raises:
        DataError: If there are several tickers in the file.
    """
    names = sample.header
    if _at(names, 0) == "price" and _at(sample.fields(1), 0).lower() == "ticker":
        tickers = sorted(set(sample.fields(1)[1:]))
        if len(tickers) > 1:
            raise DataError(
                f"{sample.where} holds several tickers ({', '.join(tickers)}); save one per file"
            )
        label = _at(sample.fields(2), 0).lower()
        n_header = 3 if label in ("date", "datetime") else 2
        return layout_of_header(sample, n_header, ("date", *names[1:]))
    if "adj close" in names or "stock splits" in names:
        return layout_of_header(sample)
    return None


def quandl(sample: Sample) -> Layout | None:
    """`Date,...,Settle,...,Previous Day Open Interest`; the close is the settlement price."""
    if "settle" not in sample.header or "date" not in sample.header:
        return None
    names = sample.header
    layout = layout_of_header(sample)
    if layout is None:
        return None
    columns = {**layout.columns, "close": names.index("settle")}
    return replace(layout, columns=columns, notes=("close is the settlement price",))


def spliced(sample: Sample) -> Layout | None:
    """`Date,Open,High,Low,Close,Spliced,...`: back-adjusted by differences, beside unadjusted."""
    layout = layout_of_header(sample) if "spliced" in sample.header else None
    return None if layout is None else replace(layout, adjustment="difference")


def sierra_chart(sample: Sample) -> Layout | None:
    """`Date, Time, Open, High, Low, Last, Volume, NumberOfTrades, BidVolume, AskVolume`."""
    names = {name.replace(" ", "").replace("#", "numberof") for name in sample.header}
    if "last" not in names or not {"numberoftrades", "bidvolume", "askvolume"} & names:
        return None
    return layout_of_header(sample)


def backtrader(sample: Sample) -> Layout | None:
    """`Date,Time,Open,High,Low,Close,Volume,OpenInterest`, as in backtrader's own samples."""
    if sample.header != ("date", "time", *_PRICES, "volume", "openinterest"):
        return None
    return layout_of_header(sample)


def tradestation(sample: Sample) -> Layout | None:
    """`Llow`, or `Up` and `Down`, or `Vol` and `OI`; dates as that computer writes them."""
    names = set(sample.header)
    if not ("llow" in names or {"up", "down"} <= names or {"vol", "oi"} <= names):
        return None
    layout = layout_of_header(sample)
    if layout is None or "up" not in names or "volume" in layout.columns:
        return layout
    return replace(layout, notes=("volume is Up + Down",))


def tradingview(sample: Sample) -> Layout | None:
    """`time,open,high,low,close`, then `Volume` or indicators or nothing."""
    if sample.header[:5] != ("time", *_PRICES) or sample.delimiter != ",":
        return None
    is_plain = len(sample.header) == 6 and sample.lines[0].strip().split(",")[-1] == "volume"
    return None if is_plain and _UNIX.match(_at(sample.fields(1), 0)) else layout_of_header(sample)


def interactive_brokers(sample: Sample) -> Layout | None:
    """`timestamp_utc,...`, or columns of the API: average and barCount."""
    names = set(sample.header)
    if (
        "timestamp_utc" in names
        or {"average", "barcount"} <= names
        or {"wap", "bar_count"} <= names
    ):
        return layout_of_header(sample)
    return None


def firstrate(sample: Sample) -> Layout | None:
    """`timestamp,open,high,low,close,volume`, or the same without header; ISO dates, no offset."""
    names = ("timestamp", *_PRICES, "volume")
    first = sample.fields(1 if sample.header else 0)
    if sample.delimiter != "," or not _ISO_DATE.match(_at(first, 0)):
        return None
    if sample.header:
        return layout_of_header(sample) if sample.header == names else None
    return _headerless("stamp", *_PRICES, "volume") if len(first) == 6 else None


def kibot(sample: Sample) -> Layout | None:
    """`MM/DD/YYYY,HH:MM,o,h,l,c,v` without header; days without a time."""
    first = sample.fields(0)
    if sample.header or sample.delimiter != "," or not _AMERICAN_DATE.match(_at(first, 0)):
        return None
    if len(first) == 7 and _CLOCK.match(first[1]):
        layout = _headerless("stamp", "time", *_PRICES, "volume")
    elif len(first) == 6:
        layout = _headerless("stamp", *_PRICES, "volume")
    else:
        return None
    return replace(layout, dates=DateOrder.MONTH_FIRST)


def unix_time(sample: Sample) -> Layout | None:
    """Seconds, milli-, micro- or nanoseconds since 1970 and prices, with or without header."""
    if sample.header:
        layout = layout_of_header(sample)
        is_unix = layout is not None and _UNIX.match(_at(sample.fields(1), layout.columns["stamp"]))
        return layout if is_unix else None
    first = sample.fields(0)
    if not _UNIX.match(_at(first, 0)) or len(first) < 6:
        return None
    return replace(_headerless("stamp", *_PRICES, "volume"), width=len(first))


def any_csv(sample: Sample) -> Layout | None:
    """Whatever has a header that names a date and four prices."""
    return layout_of_header(sample) if sample.header else None


def _headerless(*roles: str) -> Layout:
    columns = {role: index for index, role in enumerate(roles)}
    return Layout(columns=columns, width=len(roles), header_lines=0)


def _at(fields: tuple[str, ...], index: int) -> str:
    """Return a field, or nothing beyond the last."""
    return fields[index] if index < len(fields) else ""
