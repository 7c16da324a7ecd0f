"""What is known of one order: its state, its numbers, and every fill of it.

Fills are kept one by one, by execution id, so that one that comes twice counts once and a
correction takes the place of what it corrects. What changes a life is left to
trading/order_state.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType

from trading.broker_events import ExecutionSeen
from trading.order_transitions import MAY_FILL, OrderState


def split_exec_id(exec_id: str) -> tuple[str, int]:
    """Return what all versions of an execution share, and the number of this version.

    A correction has the same id up to the last dot, and a higher number after it; an id without a
    number there is its own first version.
    """
    stem, _, version = exec_id.rpartition(".")
    return (stem, int(version)) if stem and version.isdecimal() else (exec_id, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLife:
    """One order as far as we know; new ones are intents.

    Attributes:
        quantity: Contracts of the whole order, > 0.
        is_opening: Whether it may open a position.
        created: When it was decided.
        state: How far it has come.
        perm_id: The broker's number, once seen.
        fills: Contracts by execution, newest version of each: {stem: (version, contracts)}.
        said_filled: Contracts that the broker ever said were filled, executions seen or not.
        last_error: Code of the last error that carried its id, notices left out.
        is_cancelling: Whether a cancel was asked for.
        sent: When it last went on the wire.
        deadline: When somebody must ask, if nothing comes; None where nothing is waited for.
        missing_since: When the first complete snapshot that lacks it began.
        settled: Contracts said to be filled, and not told, that are part of an adopted position.
    """

    quantity: int
    is_opening: bool
    created: datetime
    state: OrderState = OrderState.INTENT
    perm_id: int | None = None
    fills: Mapping[str, tuple[int, int]] = field(default_factory=lambda: MappingProxyType({}))
    said_filled: int = 0
    last_error: int | None = None
    is_cancelling: bool = False
    sent: datetime | None = None
    deadline: datetime | None = None
    missing_since: datetime | None = None
    settled: int = 0

    @property
    def executed(self) -> int:
        """Contracts of which the executions are seen."""
        return sum(contracts for _, contracts in self.fills.values())

    @property
    def at_least_filled(self) -> int:
        """Contracts that are filled by either account, the broker's word or the executions."""
        return max(self.executed, self.said_filled - self.settled)

    @property
    def missing_executions(self) -> int:
        """Contracts that the broker says are filled and that no execution shows yet, >= 0."""
        return self.at_least_filled - self.executed

    @property
    def may_still_fill(self) -> int:
        """Contracts that may still change the position as executions count it, >= 0.

        Of an order that is over, those filled without an execution seen; else all that is left.
        """
        if self.state in MAY_FILL:
            return max(self.quantity, self.at_least_filled) - self.executed
        return self.missing_executions

    def has_seen(self, event: ExecutionSeen) -> bool:
        """Return whether an execution, in this version or a newer one, was seen before."""
        stem, version = split_exec_id(event.exec_id)
        return stem in self.fills and self.fills[stem][0] >= version

    def with_fill(self, event: ExecutionSeen) -> "OrderLife":
        """Return the life with an execution that is new, or corrects one, counted in.

        A correction also moves what the broker said was filled: its status will not come again.
        """
        stem, version = split_exec_id(event.exec_id)
        before = self.fills[stem][1] if stem in self.fills else None
        said = self.said_filled
        if before is not None and said:
            said = max(said + event.quantity - before, 0)
        fills = MappingProxyType({**self.fills, stem: (version, event.quantity)})
        return replace(self, fills=fills, said_filled=said)
