"""Closed bars on their way in: as told, as features and the kernel see them, and verdicts.

A trader that gets anything but Accepted must not decide: what there is to do is said with each.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedBar:
    """One bar as a market told it.

    Attributes:
        opened: Its open, tz-aware.
        open: And high, low, close: points.
        volume: Contracts.
        contract: Which one traded, e.g. "MNQZ24"; "" where nobody says.
        roll_gap: Points that a new contract trades above the old one, on its first bar; None where
            that is not known.
    """

    opened: pd.Timestamp
    open: float
    high: float
    low: float
    close: float
    volume: float
    contract: str = ""
    roll_gap: float | None = None

    @property
    def prices(self) -> tuple[float, float, float, float]:
        """Open, high, low and close."""
        return self.open, self.high, self.low, self.close

    def says_the_same(self, other: "ClosedBar") -> bool:
        """Return whether two bars of one stamp have the same prices, volume and contract."""
        return (self.prices, self.volume, self.contract) == (
            other.prices,
            other.volume,
            other.contract,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LiveBar:
    """One bar as everything else sees it.

    Attributes:
        row: Bars before it, the history's included.
        opened: Its open, UTC.
        closed: Its close, UTC: when a decision is made.
        contract: Which one traded.
        features: FEATURE_BAR record.
        ticks: BAR_TICKS record, its flags as the calendar has them at its close.
    """

    row: int
    opened: pd.Timestamp
    closed: pd.Timestamp
    contract: str
    features: np.record
    ticks: np.record


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """The bar follows on the last one."""

    bar: LiveBar


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """Bars are missing before it, so it was not taken in: request these, and hand them in first.

    Attributes:
        first: Open of the first missing bar, UTC.
        last: Open of the last one.
        n_missing: How many the calendar expects.
    """

    first: pd.Timestamp
    last: pd.Timestamp
    n_missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """The same bar has been taken in before; nothing changed."""

    opened: pd.Timestamp


@dataclass(frozen=True, slots=True, kw_only=True)
class Revised:
    """A bar that was taken in before has been corrected: `revise` all that has seen it.

    Attributes:
        n_back: Bars to take back.
        bars: What to take in instead, the corrected one first.
    """

    n_back: int
    bars: tuple[LiveBar, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Late:
    """A bar has come after later ones: `revise` as for Revised; there is one bar more than before.

    Attributes:
        n_back: Bars to take back.
        bars: What to take in instead, the late one first.
    """

    n_back: int
    bars: tuple[LiveBar, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The bar cannot be used and was not; `reason` says why, and what to do."""

    opened: pd.Timestamp
    reason: str


Verdict = Accepted | Gap | Duplicate | Revised | Late | Refused
