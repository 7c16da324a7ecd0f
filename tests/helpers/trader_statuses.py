"""Statuses of a trader, as they are in good order, with what a test changes."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from trading.modes import Hold, Link, Mode
from trading.status import (
    ConnectionStatus,
    DataStatus,
    DecisionStatus,
    HoldingStatus,
    OrdersStatus,
    ProfitStatus,
    StopStatus,
    TraderStatus,
    WorkingOrder,
)

NOW = datetime(2025, 11, 20, 15, 0, 7, tzinfo=UTC)
ACCOUNT = "DU1234567"


def ago(seconds: float) -> datetime:
    """Return the time so many seconds before NOW."""
    return NOW - timedelta(seconds=seconds)


def healthy(**changes: Any) -> TraderStatus:
    """Return a trader that is long two contracts behind a stop, with fields of it changed."""
    status = TraderStatus(
        at=NOW,
        venue="paper",
        account=ACCOUNT,
        mode=Mode.TRADING,
        connection=ConnectionStatus(
            link=Link.RECONCILED, since=ago(3_725), probe_ms=12.5, clock_offset_seconds=-0.25
        ),
        holding=HoldingStatus(
            contract="MNQZ5",
            expiry=date(2025, 12, 19),
            position=2,
            average_price=25_010.25,
            stop=StopStatus(price=24_960.25, quantity=2, is_covering=True),
        ),
        profit=ProfitStatus(
            realised_usd=120.0,
            unrealised_usd=-41.5,
            commission_usd=3.72,
            daily_loss_limit_usd=500.0,
        ),
        data=DataStatus(last_bar_close=ago(7), next_bar_due=NOW + timedelta(seconds=293)),
        decision=DecisionStatus(
            decided_at=ago(7), action="long 2", target=2, reason="already there"
        ),
        orders=OrdersStatus(
            working=(
                WorkingOrder(
                    ref="fg/20251120T1455-ab12/stop/1",
                    role="stop",
                    side="SELL",
                    quantity=2,
                    price=24_960.25,
                    state="working",
                ),
            ),
            sent_today=6,
            denials={"stale_data": 2, "order_rate": 1},
        ),
        versions={"futuresgym": "0.1.0", "model": "ab12"},
    )
    return replace(status, **changes)


def with_connection(**changes: Any) -> TraderStatus:
    """Return a healthy trader whose connection is changed."""
    return healthy(connection=replace(healthy().connection, **changes))


def with_holding(**changes: Any) -> TraderStatus:
    """Return a healthy trader whose holding is changed."""
    return healthy(holding=replace(healthy().holding, **changes))


def unbegun(**changes: Any) -> TraderStatus:
    """Return a trader that has never reached its broker."""
    never = healthy(
        mode=Mode.CONNECTING,
        connection=ConnectionStatus(link=Link.CONNECTING, since=ago(3_725)),
        holding=HoldingStatus(contract="", position=None),
        profit=ProfitStatus(
            realised_usd=None, unrealised_usd=None, commission_usd=None, daily_loss_limit_usd=500.0
        ),
        data=DataStatus(),
        decision=None,
        orders=OrdersStatus(),
    )
    return replace(never, **changes)


def with_profit(**changes: Any) -> TraderStatus:
    """Return a healthy trader whose money is changed."""
    return healthy(profit=replace(healthy().profit, **changes))


def held(hold: Hold, why: str, mode: Mode = Mode.REDUCE_ONLY) -> TraderStatus:
    """Return a healthy trader that one thing holds back."""
    return healthy(mode=mode, holds={hold: why})


def out_of_reach(seconds: float, **changes: Any) -> TraderStatus:
    """Return a trader whose gateway has been away for so long, none of it planned."""
    return replace(
        with_connection(
            link=Link.DISCONNECTED, since=ago(seconds), outage_seconds=seconds, **changes
        ),
        mode=Mode.DISCONNECTED,
    )
