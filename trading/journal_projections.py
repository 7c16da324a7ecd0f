"""What each kind of event does to the tables, which nothing else writes.

A projection looks at the event, its place and the tables alone, so that the same events give the
same tables whenever they are replayed. It refuses what contradicts the tables.
"""

import sqlite3
from collections.abc import Callable
from typing import Any

from trading.journal_codec import JournalEvent, kind_of, stamp
from trading.journal_events import (
    Created,
    Decision,
    Denial,
    HighWater,
    PositionAdopted,
    PositionSnapshot,
    SwitchSet,
)
from trading.journal_fills import apply_commission, apply_execution
from trading.journal_intents import apply_amendment, apply_intent, apply_state
from trading.journal_orders import apply_completed, apply_open_order, apply_status
from trading.journal_place import Place
from trading.journal_risk import apply_reset, apply_risk_day
from trading.journal_upsert import row_of, upsert
from utils.errors import JournalConflictError

MAX_ORDER_ID = "max_order_id"


def project(connection: sqlite3.Connection, event: JournalEvent, place: Place) -> None:
    """Bring the tables up to date with one event, within the transaction that is open.

    Raises:
        JournalConflictError: If the event contradicts them; the transaction must not be committed.
    """
    apply = PROJECTIONS[kind_of(event)]
    if apply is not None:
        apply(connection, event, place)


def _created(connection: sqlite3.Connection, event: Created, place: Place) -> None:
    if place.seq != 1:
        raise JournalConflictError(f"a journal is created once, this one long before {place.ts}")
    for key, value in row_of(event).items():
        _set(connection, key, value)


def _high_water(connection: sqlite3.Connection, event: HighWater, place: Place) -> None:
    found = connection.execute("SELECT value FROM kv WHERE key = ?", (MAX_ORDER_ID,)).fetchone()
    if found is not None and event.max_order_id < int(found[0]):
        raise JournalConflictError(
            f"`max_order_id` must be >= {found[0]}, was {event.max_order_id}: ids are used once"
        )
    _set(connection, MAX_ORDER_ID, event.max_order_id)


def _set(connection: sqlite3.Connection, key: str, value: str | int) -> None:
    upsert(connection, "kv", ("key",), {"key": key, "value": str(value)})


def _switch(connection: sqlite3.Connection, event: SwitchSet, place: Place) -> None:
    upsert(connection, "switch", ("name",), {**row_of(event), "ts": place.ts})


def _decision(connection: sqlite3.Connection, event: Decision, place: Place) -> None:
    row = {**row_of(event), "bar_close": stamp(event.bar_close), "seq": place.seq}
    upsert(connection, "decision", ("decision_id",), row)


def _denial(connection: sqlite3.Connection, event: Denial, place: Place) -> None:
    connection.execute(
        "INSERT INTO denial VALUES(?, 1, ?, ?) ON CONFLICT(code) DO UPDATE SET "
        "n = n + 1, last_reason = excluded.last_reason, last_ts = excluded.last_ts",
        (event.code, event.reason, place.ts),
    )


def _snapshot(connection: sqlite3.Connection, event: PositionSnapshot, place: Place) -> None:
    """Replace all positions of the account: what is not told any more is flat."""
    connection.execute("DELETE FROM position_snapshot WHERE account = ?", (event.account,))
    for held in event.positions:
        row = {"account": event.account, **row_of(held), "seq": place.seq}
        upsert(connection, "position_snapshot", ("account", "con_id"), row)


def _adopted(connection: sqlite3.Connection, event: PositionAdopted, place: Place) -> None:
    row = {
        "account": event.account,
        "con_id": event.con_id,
        "position": event.position,
        "price": event.price,
        "ts": place.ts,
        "seq": place.seq,
    }
    upsert(connection, "position_start", ("account", "con_id"), row)


PROJECTIONS: dict[str, Callable[[sqlite3.Connection, Any, Place], None] | None] = {
    "AccountsSeen": None,
    "AlertTold": None,
    "CommissionSeen": apply_commission,
    "CompletedOrderSeen": apply_completed,
    "ConnectionStep": None,
    "ConnectionLost": None,
    "Created": _created,
    "Decision": _decision,
    "Denial": _denial,
    "EndSeen": None,
    "ErrorSeen": None,
    "ExecutionSeen": apply_execution,
    "FundsSeen": None,
    "HighWater": _high_water,
    "Intent": apply_intent,
    "IntentAmended": apply_amendment,
    "IntentState": apply_state,
    "ModeChanged": None,
    "NextIdSeen": None,
    "OpenOrderSeen": apply_open_order,
    "OperatorCommand": None,
    "OperatorReset": apply_reset,
    "OrderStatusSeen": apply_status,
    "PositionAdopted": _adopted,
    "PositionSeen": None,
    "PositionSnapshot": _snapshot,
    "ProfitSeen": None,
    "RiskDay": apply_risk_day,
    "Started": None,
    "Stopped": None,
    "SwitchSet": _switch,
}
"""What a kind of event changes; None where it is kept in `raw_event` alone."""
