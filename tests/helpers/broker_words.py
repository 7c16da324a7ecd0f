"""What a broker says, made by hand: short words for the values of trading/broker_events.py."""

from datetime import UTC, datetime, timedelta

from trading.broker_events import (
    CommissionSeen,
    CompletedOrderSeen,
    ErrorSeen,
    ExecutionSeen,
    OpenOrderSeen,
    OrderStatusSeen,
)

START = datetime(2025, 6, 10, 14, 35, tzinfo=UTC)
ACCOUNT = "DU1"
CON_ID = 770561201
OUR_CLIENT = 7
ENTRY_REF = "bot/20250610T143500Z-m1/entry/1"
STOP_REF = "bot/20250610T143500Z-m1/stop/1"


def at(seconds):
    """Return so many seconds after START."""
    return START + timedelta(seconds=seconds)


def opened(status="Submitted", **fields):
    """Return an openOrder of an entry to buy 2 at the market, unless told otherwise."""
    usual = {
        "order_id": 11,
        "perm_id": 900,
        "client_id": OUR_CLIENT,
        "order_ref": ENTRY_REF,
        "con_id": CON_ID,
        "account": ACCOUNT,
        "action": "BUY",
        "quantity": 2,
        "kind": "MKT",
        "limit_price": None,
        "aux_price": None,
        "tif": "GTC",
        "oca_group": "",
        "parent_id": 0,
        "status": status,
    }
    return OpenOrderSeen(**{**usual, **fields})


def told(status, filled=0, **fields):
    """Return an orderStatus."""
    usual = {
        "order_id": 11,
        "perm_id": 900,
        "client_id": OUR_CLIENT,
        "status": status,
        "filled": filled,
        "remaining": 2 - filled,
        "average_price": 0.0,
        "why_held": "",
    }
    return OrderStatusSeen(**{**usual, **fields})


def executed(quantity, exec_id="0000e0d5.6847.01.01", **fields):
    """Return an execution of the entry at 20000."""
    usual = {
        "exec_id": exec_id,
        "order_id": 11,
        "perm_id": 900,
        "client_id": OUR_CLIENT,
        "order_ref": ENTRY_REF,
        "con_id": CON_ID,
        "account": ACCOUNT,
        "time": START,
        "side": "BOT",
        "quantity": quantity,
        "price": 20_000.0,
    }
    return ExecutionSeen(**{**usual, **fields})


def completed(status, filled=0, reason="", **fields):
    """Return a completedOrder."""
    usual = {
        "perm_id": 900,
        "order_ref": ENTRY_REF,
        "con_id": CON_ID,
        "account": ACCOUNT,
        "status": status,
        "filled": filled,
        "completed_status": reason,
    }
    return CompletedOrderSeen(**{**usual, **fields})


def fault(code, order_id=11, text="said the broker"):
    """Return an error that carries an order's id."""
    return ErrorSeen(request_id=order_id, code=code, text=text)


def charged(usd, exec_id="0000e0d5.6847.01.01"):
    """Return a commission report."""
    return CommissionSeen(exec_id=exec_id, commission_usd=usd, currency="USD", realised_usd=None)
