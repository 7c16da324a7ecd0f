"""A small journal, one event of every kind, and a session that uses them all."""

import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from tests.helpers.clocks import StoppedClock
from trading.broker_events import (
    AccountsSeen,
    CommissionSeen,
    CompletedOrderSeen,
    ConnectionLost,
    EndSeen,
    ErrorSeen,
    ExecutionSeen,
    FundsSeen,
    NextIdSeen,
    OpenOrderSeen,
    OrderStatusSeen,
    PositionSeen,
    ProfitSeen,
)
from trading.journal import Journal
from trading.journal_codec import JournalEvent
from trading.journal_events import (
    AlertTold,
    ConnectionStep,
    Decision,
    Denial,
    HeldPosition,
    HighWater,
    Intent,
    IntentAmended,
    IntentState,
    ModeChanged,
    OperatorCommand,
    OperatorReset,
    PositionAdopted,
    PositionSnapshot,
    RiskDay,
    Started,
    Stopped,
    SwitchSet,
)
from trading.journal_owner import JournalOwner
from trading.journal_reader import JournalReader

ACCOUNT = "DU1234567"
CON_ID = 620731036
DAY = date(2024, 3, 5)
NOON = datetime(2024, 3, 5, 18, tzinfo=UTC)
OWNER = JournalOwner(account=ACCOUNT, mode="sim")
CLOCK = StoppedClock("2024-03-05T12:00:00-06:00")


def open_journal(path: Path, **options: Any) -> Journal:
    """Open a journal of the simulation at noon in Chicago."""
    return Journal.open(path, CLOCK, OWNER, **options)


def intent(decision: str = "d1", role: str = "entry", n: int = 0, **changes: Any) -> Intent:
    """Return an order to buy one contract, an entry by default."""
    values: dict[str, Any] = {
        "ref": f"bot/{decision}/{role}/{n}",
        "decision_id": decision,
        "role": role,
        "n": n,
        "is_opening": role == "entry",
        "con_id": CON_ID,
        "account": ACCOUNT,
        "side": "BUY" if role == "entry" else "SELL",
        "quantity": 1,
        "kind": "MKT" if role == "entry" else "STP",
        "stop_price": None if role == "entry" else 17_950.25,
    }
    return Intent(**(values | changes))


def execution(exec_id: str = "0000e0d5.65e7.01.01", **changes: Any) -> ExecutionSeen:
    """Return a fill of the entry of decision d1, one contract bought at 18,000.25."""
    values: dict[str, Any] = {
        "exec_id": exec_id,
        "order_id": 7,
        "perm_id": 501,
        "client_id": 1,
        "order_ref": "bot/d1/entry/0",
        "con_id": CON_ID,
        "account": ACCOUNT,
        "time": NOON,
        "side": "BOT",
        "quantity": 1,
        "price": 18_000.25,
    }
    return ExecutionSeen(**(values | changes))


def open_order(perm_id: int = 501, **changes: Any) -> OpenOrderSeen:
    """Return the broker's word that it holds the entry of decision d1."""
    values: dict[str, Any] = {
        "order_id": 7,
        "perm_id": perm_id,
        "client_id": 1,
        "order_ref": "bot/d1/entry/0",
        "con_id": CON_ID,
        "account": ACCOUNT,
        "action": "BUY",
        "quantity": 1,
        "kind": "MKT",
        "limit_price": None,
        "aux_price": None,
        "tif": "DAY",
        "oca_group": "",
        "parent_id": 0,
        "status": "Submitted",
    }
    return OpenOrderSeen(**(values | changes))


def rows(reader: JournalReader, table: str) -> list[dict[str, Any]]:
    """Return a table as it stands, in the order in which its rows were first written."""
    cursor = reader.connection.execute(f"SELECT * FROM {table} ORDER BY rowid")
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def risk_day(**changes: Any) -> RiskDay:
    """Return an open day that began with 10,000 USD and has lost 20."""
    values: dict[str, Any] = {
        "trading_day": DAY,
        "start_equity_cents": 1_000_000,
        "realised_cents": -2_000,
        "peak_cents": 1_000_000,
    }
    return RiskDay(**(values | changes))


