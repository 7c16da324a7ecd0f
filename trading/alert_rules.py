"""Which alerts a status asks for: those whose cause stands, and those of what has just changed.

Pure functions of the status, with no memory and no clock of their own. Alerts of things that no
status shows (an order refused, a journal that failed) the trader tells itself.
"""

from collections.abc import Iterator
from datetime import datetime

from config.operation_settings import AlertSettings
from trading.alert_kinds import Alert
from trading.status import LinkState, TraderMode, TraderStatus
from utils.wording import counted

OUTAGES = (
    "connection_down_1_minute",
    "connection_down_5_minutes",
    "connection_down_15_minutes",
)
"""By their length, as AlertSettings.connection_seconds; the longest that is due is told alone."""


def standing_alerts(status: TraderStatus, settings: AlertSettings) -> tuple[Alert, ...]:
    """Return what is wrong at this moment, each kind at most once."""
    found = (
        *_outages(status, settings),
        *_unprotected(status, settings),
        *_modes(status),
        *_money(status),
        *_data(status, settings),
    )
    return tuple(Alert(kind=kind, text=text, at=status.at) for kind, text in found)


def passing_alerts(before: TraderStatus, after: TraderStatus) -> tuple[Alert, ...]:
    """Return what has happened between two statuses, one right after the other."""
    if before.connection.state is LinkState.UP or after.connection.state is not LinkState.UP:
        return ()
    seconds = _seconds_between(before.connection.since, after.at)
    text = f"connected again after {seconds:.0f} s"
    return (Alert(kind="reconnected", text=text, at=after.at),)


def _outages(status: TraderStatus, settings: AlertSettings) -> Iterator[tuple[str, str]]:
    link = status.connection
    if link.state is LinkState.UP or link.is_planned:
        return
    seconds = _seconds_between(link.since, status.at)
    due = [
        kind for kind, at in zip(OUTAGES, settings.connection_seconds, strict=True) if seconds >= at
    ]
    if due:
        what = (
            "the broker's own line is" if link.state is LinkState.BROKER_LOST else "connection is"
        )
        yield due[-1], f"{what} down for {seconds:.0f} s; {_position(status)}"


def _unprotected(status: TraderStatus, settings: AlertSettings) -> Iterator[tuple[str, str]]:
    since = status.holding.unprotected_since
    if since is None or status.holding.position == 0:
        return
    seconds = _seconds_between(since, status.at)
    if seconds >= settings.unprotected_seconds:
        yield "stop_missing", f"{_position(status)} for {seconds:.0f} s"


def _modes(status: TraderStatus) -> Iterator[tuple[str, str]]:
    if status.is_kill_switch_on or status.mode is TraderMode.KILLED:
        working = counted(len(status.orders.working), "working order")
        yield "kill_switch", f"the kill switch is on; {_position(status)}, {working}"
    elif status.mode is TraderMode.HALTED:
        yield "halted", f"halted: {status.mode_reason}; {_position(status)}"
    elif status.mode is TraderMode.REDUCE_ONLY:
        yield "reduce_only", f"nothing is opened: {status.mode_reason}; {_position(status)}"


def _money(status: TraderStatus) -> Iterator[tuple[str, str]]:
    profit = status.profit
    if profit.is_locked:
        day = "not known" if profit.day_usd is None else f"{profit.day_usd:.2f} USD"
        yield (
            "daily_loss_lock",
            f"{profit.lock_reason}; the day is {day}, limit {profit.daily_loss_limit_usd:.2f} USD",
        )


def _data(status: TraderStatus, settings: AlertSettings) -> Iterator[tuple[str, str]]:
    if status.data.stale_reason:
        yield "stale_data", status.data.stale_reason
    offset = status.connection.clock_offset_seconds
    if offset is not None and abs(offset) >= settings.clock_skew_seconds:
        yield "clock_skew", f"the broker's clock is {offset:+.1f} s from ours"


def _position(status: TraderStatus) -> str:
    holding = status.holding
    if holding.position == 0:
        return f"flat in {holding.contract}"
    stop = holding.stop
    if stop is None:
        protection = "without a stop"
    else:
        covering = "" if stop.is_covering else ", which does not cover it"
        protection = f"stop {stop.quantity} at {stop.price:,.2f}{covering}"
    return f"{holding.position:+d} {holding.contract}, {protection}"


def _seconds_between(start: datetime, end: datetime) -> float:
    return max(0.0, (end - start).total_seconds())
