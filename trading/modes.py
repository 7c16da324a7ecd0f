"""What the trader may do now: how far the connection has come, and what holds it back.

The link has its own states, and a table of the moves between them. What holds the trader back is a
set of reasons, each with what it forbids and who takes it away again; they outlive connections. The
mode follows from both, so that one reason that passes cannot undo another that stands.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType

from utils.errors import SimulationError


class Link(StrEnum):
    """How far the connection has come."""

    DISCONNECTED = "DISCONNECTED"
    CONNECTING = "CONNECTING"
    SYNCING = "SYNCING"
    RECONCILED = "RECONCILED"


class Mode(StrEnum):
    """What may be done: the link until it is RECONCILED, then what the holds leave."""

    DISCONNECTED = "DISCONNECTED"
    CONNECTING = "CONNECTING"
    SYNCING = "SYNCING"
    TRADING = "TRADING"
    REDUCE_ONLY = "REDUCE_ONLY"
    HALTED = "HALTED"
    KILLED = "KILLED"


SYNCED = frozenset({Mode.TRADING, Mode.REDUCE_ONLY, Mode.HALTED, Mode.KILLED})
"""Modes in which positions and orders are known, so that a position may be reduced."""

LINKS: Mapping[tuple[Link, Link], str] = MappingProxyType(
    {
        (Link.DISCONNECTED, Link.CONNECTING): "an attempt to connect begins",
        (Link.CONNECTING, Link.DISCONNECTED): "nobody answers, or the client id is in use",
        (Link.CONNECTING, Link.SYNCING): "the handshake is done",
        (Link.SYNCING, Link.RECONCILED): "a complete snapshot agrees with the journal",
        (Link.SYNCING, Link.DISCONNECTED): "the connection is lost before all end markers came",
        (Link.RECONCILED, Link.SYNCING): "something does not agree, or the broker was away",
        (Link.RECONCILED, Link.DISCONNECTED): "the connection is lost",
    }
)
"""The moves of the link that exist, and what each means."""


class Hold(StrEnum):
    """Why less than everything is allowed."""

    STALE_DATA = "stale_data"
    CLOCK_SKEW = "clock_skew"
    BROKER_DOWN = "broker_down"
    COMPETING_SESSION = "competing_session"
    RESTART_WINDOW = "restart_window"
    ROLLOVER = "rollover"
    STOPPING = "stopping"
    JOURNAL = "journal"
    DAILY_LOSS = "daily_loss"
    POSITION_MISMATCH = "position_mismatch"
    FOREIGN_ORDER = "foreign_order"
    UNPROTECTED = "unprotected"
    OPERATOR = "operator"
    KILL_SWITCH = "kill_switch"


class LiftedBy(StrEnum):
    """What takes a hold away."""

    ITSELF = "itself"
    NEXT_DAY = "next_day"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldRule:
    """What a hold leaves, and what takes it away."""

    mode: Mode
    lifted_by: frozenset[LiftedBy]


_BY_ITSELF = HoldRule(
    mode=Mode.REDUCE_ONLY, lifted_by=frozenset({LiftedBy.ITSELF, LiftedBy.OPERATOR})
)
_BY_A_PERSON = HoldRule(mode=Mode.HALTED, lifted_by=frozenset({LiftedBy.OPERATOR}))

HOLDS: Mapping[Hold, HoldRule] = MappingProxyType(
    {
        Hold.STALE_DATA: _BY_ITSELF,
        Hold.CLOCK_SKEW: _BY_ITSELF,
        Hold.BROKER_DOWN: _BY_ITSELF,
        Hold.COMPETING_SESSION: _BY_ITSELF,
        Hold.RESTART_WINDOW: _BY_ITSELF,
        Hold.ROLLOVER: _BY_ITSELF,
        Hold.JOURNAL: _BY_ITSELF,
        Hold.STOPPING: HoldRule(mode=Mode.REDUCE_ONLY, lifted_by=frozenset()),
        Hold.DAILY_LOSS: HoldRule(
            mode=Mode.REDUCE_ONLY, lifted_by=frozenset({LiftedBy.NEXT_DAY, LiftedBy.OPERATOR})
        ),
        Hold.POSITION_MISMATCH: _BY_A_PERSON,
        Hold.FOREIGN_ORDER: _BY_A_PERSON,
        Hold.UNPROTECTED: _BY_A_PERSON,
        Hold.OPERATOR: _BY_A_PERSON,
        Hold.KILL_SWITCH: HoldRule(mode=Mode.KILLED, lifted_by=frozenset({LiftedBy.OPERATOR})),
    }
)
"""What each hold leaves; a stopping process never trades again."""

_SEVERITY = (Mode.TRADING, Mode.REDUCE_ONLY, Mode.HALTED, Mode.KILLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModeState:
    """The link and the holds.

    Attributes:
        link: How far the connection has come.
        since: When the link came there.
        holds: What holds the trader back, with why, in words.
    """

    link: Link = Link.DISCONNECTED
    since: datetime
    holds: Mapping[Hold, str]

    @property
    def mode(self) -> Mode:
        """What may be done now."""
        if self.link is not Link.RECONCILED:
            return Mode(self.link.value)
        return self.permission

    @property
    def permission(self) -> Mode:
        """What the holds leave, connected or not: the strictest of them decides."""
        return max((HOLDS[hold].mode for hold in self.holds), key=_SEVERITY.index,
                   default=Mode.TRADING)  # fmt: skip

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why less than everything is allowed, strictest first."""
        ordered = sorted(self.holds, key=lambda hold: -_SEVERITY.index(HOLDS[hold].mode))
        return tuple(f"{hold}: {self.holds[hold]}" for hold in ordered)

    def moved(self, link: Link, now: datetime) -> "ModeState":
        """Return the state after a move of the link.

        Raises:
            SimulationError: If there is no such move.
        """
        if (self.link, link) not in LINKS:
            choices = ", ".join(to for start, to in LINKS if start is self.link)
            raise SimulationError(
                f"the link cannot go from {self.link} to {link}; it can go to {choices}"
            )
        return replace(self, link=link, since=now)

    def held(self, hold: Hold, why: str) -> "ModeState":
        """Return the state with one more hold; the first words of one that stands are kept."""
        return replace(self, holds=MappingProxyType({hold: why, **self.holds}))

    def explained(self, hold: Hold, why: str) -> "ModeState":
        """Return the state with other words for a hold; as it is where that does not stand."""
        if hold not in self.holds:
            return self
        return replace(self, holds=MappingProxyType({**self.holds, hold: why}))

    def lifted(self, hold: Hold, by: LiftedBy) -> "ModeState":
        """Return the state without a hold, or as it is where `by` may not take it away."""
        if hold not in self.holds or by not in HOLDS[hold].lifted_by:
            return self
        left = {other: why for other, why in self.holds.items() if other is not hold}
        return replace(self, holds=MappingProxyType(left))


def started(now: datetime, holds: Mapping[Hold, str]) -> ModeState:
    """Return the state of a new process, with the holds that it found in its journal."""
    return ModeState(since=now, holds=MappingProxyType(dict(holds)))
