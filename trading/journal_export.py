"""A journal's tables for other programs; account ids are masked unless asked for.

Times are UTC, prices points, money as the column's name says; text is as it was written.
"""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from trading.broker_events import AccountsSeen
from trading.journal_chain import stored_events
from trading.journal_codec import decoded
from trading.journal_connection import in_one_line
from trading.journal_reader import FILLS, JournalReader
from trading.journal_schema import column_types
from utils.files import canonical_json
from utils.masking import masked_text
from utils.registry import lookup

EXPORTED = {
    "events": "SELECT * FROM raw_event ORDER BY seq",
    "intents": "SELECT * FROM intent ORDER BY created, rowid",
    "fills": f"{FILLS} ORDER BY time, fill.seq",
    "orders": "SELECT * FROM order_seen ORDER BY perm_id",
    "positions": "SELECT * FROM position_snapshot ORDER BY account, con_id",
    "risk_days": "SELECT * FROM risk_day ORDER BY trading_day",
    "switches": "SELECT * FROM switch ORDER BY name",
    "decisions": "SELECT * FROM decision ORDER BY seq",
    "denials": "SELECT * FROM denial ORDER BY code",
}
"""What can be exported, by name."""

TIMES = frozenset({"ts", "time", "created", "updated", "bar_close", "last_ts"})
"""Columns that parquet has as times."""

PARQUET_TYPES = {"INTEGER": "Int64", "REAL": "float64", "TEXT": "string"}
"""What the other columns are there, by how the journal declares them."""

WITH_ACCOUNTS = ("intent", "fill", "order_seen", "position_snapshot", "position_start")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedTable:
    """Column names, and rows of plain values in their order."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def exported_table(reader: JournalReader, name: str, has_accounts: bool) -> ExportedTable:
    """Return a table of EXPORTED.

    Args:
        reader: Of the journal.
        name: Which.
        has_accounts: Whether account ids stay; else they are masked wherever they stand, in the
            text of events too, whose hashes then do not fit it any more.

    Raises:
        ConfigError: If there is no such table.
        JournalError: If the journal cannot be read.
    """
    text = lookup(EXPORTED, name, "table")
    with reader.at_one_moment(), in_one_line(reader.path, "read"):
        accounts = known_accounts(reader)
        cursor = reader.connection.execute(text)
        columns = tuple(column[0] for column in cursor.description)
        rows = cursor.fetchall()
    if not has_accounts:
        rows = [tuple(_masked(value, accounts) for value in row) for row in rows]
    return ExportedTable(columns=columns, rows=rows)


def _masked(value: Any, accounts: tuple[str, ...]) -> Any:
    return masked_text(value, accounts) if isinstance(value, str) else value


def known_accounts(reader: JournalReader) -> tuple[str, ...]:
    """Return every account id that the journal knows, the longest first."""
    found = {reader.note("account") or ""}
    for table in WITH_ACCOUNTS:
        query = f"SELECT DISTINCT account FROM {table} WHERE account IS NOT NULL"  # noqa: S608 - ours
        found |= {account for (account,) in reader.connection.execute(query)}
    for event in stored_events(reader.connection):
        if event.kind == AccountsSeen.__name__:
            told = decoded(event.kind, event.json)
            found |= set(told.accounts) if isinstance(told, AccountsSeen) else set()
    return tuple(sorted(found - {""}, key=len, reverse=True))


def as_csv(table: ExportedTable) -> bytes:
    """Return a table as CSV, UTF-8, a line for the names; what is not known is empty."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table.columns)
    writer.writerows(table.rows)
    return text.getvalue().encode()


def as_json(table: ExportedTable) -> bytes:
    """Return a table as a JSON array with an object per row; what is not known is null."""
    rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
    return (canonical_json(rows) + "\n").encode()


def as_parquet(table: ExportedTable) -> bytes:
    """Return a table as parquet; a column has one type, whatever of it is not known."""
    import pandas as pd  # noqa: PLC0415 - slow to import, and the other formats do without

    declared = column_types()
    frame = pd.DataFrame(table.rows, columns=list(table.columns), dtype=object)
    for name in table.columns:
        if name in TIMES:
            frame[name] = pd.to_datetime(frame[name], format="ISO8601", utc=True)
        else:
            frame[name] = frame[name].astype(PARQUET_TYPES[declared[name]])
    buffer = io.BytesIO()
    frame.to_parquet(buffer, index=False)
    return buffer.getvalue()


FORMATS: dict[str, Callable[[ExportedTable], bytes]] = {
    "csv": as_csv,
    "json": as_json,
    "parquet": as_parquet,
}
"""How a table becomes a file."""
