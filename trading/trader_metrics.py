"""A trader's status as Prometheus metrics, made anew at each scrape.

What is not known is absent, never 0 and never NaN. How they are served is left to
trading/metrics_server.py.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from trading.alert_channel import ChannelCounts
from trading.modes import Hold, Link, Mode
from trading.status import HoldingStatus, TraderStatus

PREFIX = "futuresgym_"

Number = float | int | bool | None


def metrics_of(status: TraderStatus, sent: ChannelCounts) -> Iterator[Metric]:
    """Yield all metrics of a status.

    Args:
        status: What the trader last said; its account is masked.
        sent: What became of the alerts.
    """
    yield _info(status)
    yield _choice("mode", "1 for the mode that the trader is in", status.mode, Mode)
    yield _choice("link", "1 for how far the connection has come", status.connection.link, Link)
    holds = {hold.value: hold in status.holds for hold in Hold}
    yield _by("hold", "1 for each reason that holds the trader back", "reason", holds)
    for name, text, value in (
        *_times(status),
        *_link(status),
        *_holding(status),
        *_money(status),
        *_counts(status),
    ):
        if value is not None:
            yield GaugeMetricFamily(PREFIX + name, text, value=float(value))
    yield _by("denials", "Orders denied in this trading day", "code", status.orders.denials)
    yield _by(
        "alert_open",
        "1 for each alert whose cause stands",
        "kind",
        dict.fromkeys(status.open_alerts, 1),
    )
    yield from _alerts(sent)


def _info(status: TraderStatus) -> Metric:
    labels = {
        "account": status.account,
        "venue": status.venue,
        "contract": status.holding.contract,
        **{f"version_{_name(name)}": text for name, text in status.versions.items()},
    }
    family = GaugeMetricFamily(PREFIX + "trader_info", "Always 1", labels=sorted(labels))
    family.add_metric([labels[name] for name in sorted(labels)], 1.0)
    return family


def _name(text: str) -> str:
    return "".join(letter if letter.isascii() and letter.isalnum() else "_" for letter in text)


def _choice(name: str, text: str, now: str, choices: type[Mode] | type[Link]) -> Metric:
    return _by(name, text, "state", {choice.value: choice == now for choice in choices})


def _by(name: str, text: str, label: str, values: Mapping[str, Number]) -> Metric:
    family = GaugeMetricFamily(PREFIX + name, text, labels=[label])
    for key, value in sorted(values.items()):
        if value is not None:
            family.add_metric([key], float(value))
    return family


def _times(status: TraderStatus) -> Iterator[tuple[str, str, Number]]:
    decided_at = None if status.decision is None else status.decision.decided_at
    for name, text, at in (
        ("status", "When the trader last said what it does", status.at),
        ("connection_since", "Since when the connection is as it is", status.connection.since),
        ("last_bar_close", "Close of the last bar", status.data.last_bar_close),
        ("next_bar_due", "Close of the bar that is being made", status.data.next_bar_due),
        ("last_decision", "Close of the bar of the last decision", decided_at),
        (
            "unprotected_since",
            "Since when a position has no stop",
            status.holding.unprotected_since,
        ),
    ):
        yield f"{name}_timestamp_seconds", text, _epoch(at)


def _epoch(at: datetime | None) -> float | None:
    return None if at is None else at.timestamp()


def _link(status: TraderStatus) -> Iterator[tuple[str, str, Number]]:
    link = status.connection
    probe_seconds = None if link.probe_ms is None else link.probe_ms / 1000
    yield "connected", "Whether messages get to the broker", link.is_up
    yield "outage_seconds", "Last limit that an unplanned outage passed", link.outage_seconds
    yield "probe_seconds", "Round trip of the last probe", probe_seconds
    yield "clock_offset_seconds", "Broker's clock less ours", link.clock_offset_seconds


def _holding(status: TraderStatus) -> Iterator[tuple[str, str, Number]]:
    holding, stop = status.holding, status.holding.stop
    yield "position_contracts", "Signed contracts held", holding.position
    yield "entry_price_points", "Average entry", holding.average_price
    yield "stop_price_points", "Trigger of the resting stop", None if stop is None else stop.price
    n_stopped = 0 if stop is None else stop.quantity
    yield "stop_contracts", "Contracts that it closes", n_stopped if holding.is_known else None
    yield "position_covered", "Whether a stop closes all of the position", _is_covered(holding)
    target = None if status.decision is None else status.decision.target
    yield "target_contracts", "What the last decision wanted", target


def _is_covered(holding: HoldingStatus) -> bool | None:
    """Return None where the broker cannot be asked: an alarm on it would be about the line."""
    stop = holding.stop
    if not holding.is_known:
        return None
    if holding.position == 0 or stop is None:
        return holding.position == 0
    return stop.is_covering if stop.is_confirmed else None


def _money(status: TraderStatus) -> Iterator[tuple[str, str, Number]]:
    profit = status.profit
    yield "day_pnl_usd", "The trading day, net", profit.day_usd
    yield "realised_pnl_usd", "Of trades closed today, before commission", profit.realised_usd
    yield "unrealised_pnl_usd", "Marked to the last price", profit.unrealised_usd
    yield "commission_usd", "Paid today", profit.commission_usd
    yield "daily_loss_limit_usd", "Loss that locks the day", profit.daily_loss_limit_usd
    is_locked = status.is_locked if status.holding.is_known else None
    yield "daily_loss_locked", "Whether the day is locked", is_locked


def _counts(status: TraderStatus) -> Iterator[tuple[str, str, Number]]:
    n_working = len(status.orders.working) if status.holding.is_known else None
    yield "working_orders", "Orders at the broker, or perhaps there", n_working
    yield (
        "orders_sent_today",
        "Orders that open, sent in this trading day",
        status.orders.sent_today,
    )
    yield "alerts_open", "Alerts whose cause stands", len(status.open_alerts)
    is_killed = status.is_killed if status.holding.is_known else None
    yield "kill_switch", "Whether the kill switch is on", is_killed


def _alerts(sent: ChannelCounts) -> Iterator[Metric]:
    for name, text, value in (
        ("alerts_sent", "Messages that services took", sent.n_sent),
        ("alerts_failed_attempts", "Attempts that failed", sent.n_failed_attempts),
        ("alerts_given_up", "Messages never delivered", sent.n_given_up),
        ("alerts_dropped", "Messages that found the queue full", sent.n_dropped),
    ):
        yield CounterMetricFamily(PREFIX + name, text, value=value)
