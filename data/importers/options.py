"""What a user may say about files to import, and when the stamp of a bar is taken."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from data.importers.zones import parse_zone
from data.store import ADJUSTMENTS
from utils.errors import ConfigError
from utils.registry import lookup

OnProgress = Callable[[int, int], None]
"""Called with how many bytes have been read, and how many there are."""


class Stamp(StrEnum):
    """Which end of a bar its stamp names."""

    OPEN = "open"
    END = "end"


class DateOrder(StrEnum):
    """How dates such as 03/04/2024 are meant."""

    DAY_FIRST = "dmy"
    MONTH_FIRST = "mdy"


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """What overrides the guesses; None leaves the guess alone.

    Attributes:
        tz: Zone of the stamps, as `parse_zone` reads it, e.g. "America/New_York" or "UTC+2".
        stamp: "open" or "end".
        dates: "dmy" or "mdy".
        contract: The contract to take from a file that holds several.
        adjustment: "none", "difference" or "ratio"; ratio-adjusted prices lie on no tick grid.
        sort: Whether to sort bars that are not in order; they are refused otherwise.
    """

    tz: str | None = None
    stamp: str | None = None
    dates: str | None = None
    contract: str | None = None
    adjustment: str | None = None
    sort: bool = False

    def __post_init__(self) -> None:
        """Refuse, before any file is read, what no file could be read with."""
        if self.tz is not None:
            parse_zone(self.tz)
        for name, value, choices in (
            ("stamp", self.stamp, tuple(Stamp)),
            ("dates", self.dates, tuple(DateOrder)),
            ("adjustment", self.adjustment, ADJUSTMENTS),
        ):
            if value is not None:
                lookup({str(choice): choice for choice in choices}, value, f"--{name}")
        if self.contract is not None and not self.contract.strip():
            raise ConfigError("`--contract` must be a name, was empty")
