"""Questions to a journal: for the trader that writes it, and for others while it does.

Whoever only reads opens the file read-only, and sees the last transaction that was committed.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from pydantic import TypeAdapter

from trading.journal_codec import decoded, stamp
from trading.journal_connection import connect_to_read, in_one_line
from trading.journal_events import RiskDay
from trading.journal_projections import MAX_ORDER_ID
from trading.journal_rows import (
    StoredFill,
    StoredIntent,
    StoredStart,
    StoredSwitch,
    Written,
)
from trading.order_transitions import OVER
from utils.errors import JournalError

ENDED = tuple(sorted(OVER))

SIGNS = {"BOT": 1, "BUY": 1, "SLD": -1, "SELL": -1}
"""What a side does to a position."""

FILLS = (
    "SELECT fill.exec_id, order_id, perm_id, client_id, order_ref, con_id, account, time, side, "
    "quantity, price, fill.seq, commission_usd, realised_usd "
    "FROM fill LEFT JOIN commission USING(root) "
)

DAYS = (
    "SELECT trading_day, start_equity_cents, realised_cents, peak_cents, is_locked, reason "
    "FROM risk_day "
)

INTENT_ROWS = (
    "SELECT *, coalesce("
    "(SELECT filled FROM order_seen WHERE order_seen.perm_id = intent.perm_id), 0) AS said_filled "
    "FROM intent"
)

_Row = TypeVar("_Row")

INTENTS = TypeAdapter(list[StoredIntent])
STORED_FILLS = TypeAdapter(list[StoredFill])
STARTS = TypeAdapter(list[StoredStart])
RISK_DAYS = TypeAdapter(list[RiskDay])
SWITCHES = TypeAdapter(list[StoredSwitch])


class JournalReader:
    """What stands in a journal; every answer is of now, nothing is kept between questions.

    All methods raise JournalError where the file cannot be read.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self.connection = connection
        self.path = path

    @classmethod
    def open(cls, path: Path) -> "JournalReader":
        """Open a journal to read, also while a trader writes it.

        Raises:
            JournalError: If there is none, or none of this version.
        """
        return cls(connect_to_read(path), path)

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()

    def __enter__(self) -> "JournalReader":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def at_one_moment(self) -> Iterator[None]:
        """Have all questions within answered of one moment, whatever is written meanwhile."""
        self._ask("BEGIN")
        try:
            yield
        finally:
            self._ask("ROLLBACK")

    def intents_since(self, time: datetime) -> list[StoredIntent]:
        """Return orders of ours that changed at `time` or later, and all that are not over."""
        text = f"updated >= ? OR state NOT IN ({_marks(ENDED)})"
        return self._intents(text, stamp(time), *ENDED)

    def intents_of(self, decision_id: str) -> list[StoredIntent]:
        """Return all orders of a decision, oldest first."""
        return self._intents("decision_id = ?", decision_id)

    def refs(self) -> frozenset[str]:
        """Return the names of all orders of ours, however old."""
        return frozenset(ref for (ref,) in self._ask("SELECT ref FROM intent"))

    def _intents(self, condition: str, *values: object) -> list[StoredIntent]:
        text = f"{INTENT_ROWS} WHERE {condition} ORDER BY created, rowid"
        return self._rows(INTENTS, text, *values)

    def fills_since(self, time: datetime) -> list[StoredFill]:
        """Return fills of `time` or later, by the broker's clock, oldest first."""
        return self._rows(
            STORED_FILLS, f"{FILLS} WHERE time >= ? ORDER BY time, fill.seq", stamp(time)
        )

    def positions(self, account: str) -> dict[int, int]:
        """Return signed contracts by contract number, from our own fills; zeros included.

        They count from where a position was adopted (`PositionAdopted`), else from nothing.

        Raises:
            JournalError: If a fill is of neither side.
        """
        held = {con_id: start.position for con_id, start in self.starts(account).items()}
        rows = self._ask(
            "SELECT con_id, side, SUM(quantity) FROM fill LEFT JOIN "
            "(SELECT con_id, account, seq AS start FROM position_start) USING(con_id, account) "
            "WHERE account = ? AND fill.seq > COALESCE(start, 0) GROUP BY con_id, side",
            account,
        )
        for con_id, side, quantity in rows:
            if side not in SIGNS:
                raise JournalError(f"`{self.path}` has a fill of side `{side}`; {', '.join(SIGNS)}")
            held[con_id] = held.get(con_id, 0) + SIGNS[side] * quantity
        return held

    def starts(self, account: str) -> dict[int, StoredStart]:
        """Return the positions that were adopted last, by contract number."""
        rows = self._rows(
            STARTS,
            "SELECT con_id, position, price, ts, seq FROM position_start WHERE account = ?",
            account,
        )
        return {row.con_id: row for row in rows}

    def newest_risk_day(self) -> RiskDay | None:
        """Return how the latest trade date stands that was ever written, or None before any."""
        rows = self._rows(RISK_DAYS, f"{DAYS} ORDER BY trading_day DESC LIMIT 1")
        return next(iter(rows), None)

    def switches(self) -> dict[str, StoredSwitch]:
        """Return all switches that were ever set, by name."""
        return {row.name: row for row in self._rows(SWITCHES, "SELECT * FROM switch")}

    def denials_since(self, time: datetime) -> list[tuple[datetime, str]]:
        """Return when orders were denied at `time` or later, and by which code, oldest first."""
        rows = self._ask(
            "SELECT ts, json_extract(json, '$.code') FROM raw_event "
            "WHERE kind = 'Denial' AND ts >= ? ORDER BY seq",
            stamp(time),
        )
        return [(datetime.fromisoformat(ts), str(code)) for ts, code in rows]

    def max_order_id(self) -> int | None:
        """Return the largest order id ever used."""
        value = self.note(MAX_ORDER_ID)
        return None if value is None else int(value)

    def note(self, key: str) -> str | None:
        """Return a value of the table `kv`."""
        rows = self._ask("SELECT value FROM kv WHERE key = ?", key)
        return rows[0][0] if rows else None

    def last(self, kind: str) -> Written | None:
        """Return the newest event of a kind, e.g. "Decision"."""
        rows = self._ask(
            "SELECT seq, ts, json FROM raw_event WHERE kind = ? ORDER BY seq DESC LIMIT 1", kind
        )
        if not rows:
            return None
        seq, ts, text = rows[0]
        return Written(seq=seq, ts=datetime.fromisoformat(ts), event=decoded(kind, text))

    def _rows(self, kind: TypeAdapter[list[_Row]], text: str, *values: object) -> list[_Row]:
        """Return the rows of a query, whose columns are the fields of what `kind` lists."""
        with in_one_line(self.path, "read"):
            cursor = self.connection.execute(text, values)
            names = [column[0] for column in cursor.description]
            rows = [dict(zip(names, row, strict=True)) for row in cursor]
        return kind.validate_python(rows)

    def _ask(self, text: str, *values: object) -> list[Any]:
        with in_one_line(self.path, "read"):
            return self.connection.execute(text, values).fetchall()


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))
