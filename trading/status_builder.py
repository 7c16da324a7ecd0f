"""A trader's status, made of what its parts know at one moment: nothing is guessed, nothing kept.

What each part knows is its own; what open alerts there are is added by trading/operations.py.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from trading.connection import ConnectionSupervisor
from trading.contract_facts import ContractFacts
from trading.order_desk import OrderDesk
from trading.risk_view import RiskView
from trading.shown_orders import shown_orders, shown_stop
from trading.status import (
    ConnectionStatus,
    DataStatus,
    DecisionStatus,
    HoldingStatus,
    OrdersStatus,
    ProfitStatus,
    TraderStatus,
)
from trading.trader_books import TraderBooks


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusSource:
    """Where a status comes from.

    Attributes:
        venue: "sim", "paper" or "live".
        desk: Orders, position, mode, denials.
        supervisor: The line.
        contract: What is traded; None before it is chosen.
        profit: The trading day's money.
        data: The bars.
        decision: The last one; None before any.
        day_begun: When the trading day began; None where that is not known.
        versions: Of the program, the model and the client library.
    """

    venue: str
    desk: OrderDesk
    supervisor: ConnectionSupervisor
    contract: ContractFacts | None
    profit: ProfitStatus
    data: DataStatus
    decision: DecisionStatus | None = None
    day_begun: datetime | None = None
    versions: Mapping[str, str] = field(default_factory=dict)


def build_status(source: StatusSource) -> TraderStatus:
    """Return what the trader is doing now."""
    manager = source.desk.manager
    view = manager.view
    return TraderStatus(
        at=manager.now(),
        venue=source.venue,
        account=manager.books.account,
        mode=manager.modes.mode if view.mode is None else view.mode,
        holds=dict(manager.modes.state.holds),
        connection=_connection(source),
        holding=_holding(source),
        profit=source.profit,
        data=source.data,
        decision=source.decision,
        orders=_orders(source, view),
        versions=dict(source.versions),
    )


def _connection(source: StatusSource) -> ConnectionStatus:
    line = source.supervisor
    return ConnectionStatus(
        link=source.desk.manager.modes.link,
        since=line.since,
        is_broker_up=not line.is_blocked,
        is_planned=line.is_planned,
        outage_seconds=line.outage_seconds,
        n_outage_limits=line.n_outage_limits,
        probe_ms=line.probe_ms,
        clock_offset_seconds=line.clock_skew_seconds,
    )


def _holding(source: StatusSource) -> HoldingStatus:
    books, contract = source.desk.manager.books, source.contract
    return HoldingStatus(
        contract="" if contract is None else contract.local_symbol,
        expiry=None if contract is None else _expiry(contract.expiry),
        position=books.position,
        average_price=_average_price(books),
        stop=shown_stop(books),
        unprotected_since=source.desk.protector.unprotected_since,
    )


def _average_price(books: TraderBooks) -> float | None:
    """Return the average entry, points; None where flat, or where a price is not known."""
    ticks = books.fills.holding(books.con_id).entry_ticks
    return float(books.instrument.to_prices(ticks)) if math.isfinite(ticks) else None


def _expiry(text: str) -> date | None:
    """Return the day of YYYYMMDD, whatever the broker writes behind it."""
    try:
        return datetime.strptime(text[:8], "%Y%m%d").date()
    except ValueError:
        return None


def _orders(source: StatusSource, view: RiskView) -> OrdersStatus:
    manager = source.desk.manager
    return OrdersStatus(
        working=shown_orders(manager.books),
        sent_today=view.orders_today,
        denials=manager.denials.since(source.day_begun),
    )
