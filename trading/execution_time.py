"""When a fill was: the one time on the wire that can lose a fill.

Both client libraries drop an execution whose time they cannot read, with a line in a log. So its
text is read here first, and handed on in a form that they read everywhere.
"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_PLAIN = "%Y%m%d %H:%M:%S"
_TEXT_INDEX = 15
"""Where execDetails has it, in every protocol version from 157 on."""


def execution_time(text: str) -> datetime | None:
    """Return the time of a fill as IB writes it, aware UTC; None where it cannot be read.

    "20251105-14:30:00" is UTC, "20251105 14:30:00 US/Central" what it says. Without a zone it is
    taken for UTC, which TWS must be set to.
    """
    day, _, rest = " ".join(text.replace("-", " ", 1).split()).partition(" ")
    clock, _, zone = rest.partition(" ")
    try:
        return _in_utc(datetime.strptime(f"{day} {clock}", _PLAIN), zone or "UTC")
    except (ValueError, ZoneInfoNotFoundError, OSError):
        return None


def with_readable_time(fields: list[str], now: datetime) -> list[str]:
    """Return the fields of an execDetails message with a time that both libraries read.

    Args:
        fields: The message, its number first.
        now: The time of arrival, which stands in where the broker's cannot be read.
    """
    if len(fields) <= _TEXT_INDEX:
        return fields
    time = execution_time(fields[_TEXT_INDEX]) or now
    text = f"{time.astimezone(UTC).strftime(_PLAIN)} UTC"
    return [*fields[:_TEXT_INDEX], text, *fields[_TEXT_INDEX + 1 :]]


def _in_utc(local: datetime, zone: str) -> datetime:
    return local.replace(tzinfo=UTC if zone == "UTC" else ZoneInfo(zone)).astimezone(UTC)
