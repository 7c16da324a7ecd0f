"""The law of one order: where it goes from each state on each thing that can happen to it.

One row per happening, one column per state. A cell is the next state, or `=` to stay, or LIVE for
WORKING or PARTIAL, whichever the fills say; then what is to be done about it:

| mark | effect |
|---|---|
| ? | QUERY: ask the broker for open orders, completed orders and executions |
| + | PROTECT: position or protection has changed, look at the stops at once |
| x | CANCEL: of an order that opens, whatever may be left of it |
| ! | ALERT: tell a person |

Which message is which happening is left to trading/order_state.py. Two things hold throughout: a
fill is believed whatever came before it, and of what an error message says nothing is believed but
that one must ask.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class OrderState(StrEnum):
    """How far an order has come, as far as we know."""

    INTENT = "INTENT"
    SENT = "SENT"
    WORKING = "WORKING"
    PARTIAL = "PARTIAL"
    UNKNOWN = "UNKNOWN"
    FILLED = "FILLED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"
    EXPIRED = "EXPIRED"
    LOST = "LOST"


class Happening(StrEnum):
    """What can happen to an order.

    The first are our own doing and the passing of time, the rest what the broker says.
    """

    SENDING = "sending"  # it, or a change of it, goes on the wire
    RESTART = "restart"  # read back from the journal by a new process
    OVERDUE = "overdue"  # no news in time
    CANCEL_OVERDUE = "cancel_overdue"  # the cancel was not answered in time
    STALLED = "stalled"  # an entry gets no further, filled in part or not at all
    MISSING = "missing"  # a complete snapshot lacks it
    MISSING_AGAIN = "missing_again"  # and another one, long enough after
    DISCONNECT = "disconnect"  # the line to the broker, or the broker's own, is down
    HELD = "held"  # the broker says that it has it
    FILL = "fill"  # an execution, with more to come
    LAST_FILL = "last_fill"  # the execution that makes it whole
    OVERFILL = "overfill"  # more than was ordered
    SAID_FILLED = "said_filled"  # so a status says, without all the executions
    SAID_CANCELLED = "said_cancelled"
    SAID_EXPIRED = "said_expired"
    SAID_REJECTED = "said_rejected"  # also by an error, for a new order without perm id
    SAID_INACTIVE = "said_inactive"  # not working, for a reason that is not given
    NOT_FOUND = "not_found"  # an error: there is no such order to cancel
    FAULT = "fault"  # any other error
    NOTICE = "notice"  # a warning that comes as an error


class Effect(StrEnum):
    """What is to be done about it."""

    QUERY = "query"
    PROTECT = "protect"
    CANCEL = "cancel"
    ALERT = "alert"


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One cell of the law.

    Attributes:
        state: The next state; None for WORKING or PARTIAL, whichever the fills say.
        effects: In the order in which they are to be done.
    """

    state: OrderState | None
    effects: tuple[Effect, ...]


_MARKS = {"?": Effect.QUERY, "+": Effect.PROTECT, "x": Effect.CANCEL, "!": Effect.ALERT}

_LAW = """
happening      INTENT       SENT         WORKING      PARTIAL      UNKNOWN      FILLED       CANCELLED    REJECTED     EXPIRED      LOST
sending        SENT         =            =            =            =            =!           =!           =!           =!           =!
restart        UNKNOWN?     UNKNOWN?     UNKNOWN?     UNKNOWN?     =?           =            =            =            =            =
overdue        EXPIRED      UNKNOWN?     =            =            =?           =            =            =            =            =
cancel_overdue =            UNKNOWN?     =?!          =?!          =?!          =            =            =            =            =
stalled        =            =            =x           =x           =            =            =            =            =            =
missing        =            UNKNOWN?     UNKNOWN?     UNKNOWN?     =?           =            =            =            =            =
missing_again  =            LOST+!       LOST+!       LOST+!       LOST+!       =            =            =            =            =
disconnect     =            UNKNOWN?     UNKNOWN?     UNKNOWN?     =?           =            =            =            =            =
held           LIVE!        LIVE         LIVE         LIVE         LIVE         =            UNKNOWN?x!   UNKNOWN?x!   UNKNOWN?x!   LIVEx!
fill           LIVE+!       LIVE+        LIVE+        LIVE+        =?+          =+           =+           UNKNOWN?+!   UNKNOWN?+!   UNKNOWN?+!
last_fill      FILLED+!     FILLED+      FILLED+      FILLED+      FILLED+      =+           FILLED+!     FILLED+!     FILLED+!     FILLED+!
overfill       FILLED+!     FILLED+!     FILLED+!     FILLED+!     FILLED+!     =+!          FILLED+!     FILLED+!     FILLED+!     FILLED+!
said_filled    FILLED?+!    FILLED?+     FILLED?+     FILLED?+     FILLED?+     =?+          FILLED?+!    FILLED?+!    FILLED?+!    FILLED?+!
said_cancelled CANCELLED+!  CANCELLED+   CANCELLED+   CANCELLED+   CANCELLED+   =            =            =            =            CANCELLED+
said_expired   EXPIRED+!    EXPIRED+     EXPIRED+     EXPIRED+     EXPIRED+     =            =            =            =            EXPIRED+
said_rejected  REJECTED+!   REJECTED+!   REJECTED+!   CANCELLED+!  REJECTED+!   =            =            =            =            REJECTED+
said_inactive  UNKNOWN?+    UNKNOWN?+    UNKNOWN?+    UNKNOWN?+    =?+          =            =            =            =            UNKNOWN?+
not_found      =            UNKNOWN?     UNKNOWN?     UNKNOWN?     =?           =            =            =            =            =
fault          =            UNKNOWN?     =?           =?           =?           =            =            =            =            =
notice         =            =            =            =            =            =            =            =            =            =
"""  # noqa: E501 - a table row is one line


def _move(state: OrderState, cell: str) -> Move:
    """Read one cell."""
    name = cell.rstrip("".join(_MARKS))
    effects = tuple(_MARKS[mark] for mark in cell[len(name) :])
    if name == "LIVE":
        return Move(state=None, effects=effects)
    return Move(state=state if name == "=" else OrderState(name), effects=effects)


def _read(law: str) -> Mapping[tuple[OrderState, Happening], Move]:
    """Read the table; every row must have a cell for every state."""
    head, *rows = (line.split() for line in law.strip().splitlines())
    states = [OrderState(name) for name in head[1:]]
    moves: dict[tuple[OrderState, Happening], Move] = {}
    for name, *cells in rows:
        for state, cell in zip(states, cells, strict=True):
            moves[state, Happening(name)] = _move(state, cell)
    return MappingProxyType(moves)


TRANSITIONS = _read(_LAW)
"""The move for every pair of a state and a happening."""

OVER = frozenset(
    {
        OrderState.FILLED,
        OrderState.CANCELLED,
        OrderState.REJECTED,
        OrderState.EXPIRED,
        OrderState.LOST,
    }
)
"""States of orders from which nothing more is expected."""

MAY_FILL = frozenset(OrderState) - OVER
"""States of orders that may still be filled."""
