"""Every session of a template from 1970 to 2099: ordinary hours, less holidays and early closes.

Holidays come from pandas_market_calendars, which is imported on first use only (half a second), and
from the overrides, which have the last word.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.calendar_overrides import FIRST_DATE, LAST_DATE, SHIPPED, Override, read_overrides
from data.session_templates import SessionTemplate, Spans

MINUTES_PER_DAY = 1_440
NS_PER_MINUTE = 60_000_000_000

_Stamps = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SessionTable:
    """Sessions (s,) and the spans of trading in them (k,), oldest first; stamps are UTC ns.

    Attributes:
        dates: Trade date of each session, datetime64[D].
        opens: Open of its first span.
        closes: Close of its last span.
        is_half_day: Whether it closes before the ordinary time.
        notes: What is special about it; usually empty.
        span_opens: Open of each span.
        span_closes: Close of each span; it is not open any more at that stamp.
        span_sessions: Session of each span, an index into the arrays above.
    """

    dates: NDArray[np.datetime64]
    opens: _Stamps
    closes: _Stamps
    is_half_day: NDArray[np.bool_]
    notes: NDArray[np.object_]
    span_opens: _Stamps
    span_closes: _Stamps
    span_sessions: _Stamps


@lru_cache(maxsize=16)
def session_table(template: SessionTemplate, extra: Path | None = None) -> SessionTable:
    """Return the sessions of a template.

    Args:
        template: Ordinary hours, and whose holidays.
        extra: A file of the user's overrides, which go before the shipped ones.

    Raises:
        ConfigError: If an overrides file is not as it must be.
    """
    overrides = read_overrides(SHIPPED, template.name)
    if extra is not None:
        overrides |= read_overrides(extra, template.name)
    closes = dict(_library_closes(template))
    for day, override in overrides.items():
        if override.closed:
            closes.pop(day, None)
        elif override.close_minute is not None:
            closes[day] = override.close_minute
    days = sorted(closes)
    ordinary = _ordinary_spans(days, template)
    spans = [
        spans
        if closes[day] is None and day not in overrides
        else _special_spans(spans, closes[day], overrides.get(day))
        for day, spans in zip(days, ordinary, strict=True)
    ]
    is_half_day = [a[-1][1] < b[-1][1] for a, b in zip(spans, ordinary, strict=True)]
    notes = [overrides[day].note if day in overrides else "" for day in days]
    return _table(np.array(days, "datetime64[D]"), spans, template.zone, is_half_day, notes)


@lru_cache(maxsize=16)
def _library_closes(template: SessionTemplate) -> Mapping[date, int | None]:
    """Return the trade dates with a session, and the minute of an early close (None: ordinary)."""
    if template.library_name is None:
        days = pd.date_range(FIRST_DATE, LAST_DATE, freq="D" if template.has_weekends else "B")
        return dict.fromkeys(days.date)
    from pandas_market_calendars import get_calendar  # noqa: PLC0415 - half a second

    library = get_calendar(template.library_name)
    schedule = library.schedule(str(FIRST_DATE), str(LAST_DATE), tz=template.zone)
    local = schedule["market_close"].dt
    minutes = (local.hour * 60 + local.minute).tolist()
    ordinary = template.library_close
    return {
        day: None if minute == ordinary else minute
        for day, minute in zip(schedule.index.date, minutes, strict=True)
    }


def _ordinary_spans(days: list[date], template: SessionTemplate) -> list[Spans]:
    """Return the hours that each day has if nothing is special about it."""
    starts = [date.fromisoformat(hours.since) for hours in template.hours]
    return [template.hours[max(0, bisect_right(starts, day) - 1)].spans for day in days]


def _special_spans(ordinary: Spans, close: int | None, override: Override | None) -> Spans:
    """Return the hours of a day on which the market opens or closes at another time."""
    start, end = ordinary[0][0], ordinary[-1][1] if close is None else close
    if override is not None and override.open_minute is not None:
        start = override.open_minute
        if start >= end:
            start -= MINUTES_PER_DAY
    return _clipped(ordinary, start, end)


def _clipped(spans: Spans, start: int, end: int) -> Spans:
    """Return the spans between `start` and `end`, the outer ones stretched to them."""
    kept = [[a, b] for a, b in spans if a < end and b > start]
    if not kept:
        return ((start, end),)
    kept[0][0] = start if start < spans[0][0] else max(start, kept[0][0])
    kept[-1][1] = end if end > spans[-1][1] else min(end, kept[-1][1])
    return tuple((a, b) for a, b in kept)


def _table(
    days: NDArray[np.datetime64],
    spans: list[Spans],
    zone: str,
    is_half_day: list[bool],
    notes: list[str],
) -> SessionTable:
    n_spans = np.array([len(session) for session in spans])
    sessions = np.repeat(np.arange(len(days)), n_spans)
    minutes = np.array([span for session in spans for span in session])
    opens = _utc(days[sessions], minutes[:, 0], zone)
    closes = _utc(days[sessions], minutes[:, 1], zone)
    lasts = np.cumsum(n_spans) - 1
    return SessionTable(
        dates=days,
        opens=opens[lasts - n_spans + 1],
        closes=closes[lasts],
        is_half_day=np.array(is_half_day),
        notes=np.array(notes, dtype=np.object_),
        span_opens=opens,
        span_closes=closes,
        span_sessions=sessions,
    )


def _utc(days: NDArray[np.datetime64], minutes: NDArray[np.int64], zone: str) -> _Stamps:
    """Return wall-clock times as UTC nanoseconds."""
    walls = days.astype("datetime64[m]") + minutes.astype("timedelta64[m]")
    stamps = pd.DatetimeIndex(walls.astype("datetime64[s]")).tz_localize(zone)
    return np.asarray(stamps.tz_convert("UTC").as_unit("ns").asi8)
