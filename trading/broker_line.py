"""The line to the broker of one trading process, from its start to its end.

What the broker says before anybody listens is kept, as far as it is of the connection that stands:
the accounts and the next order id are told once, at its very beginning.
"""

from collections.abc import Callable

from config.connection_settings import ConnectionSettings
from trading.broker_events import AccountsSeen, BrokerEvent, ConnectionLost
from trading.connection import ConnectionSupervisor
from trading.connection_events import (
    ConnectionEvent,
    ConnectionUp,
    TradingBlocked,
    TradingRestored,
)
from trading.ib_gateway import IbGateway
from utils.clock import Clock


class BrokerLine:
    """Gateway and supervisor, and who hears them.

    Attributes:
        gateway: The adapter.
        supervisor: Keeps it connected; `supervisor.run()` is to be run.
        accounts: Those that the login may trade; empty before they were told.
    """

    def __init__(
        self,
        settings: ConnectionSettings,
        clock: Clock,
        on_line: Callable[[ConnectionEvent], None],
    ) -> None:
        """Connect nothing yet.

        Args:
            settings: Where the broker is, and all timers.
            clock: What time it is.
            on_line: Hears the supervisor, from the first attempt to connect on.
        """
        self.gateway = IbGateway(settings, self._hear, clock)
        self.supervisor = ConnectionSupervisor(self.gateway, settings, clock, self._tell)
        self.accounts: tuple[str, ...] = ()
        self._early: list[BrokerEvent] = []
        self._standing: list[ConnectionEvent] = []
        self._on_event: Callable[[BrokerEvent], None] | None = None
        self._on_line = on_line

    def listen(self, on_event: Callable[[BrokerEvent], None]) -> None:
        """Have the broker told from now on, before the supervisor hears it.

        First what is known of this connection is told, by the supervisor too.
        """
        self._on_event = on_event
        early, self._early = self._early, []
        for event in early:
            on_event(event)
        if self.supervisor.is_up:
            for one in self._standing:
                self._on_line(one)

    def _hear(self, event: BrokerEvent) -> None:
        if isinstance(event, AccountsSeen):
            self.accounts = event.accounts
        if self._on_event is not None:
            self._on_event(event)
        elif isinstance(event, ConnectionLost):
            self._early.clear()
        else:
            self._early.append(event)
        self.supervisor.hear(event)

    def _tell(self, event: ConnectionEvent) -> None:
        if isinstance(event, ConnectionUp):
            self._standing = [event]
        elif isinstance(event, TradingBlocked):
            self._standing[1:] = [event]
        elif isinstance(event, TradingRestored):
            del self._standing[1:]
        self._on_line(event)
