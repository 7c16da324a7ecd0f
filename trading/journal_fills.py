"""Fills as tables have them: each execution once, in its newest correction."""

import sqlite3
from dataclasses import dataclass

from trading.broker_events import CommissionSeen, ExecutionSeen
from trading.journal_codec import stamp
from trading.journal_place import Place
from trading.journal_upsert import row_of, upsert


@dataclass(frozen=True, slots=True)
class ExecutionNumber:
    """An execution id, taken apart: `root` names the fill, `revision` its correction."""

    root: str
    revision: int

    @classmethod
    def of(cls, exec_id: str) -> "ExecutionNumber":
        """Take an id apart at its last dot; one without such a number is its own root."""
        root, dot, suffix = exec_id.rpartition(".")
        if not dot or not suffix.isdecimal():
            return cls(exec_id, 0)
        return cls(root, int(suffix))


def apply_execution(connection: sqlite3.Connection, event: ExecutionSeen, place: Place) -> None:
    """Keep a fill; a repeated or older version of one changes nothing.

    A correction leaves `seq` as it was, the number of the event that told the fill first.
    """
    number = ExecutionNumber.of(event.exec_id)
    found = connection.execute(
        "SELECT revision, seq FROM fill WHERE root = ?", (number.root,)
    ).fetchone()
    if found is not None and number.revision <= found[0]:
        return
    row = {
        **row_of(event),
        "time": stamp(event.time),
        "root": number.root,
        "revision": number.revision,
        "seq": place.seq if found is None else found[1],
    }
    upsert(connection, "fill", ("root",), row)


def apply_commission(connection: sqlite3.Connection, event: CommissionSeen, place: Place) -> None:
    """Keep what a fill cost; the newest report counts, also before the fill itself has come."""
    upsert(connection, "commission", ("exec_id",), {**row_of(event), "seq": place.seq})
