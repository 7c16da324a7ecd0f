"""Whom a trader tells how it stands: people, a service manager, whoever watches (a port)."""

from typing import Protocol

from trading.alert_kinds import Alert
from trading.status import TraderStatus


class Teller(Protocol):
    """Takes what it is told and returns at once; nothing here raises."""

    def alert(self, alert: Alert) -> None:
        """Tell people."""

    def publish(self, status: TraderStatus) -> None:
        """Show how things stand, wherever that is shown."""

    def alive(self) -> None:
        """Say that the loop goes round."""

    def ready(self, text: str) -> None:
        """Say that start-up is over."""

    def stopping(self) -> None:
        """Say that the end has begun."""
