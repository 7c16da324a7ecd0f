"""The names of the kernel: kinds of orders, reasons of fills and denials, states, flags of a bar.

Compiled code knows each by its number, so that numbers are never changed, only added.
"""

from enum import IntEnum


class _Named(IntEnum):
    """A number that reports know by its name."""

    @property
    def label(self) -> str:
        """The name in reports, e.g. "end_of_data"."""
        return self.name.lower()


class OrderKind(_Named):
    """How an order waits for its price; NONE is an empty slot.

    A trailing stop is a STOP whose trigger follows the price.
    """

    NONE = 0
    MARKET = 1
    STOP = 2
    LIMIT = 3
    STOP_LIMIT = 4


class Birth(_Named):
    """When in the bar an order came to be: what of the bar it has seen (KERNEL.md, rule 12)."""

    RESTED = 0
    AT_OPEN = 1
    INSIDE = 2


class Reason(_Named):
    """Why a fill happened, or why a trade ended."""

    SIGNAL = 0
    STOP = 1
    END_OF_DATA = 2
    LIQUIDATION = 3
    TARGET = 4
    TRAILING_STOP = 5
    SESSION_END = 6
    ROLL = 7
    MARGIN_CALL = 8
    DAILY_LOSS = 9
    DRAWDOWN = 10


class Denial(_Named):
    """Why an order, or its opening half, was not taken; NONE where it was."""

    NONE = 0
    ACCOUNT_CLOSED = 1
    FORCED_EXIT = 2
    DAILY_LOSS = 3
    MAX_TRADES = 4
    LAST_MINUTES = 5
    POSITION_CAP = 6
    MARGIN = 7
    REDUCE_ONLY = 8
    BAD_SIZE = 9
    BAD_PRICE = 10
    BOOK_FULL = 11
    NO_STOP = 12
    NO_VOLATILITY = 13
    TOO_FEW_TRADES = 14
    NO_EDGE = 15
    SIZE_BELOW_ONE = 16


class Status(_Named):
    """ACTIVE obeys orders; LIQUIDATING is closed at the next open; RUINED is flat and over."""

    ACTIVE = 0
    LIQUIDATING = 1
    RUINED = 2


class PathPolicy(_Named):
    """In which order a bar's prices are taken to have come, where several orders could fill.

    WORST: stops before limits. OHLC: the high first. OLHC: the low first. ADAPTIVE: the extreme
    that lies nearer to the open first, the low where both are as near.
    """

    WORST = 0
    OHLC = 1
    OLHC = 2
    ADAPTIVE = 3


PATH_POLICIES = {policy.label: policy for policy in PathPolicy}
"""By the name that settings use."""


class BarFlag(_Named):
    """What is special about a bar for an account's rules; none of it looks at a later price.

    SESSION_START: the first bar of its session: day orders of the last one are gone.
    LAST_CHANCE: no further bar of its session, or of its contract: a flatten decided at its close
        happens at that very close.
    FLATTEN: whatever is open at its close is to be closed.
    NO_ENTRY: nothing may be opened by a decision at its close.
    ROLL_AHEAD: the flatten is for a roll, not for the session's end alone.
    ROLL: the first bar of a new contract, whatever the gap; a gap that is not 0 says so by itself.
    """

    SESSION_START = 1
    LAST_CHANCE = 2
    FLATTEN = 4
    NO_ENTRY = 8
    ROLL_AHEAD = 16
    ROLL = 32
