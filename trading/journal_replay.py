"""Rebuild all tables from the events alone, and find where the stored ones differ."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from trading.journal_chain import stored_events
from trading.journal_codec import decoded
from trading.journal_place import Place
from trading.journal_projections import project
from trading.journal_schema import TABLES, empty_journal
from utils.errors import JournalError
from utils.masking import masked_text

Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A row that is not what the events say; None where there is no such row."""

    table: str
    key: str
    stored: str | None
    rebuilt: str | None

    def __str__(self) -> str:
        """Return it in one line."""
        return f"{self.table} {self.key}: stored {self.stored}, by the events {self.rebuilt}"

    def masked(self, accounts: tuple[str, ...]) -> "Difference":
        """Return it with these account ids masked, and whatever looks like one."""
        key, stored, rebuilt = (
            None if text is None else masked_text(text, accounts)
            for text in (self.key, self.stored, self.rebuilt)
        )
        return replace(self, key=key or "", stored=stored, rebuilt=rebuilt)


@contextmanager
def rebuilt(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Yield a database in memory with all tables but `raw_event`, made from the events.

    Raises:
        JournalError: If an event cannot be read, or contradicts those before it.
    """
    with empty_journal() as memory:
        memory.execute("BEGIN")
        for event in stored_events(connection):
            try:
                project(memory, decoded(event.kind, event.json), Place(event.seq, event.ts))
            except (JournalError, sqlite3.Error) as error:
                raise JournalError(f"event {event.seq} cannot be replayed: {error}") from error
        yield memory


def differences(connection: sqlite3.Connection) -> Iterator[Difference]:
    """Yield every row of every table that is not as the events make it, by table and key."""
    with rebuilt(connection) as memory:
        for table in TABLES:
            yield from _table_differences(table, connection, memory)


def _table_differences(
    table: str, connection: sqlite3.Connection, memory: sqlite3.Connection
) -> Iterator[Difference]:
    stored, made = table_rows(connection, table), table_rows(memory, table)
    for key in sorted(stored.keys() | made.keys(), key=str):
        if stored.get(key) != made.get(key):
            yield Difference(
                table=table,
                key="/".join(map(str, key)),
                stored=_shown(connection, table, stored.get(key)),
                rebuilt=_shown(memory, table, made.get(key)),
            )


def table_rows(connection: sqlite3.Connection, table: str) -> dict[Row, Row]:
    """Return all rows by their primary key."""
    columns = connection.execute(f"PRAGMA table_info({table})").fetchall()
    keys = [number for number, *_, is_key in columns if is_key]
    rows = connection.execute(f"SELECT * FROM {table}")  # noqa: S608 - a table of ours
    return {tuple(row[key] for key in keys): row for row in rows}


def _shown(connection: sqlite3.Connection, table: str, row: Row | None) -> str | None:
    """Return a row as `name=value` pairs."""
    if row is None:
        return None
    names = [column[1] for column in connection.execute(f"PRAGMA table_info({table})")]
    return ", ".join(f"{name}={value}" for name, value in zip(names, row, strict=True))
