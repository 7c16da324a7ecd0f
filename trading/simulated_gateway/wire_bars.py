"""Bars as they are sent: of the tape's size or larger, the forming one as far as it is known.

At any instant uses bars that are over, and of the one that is forming what the tape has shown.
"""

import numpy as np
from numpy.typing import NDArray

from data.bars import PRICE_COLUMNS
from data.calendar import utc_index
from trading.simulated_gateway.events import WireBar
from trading.simulated_gateway.history_terms import DAY_SECONDS, Span
from trading.simulated_gateway.hours import Hours, from_ns, to_ns
from trading.simulated_gateway.tape import NS_PER_SECOND, Tape

_Rows = NDArray[np.int64]
_Floats = NDArray[np.float64]


def bars_of(tape: Tape, span: Span, hours: Hours) -> tuple[WireBar, ...]:
    """Return the bars of a span, the oldest first.

    Args:
        tape: Where they come from; a size that is no multiple of its own gives none.
        span: Which ones; without an end the forming bar is the last one.
        hours: Of the product: larger bars lie on a grid from each session's open.
    """
    if not tape.seconds or span.seconds % tape.seconds:
        return ()
    stop = tape.n_complete + int(tape.is_standing)
    first = int(np.searchsorted(tape.opens, to_ns(span.start)))
    if span.end is not None:
        last_open = to_ns(span.end) - tape.seconds * NS_PER_SECOND
        stop = min(stop, int(np.searchsorted(tape.opens, last_open, side="right")))
    rows = np.arange(first, max(first, stop))
    if span.is_rth_only and len(rows):
        rows = rows[hours.calendar.is_rth(utc_index(tape.opens[rows]))]
    return _merged(tape, rows, _buckets(tape, rows, span.seconds, hours)) if len(rows) else ()


def last_bar(tape: Tape, seconds: int, hours: Hours) -> WireBar | None:
    """Return the bar of a size that the tape is in, as far as it is known, or None."""
    if not tape.seconds or seconds % tape.seconds or tape.row < 0:
        return None
    n_rows = min(seconds // tape.seconds, tape.row + 1)
    rows = np.arange(tape.row + 1 - n_rows, tape.row + 1)
    return _merged(tape, rows, _buckets(tape, rows, seconds, hours))[-1]


def _buckets(tape: Tape, rows: _Rows, seconds: int, hours: Hours) -> _Rows:
    """Return when the bar opens that each row belongs to, UTC ns."""
    stamps = tape.opens[rows]
    if seconds == tape.seconds:
        return stamps
    table = hours.calendar.table
    anchors = table.opens[np.searchsorted(table.closes, stamps, side="right")]
    if seconds == DAY_SECONDS:
        return np.asarray(anchors)
    size = seconds * NS_PER_SECOND
    return np.asarray(anchors + (stamps - anchors) // size * size)


def _merged(tape: Tape, rows: _Rows, buckets: _Rows) -> tuple[WireBar, ...]:
    """Return one bar per bucket; of the row that is forming, what is known."""
    starts = np.flatnonzero(np.diff(buckets, prepend=buckets[0] - 1))
    prices = {name: tape.bars[name][rows] for name in PRICE_COLUMNS}
    volumes = tape.volumes[rows].copy()
    if tape.is_standing and rows[-1] == tape.row:
        for name, ticks in zip(PRICE_COLUMNS, tape.part(), strict=True):
            prices[name][-1] = ticks
        volumes[-1] = tape.part_volume()
    lasts = np.append(starts[1:], len(rows)) - 1
    columns = (
        prices["open"][starts],
        np.maximum.reduceat(prices["high"], starts),
        np.minimum.reduceat(prices["low"], starts),
        prices["close"][lasts],
    )
    points = [tape.instrument.to_prices(column).tolist() for column in columns]
    sums = np.add.reduceat(volumes, starts).tolist()
    opens = buckets[starts].tolist()
    return tuple(map(_wire_bar, opens, *points, sums))


def _wire_bar(
    stamp: int, open_: float, high: float, low: float, close: float, volume: float
) -> WireBar:
    """Return a bar; its average is the middle of high, low and close, its count its volume."""
    return WireBar(
        time=from_ns(stamp),
        open=open_,
        high=high,
        low=low,
        close=close,
        volume=volume,
        average=round((high + low + close) / 3.0, 6),
        count=int(volume),
    )
