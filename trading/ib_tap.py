"""The raw tap: every word of the broker reaches our listener before the client library hears it.

The libraries hold opinions that are wrong: an error on a live order makes it "Cancelled", a fill
told late never fires an event. So nothing of ours reads their state; what came over the wire is
told as plain values, in order, and what they make of it afterwards is theirs alone. When
it is written down is the listener's business: by the end of the loop's turn, ours has
(trading/order_manager.py).
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from trading.broker_events import (
    BrokerEvent,
    ConnectionLost,
    EndSeen,
    ErrorSeen,
)
from trading.execution_time import with_readable_time
from trading.gateway import Listener
from trading.ib_codes import BAD_MESSAGE
from trading.ib_funds import ProfitSteps
from trading.ib_messages import (
    accounts_seen,
    commission_seen,
    completed_order_seen,
    error_seen,
    execution_seen,
    next_id_seen,
    open_order_seen,
    order_status_seen,
    position_seen,
    profit_seen,
)
from utils.clock import Clock
from utils.logger import get_logger

_Teller = Callable[..., BrokerEvent | None]

TELLERS: Mapping[str, _Teller] = MappingProxyType(
    {
        "openOrder": open_order_seen,
        "orderStatus": order_status_seen,
        "execDetails": execution_seen,
        "commissionReport": commission_seen,
        "completedOrder": completed_order_seen,
        "position": position_seen,
        "error": error_seen,
        "nextValidId": next_id_seen,
        "managedAccounts": accounts_seen,
        "openOrderEnd": lambda: EndSeen(of="open_orders"),
        "completedOrdersEnd": lambda: EndSeen(of="completed_orders"),
        "positionEnd": lambda: EndSeen(of="positions"),
        "execDetailsEnd": lambda _request_id: EndSeen(of="executions"),
    }
)
"""What each method of the library's wrapper becomes."""

OURS_ALONE = ("completedOrder", "completedOrdersEnd")
"""What the library has no place for, since it never asked."""

ROUTED = (
    "error",
    "execDetailsEnd",
    "contractDetails",
    "contractDetailsEnd",
    "historicalData",
    "historicalDataEnd",
    "historicalDataUpdate",
    "realtimeBar",
    "accountSummary",
    "accountSummaryEnd",
)
"""What also goes to whoever opened a route for its request id."""

WATCHED = (3, 4, 5, 9, 11, 15, 49, 53, 55, 59, 61, 62, 94, 101, 102)
"""Messages that must not be lost: one that cannot be read is itself an event."""

EXECUTION = 11
Route = Callable[[str, tuple[Any, ...]], None]
"""Hears a wrapper method's name and its arguments, less the request id."""

_log = get_logger("broker")


class Tap:
    """Stands between one `IB` of the library and its decoder; for one connection.

    An exception of the listener is kept in `failure`, and from then on nothing is told any more: a
    journal with a hole would be worse than one that ends. The library, and all that runs its
    callbacks, would have swallowed it, so whoever uses the tap must look.

    Attributes:
        failure: What the listener raised, or None.
        routes: Who hears answers to a request, by request id.
        profit_accounts: Whose PnL is told, by request id.
        on_time: Hears the broker's clock, epoch seconds.
        on_told: Hears each event after the listener has.
        closing_reason: What ConnectionLost will say, once we close the socket ourselves.
    """

    def __init__(self, ib: Any, listener: Listener, clock: Clock) -> None:
        """Put the tap in; `ib` must not be connected yet."""
        self.failure: BaseException | None = None
        self.routes: dict[int, Route] = {}
        self.profit_accounts: dict[int, str] = {}
        self.on_time: Callable[[int], None] = _ignored
        self.on_told: Callable[[BrokerEvent], None] = _ignored
        self.closing_reason = ""
        self._listener = listener
        self._clock = clock
        self._decoder = ib.client.decoder
        self._n_heard = 0
        self._profit_steps: dict[int, ProfitSteps] = {}
        self._put_into(ib)

    def tell(self, event: BrokerEvent) -> None:
        """Tell our listener, then whoever waits inside; after a failure, nobody.

        Raises:
            BaseException: What the listener raised; it is kept too.
        """
        if self.failure is not None:
            return
        try:
            self._listener(event)
        except BaseException as error:
            self.failure = error
            _log.error("the listener failed; nothing more is told: %s", type(error).__name__)
            raise
        finally:
            self.on_told(event)

    def _put_into(self, ib: Any) -> None:
        wrapper = ib.wrapper
        for name in {*TELLERS, *ROUTED, "pnl", "currentTime"}:
            setattr(wrapper, name, self._tapped(name, getattr(wrapper, name)))
        closed = wrapper.connectionClosed
        wrapper.connectionClosed = lambda: self._told_of_the_end(closed)
        self._decoder.interpret = self._interpret

    def _tapped(self, name: str, pass_on: Callable[..., None]) -> Callable[..., None]:
        """Return a wrapper method that tells us first, then the library."""

        def heard(*said: Any) -> None:
            event = self._event(name, said)
            self._n_heard += 1  # not before: what cannot be told counts as a message not read
            if event is not None:
                self.tell(event)
            is_ours = self._tell_route(name, said)
            if not is_ours and name not in OURS_ALONE:
                _pass_on(name, pass_on, said)

        return heard

    def _event(self, name: str, said: tuple[Any, ...]) -> BrokerEvent | None:
        if name == "pnl":
            return self._profit(*said[:4])
        return TELLERS[name](*said) if name in TELLERS else None

    def _profit(self, request_id: int, *figures: float) -> BrokerEvent | None:
        account = self.profit_accounts.get(request_id)
        seen = None if account is None else profit_seen(account, *figures)
        steps = self._profit_steps.setdefault(request_id, ProfitSteps())
        return seen if seen is not None and steps.news(seen) else None

    def _tell_route(self, name: str, said: tuple[Any, ...]) -> bool:
        """Tell whoever asked, and return whether it was us and not the library."""
        if name == "currentTime":
            self.on_time(said[0])
            return True
        if name not in ROUTED or said[0] not in self.routes:
            return False
        self.routes[said[0]](name, said[1:])
        return True

    def _told_of_the_end(self, closed: Callable[[], None]) -> None:
        self.tell(ConnectionLost(reason=self.closing_reason or "the broker closed the connection"))
        closed()

    def _interpret(self, fields: list[str]) -> None:
        """Take the place of the decoder's method of this name, which hides every exception."""
        if self.failure is not None:
            return
        n_before, number = self._n_heard, 0
        try:
            number = int(fields[0])
            if number == EXECUTION:
                fields = with_readable_time(fields, self._clock.now())
            self._decoder.handlers[number](fields)
        except Exception as error:  # the decoder meets whatever a broker sends
            _log.debug("message %s was not understood: %s", number, type(error).__name__)
        if self.failure is None and number in WATCHED and self._n_heard == n_before:
            text = f"message {number} could not be read"
            self.tell(ErrorSeen(request_id=-1, code=BAD_MESSAGE, text=text))


def _pass_on(name: str, method: Callable[..., None], said: tuple[Any, ...]) -> None:
    """Let the library make of it what it will; its own failures are no longer ours."""
    try:
        method(*said)
    except Exception as error:  # whatever it is, we have heard the message before
        _log.debug("the client library failed at %s: %s", name, type(error).__name__)


def _ignored(_said: Any) -> None:
    """Hear nothing."""
