"""Fills as tables have them: each execution once, in its newest correction."""

import sqlite3

from trading.broker_events import CommissionSeen, ExecutionSeen
from trading.commission import is_figure
from trading.journal_codec import stamp
from trading.journal_place import Place
from trading.journal_upsert import row_of, upsert
from trading.order_life import split_exec_id


def apply_execution(connection: sqlite3.Connection, event: ExecutionSeen, place: Place) -> None:
    """Keep a fill; a repeated or older version of one changes nothing.

    A correction leaves `seq` as it was, the number of the event that told the fill first.
    """
    root, revision = split_exec_id(event.exec_id)
    found = connection.execute("SELECT revision, seq FROM fill WHERE root = ?", (root,)).fetchone()
    if found is not None and revision <= found[0]:
        return
    row = {
        **row_of(event),
        "time": stamp(event.time),
        "root": root,
        "revision": revision,
        "seq": place.seq if found is None else found[1],
    }
    upsert(connection, "fill", ("root",), row)


def apply_commission(connection: sqlite3.Connection, event: CommissionSeen, place: Place) -> None:
    """Keep what a fill cost, also before the fill itself has come.

    The newest correction's report counts, and of two of one the later; that of an older version
    stands for a fill whose correction has none. What is no figure changes nothing.
    """
    root, revision = split_exec_id(event.exec_id)
    found = connection.execute("SELECT revision FROM commission WHERE root = ?", (root,)).fetchone()
    if not is_figure(event) or (found is not None and revision < found[0]):
        return
    row = {**row_of(event), "root": root, "revision": revision, "seq": place.seq}
    upsert(connection, "commission", ("root",), row)
