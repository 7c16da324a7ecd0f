"""Which alerts a status asks for: those whose cause stands, and those of what has just changed.

Pure functions of the status, with no memory and no clock of their own. Alerts of things that no
status shows (an order refused, a journal that failed) the trader tells itself.
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from config.trading_settings import TradingSettings
from trading.alert_kinds import Alert
from trading.modes import Hold
from trading.status import TraderStatus
from utils.wording import counted

OUTAGES = (
    (60.0, "connection_down_1_minute"),
    (300.0, "connection_down_5_minutes"),
    (900.0, "connection_down_15_minutes"),
)
"""Usual limits of an unplanned outage, seconds, and the alert from each on. Where the limits are
others (ConnectionSettings.alert_after_seconds), the first of them brings the first alert, the
second the next; and none is told that is milder than the outage's length asks for."""

HOLD_ALERTS: Mapping[Hold, str | None] = MappingProxyType(
    {
        Hold.STALE_DATA: "stale_data",
        Hold.CLOCK_SKEW: "clock_skew",
        Hold.BROKER_DOWN: None,  # told by how long it lasts
        Hold.COMPETING_SESSION: "competing_session",
        Hold.RESTART_WINDOW: None,  # every day
        Hold.ROLLOVER: "roll_due",
        Hold.STOPPING: None,  # told when it has stopped
        Hold.JOURNAL: "journal_failure",
        Hold.DAILY_LOSS: "daily_loss_lock",
        Hold.POSITION_MISMATCH: "drift",
        Hold.FOREIGN_ORDER: "foreign_order",
        Hold.UNPROTECTED: "halted",
        Hold.OPERATOR: "halted",
        Hold.KILL_SWITCH: "kill_switch",
    }
)
"""Which alert each reason to hold the trader back is; None where there is nothing to tell."""


def standing_alerts(status: TraderStatus, settings: TradingSettings) -> tuple[Alert, ...]:
    """Return what is wrong at this moment, each kind at most once.

    Args:
        status: What the trader last said.
        settings: Has the bounds of clock and protection.
    """
    found: dict[str, str] = {}
    for kind, text in (
        *_outages(status),
        *_unprotected(status, settings.protection.deadline_seconds),
        *_holds(status),
        *_skew(status, settings.limits.warn_skew_seconds),
    ):
        found[kind] = f"{found[kind]}; {text}" if kind in found else text
    return tuple(Alert(kind=kind, text=text, at=status.at) for kind, text in found.items())


def passing_alerts(before: TraderStatus, after: TraderStatus) -> tuple[Alert, ...]:
    """Return what has happened between two statuses, one right after the other."""
    if before.connection.is_up or not after.connection.is_up:
        return ()
    seconds = max(0.0, (after.at - before.connection.since).total_seconds())
    text = f"connected again after {seconds:.0f} s"
    return (Alert(kind="reconnected", text=text, at=after.at),)


def _outages(status: TraderStatus) -> Iterator[tuple[str, str]]:
    link = status.connection
    by_length = sum(link.outage_seconds >= seconds for seconds, _ in OUTAGES)
    grade = min(max(by_length, link.n_outage_limits), len(OUTAGES))
    if grade and not link.is_up:
        what = "the connection" if link.is_broker_up else "the gateway's line to the broker"
        minutes = link.outage_seconds / 60
        text = f"{what} has been down for more than {minutes:g} min; {_position(status)}"
        yield OUTAGES[grade - 1][1], text


def _unprotected(status: TraderStatus, deadline_seconds: float) -> Iterator[tuple[str, str]]:
    since = status.holding.unprotected_since
    if since is None or not status.holding.position:
        return
    seconds = (status.at - since).total_seconds()
    if seconds >= deadline_seconds:
        yield "stop_missing", f"{_position(status)} for {seconds:.0f} s"


def _holds(status: TraderStatus) -> Iterator[tuple[str, str]]:
    for hold, why in status.holds.items():
        kind = HOLD_ALERTS[hold]
        if kind is not None:
            yield kind, f"{why}; {_position(status)}{_more(hold, status)}"


def _more(hold: Hold, status: TraderStatus) -> str:
    """Return the numbers that two of the holds are about."""
    if hold is Hold.KILL_SWITCH:
        return f", {counted(len(status.orders.working), 'working order')}"
    if hold is Hold.DAILY_LOSS:
        day_usd = status.profit.day_usd
        day = "not known" if day_usd is None else f"{day_usd:,.2f} USD"
        return f"; the day is {day}, limit {status.profit.daily_loss_limit_usd:,.2f} USD"
    return ""


def _skew(status: TraderStatus, warn_seconds: float) -> Iterator[tuple[str, str]]:
    offset = status.connection.clock_offset_seconds
    if offset is not None and abs(offset) >= warn_seconds:
        yield "clock_skew", f"the broker's clock is {offset:+.1f} s from ours"


def _position(status: TraderStatus) -> str:
    holding = status.holding
    if holding.position is None:
        return "the position is not known"
    if holding.position == 0:
        return f"flat in {holding.contract}"
    stop = holding.stop
    if stop is None:
        protection = "without a stop"
    else:
        covering = "" if stop.is_covering else ", which does not cover it"
        unsure = "" if stop.is_confirmed else " as last known"
        protection = f"stop {stop.quantity} at {stop.price:,.2f}{unsure}{covering}"
    return f"{holding.position:+d} {holding.contract}, {protection}"
