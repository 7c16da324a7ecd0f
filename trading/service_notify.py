"""Tell systemd how the service is: started, alive, stopping. Standard library only.

The protocol is sd_notify(3): one datagram of KEY=VALUE lines to the socket that the environment
names. Where it names none, every call does nothing. A message never waits and never fails: a
watchdog that could stop a trader would be worse than none.
"""

import os
import socket
from collections.abc import Mapping

from utils.logger import get_logger

_LOG = get_logger("service")

MICROSECONDS = 1_000_000


class ServiceNotifier:
    """Talks to the service manager that started this process, if one did.

    Args:
        environment: Has NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID where systemd set them.
    """

    def __init__(self, environment: Mapping[str, str] = os.environ) -> None:
        self._address = environment.get("NOTIFY_SOCKET", "")
        self._watchdog_seconds = _watchdog_seconds(environment)
        self._has_failed = False

    @property
    def is_watched(self) -> bool:
        """Whether somebody listens."""
        return self._address != ""

    @property
    def watchdog_seconds(self) -> float | None:
        """How long we may be silent before we are killed; None where nobody watches.

        Say `alive` at least twice as often.
        """
        return self._watchdog_seconds

    def ready(self, text: str) -> None:
        """Say that start-up is over: what waited for this service may start."""
        self._send(f"READY=1\nSTATUS={_line(text)}")

    def alive(self) -> None:
        """Say that the trading loop goes round."""
        self._send("WATCHDOG=1")

    def describe(self, text: str) -> None:
        """Have `systemctl status` show one line."""
        self._send(f"STATUS={_line(text)}")

    def stopping(self) -> None:
        """Say that the end has begun."""
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.setblocking(False)
                sender.sendto(message.encode(), _socket_name(self._address))
        except OSError as error:
            if not self._has_failed:
                _LOG.warning("the service manager does not hear us: %s", error.strerror or error)
            self._has_failed = True


def _socket_name(address: str) -> str:
    """Return the name as the kernel wants it: `@` marks one that is in no file system."""
    return "\0" + address[1:] if address.startswith("@") else address


def _line(text: str) -> str:
    return " ".join(text.split())


def _watchdog_seconds(environment: Mapping[str, str]) -> float | None:
    """Return the watchdog's patience; what is meant for another process is not for us."""
    microseconds = environment.get("WATCHDOG_USEC", "")
    owner = environment.get("WATCHDOG_PID", "")
    if not microseconds.isdecimal() or int(microseconds) == 0:
        return None
    if owner and owner != str(os.getpid()):
        return None
    return int(microseconds) / MICROSECONDS
