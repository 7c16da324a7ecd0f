"""Turn what the checks point at into findings: counted, located, and as bad as they are here."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.instruments import Instrument
from data.bars import PRICE_COLUMNS
from data.defects import DEFECTS, Finding, Severity
from data.price_checks import (
    flat_without_volume,
    jumps,
    longest_run,
    moved_without_volume,
    spikes,
)
from data.price_ranges import out_of_range, shown_range
from data.row_checks import ROW_CHECKS, FoundRows, latest_stamp, may_be_negative
from data.session_checks import LARGEST_GRID_SECONDS, SessionCount

N_EXAMPLES = 5

USUAL_FLAT_SHARE = 0.01
"""Up to this share, flat bars without volume are a vendor's habit; more say that much is filled."""

_Mask = NDArray[np.bool_]


def finding(
    code: str, count: int, first: tuple[str, ...] = (), severity: Severity | None = None
) -> Finding:
    """Return a finding, as bad as its defect usually is unless told otherwise."""
    usual = DEFECTS[code].severity
    return Finding(code=code, severity=severity or usual, count=count, first=first)


def row_findings(rows: FoundRows, instrument: Instrument, adjustment: str) -> Iterator[Finding]:
    """Yield what breaks an invariant of bars; harmless where the adjustment explains it.

    Args:
        rows: As found.
        instrument: What they are bars of.
        adjustment: One of `data.store.ADJUSTMENTS`.
    """
    if rows.is_naive:
        yield finding("no_zone", len(rows.frame))
    if rows.text_columns:
        columns = f"columns {', '.join(rows.text_columns)}"
        yield finding("text_numbers", len(rows.frame), (columns,))
    harmless = {
        "off_tick": adjustment == "ratio",
        "not_positive": may_be_negative(instrument, adjustment),
    }
    for code, check in ROW_CHECKS.items():
        mask = check(rows, instrument)
        if mask.any():
            first = tuple(_row_text(rows, number) for number in _first(mask))
            severity = Severity.INFO if harmless.get(code, False) else None
            yield finding(code, int(mask.sum()), first, severity)


def future_findings(rows: FoundRows, now: pd.Timestamp) -> Iterator[Finding]:
    """Yield whether rows are stamped later than `now`, UTC, and a day."""
    mask = np.asarray(rows.stamps > latest_stamp(now))
    if mask.any():
        first = tuple(_row_text(rows, number) for number in _first(mask))
        yield finding("in_future", int(mask.sum()), first)


def price_findings(rows: FoundRows, instrument: Instrument, adjustment: str) -> Iterator[Finding]:
    """Yield what is odd about the prices and volumes of rows that are sound."""
    bars = rows.sound()
    if len(bars) == 0:
        return
    far = out_of_range(bars, instrument, adjustment)
    if far.any():
        known = f"{instrument.symbol} lies in {shown_range(instrument)}"
        first = (known, *_bar_texts(bars, far)[: N_EXAMPLES - 1])
        yield finding("out_of_range", int(far.sum()), first)
    yield from _jumps(bars)
    for code, check in {"spikes": spikes, "moved_without_volume": moved_without_volume}.items():
        mask = check(bars)
        if mask.any():
            yield finding(code, int(mask.sum()), _bar_texts(bars, mask))
    yield from _flat_bars(bars)


def session_findings(count: SessionCount, n_bars: int, bar_seconds: int) -> Iterator[Finding]:
    """Yield where the bars and the calendar differ.

    Args:
        count: Expected and present bars.
        n_bars: How many bars were compared.
        bar_seconds: Their size.
    """
    for code, stamps in {"outside_hours": count.outside, "misaligned": count.misaligned}.items():
        if len(stamps):
            first = tuple(stamp.isoformat() for stamp in stamps[:N_EXAMPLES])
            yield finding(code, len(stamps), first)
    tables = {"missing_sessions": count.absent, "short_sessions": count.short}
    if bar_seconds <= LARGEST_GRID_SECONDS:  # of larger bars, a short session has as many
        noted_first = {"key": lambda notes: notes == "", "kind": "stable"}
        tables["special_sessions"] = count.special.sort_values("note", **noted_first)
    for code, table in tables.items():
        if len(table):
            yield finding(code, len(table), _session_texts(table))
    if len(count.missing):
        yield finding("missing_bars", len(count.missing), _gap_texts(count.missing, bar_seconds))
    if count.is_rth_only:
        yield finding("rth_only", n_bars)


def _first(mask: _Mask) -> NDArray[np.int64]:
    return np.flatnonzero(mask)[:N_EXAMPLES]


def _row_text(rows: FoundRows, number: int) -> str:
    stamp = rows.stamps[number]
    when = "no stamp" if stamp is pd.NaT else stamp.isoformat()
    prices = " ".join(f"{value:.10g}" for value in rows.prices[number])
    return f"{when} (row {number}): {prices}, volume {rows.frame['volume'].iat[number]:.10g}"


def _bar_texts(bars: pd.DataFrame, mask: _Mask) -> tuple[str, ...]:
    shown = bars[mask].head(N_EXAMPLES)
    return tuple(
        f"{row['timestamp'].isoformat()}: "
        + " ".join(f"{row[name]:.10g}" for name in PRICE_COLUMNS)
        + f", volume {row['volume']:.10g}"
        for _, row in shown.iterrows()
    )


def _jumps(bars: pd.DataFrame) -> Iterator[Finding]:
    mask = jumps(bars)
    if not mask.any():
        return
    open_, close = bars["open"].to_numpy(), bars["close"].to_numpy()
    moves = np.concatenate([[0.0], open_[1:] - close[:-1]])
    largest = np.argsort(-np.abs(np.where(mask, moves, 0.0)), kind="stable")[:N_EXAMPLES]
    first = tuple(
        f"{bars['timestamp'].iat[row].isoformat()}: from {close[row - 1]:.10g} to "
        f"{open_[row]:.10g} ({moves[row]:+.10g}), closing at "
        f"{close[row]:.10g} ({close[row] - close[row - 1]:+.10g})"
        for row in largest[mask[largest]]
    )
    yield finding("jumps", int(mask.sum()), first)


def _flat_bars(bars: pd.DataFrame) -> Iterator[Finding]:
    mask = flat_without_volume(bars)
    if not mask.any():
        return
    is_habit = mask.mean() <= USUAL_FLAT_SHARE
    first = (
        f"{mask.mean():.2%} of the bars, longest run {longest_run(mask)}",
        *_bar_texts(bars, mask)[: N_EXAMPLES - 1],
    )
    severity = None if is_habit else Severity.WARNING
    yield finding("flat_without_volume", int(mask.sum()), first, severity)


def _session_texts(table: pd.DataFrame) -> tuple[str, ...]:
    return tuple(
        f"{day.date()}: {row['present']} of {row['expected']} bars"
        + (f" ({row['note']})" if row["note"] else "")
        for day, row in table.head(N_EXAMPLES).iterrows()
    )


def _gap_texts(missing: pd.DatetimeIndex, bar_seconds: int) -> tuple[str, ...]:
    """Return the longest unbroken stretches of missing bars as text."""
    starts = np.flatnonzero(np.diff(missing.asi8, prepend=0) != bar_seconds * 1_000_000_000)
    lengths = np.diff(np.append(starts, len(missing)))
    longest = np.argsort(-lengths, kind="stable")[:N_EXAMPLES]
    return (
        f"{len(starts)} gaps",
        *(f"{missing[starts[gap]].isoformat()}: {lengths[gap]} bars" for gap in longest),
    )
