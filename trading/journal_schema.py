"""The tables of a journal: one of events, which is never changed, the rest made from it.

`raw_event` is the journal; every other table can be dropped and rebuilt from it (journal_replay).
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

SCHEMA_VERSION = 1

APPLICATION_ID = 0x46474A4C
"""What marks a SQLite file as a journal of ours ("FGJL")."""

EVENTS = """
CREATE TABLE raw_event(
    seq INTEGER PRIMARY KEY,
    ts TEXT NOT NULL,
    kind TEXT NOT NULL,
    json TEXT NOT NULL,
    prev_hash TEXT NOT NULL,
    hash TEXT NOT NULL UNIQUE
);
CREATE INDEX raw_event_by_kind ON raw_event(kind, seq);
CREATE TRIGGER raw_event_is_never_changed BEFORE UPDATE ON raw_event
BEGIN SELECT RAISE(ABORT, 'raw_event is append-only'); END;
CREATE TRIGGER raw_event_is_never_removed BEFORE DELETE ON raw_event
BEGIN SELECT RAISE(ABORT, 'raw_event is append-only'); END;
"""

PROJECTIONS = """
CREATE TABLE intent(
    ref TEXT PRIMARY KEY,
    decision_id TEXT NOT NULL,
    role TEXT NOT NULL,
    n INTEGER NOT NULL,
    is_opening INTEGER NOT NULL,
    con_id INTEGER NOT NULL,
    account TEXT NOT NULL,
    side TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    kind TEXT NOT NULL,
    limit_price REAL,
    stop_price REAL,
    tif TEXT NOT NULL,
    oca_group TEXT NOT NULL,
    parent_ref TEXT NOT NULL,
    state TEXT NOT NULL,
    order_id INTEGER,
    perm_id INTEGER,
    reason TEXT NOT NULL,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    settled INTEGER NOT NULL,
    UNIQUE(decision_id, role, n)
);
CREATE UNIQUE INDEX intent_one_entry ON intent(decision_id) WHERE is_opening OR role = 'entry';
CREATE INDEX intent_by_state ON intent(state);
CREATE TABLE fill(
    root TEXT PRIMARY KEY,
    exec_id TEXT NOT NULL UNIQUE,
    revision INTEGER NOT NULL,
    order_id INTEGER NOT NULL,
    perm_id INTEGER NOT NULL,
    client_id INTEGER NOT NULL,
    order_ref TEXT NOT NULL,
    con_id INTEGER NOT NULL,
    account TEXT NOT NULL,
    time TEXT NOT NULL,
    side TEXT NOT NULL,
    quantity INTEGER NOT NULL,
    price REAL,
    seq INTEGER NOT NULL
);
CREATE TABLE commission(
    root TEXT PRIMARY KEY,
    exec_id TEXT NOT NULL,
    revision INTEGER NOT NULL,
    commission_usd REAL NOT NULL,
    currency TEXT NOT NULL,
    realised_usd REAL,
    seq INTEGER NOT NULL
);
CREATE TABLE order_seen(
    perm_id INTEGER PRIMARY KEY,
    order_id INTEGER,
    client_id INTEGER,
    order_ref TEXT,
    con_id INTEGER,
    account TEXT,
    action TEXT,
    quantity INTEGER,
    kind TEXT,
    limit_price REAL,
    aux_price REAL,
    tif TEXT,
    oca_group TEXT,
    parent_id INTEGER,
    status TEXT NOT NULL,
    filled INTEGER,
    remaining INTEGER,
    updated TEXT NOT NULL
);
CREATE TABLE position_snapshot(
    account TEXT NOT NULL,
    con_id INTEGER NOT NULL,
    symbol TEXT NOT NULL,
    position INTEGER NOT NULL,
    average_price REAL,
    seq INTEGER NOT NULL,
    PRIMARY KEY(account, con_id)
);
CREATE TABLE position_start(
    account TEXT NOT NULL,
    con_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    price REAL,
    ts TEXT NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY(account, con_id)
);
CREATE TABLE risk_day(
    trading_day TEXT PRIMARY KEY,
    start_equity_cents INTEGER NOT NULL,
    realised_cents INTEGER NOT NULL,
    peak_cents INTEGER NOT NULL,
    is_locked INTEGER NOT NULL,
    reason TEXT NOT NULL,
    updated TEXT NOT NULL
);
CREATE TABLE switch(
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    actor TEXT NOT NULL,
    reason TEXT NOT NULL,
    ts TEXT NOT NULL
);
CREATE TABLE decision(
    decision_id TEXT PRIMARY KEY,
    bar_close TEXT NOT NULL,
    con_id INTEGER NOT NULL,
    model_id TEXT NOT NULL,
    features_hash TEXT NOT NULL,
    action TEXT NOT NULL,
    target INTEGER NOT NULL,
    reason TEXT NOT NULL,
    seq INTEGER NOT NULL
);
CREATE TABLE denial(
    code TEXT PRIMARY KEY,
    n INTEGER NOT NULL,
    last_reason TEXT NOT NULL,
    last_ts TEXT NOT NULL
);
CREATE TABLE kv(
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
"""

TABLES = (
    "intent",
    "fill",
    "commission",
    "order_seen",
    "position_snapshot",
    "position_start",
    "risk_day",
    "switch",
    "decision",
    "denial",
    "kv",
)
"""All that `replay` rebuilds and compares."""


def create_tables(connection: sqlite3.Connection) -> None:
    """Make all tables, within the transaction that is open."""
    for statement in statements(EVENTS + PROJECTIONS):
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def statements(script: str) -> list[str]:
    """Return the single statements of a script; `executescript` would commit on its own."""
    found, pending = [], ""
    for line in script.strip().splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            found.append(pending.strip())
            pending = ""
    return found


def schema_of(connection: sqlite3.Connection) -> set[tuple[str, str, str | None]]:
    """Return type, name and text of every table, index and trigger."""
    return set(connection.execute("SELECT type, name, sql FROM sqlite_master"))


def own_schema() -> set[tuple[str, str, str | None]]:
    """Return what `schema_of` finds in a journal of this version."""
    with empty_journal() as connection:
        return schema_of(connection)


def column_types() -> dict[str, str]:
    """Return what each column was declared as; one name has one type in all tables."""
    with empty_journal() as connection:
        return {
            name: kind
            for table in ("raw_event", *TABLES)
            for _, name, kind, *_ in connection.execute(f"PRAGMA table_info({table})")
        }


@contextmanager
def empty_journal() -> Iterator[sqlite3.Connection]:
    """Yield a database in memory that has all tables and nothing in them."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        create_tables(connection)
        yield connection
    finally:
        connection.close()
