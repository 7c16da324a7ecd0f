"""A trader's status in words: labelled lines, each with how much it should worry one.

What they look like on a terminal is left to trading/live_view.py.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from trading.alert_kinds import ALERT_KINDS, Level
from trading.modes import Hold, Mode
from trading.status import HoldingStatus, StopStatus, TraderStatus, WorkingOrder

LATE_SECONDS = 5.0
"""A status older than this is shown with its age: the trader may have stopped."""

UNKNOWN = "not known"


class Tone(StrEnum):
    """How much a line should worry one."""

    PLAIN = "plain"
    GOOD = "good"
    CAREFUL = "careful"
    BAD = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One labelled line, e.g. "position" and "+2 MNQZ5 at 21000.25"."""

    label: str
    text: str
    tone: Tone = Tone.PLAIN


def status_lines(status: TraderStatus, now: datetime) -> list[Line]:
    """Return the lines of a status, the most important ones first.

    Args:
        status: What the trader last said.
        now: When they are read, aware UTC; ages and the countdown are counted to it.
    """
    return [
        *_late(status, now),
        _mode(status),
        _connection(status, now),
        _position(status),
        _stop(status),
        _day(status),
        _limit(status),
        _decision(status, now),
        _bar(status, now),
        *_orders(status),
        _alerts(status),
    ]


def headline(status: TraderStatus) -> str:
    """Return e.g. "FuturesGym PAPER DU***67 MNQZ5": what is traded, and where."""
    expiry = status.holding.expiry
    until = f" (until {expiry.isoformat()})" if expiry is not None else ""
    words = ("FuturesGym", status.venue.upper(), status.account, status.holding.contract + until)
    return " ".join(word for word in words if word)


def position_words(holding: HoldingStatus) -> str:
    """Return e.g. "position +2", or that it is not known."""
    return f"position {UNKNOWN if holding.position is None else f'{holding.position:+d}'}"


def lasting(duration: timedelta) -> str:
    """Return e.g. "0:05" or "3:12:00"; below zero counts as nothing."""
    seconds = max(0, int(duration.total_seconds()))
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def usd(amount: float | None) -> str:
    """Return e.g. "+1,234.50 USD", signed, or that it is not known."""
    return UNKNOWN if amount is None else f"{amount:+,.2f} USD"


def _late(status: TraderStatus, now: datetime) -> list[Line]:
    age = now - status.at
    if status.is_over:
        text = f"the trader ended {lasting(age)} ago"
        return [Line(label="status", text=text, tone=Tone.CAREFUL)]
    if age.total_seconds() <= LATE_SECONDS:
        return []
    text = f"{lasting(age)} old: the trader may have stopped"
    return [Line(label="status", text=text, tone=Tone.BAD)]


def _mode(status: TraderStatus) -> Line:
    tone = Tone.BAD if status.mode in (Mode.HALTED, Mode.KILLED) else Tone.CAREFUL
    tone = Tone.GOOD if status.mode is Mode.TRADING else tone
    reason = f" ({status.mode_reason})" if status.holds else ""
    return Line(label="mode", text=f"{status.mode.value}{reason}", tone=tone)


def _connection(status: TraderStatus, now: datetime) -> Line:
    link = status.connection
    state = link.link.value.lower() if link.is_broker_up else "BROKER OUT OF REACH"
    words = [f"{state} for {lasting(now - link.since)}"]
    if link.is_planned:
        words.append("daily restart")
    if link.probe_ms is not None:
        words.append(f"probe {link.probe_ms:.1f} ms")
    if link.clock_offset_seconds is not None:
        words.append(f"clock {link.clock_offset_seconds:+.2f} s")
    tone = Tone.GOOD if link.is_up else Tone.BAD
    return Line(label="connection", text=", ".join(words), tone=tone)


def _position(status: TraderStatus) -> Line:
    holding = status.holding
    if holding.position is None:
        return Line(label="position", text=UNKNOWN)
    if holding.position == 0:
        return Line(label="position", text="flat")
    price = UNKNOWN if holding.average_price is None else f"{holding.average_price:,.2f}"
    return Line(label="position", text=f"{holding.position:+d} at {price}")


