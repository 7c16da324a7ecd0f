"""What history to ask for: durations and bar sizes as Interactive Brokers' API spells them."""

import re
from dataclasses import dataclass

import pandas as pd

from config.instruments import get_instrument
from utils.errors import ConfigError
from utils.registry import lookup

DURATION_UNITS = {"S": "seconds", "D": "days", "W": "weeks", "M": "months", "Y": "years"}
BAR_SIZES = {
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
    "4 hours": 14_400,
    "1 day": 86_400,
}
"""Seconds per bar, by the spelling of IB's API."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryRequest:
    """One request for history, checked on construction.

    Attributes:
        symbol: Key of INSTRUMENTS.
        duration: Count and unit, e.g. "1 Y", "6 M", "30 D".
        bar_size: Key of BAR_SIZES.
        is_rth_only: Whether to leave out bars outside regular trading hours.

    Raises:
        ConfigError: If the symbol is not in INSTRUMENTS, the bar size not in BAR_SIZES, or the
            duration not a count up to 9999 and a unit. Which durations IB serves for which bar
            size is not checked.
    """

    symbol: str
    duration: str
    bar_size: str
    is_rth_only: bool

    def __post_init__(self) -> None:
        """Check each field by itself, before anything is sent."""
        get_instrument(self.symbol)
        lookup(BAR_SIZES, self.bar_size, "bar size")
        if not re.fullmatch(r"[1-9]\d{0,3} [SDWMY]", self.duration):
            raise ConfigError(
                f"`--duration` must be a count and one of {', '.join(DURATION_UNITS)}, "
                f'e.g. "1 Y", "6 M" or "30 D", was "{self.duration}"'
            )


def start_of(duration: str, end: pd.Timestamp) -> pd.Timestamp:
    """Return when a checked duration such as "6 M" began that ends at `end`; months by the date."""
    count, unit = duration.split()
    return end - pd.DateOffset(**{DURATION_UNITS[unit]: int(count)})
