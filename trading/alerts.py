"""Tell people what happened: each alert once per repeat interval, to every service, never waiting.

What is an alert is left to trading/alert_rules.py and to the trader, which tells this; sending to
the channels, one thread for each service.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from config.operation_settings import AlertSettings
from config.trading_settings import TradingSettings
from trading.alert_channel import AlertChannel, ChannelCounts
from trading.alert_kinds import ALERT_KINDS, Alert, Level
from trading.alert_repeats import AlertRepeats
from trading.alert_rules import passing_alerts, standing_alerts
from trading.alert_service import AppriseService, Message, Service
from trading.alert_targets import SecretAddress, keep_addresses_out_of_logs
from trading.status import TraderStatus
from utils.logger import get_logger
from utils.masking import masked_text
from utils.wording import counted

_LOG = get_logger("alerts")
_LOG_LEVELS = {Level.INFO: 20, Level.WARNING: 30, Level.CRITICAL: 50}


class Alerter:
    """Writes every alert to the log and hands it to the channels; used by one thread.

    Args:
        services: Where alerts go; empty logs them only.
        settings: How they are sent.
        trading: Has the bounds beyond which a status asks for one.
        name: Whose alerts these are, the beginning of each title.
        secrets: Account ids, which appear masked.
    """

    def __init__(
        self,
        services: Sequence[tuple[str, Service]],
        settings: AlertSettings,
        trading: TradingSettings,
        name: str,
        secrets: tuple[str, ...] = (),
    ) -> None:
        self._settings = settings
        self._trading = trading
        self._name = name
        self._secrets = secrets
        self._channels = [AlertChannel(service, label, settings) for label, service in services]
        self._repeats = AlertRepeats()
        self._before: TraderStatus | None = None
        self._is_return_news = False

    def tell(self, alert: Alert) -> bool:
        """Log an alert and queue it, unless the same was told within its repeat interval.

        Returns:
            Whether it was told; at once, whatever the services do.

        Raises:
            ConfigError: If there is no such kind.
        """
        if not self._repeats.is_due(alert.kind, alert.subject, alert.at):
            return False
        message = self._message(alert)
        level = ALERT_KINDS[alert.kind].level
        _LOG.log(_LOG_LEVELS[level], "%s: %s", alert.kind, self._masked(alert.text))
        for channel in self._channels:
            channel.put(message)
        return True

    def observe(self, status: TraderStatus) -> tuple[str, ...]:
        """Tell whatever a status asks for; return the kinds whose cause stands."""
        standing = standing_alerts(status, self._trading)
        before = self._before if self._is_return_news else None
        passing = () if before is None else passing_alerts(before, status)
        # The first connection of a process is no return, unless people were told that there is none
        self._is_return_news |= status.connection.is_up or status.connection.outage_seconds > 0
        self._before = status
        for alert in (*standing, *passing):
            self.tell(alert)
        return tuple(alert.kind for alert in standing)

    @property
    def counts(self) -> ChannelCounts:
        """What became of all messages, over all services."""
        each = [channel.counts for channel in self._channels]
        return ChannelCounts(
            n_sent=sum(counts.n_sent for counts in each),
            n_failed_attempts=sum(counts.n_failed_attempts for counts in each),
            n_given_up=sum(counts.n_given_up for counts in each),
            n_dropped=sum(counts.n_dropped for counts in each),
        )

    def close(self) -> bool:
        """Wait a little for what is still to be sent; return whether all of it was tried."""
        seconds = self._settings.close_seconds
        late = [channel for channel in self._channels if not channel.close(0.0)]
        share = seconds / max(1, len(late))
        n_left = sum(not channel.close(share) for channel in late)
        if n_left:
            _LOG.warning("%s did not take its last alerts in time", counted(n_left, "service"))
        return n_left == 0

    def _message(self, alert: Alert) -> Message:
        kind = ALERT_KINDS[alert.kind]
        title = f"{self._name} {kind.level.value}: {alert.kind.replace('_', ' ')}"
        stamp = alert.at.strftime("%Y-%m-%d %H:%M:%S UTC")
        body = f"{alert.text}\nWhat to do: {kind.advice}\n{stamp}"
        return Message(level=kind.level, title=self._masked(title), body=self._masked(body))

    def _masked(self, text: str) -> str:
        return masked_text(text, self._secrets)


@contextmanager
def alerts_to(
    addresses: Sequence[SecretAddress],
    settings: AlertSettings,
    trading: TradingSettings,
    name: str,
    secrets: tuple[str, ...] = (),
) -> Iterator[Alerter]:
    """Yield an alerter that sends to the addresses, and close it at the end.

    Args:
        addresses: Of services, in order.
        settings: How alerts are sent.
        trading: Has the bounds beyond which a status asks for one.
        name: Whose alerts these are.
        secrets: Account ids, which appear masked.

    Raises:
        ConfigError: If apprise does not know an address.
    """
    keep_addresses_out_of_logs()
    services = [
        (f"{number} ({address!r})", AppriseService(address, number, settings.timeout_seconds))
        for number, address in enumerate(addresses, start=1)
    ]
    alerter = Alerter(services, settings, trading, name, secrets)
    try:
        yield alerter
    finally:
        alerter.close()
