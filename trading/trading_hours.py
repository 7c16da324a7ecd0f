"""Reads the hours of a contract as its broker writes them.

Seen of IB: "20250503:CLOSED;20250504:1700-20250505:1600", a stretch of a day after the other by
";" or ",", at times an entry without a text, and a stretch before a day that comes earlier. A day
without trading is not always named. The form without a second date, which TWS wrote until 2018,
does not say on which day a stretch begins; it is refused.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from trading.contract_facts import ContractFacts
from trading.time_spans import Span, joined
from utils.errors import FatalGatewayError

_STRETCH = re.compile(r"(\d{8}:\d{4})-(\d{8}:\d{4})")
_CLOSED = re.compile(r"(\d{8}):CLOSED")
_MINUTE = "%Y%m%d:%H%M"
_DAY = "%Y%m%d"

MAX_SHOWN = 60
"""Characters of what could not be read that an error shows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldHours:
    """What a broker says of some days.

    Attributes:
        spans: When it trades, oldest first.
        closed_days: Days that are named and on which it does not, as they were told.
    """

    spans: tuple[Span, ...]
    closed_days: tuple[date, ...]


def told_hours(facts: ContractFacts) -> ToldHours:
    """Return the hours of a contract; none at all where the broker's text is empty.

    Raises:
        FatalGatewayError: If the text or the name of its time zone cannot be read.
    """
    zone = _zone(facts)
    entries = [entry.strip() for entry in re.split("[;,]", facts.trading_hours) if entry.strip()]
    spans, closed_days = [], []
    for entry in entries:
        try:
            if (day := _CLOSED.fullmatch(entry)) is not None:
                closed_days.append(datetime.strptime(day[1], _DAY).date())
            else:
                spans.append(_span(entry, zone))
        except ValueError as error:
            raise FatalGatewayError(
                f"the broker's trading hours of {facts.local_symbol} must be like "
                f"20250504:1700-20250505:1600 or 20250503:CLOSED, were `{entry[:MAX_SHOWN]}`; "
                "nothing may be opened without them"
            ) from error
    return ToldHours(spans=joined(spans), closed_days=tuple(sorted(closed_days)))


def _span(entry: str, zone: ZoneInfo) -> Span:
    """Return a stretch; a ValueError where it is none."""
    times = _STRETCH.fullmatch(entry)
    if times is None:
        raise ValueError("no stretch of time")
    opens, closes = (_utc(text, zone) for text in times.groups())
    if closes <= opens:
        raise ValueError("it ends before it begins")
    return Span(opens, closes)


def _utc(text: str, zone: ZoneInfo) -> datetime:
    return datetime.strptime(text, _MINUTE).replace(tzinfo=zone).astimezone(UTC)


def _zone(facts: ContractFacts) -> ZoneInfo:
    try:
        return ZoneInfo(facts.time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise FatalGatewayError(
            f"the time zone of the trading hours of {facts.local_symbol} must have an IANA name "
            f"such as US/Central, was `{facts.time_zone[:MAX_SHOWN]}`; nothing may be opened "
            "without them"
        ) from error
