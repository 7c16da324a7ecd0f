"""The shell around a trading loop: log, alerts, signs of life, metrics, view, status file, systemd.

One thing to tell, and nothing of it that the loop waits for or that can stop it: what sends, draws
or writes does so in threads, and what fails is logged. What is told is the trader's to say.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from trading.alert_kinds import Alert
from trading.live_lines import position_words
from trading.modes import Link, Mode
from trading.operation_parts import OperationParts, OperationTerms, opened_parts
from trading.status import DataStatus, TraderStatus
from trading.structured_log import trader_log
from trading.troubles import Troubles
from utils.clock import Clock

__all__ = ["OperationTerms", "Operations", "operations"]

WATCHDOG_SHARE = 0.25
"""Of the service manager's patience, from one sign of life to the next."""


class Operations:
    """What a trading loop tells the world through; every call returns at once and raises nothing.

    Used by one thread, the loop's.
    """

    def __init__(self, parts: OperationParts, clock: Clock, troubles: Troubles) -> None:
        """Use `operations` instead, which closes all of it."""
        self._parts = parts
        self._clock = clock
        self._troubles = troubles
        self._last: TraderStatus | None = None
        self._described = ""
        self._is_stopping = False
        self._alive_at = float("-inf")

    @property
    def metrics_port(self) -> int | None:
        """Where metrics are served; None where they are not."""
        return None if self._parts.metrics is None else self._parts.metrics.port

    def alert(self, alert: Alert) -> None:
        """Tell people, unless they were told the same within its repeat interval."""
        self._safely("alerts", lambda: self._parts.alerter.tell(alert))

    def publish(self, status: TraderStatus) -> None:
        """Show a status everywhere, and tell people what it asks for; call it once a second."""
        self._safely("status", lambda: self._show(self._observed(status)))
        self._safely("systemd", lambda: self._describe(status))

    def alive(self) -> None:
        """Say that the loop goes round; call it several times a second."""
        if self._parts.heart is not None:
            self._parts.heart.beat()
        watchdog_seconds, now = self._parts.notifier.watchdog_seconds, time.monotonic()
        if watchdog_seconds is None or now - self._alive_at < watchdog_seconds * WATCHDOG_SHARE:
            return
        self._alive_at = now
        self._safely("systemd", self._parts.notifier.alive)

    def ready(self, text: str) -> None:
        """Say that start-up is over."""
        self._safely("systemd", lambda: self._parts.notifier.ready(text))

    def stopping(self) -> None:
        """Say that the end has begun; said once."""
        if not self._is_stopping:
            self._is_stopping = True
            self._safely("systemd", self._parts.notifier.stopping)

    def end(self) -> None:
        """Show the last status as that of a trader that has ended; nobody is told of that."""
        self.stopping()
        self._safely("status", self._show_the_end)

    def _observed(self, status: TraderStatus) -> TraderStatus:
        """Have people told what a status asks for; return it with the alerts whose cause stands."""
        found = status.open_alerts
        try:
            found = self._parts.alerter.observe(status)
        except Exception as error:  # whatever it is, the status is shown all the same
            self._troubles.note("alerts", error)
        return replace(status, open_alerts=found)

    def _show(self, status: TraderStatus) -> None:
        self._last = status
        for display in self._parts.displays:
            display.put(status)
        if self._parts.metrics is not None:
            self._parts.metrics.publish(status)

    def _show_the_end(self) -> None:
        if self._last is not None:
            self._show(_ended(self._last, self._clock.now()))

    def _describe(self, status: TraderStatus) -> None:
        """Have the service manager show mode and position, where they have changed."""
        position = f"{position_words(status.holding)} {status.holding.contract}".rstrip()
        words = f"{status.mode.value}, {position}"
        if words != self._described:
            self._described = words
            self._parts.notifier.describe(words)

    def _safely(self, part: str, call: Callable[[], object]) -> None:
        try:
            call()
        except Exception as error:  # whatever it is, trading does not depend on it
            self._troubles.note(part, error)


@contextmanager
def operations(folder: Path, terms: OperationTerms) -> Iterator[Operations]:
    """Yield the shell of a running trader, and close all of it at the end, each part in its time.

    Args:
        folder: Gets trader.log and status.json; made if need be.
        terms: What for.

    Raises:
        ConfigError: If the folder cannot be written, an alert address is none, or the metrics'
            port is taken.
    """
    troubles = Troubles()
    with (
        trader_log(folder, terms.settings.log, (terms.account,)),
        opened_parts(folder, terms, troubles) as parts,
    ):
        shell = Operations(parts, terms.clock, troubles)
        try:
            yield shell
        finally:
            shell.end()


def _ended(status: TraderStatus, now: datetime) -> TraderStatus:
    """Return a status as that of a process that is over: what it held is as last known."""
    line, stop = status.connection, status.holding.stop
    return replace(
        status,
        at=now,
        mode=Mode.DISCONNECTED,
        connection=replace(
            line,
            link=Link.DISCONNECTED,
            since=now if line.is_up else line.since,
            probe_ms=None,
        ),
        holding=replace(
            status.holding, stop=None if stop is None else replace(stop, is_confirmed=False)
        ),
        data=DataStatus(last_bar_close=status.data.last_bar_close),
        is_over=True,
    )
