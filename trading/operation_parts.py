"""The parts that a status and alerts go to, opened as they are asked for, closed in order.

What is told them, and that none of it stops a trader, is left to trading/operations.py.
"""

import os
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from rich.console import Console

from config.operation_settings import OperationSettings
from config.trading_settings import TradingSettings
from trading.alert_targets import AlertTargets
from trading.alerts import Alerter, alerts_to
from trading.heartbeat import Heartbeat
from trading.live_view import live_view
from trading.metrics_server import MetricsServer, metrics_server
from trading.newest_worker import NewestWorker, Pace, Work
from trading.service_notify import ServiceNotifier
from trading.status import TraderStatus
from trading.status_file import STATUS_FILE, write_status
from trading.troubles import Troubles
from utils.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationTerms:
    """What an operations shell is made for.

    Attributes:
        account: Masked wherever it would be shown.
        name: Whose alerts these are, e.g. "FuturesGym paper".
        settings: How everything is told.
        trading: Has the bounds beyond which a status asks for an alert.
        clock: The trader's own, for the age of what is shown; read in threads.
        targets: Where alerts and signs of life go.
        console: Where the status is drawn; None nowhere.
        environment: Says whether a service manager listens.
    """

    account: str = field(repr=False)
    name: str
    settings: OperationSettings
    trading: TradingSettings
    clock: Clock
    targets: AlertTargets = field(default_factory=AlertTargets)
    console: Console | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: os.environ, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationParts:
    """Where everything goes; None is what was not asked for.

    Attributes:
        alerter: Tells people.
        heart: Tells an outside watcher.
        metrics: Tells Prometheus.
        displays: Write and draw statuses.
        notifier: Tells the service manager.
    """

    alerter: Alerter
    heart: Heartbeat | None
    metrics: MetricsServer | None
    displays: tuple[NewestWorker[TraderStatus], ...]
    notifier: ServiceNotifier


@contextmanager
def opened_parts(
    folder: Path, terms: OperationTerms, troubles: Troubles
) -> Iterator[OperationParts]:
    """Yield the parts; at the end the view closes first, then metrics, heart, alerts, file.

    Raises:
        ConfigError: If an alert address is none, or metrics cannot be served.
    """
    with ExitStack() as stack:
        file = stack.enter_context(_status_file(folder / STATUS_FILE, terms, troubles))
        alerter = stack.enter_context(_alerter(terms))
        heart = stack.enter_context(_heart(terms))
        metrics = stack.enter_context(_metrics(terms, alerter))
        view = stack.enter_context(_view(terms, troubles))
        yield OperationParts(
            alerter=alerter,
            heart=heart,
            metrics=metrics,
            displays=(file,) if view is None else (file, view),
            notifier=ServiceNotifier(terms.environment),
        )


@contextmanager
def _status_file(
    path: Path, terms: OperationTerms, troubles: Troubles
) -> Iterator[NewestWorker[TraderStatus]]:
    settings = terms.settings.display
    pace = Pace(least_seconds=settings.write_seconds)
    write = partial(write_status, path)
    worker = NewestWorker(lambda: nullcontext(write), pace, partial(troubles.note, path.name))
    try:
        yield worker
    finally:
        worker.close(settings.close_seconds)


def _alerter(terms: OperationTerms) -> AbstractContextManager[Alerter]:
    services, settings = terms.targets.services, terms.settings.alerts
    return alerts_to(services, settings, terms.trading, terms.name, (terms.account,))


@contextmanager
def _heart(terms: OperationTerms) -> Iterator[Heartbeat | None]:
    if terms.targets.heartbeat is None:
        yield None
        return
    heart = Heartbeat(terms.targets.heartbeat, terms.settings.heartbeat)
    try:
        yield heart
    finally:
        heart.close()


def _metrics(
    terms: OperationTerms, alerter: Alerter
) -> AbstractContextManager[MetricsServer | None]:
    if not terms.settings.metrics.is_enabled:
        return nullcontext()
    return metrics_server(terms.settings.metrics, lambda: alerter.counts)


@contextmanager
def _view(terms: OperationTerms, troubles: Troubles) -> Iterator[NewestWorker[TraderStatus] | None]:
    if terms.console is None:
        yield None
        return
    settings = terms.settings.display
    pace = Pace(least_seconds=settings.draw_seconds, again_seconds=settings.redraw_seconds)
    drawn = partial(_drawn, terms.console, terms.clock)
    worker = NewestWorker(drawn, pace, partial(troubles.note, "the view"))
    try:
        yield worker
    finally:
        worker.close(settings.close_seconds)


@contextmanager
def _drawn(console: Console, clock: Clock) -> Iterator[Work[TraderStatus]]:
    """Yield what draws; a terminal that stands still holds up its own thread alone."""
    with live_view(console) as view:
        yield lambda status: view.show(status, clock.now())
