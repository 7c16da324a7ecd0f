"""One trading day of an account: what it began with, how it stands, and whether it is locked.

A CME trading day begins at 17:00 Chicago and has the date of its end. Once the loss limit is
reached the day is locked: gains do not unlock it, nor a restart, nor an equity that is unknown; the
next trading day does, or a person. Money is whole US cents, rounded down: a loss never rounds away.
"""

import math
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from data.calendar import MINUTES_PER_DAY, Calendar
from trading.journal_events import RiskDay
from utils.errors import ConfigError

MAX_USD = 1e12
"""Beyond it a figure is a broker's way of saying that it has none."""

MONDAY, FRIDAY, DAYS_A_WEEK = 0, 4, 7
"""By `weekday`; a weekend belongs to the Monday after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayReset:
    """A person's word that a locked day may go on; signed with a name and a reason.

    Attributes:
        trading_day: The day that is meant: an old word unlocks no later day.
        actor: Who says so.
        reason: Why.
        at: When.
    """

    trading_day: date
    actor: str
    reason: str
    at: datetime


def trading_day(now: datetime, calendar: Calendar) -> date:
    """Return the trading day that a time belongs to; in the daily break, the one that has ended.

    Args:
        now: Aware.
        calendar: Of what is traded.
    """
    template = calendar.template  # its arithmetic for one moment, which is asked at every look
    wall = now.astimezone(ZoneInfo(template.zone)).replace(tzinfo=None)
    day = (wall + timedelta(minutes=-template.turn_minute % MINUTES_PER_DAY)).date()
    if template.has_weekends:
        return day
    is_weekend = day.weekday() > FRIDAY
    return day + timedelta(days=DAYS_A_WEEK - day.weekday()) if is_weekend else day


def begins_at(day: date, calendar: Calendar) -> datetime:
    """Return the moment from which on `trading_day` says this day, in UTC.

    Args:
        day: A trade date, so no weekend where those have none: Monday begins on Friday evening.
        calendar: Of what is traded.
    """
    template = calendar.template
    has_weekend = day.weekday() == MONDAY and not template.has_weekends
    first = day - timedelta(days=2) if has_weekend else day
    midnight = datetime.combine(first, time(), ZoneInfo(template.zone))
    return (midnight - timedelta(minutes=-template.turn_minute % MINUTES_PER_DAY)).astimezone(UTC)


def begun(day: date, equity_usd: float) -> RiskDay:
    """Return a new day that nothing has happened in.

    Raises:
        ConfigError: If the equity is no number: a loss could not be counted from it.
    """
    cents = to_cents(equity_usd)
    if cents is None:
        raise ConfigError(f"the equity that {day} begins with must be a number, was {equity_usd}")
    return RiskDay(trading_day=day, start_equity_cents=cents, realised_cents=0, peak_cents=cents)


def marked(
    day: RiskDay, equity_usd: float | None, realised_usd: float | None, max_loss_usd: float
) -> RiskDay:
    """Return the day at an equity; locked from the moment at which the loss reaches the limit.

    Args:
        day: As it stood.
        equity_usd: Start equity and the day's realised and unrealised PnL less commissions. None
            or no number changes nothing: it neither locks nor unlocks (the guard denies on it).
        realised_usd: Realised PnL less commissions of the day; None keeps the last.
        max_loss_usd: The limit, > 0.
    """
    cents = to_cents(equity_usd)
    if cents is None:
        return day
    realised = to_cents(realised_usd)
    seen = replace(
        day,
        peak_cents=max(day.peak_cents, cents),
        realised_cents=day.realised_cents if realised is None else realised,
    )
    loss_usd = (day.start_equity_cents - cents) / 100
    if day.is_locked or loss_usd < max_loss_usd:
        return seen
    reason = f"lost {loss_usd:.2f} USD, the limit is {max_loss_usd:.2f} USD a day"
    return replace(seen, is_locked=True, reason=reason)


def rolled(day: RiskDay, today: date, equity_usd: float | None) -> RiskDay:
    """Return the day that `today` is: a new one, unlocked, or the same.

    A clock that goes back opens no earlier day, and without an equity no day begins.
    """
    if today <= day.trading_day or equity_usd is None or to_cents(equity_usd) is None:
        return day
    return begun(today, equity_usd)


def reset(day: RiskDay, word: DayReset, equity_usd: float) -> RiskDay:
    """Return a locked day unlocked, its loss counted anew from the equity now.

    Raises:
        ConfigError: If the word is not signed, is of another day or lacks a reason, or the equity
            is no number.
    """
    if not word.actor.strip() or not word.reason.strip():
        raise ConfigError("a reset needs a name and a reason: give --actor and --reason")
    if word.trading_day != day.trading_day:
        raise ConfigError(
            f"the reset is for trading day {word.trading_day}, the day is {day.trading_day}"
        )
    cents = begun(day.trading_day, equity_usd).start_equity_cents
    said = f"reset by {word.actor} at {word.at.isoformat(timespec='seconds')}: {word.reason}"
    return replace(day, start_equity_cents=cents, peak_cents=max(day.peak_cents, cents),
                   is_locked=False, reason=said)  # fmt: skip


def to_cents(amount_usd: float | None) -> int | None:
    """Return whole cents, rounded down; None for what is no number, or absurd.

    Float noise below a ten-thousandth of a cent does not cost one.
    """
    if amount_usd is None or not abs(amount_usd) <= MAX_USD:
        return None
    return math.floor(round(amount_usd * 100, 4))
