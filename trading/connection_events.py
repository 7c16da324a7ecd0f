"""What the connection supervisor tells a trader: facts of the line, none of orders."""

from dataclasses import dataclass
from enum import StrEnum


class FarmState(StrEnum):
    """What a data farm of the broker is, by its last notice."""

    UP = "up"
    IDLE = "idle"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionUp:
    """The handshake is done and the broker told its clock; nothing is known of the account yet.

    Attributes:
        n_connections: How many there have been, this one included; beyond 1, subscriptions of the
            last one are gone.
        skew_seconds: The broker's clock less ours.
    """

    n_connections: int
    skew_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionDown:
    """The connection is gone; it is being made anew."""

    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientIdInUse:
    """Another program, or our own last session, holds our client id; it is tried again."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutageAlert:
    """The broker has been out of reach for that long outside the daily restart."""

    seconds: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingBlocked:
    """TWS has lost the exchange's side (1100, 2110); the socket to TWS stands."""

    code: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingRestored:
    """TWS has it back; fills meanwhile must be asked for.

    Attributes:
        is_data_lost: Whether subscriptions ended (1101), or go on (1102).
    """

    is_data_lost: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFarm:
    """A farm of the broker changed its state; orders are not touched by it.

    Attributes:
        name: As the broker calls it.
        state: What it is now.
        has_bars: Whether it is one of market data or history, and not one of contract definitions.
    """

    name: str
    state: FarmState
    has_bars: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PortMoved:
    """TWS closes this connection and listens on another port (1300)."""

    text: str


ConnectionEvent = (
    ConnectionUp
    | ConnectionDown
    | ClientIdInUse
    | OutageAlert
    | TradingBlocked
    | TradingRestored
    | DataFarm
    | PortMoved
)
"""Whatever the supervisor tells."""
