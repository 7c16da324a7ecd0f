"""Orders of ours as tables have them: one row per name, one entry per decision."""

import sqlite3

from trading.journal_events import Intent, IntentAmended, IntentState
from trading.journal_place import Place
from trading.journal_upsert import row_of
from trading.order_transitions import OrderState
from utils.errors import JournalConflictError


def apply_intent(connection: sqlite3.Connection, event: Intent, place: Place) -> None:
    """Keep a new intent.

    Raises:
        JournalConflictError: If there is one of this name, of this decision, role and try, or if
            the decision has its entry already.
    """
    row = {
        **row_of(event),
        "state": OrderState.INTENT,
        "reason": "",
        "created": place.ts,
        "updated": place.ts,
    }
    try:
        connection.execute(INSERT, row)
    except sqlite3.IntegrityError as error:
        raise JournalConflictError(_why_refused(connection, event)) from error


INSERT = """
INSERT INTO intent VALUES(
    :ref, :decision_id, :role, :n, :is_opening, :con_id, :account, :side, :quantity, :kind,
    :limit_price, :stop_price, :tif, :oca_group, :parent_ref, :state, :order_id, NULL, :reason,
    :created, :updated, 0
)
"""


def _why_refused(connection: sqlite3.Connection, event: Intent) -> str:
    """Return which intent stands in the way of this one."""
    rival = connection.execute(
        "SELECT ref, state FROM intent WHERE ref = :ref OR decision_id = :decision_id AND "
        "(role = :role AND n = :n OR is_opening AND :is_opening) ORDER BY ref = :ref DESC LIMIT 1",
        row_of(event),
    ).fetchone()
    said = "what it says breaks the table" if rival is None else f"`{rival[0]}` is {rival[1]}"
    return (
        f"intent `{event.ref}` must not be sent: decision `{event.decision_id}` may have one entry "
        f"and one order of a name; {said}"
    )


def apply_amendment(connection: sqlite3.Connection, event: IntentAmended, place: Place) -> None:
    """Change quantity and prices of an intent.

    Raises:
        JournalConflictError: If there is none of this name.
    """
    values = (event.quantity, event.limit_price, event.stop_price, event.reason, place.ts)
    changed = connection.execute(
        "UPDATE intent SET quantity = ?, limit_price = ?, stop_price = ?, reason = ?, updated = ? "
        "WHERE ref = ?",
        (*values, event.ref),
    )
    _check_found(changed, event.ref)


def apply_state(connection: sqlite3.Connection, event: IntentState, place: Place) -> None:
    """Change the state of an intent, and its numbers where they are given.

    Raises:
        JournalConflictError: If there is none of this name.
    """
    changed = connection.execute(
        "UPDATE intent SET state = ?, order_id = COALESCE(?, order_id), "
        "perm_id = COALESCE(?, perm_id), reason = ?, updated = ?, settled = COALESCE(?, settled) "
        "WHERE ref = ?",
        (
            event.state,
            event.order_id,
            event.perm_id,
            event.reason,
            place.ts,
            event.settled,
            event.ref,
        ),
    )
    _check_found(changed, event.ref)


def _check_found(changed: sqlite3.Cursor, ref: str) -> None:
    if changed.rowcount != 1:
        raise JournalConflictError(f"there is no intent `{ref}`: it is written before it is sent")
