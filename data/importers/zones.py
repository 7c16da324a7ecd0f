"""Time zones as people name them, and local stamps turned into UTC.

Stamps are int64 nanoseconds since 1970 throughout: of the wall clock before, of UTC after.
"""

import re
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from utils.errors import ConfigError

NO_STAMP = int(np.iinfo(np.int64).min)
"""What stands for a stamp that could not be read; numpy and pandas call it NaT."""

NS_PER_SECOND = 1_000_000_000
NS_PER_DAY = 86_400 * NS_PER_SECOND
_LARGEST_SHIFT_HOURS = 18
_SHIFTED = re.compile(r"^(?P<key>.+?)(?P<sign>[+-])(?P<hours>\d{1,2})(?::?(?P<minutes>[0-5]\d))?$")

Stamps = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Zone:
    """A wall clock: that of a place, moved by so much.

    Attributes:
        key: IANA name, e.g. "America/New_York".
        shift_ns: How far the clock is ahead of that place's. Brokers' servers often run seven
            hours ahead of New York, so that their day ends with its market.
    """

    key: str
    shift_ns: int = 0

    @property
    def name(self) -> str:
        """The zone as `parse_zone` reads it."""
        if self.shift_ns == 0:
            return self.key
        sign = "-" if self.shift_ns < 0 else "+"
        hours, minutes = divmod(abs(self.shift_ns) // (60 * NS_PER_SECOND), 60)
        return f"{self.key}{sign}{hours}" + (f":{minutes:02d}" if minutes else "")


UTC = Zone("UTC")


def parse_zone(text: str) -> Zone:
    """Return the zone called `text`.

    Args:
        text: An IANA name ("America/Chicago"), a fixed offset ("UTC+2", "UTC-5:30"), or a place
            and how far the clock is ahead of it ("America/New_York+7").

    Raises:
        ConfigError: If it is none of these.
    """
    name = text.strip()
    if _exists(name):  # first, since Etc/GMT+5 is a name of its own
        return Zone(name)
    parts = _SHIFTED.match(name)
    if parts is None or not _exists(parts["key"]) or int(parts["hours"]) > _LARGEST_SHIFT_HOURS:
        raise ConfigError(
            f"`--tz` must be a zone such as America/Chicago, UTC, UTC+2 or America/New_York+7, "
            f"was `{text}`"
        )
    minutes = int(parts["hours"]) * 60 + int(parts["minutes"] or 0)
    sign = -1 if parts["sign"] == "-" else 1
    return Zone(parts["key"], sign * minutes * 60 * NS_PER_SECOND)


def to_utc(stamps: Stamps, zone: Zone) -> Stamps:
    """Return local stamps as UTC, shape (n,).

    An hour that the clock shows twice is told apart by the order of the rows, where both are
    there. NO_STAMP stands for what cannot be told apart, for hours that the clock skips, and for
    NO_STAMP itself.
    """
    moved = np.where(stamps == NO_STAMP, NO_STAMP, stamps - zone.shift_ns)
    if zone.key == "UTC":
        return moved
    index = pd.DatetimeIndex(moved.view("datetime64[ns]"))
    try:
        local = index.tz_localize(zone.key, ambiguous="infer", nonexistent="NaT")
    except ValueError:  # an hour that the clock shows twice is there once
        local = index.tz_localize(zone.key, ambiguous="NaT", nonexistent="NaT")
    return np.asarray(local.asi8)


def _exists(key: str) -> bool:
    try:
        ZoneInfo(key)
    except (OSError, ValueError, KeyError):
        return False
    return True
