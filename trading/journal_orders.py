"""The broker's orders as tables have them: one row per permanent number, the last word on each."""

import sqlite3

from trading.broker_events import CompletedOrderSeen, OpenOrderSeen, OrderStatusSeen
from trading.journal_place import Place
from trading.journal_upsert import row_of, upsert

NOT_YET = 0
"""The permanent number of an order to which the broker has given none."""


def apply_open_order(connection: sqlite3.Connection, event: OpenOrderSeen, place: Place) -> None:
    """Keep an order as the broker holds it."""
    _keep(connection, row_of(event), place)


def apply_status(connection: sqlite3.Connection, event: OrderStatusSeen, place: Place) -> None:
    """Keep how far an order has come; what a status does not say stays."""
    names = ("perm_id", "order_id", "client_id", "status", "filled", "remaining")
    _keep(connection, {name: getattr(event, name) for name in names}, place)


def apply_completed(
    connection: sqlite3.Connection, event: CompletedOrderSeen, place: Place
) -> None:
    """Keep that an order is over; its order id is not told, and stays."""
    names = ("perm_id", "order_ref", "con_id", "account", "status", "filled")
    row = {name: getattr(event, name) for name in names}
    _keep(connection, {**row, "remaining": 0}, place)


def _keep(connection: sqlite3.Connection, row: dict[str, object], place: Place) -> None:
    """Put the row under its permanent number; one without is in `raw_event` alone."""
    if row["perm_id"] != NOT_YET:
        upsert(connection, "order_seen", ("perm_id",), {**row, "updated": place.ts})
