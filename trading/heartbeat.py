"""Signs of life to an outside watcher, who raises the alarm when they stay away.

This is the one alert that works when this machine is dead: the watcher (healthchecks.io or one of
your own) expects a GET every so often. It is sent only while the trading loop itself goes round.
"""

import threading

from config.operation_settings import HeartbeatSettings
from trading.alert_targets import SecretAddress, keep_addresses_out_of_logs
from utils.logger import get_logger

_LOG = get_logger("heartbeat")


class Heartbeat:
    """Asks for an address every so often, as long as somebody beats.

    Args:
        address: An http(s) URL; its answer must be 2xx to count.
        settings: How often, and how long one attempt may take.
    """

    def __init__(self, address: SecretAddress, settings: HeartbeatSettings) -> None:
        keep_addresses_out_of_logs()
        self._address = address
        self._settings = settings
        self._has_beaten = threading.Event()
        self._is_closing = threading.Event()
        self._n_sent = 0
        self._n_failed = 0
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)
        self._thread.start()

    @property
    def n_sent(self) -> int:
        """Signs of life that were answered."""
        return self._n_sent

    @property
    def n_failed(self) -> int:
        """Those that were not; none of them is sent again."""
        return self._n_failed

    def beat(self) -> None:
        """Say that the trading loop goes round; returns at once."""
        self._has_beaten.set()

    def close(self) -> None:
        """Send no more; waits for nothing but an attempt that is about to end."""
        self._is_closing.set()
        self._thread.join(0.1)

    def _run(self) -> None:
        while not self._is_closing.is_set():
            if self._has_beaten.is_set():
                self._has_beaten.clear()
                self._ask()
                self._is_closing.wait(self._settings.every_seconds)
            else:
                self._has_beaten.wait(min(1.0, self._settings.every_seconds))

    def _ask(self) -> None:
        import httpx  # noqa: PLC0415 - only who has a watcher needs it

        try:
            answer = httpx.get(self._address.reveal(), timeout=self._settings.timeout_seconds)
            has_arrived = answer.is_success
        except Exception as error:  # whatever it is, it must not end the thread, nor be shown
            _LOG.warning("no sign of life could be sent: %s", type(error).__name__)
            has_arrived = False
        self._n_sent += has_arrived
        self._n_failed += not has_arrived
