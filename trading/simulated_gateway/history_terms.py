"""What a request for history asks for: its end, duration and bar size, as IB spells them."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd

from trading.simulated_gateway.hours import Hours
from trading.simulated_gateway.intake import Refusal
from trading.simulated_gateway.requests import AskHistory

BAD_QUERY = 321
BAD_END = 10314

DAY_SECONDS = 86_400
MAX_SECONDS = 86_400
MAX_DAYS = 365

BAR_SECONDS = {
    "1 secs": 1,
    "5 secs": 5,
    "10 secs": 10,
    "15 secs": 15,
    "30 secs": 30,
    "1 min": 60,
    "2 mins": 120,
    "3 mins": 180,
    "5 mins": 300,
    "10 mins": 600,
    "15 mins": 900,
    "20 mins": 1_200,
    "30 mins": 1_800,
    "1 hour": 3_600,
    "2 hours": 7_200,
    "3 hours": 10_800,
    "4 hours": 14_400,
    "8 hours": 28_800,
    "1 day": DAY_SECONDS,
}
"""Seconds per bar; IB also knows weeks and months, which the simulator does not."""

KINDS = ("TRADES", "MIDPOINT", "BID", "ASK", "BID_ASK")
"""All of them are answered with the bars of trades."""

_END = re.compile(r"(\d{8})(?:[ -](\d{2}:\d{2}:\d{2}))?(?: (\S+))?")
_DURATION = re.compile(r"([1-9]\d{0,5}) ([SDWMY])")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """What of the bars is wanted: those that open at or after `start` and before `end`.

    Attributes:
        start: UTC.
        end: UTC; None is now, the forming bar included.
        seconds: Size of a bar.
        is_rth_only: Whether bars outside regular hours are left out.
    """

    start: datetime
    end: datetime | None
    seconds: int
    is_rth_only: bool

    @property
    def is_daily(self) -> bool:
        """Whether a bar is a whole session."""
        return self.seconds == DAY_SECONDS


def span_of(request: AskHistory, hours: Hours, now: datetime) -> Span | Refusal:
    """Return what a request asks for, or why it cannot be understood."""
    cause = _mistake(request)
    if cause is not None:
        return _bad(cause)
    end = parse_time(request.end) if request.end else now
    if end is None:
        text = f"End Date/Time: The date, time, or time-zone entered is invalid: {request.end}"
        return Refusal(code=BAD_END, text=text)
    count, unit = request.duration.split()
    return Span(
        start=_start(int(count), unit, end, hours),
        end=end if request.end else None,
        seconds=BAR_SECONDS[request.bar_size],
        is_rth_only=request.is_rth_only,
    )


def _mistake(request: AskHistory) -> str | None:
    """Return what is wrong with a request by itself, or None."""
    match = _DURATION.fullmatch(request.duration)
    count, unit = (int(match[1]), match[2]) if match else (0, "")
    rules = {
        f"Historical data bar size setting is invalid. Legal ones are: {', '.join(BAR_SECONDS)}": (
            request.bar_size in BAR_SECONDS
        ),
        f"Invalid what to show: {request.what}": request.what in KINDS,
        "Historical data query duration is invalid": match is not None,
        "Historical data requests for durations longer than 86400 seconds must be made in days": (
            unit != "S" or count <= MAX_SECONDS
        ),
        "Historical data requests for durations longer than 365 days must be made in years": (
            unit != "D" or count <= MAX_DAYS
        ),
        "End date not supported with keep up to date": not (
            request.keeps_up_to_date and request.end
        ),
    }
    return next((cause for cause, is_kept in rules.items() if not is_kept), None)


def parse_time(text: str) -> datetime | None:
    """Return a time such as "20250109 16:00:00 US/Central" or "20250109-22:00:00", or None.

    Without a zone it is UTC; without a time of day it is the day's end.
    """
    match = _END.fullmatch(text.strip())
    if match is None:
        return None
    try:
        naive = datetime.strptime(f"{match[1]} {match[2] or '23:59:59'}", "%Y%m%d %H:%M:%S")
        zone = ZoneInfo(match[3]) if match[3] else UTC
    except (ValueError, ZoneInfoNotFoundError):
        return None
    return naive.replace(tzinfo=zone).astimezone(UTC)


def _start(count: int, unit: str, end: datetime, hours: Hours) -> datetime:
    """Return where a duration begins: days are sessions, the one of the end counted."""
    if unit == "S":
        return end - timedelta(seconds=count)
    if unit == "D":
        last = hours.session(end - timedelta(seconds=1))
        if end <= hours.session_bounds(last)[0]:
            last -= 1
        return hours.session_bounds(last - count + 1)[0]
    offset = {"W": "weeks", "M": "months", "Y": "years"}[unit]
    stamp = pd.Timestamp(end) - pd.DateOffset(**{offset: count})
    start: datetime = stamp.to_pydatetime()
    return start


def _bad(cause: str) -> Refusal:
    text = f"Error validating request.-'bT' : cause - {cause}"
    return Refusal(code=BAD_QUERY, text=text)
