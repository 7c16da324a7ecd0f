"""What bars tell a trader: each close once, each move in between, and what is wrong with them."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenBar:
    """A bar as the broker tells it: `time` is its open, aware UTC; prices in points."""

    time: datetime
    open: float
    high: float
    low: float
    close: float
    volume: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BarClosed:
    """A bar is over; told once, in ascending order.

    Attributes:
        bar: The whole bar.
        is_from_history: Whether it was over before it was told live: to be learnt from, not to be
            acted on.
    """

    bar: SeenBar
    is_from_history: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BarMoved:
    """The bar that is forming is another than before: its close is the last price.

    Told of the first message of a bar too, after the close of the one before it.
    """

    bar: SeenBar


@dataclass(frozen=True, slots=True, kw_only=True)
class BarRevised:
    """History says otherwise of a bar that was told, or has one where none was told.

    Told of the last few bars only, in ascending order and before what closed since: what was made
    of them is to be made anew.
    """

    bar: SeenBar


@dataclass(frozen=True, slots=True, kw_only=True)
class BarGap:
    """Bars are missing that the calendar expects, and history does not have them either."""

    after: datetime
    before: datetime
    n_missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BarsDisordered:
    """Bars came twice, or out of order; they were put in order, or left out where it was too late.

    Attributes:
        n_double: Bars of a time that was there already.
        n_late: Bars of a time before one that was there.
    """

    n_double: int
    n_late: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DataStale:
    """Bars have stopped coming; nothing may be opened on what was heard so far."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFresh:
    """They come again, and what was missed has been told."""


BarEvent = BarClosed | BarMoved | BarRevised | BarGap | BarsDisordered
"""What bars say."""

DataEvent = BarEvent | DataStale | DataFresh
"""Whatever a subscription tells."""
