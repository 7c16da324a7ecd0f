"""Where an event stands in the journal."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Place:
    """Number and time of an event; the time as text, UTC, to the microsecond."""

    seq: int
    ts: str