def _stop(status: TraderStatus) -> Line:
    stop, is_flat = status.holding.stop, status.holding.position == 0
    if not status.holding.is_known:
        return Line(label="stop", text=UNKNOWN)
    if stop is None:
        text, tone = ("none", Tone.PLAIN) if is_flat else ("MISSING", Tone.BAD)
        return Line(label="stop", text=text, tone=tone)
    tone = Tone.GOOD if stop.is_confirmed else Tone.CAREFUL
    return Line(label="stop", text=_stop_text(stop), tone=tone if stop.is_covering else Tone.BAD)


def _stop_text(stop: StopStatus) -> str:
    covering = "covers all" if stop.is_covering else "DOES NOT COVER the position"
    unsure = "" if stop.is_confirmed else " (not confirmed by the broker)"
    return f"{stop.quantity} at {stop.price:,.2f}, {covering}{unsure}"


def _day(status: TraderStatus) -> Line:
    profit = status.profit
    costs = None if profit.commission_usd is None else 0 - profit.commission_usd  # none is +0.00
    parts = (
        f"realised {_signed(profit.realised_usd)}",
        f"open {_signed(profit.unrealised_usd)}",
        f"costs {_signed(costs)}",
    )
    return Line(label="day", text=f"{usd(profit.day_usd)} ({', '.join(parts)})")


def _signed(amount: float | None) -> str:
    return UNKNOWN if amount is None else f"{amount:+,.2f}"


def _limit(status: TraderStatus) -> Line:
    profit = status.profit
    limit = f"{profit.daily_loss_limit_usd:,.2f} USD loss a day"
    if status.is_locked:
        return Line(label="limit", text=f"{limit}; LOCKED until the next one", tone=Tone.BAD)
    return Line(label="limit", text=limit)


def _decision(status: TraderStatus, now: datetime) -> Line:
    decision = status.decision
    if decision is None:
        return Line(label="decision", text="none yet")
    age = lasting(now - decision.decided_at)
    text = f"{decision.action}, target {decision.target:+d}: {decision.reason} ({age} ago)"
    return Line(label="decision", text=text)


def _bar(status: TraderStatus, now: datetime) -> Line:
    data = status.data
    last = UNKNOWN if data.last_bar_close is None else f"{data.last_bar_close:%H:%M:%S} UTC"
    if Hold.STALE_DATA in status.holds:
        return Line(label="next bar", text=f"DATA ARE STALE; last {last}", tone=Tone.BAD)
    if data.next_bar_due is None:
        return Line(label="next bar", text=f"{UNKNOWN}; last {last}")
    is_late = now > data.next_bar_due
    wait = lasting(abs(data.next_bar_due - now))
    text = f"late by {wait}" if is_late else f"in {wait}"
    tone = Tone.CAREFUL if is_late else Tone.PLAIN
    return Line(label="next bar", text=f"{text}; last {last}", tone=tone)


def _orders(status: TraderStatus) -> list[Line]:
    orders = status.orders
    sent = UNKNOWN if orders.sent_today is None else f"{orders.sent_today:,} sent today"
    working = f"{sent}, {len(orders.working)} working" if status.holding.is_known else UNKNOWN
    denials = ", ".join(f"{code} {n}" for code, n in sorted(orders.denials.items()))
    none = "none" if status.holding.is_known else UNKNOWN
    return [
        Line(label="orders", text=working),
        *(Line(label="", text=_order(order)) for order in orders.working),
        Line(label="denials", text=denials or none),
    ]


def _order(order: WorkingOrder) -> str:
    price = "at market" if order.price is None else f"at {order.price:,.2f}"
    return f"{order.role}: {order.side} {order.quantity} {price}, {order.state}"


def _alerts(status: TraderStatus) -> Line:
    if not status.open_alerts:
        return Line(label="alerts", text="none open", tone=Tone.GOOD)
    kinds = (ALERT_KINDS.get(name) for name in status.open_alerts)
    is_bad = any(kind is None or kind.level is Level.CRITICAL for kind in kinds)
    text = ", ".join(name.replace("_", " ") for name in status.open_alerts)
    return Line(label="alerts", text=text, tone=Tone.BAD if is_bad else Tone.CAREFUL)