def decision(name: str = "d1", **changes: Any) -> Decision:
    """Return a decision to be long one contract."""
    values: dict[str, Any] = {
        "decision_id": name,
        "bar_close": NOON,
        "con_id": CON_ID,
        "model_id": "m",
        "features_hash": "f00d",
        "action": "BUY",
        "target": 1,
        "reason": "edge",
    }
    return Decision(**(values | changes))


SESSION: tuple[JournalEvent, ...] = (
    Started(
        settings_hash="5e77",
        model_id="m",
        versions={"numpy": "2"},
        code_revision=None,
        process_id=9,
    ),
    ConnectionStep(state="connected", detail="port 7497"),
    NextIdSeen(order_id=7),
    AccountsSeen(accounts=(ACCOUNT,)),
    PositionSeen(account=ACCOUNT, con_id=CON_ID, symbol="MNQ", position=0, average_price=0.0),
    EndSeen(of="positions"),
    PositionSnapshot(account=ACCOUNT, positions=()),
    PositionAdopted(
        account=ACCOUNT, con_id=CON_ID, position=0, price=None, actor="start", reason="flat"
    ),
    ModeChanged(before="SYNCING", after="TRADING", reason="reconciled"),
    risk_day(),
    decision(),
    HighWater(max_order_id=7),
    intent(),
    IntentState(ref="bot/d1/entry/0", state="SENT", order_id=7),
    HighWater(max_order_id=8),
    intent(role="stop", order_id=8, parent_ref="bot/d1/entry/0", tif="GTC"),
    open_order(),
    OrderStatusSeen(
        order_id=7,
        perm_id=501,
        client_id=1,
        status="Filled",
        filled=1,
        remaining=0,
        average_price=18_000.25,
        why_held="",
    ),
    execution(),
    CommissionSeen(
        exec_id="0000e0d5.65e7.01.01", commission_usd=0.62, currency="USD", realised_usd=None
    ),
    IntentState(ref="bot/d1/entry/0", state="FILLED", perm_id=501),
    IntentAmended(
        ref="bot/d1/stop/0", quantity=1, limit_price=None, stop_price=17_960.0, reason="trailed"
    ),
    ErrorSeen(request_id=8, code=399, text="held until open"),
    PositionSnapshot(
        account=ACCOUNT,
        positions=(HeldPosition(con_id=CON_ID, symbol="MNQ", position=1, average_price=18_000.25),),
    ),
    ProfitSeen(account=ACCOUNT, daily_usd=float("nan"), unrealised_usd=1.5, realised_usd=0.0),
    Denial(code="max_position", reason="1 of 1 held", decision_id="d2"),
    Denial(code="max_position", reason="1 of 1 held still", decision_id="d3"),
    execution("0000e0d5.65e7.01.02", price=18_000.0),
    CompletedOrderSeen(
        perm_id=501,
        order_ref="bot/d1/entry/0",
        con_id=CON_ID,
        account=ACCOUNT,
        status="Filled",
        filled=1,
        completed_status="Filled Size: 1",
    ),
    risk_day(is_locked=True, reason="daily loss", realised_cents=-60_000),
    OperatorCommand(command="reset-lock", actor="me", reason="test"),
    OperatorReset(trading_day=DAY, actor="me", reason="test"),
    SwitchSet(name="kill", value="on", actor="me", reason="test"),
    AlertTold(code="kill", severity="critical", text="kill switch is on"),
    FundsSeen(account=ACCOUNT, available_usd=7_999.5, equity_usd=10_000.0),
    ConnectionLost(reason="closed"),
    Stopped(reason="asked to"),
)
"""One trade with its trimmings: every kind of event but `Created`, which opening writes."""


def tamper(path: Path, *statements: str) -> None:
    """Change a journal behind its back: triggers go first, as whoever tampers would have it."""
    connection = sqlite3.connect(path, isolation_level=None)
    for name, text in connection.execute(
        "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
    ).fetchall():
        connection.execute(f"DROP TRIGGER {name}")
        statements = (*statements, text)
    for statement in statements:
        connection.execute(statement)
    connection.close()
