"""Serve a trader's metrics to Prometheus: on loopback, unless told otherwise in so many words."""

import ipaddress
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, start_http_server
from prometheus_client.core import Metric
from prometheus_client.registry import Collector

from config.operation_settings import MetricsSettings
from trading.alert_channel import ChannelCounts
from trading.status import TraderStatus
from trading.trader_metrics import metrics_of
from utils.errors import ConfigError


class StatusCollector(Collector):
    """Makes metrics of the status that was published last; none before there is one.

    Args:
        counts: Tells what became of the alerts; called at each scrape, in the server's thread.
    """

    def __init__(self, counts: Callable[[], ChannelCounts]) -> None:
        self._counts = counts
        self._status: TraderStatus | None = None

    def publish(self, status: TraderStatus) -> None:
        """Serve this status from now on; returns at once."""
        self._status = status

    def collect(self) -> Iterator[Metric]:
        """Yield the metrics of now."""
        status = self._status
        if status is not None:
            yield from metrics_of(status, self._counts())


class MetricsServer:
    """A server that runs, its port, and what it serves."""

    def __init__(self, port: int, collector: StatusCollector) -> None:
        self.port = port
        self._collector = collector

    def publish(self, status: TraderStatus) -> None:
        """Serve this status from now on; returns at once."""
        self._collector.publish(status)


@contextmanager
def metrics_server(
    settings: MetricsSettings, counts: Callable[[], ChannelCounts] = ChannelCounts
) -> Iterator[MetricsServer]:
    """Serve metrics in a thread of their own.

    Args:
        settings: Where.
        counts: Tells what became of the alerts.

    Raises:
        ConfigError: If the address is none of this machine's, is open to others without being
            told so, or the port is taken.
    """
    _check_address(settings)
    registry = CollectorRegistry()
    collector = StatusCollector(counts)
    registry.register(collector)
    try:
        server, thread = start_http_server(settings.port, settings.address, registry)
    except OSError as error:
        raise ConfigError(
            f"cannot serve metrics at {settings.address} port {settings.port}: "
            f"{error.strerror or error}; choose another port"
        ) from error
    try:
        yield MetricsServer(server.server_port, collector)
    finally:
        _stop(server.shutdown, server.server_close, thread)


def _stop(
    shutdown: Callable[[], None], close: Callable[[], None], thread: threading.Thread
) -> None:
    shutdown()
    close()
    thread.join(5.0)


def _check_address(settings: MetricsSettings) -> None:
    """Refuse an address that other machines reach, unless that was asked for."""
    if settings.is_public_allowed or settings.address == "localhost":
        return
    try:
        is_loopback = ipaddress.ip_address(settings.address).is_loopback
    except ValueError:
        is_loopback = False
    if not is_loopback:
        raise ConfigError(
            f"metrics address {settings.address} may be reached from other machines; use "
            "127.0.0.1, or set is_public_allowed and put a firewall before it"
        )
