"""Events as rows: put one into a table, over the one of the same key."""

import sqlite3
from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any

from trading.journal_codec import JournalEvent
from trading.journal_events import HeldPosition


def row_of(event: JournalEvent | HeldPosition) -> dict[str, Any]:
    """Return the fields of an event by name, as they are; `asdict` would copy each of them."""
    return {field.name: getattr(event, field.name) for field in fields(event)}


def upsert(
    connection: sqlite3.Connection, table: str, keys: tuple[str, ...], row: Mapping[str, Any]
) -> None:
    """Insert `row`, or change those of its columns in the row that has the same keys.

    Columns that `row` does not name keep what they have.
    """
    connection.execute(_statement(table, keys, tuple(row)), tuple(row.values()))


@cache
def _statement(table: str, keys: tuple[str, ...], columns: tuple[str, ...]) -> str:
    """Return the text; all names are our own columns, values are bound."""
    changed = ", ".join(f"{name} = excluded.{name}" for name in columns if name not in keys)
    return (
        f"INSERT INTO {table}({', '.join(columns)}) VALUES({', '.join('?' * len(columns))}) "
        f"ON CONFLICT({', '.join(keys)}) DO UPDATE SET {changed}"
    )
