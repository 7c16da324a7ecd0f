"""Trading days as tables have them: a lock holds until a person takes it off, or the next day."""

import sqlite3

from trading.journal_events import OperatorReset, RiskDay
from trading.journal_place import Place
from trading.journal_upsert import row_of, upsert
from utils.errors import JournalConflictError


def apply_risk_day(connection: sqlite3.Connection, event: RiskDay, place: Place) -> None:
    """Keep how a day stands; its peak never falls, the reason of a lock stays the first one.

    Raises:
        JournalConflictError: If the day is locked and the event says that it is not, or if it began
            with another equity, which would make its loss another one.
    """
    row = {**row_of(event), "trading_day": event.trading_day.isoformat(), "updated": place.ts}
    found = connection.execute(
        "SELECT start_equity_cents, peak_cents, is_locked, reason FROM risk_day "
        "WHERE trading_day = ?",
        (row["trading_day"],),
    ).fetchone()
    if found is not None:
        start, peak, is_locked, reason = found
        _check(event, start, bool(is_locked))
        row["peak_cents"] = max(peak, event.peak_cents)
        row["reason"] = reason if is_locked else event.reason
    upsert(connection, "risk_day", ("trading_day",), row)


def _check(event: RiskDay, start: int, is_locked: bool) -> None:
    """Refuse what would forget a loss."""
    if is_locked and not event.is_locked:
        raise JournalConflictError(
            f"trading day {event.trading_day} is locked: only an operator's reset unlocks it"
        )
    if event.start_equity_cents != start:
        raise JournalConflictError(
            f"`start_equity_cents` of trading day {event.trading_day} must stay {start}, was "
            f"{event.start_equity_cents}: only an operator's reset changes it"
        )


def apply_reset(connection: sqlite3.Connection, event: OperatorReset, place: Place) -> None:
    """Unlock a day, and count its loss from another equity where one is given.

    Raises:
        JournalConflictError: If the journal knows nothing of that day.
    """
    changed = connection.execute(
        "UPDATE risk_day SET is_locked = 0, reason = :reason, updated = :updated, "
        "start_equity_cents = COALESCE(:start, start_equity_cents), "
        "peak_cents = MAX(peak_cents, COALESCE(:start, peak_cents)) WHERE trading_day = :day",
        {
            "reason": f"reset by {event.actor}: {event.reason}",
            "updated": place.ts,
            "start": event.start_equity_cents,
            "day": event.trading_day.isoformat(),
        },
    )
    if changed.rowcount != 1:
        raise JournalConflictError(f"trading day {event.trading_day} has nothing to reset")
