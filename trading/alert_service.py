"""One alert service, whichever it is, as a function that says whether a message arrived.

The only module that imports apprise.
"""

import warnings
from dataclasses import dataclass
from typing import Protocol

from trading.alert_kinds import Level
from trading.alert_targets import SecretAddress
from utils.errors import ConfigError

NAME = "FuturesGym"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What a person reads: one line, and a few more; no account id and no address in either."""

    level: Level
    title: str
    body: str


class Service(Protocol):
    """Somewhere that messages go."""

    def send(self, message: Message) -> bool:
        """Send it, however long that takes, and return whether it arrived."""


class AppriseService:
    """A service of the hundred that apprise knows.

    Args:
        address: Its URL.
        number: Which one of the user's it is, from 1, for error lines.
        timeout_seconds: For connecting and for reading each; a URL's own cto and rto are replaced.

    Raises:
        ConfigError: If apprise does not know such a service, or the URL lacks something.
    """

    def __init__(self, address: SecretAddress, number: int, timeout_seconds: float) -> None:
        with warnings.catch_warnings():
            # Importing all its services touches modules that Python is about to drop.
            warnings.simplefilter("ignore", DeprecationWarning)
            import apprise  # noqa: PLC0415 - takes a second, and only who sends alerts needs it

            asset = apprise.AppriseAsset(app_id=NAME, app_desc=NAME)
            service = apprise.Apprise.instantiate(address.reveal(), asset=asset)
        if service is None:
            raise ConfigError(
                f"alert URL {number} ({address!r}) is not one that apprise can send to; "
                "is it complete?"
            )
        service.socket_connect_timeout = timeout_seconds
        service.socket_read_timeout = timeout_seconds
        self._service = service

    def send(self, message: Message) -> bool:
        """Send it and return whether the service took it."""
        level = message.level.value if message.level is not Level.CRITICAL else "failure"
        return bool(self._service.notify(title=message.title, body=message.body, notify_type=level))
