"""Hands each request to the desk that answers it; the simple questions are answered here."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from trading.simulated_gateway.account_desk import AccountDesk
from trading.simulated_gateway.cancel_desk import CancelDesk
from trading.simulated_gateway.contracts import CONTINUOUS, Listed
from trading.simulated_gateway.events import (
    ContractDetails,
    CurrentTime,
    End,
    ManagedAccounts,
    NextValidId,
)
from trading.simulated_gateway.feed_desk import Feed, FeedDesk
from trading.simulated_gateway.history_desk import HistoryDesk
from trading.simulated_gateway.history_terms import parse_time
from trading.simulated_gateway.intake import INVALID, NO_CONTRACT, NO_DEFINITION
from trading.simulated_gateway.office import Office
from trading.simulated_gateway.order_desk import OrderDesk
from trading.simulated_gateway.order_events import (
    BOUGHT,
    SOLD,
    Fill,
    completed_order,
    open_order,
    order_status,
)
from trading.simulated_gateway.orders import BUY, BY_HAND, SELL, BookOrder
from trading.simulated_gateway.requests import (
    AskAccounts,
    AskAccountSummary,
    AskAccountUpdates,
    AskAccountUpdatesMulti,
    AskCompletedOrders,
    AskContractDetails,
    AskExecutions,
    AskHistory,
    AskIds,
    AskMarketData,
    AskMarketDataType,
    AskOpenOrders,
    AskPositions,
    AskProfitAndLoss,
    AskRealtimeBars,
    AskTickByTick,
    AskTime,
    BindOpenOrders,
    Cancel,
    CancelOrder,
    GlobalCancel,
    PlaceOrder,
    Request,
)
from trading.simulated_gateway.teller import MASTER, NOBODY

READ_ONLY = (
    "Error validating request.-'bN' : cause - The API interface is currently in Read-Only mode."
)
SIDES = {BUY: BOUGHT, SELL: SOLD}


class QuestionDesk:
    """Knows who answers what."""

    def __init__(
        self,
        office: Office,
        orders: OrderDesk,
        cancels: CancelDesk,
        accounts: AccountDesk,
        feeds: FeedDesk,
        history: HistoryDesk,
    ):
        """Open a desk in front of the others."""
        self._office, self._teller = office, office.teller
        self._orders, self._cancels, self._accounts = orders, cancels, accounts
        self._feeds, self._history = feeds, history
        self._answers: dict[type, Callable[[int, Any], None]] = {
            PlaceOrder: self._place,
            CancelOrder: self._cancel_order,
            GlobalCancel: self._cancel_all,
            AskIds: self._ids,
            AskAccounts: self._account_names,
            AskPositions: self._positions,
            AskOpenOrders: self._open_orders,
            BindOpenOrders: self._bind,
            AskCompletedOrders: self._completed_orders,
            AskExecutions: self._executions,
            AskAccountUpdates: self._account_updates,
            AskAccountUpdatesMulti: self._account_multi,
            AskAccountSummary: self._summary,
            AskProfitAndLoss: self._profit,
            AskContractDetails: self._details,
            AskHistory: self._history.answer,
            AskRealtimeBars: self._realtime_bars,
            AskMarketData: self._market_data,
            AskMarketDataType: lambda client_id, request: None,
            AskTickByTick: self._tick_by_tick,
            Cancel: self._cancel,
        }

    def answer(self, client_id: int, request: Request, now: datetime) -> None:
        """Do what a client asks, and answer it; `now` is what the gateway says the time is."""
        if isinstance(request, AskTime):
            self._teller.answer(client_id, CurrentTime(time=now))
        else:
            self._answers[type(request)](client_id, request)

    def _place(self, client_id: int, request: PlaceOrder) -> None:
        if not self._is_read_only(client_id, request.order.order_id):
            self._orders.place(client_id, request.order)

    def _cancel_order(self, client_id: int, request: CancelOrder) -> None:
        if not self._is_read_only(client_id, request.order_id):
            self._cancels.cancel(client_id, request.order_id)

    def _cancel_all(self, client_id: int, request: GlobalCancel) -> None:
        if not self._is_read_only(client_id, NOBODY):
            self._cancels.cancel_all()

    def _is_read_only(self, client_id: int, order_id: int) -> bool:
        """Refuse what trades, and lists of orders too, where the API may only read."""
        if self._office.faults.is_read_only:
            self._teller.refuse(client_id, order_id, INVALID, READ_ONLY)
        return self._office.faults.is_read_only

    def _ids(self, client_id: int, request: AskIds) -> None:
        next_id = self._office.book.next_id(client_id)
        self._teller.answer(client_id, NextValidId(order_id=next_id))

    def _account_names(self, client_id: int, request: AskAccounts) -> None:
        self._teller.answer(client_id, ManagedAccounts(accounts=self._office.account.name))

    def _positions(self, client_id: int, request: AskPositions) -> None:
        self._teller.wishes[client_id].has_positions = request.is_wanted
        if request.is_wanted:
            self._accounts.tell_positions(client_id)

    def _open_orders(self, client_id: int, request: AskOpenOrders) -> None:
        if self._is_read_only(client_id, NOBODY):
            return
        for order in self._office.book.live():
            is_own = order.client_id == client_id or self._is_bound(client_id, order)
            if order.is_transmitted and (request.is_of_all or is_own):
                self._teller.answer(client_id, open_order(order))
                self._teller.answer(client_id, order_status(order))
        self._teller.answer(client_id, End(of="open_orders"))

    def _is_bound(self, client_id: int, order: BookOrder) -> bool:
        wishes = self._teller.wishes[client_id]
        return order.client_id == BY_HAND and client_id == MASTER and wishes.has_manual_orders

    def _bind(self, client_id: int, request: BindOpenOrders) -> None:
        if client_id == MASTER:
            self._teller.wishes[client_id].has_manual_orders = request.is_wanted

    def _completed_orders(self, client_id: int, request: AskCompletedOrders) -> None:
        if self._is_read_only(client_id, NOBODY):
            return
        now = self._office.market.now()
        for order in self._office.book.orders:
            is_wanted = order.client_id != BY_HAND or not request.is_of_api_only
            if (
                order.is_done
                and order.is_transmitted
                and is_wanted
                and self._is_today(order.listed, order.completed)
            ):
                self._teller.answer(client_id, completed_order(order, now))
        self._teller.answer(client_id, End(of="completed_orders"))

    def _executions(self, client_id: int, request: AskExecutions) -> None:
        for fill in self._office.fills.fills:
            if self._is_wanted(fill, request):
                event = replace(fill.execution, request_id=request.request_id)
                self._teller.answer(client_id, event)
                self._teller.answer(client_id, fill.commission)
        self._teller.answer(client_id, End(of="executions", request_id=request.request_id))

    def _is_wanted(self, fill: Fill, request: AskExecutions) -> bool:
        """Return whether a fill is of today and passes a filter."""
        execution = fill.execution
        since = parse_time(request.since) if request.since else None
        wanted = (
            (request.client_id, execution.client_id),
            (request.account, execution.account),
            (request.symbol, execution.contract.symbol),
            (request.sec_type, execution.contract.sec_type),
            (request.exchange, execution.contract.exchange),
            (SIDES.get(request.side, request.side), execution.side),
        )
        is_fitting = all(value in (0, "", own) for value, own in wanted)
        return is_fitting and (since is None or execution.time >= since) and self._is_of_today(fill)

    def _is_of_today(self, fill: Fill) -> bool:
        listed = self._office.account.holdings[fill.execution.contract.con_id].listed
        return self._is_today(listed, fill.execution.time)

    def _is_today(self, listed: Listed, time: datetime | None) -> bool:
        """Return whether something happened in the session that is on, or was last while closed."""
        market = self._office.market
        hours = market.hours(listed.instrument.symbol)
        return time is None or hours.last_session(time) == hours.last_session(market.now())

    def _account_updates(self, client_id: int, request: AskAccountUpdates) -> None:
        self._teller.wishes[client_id].has_account = request.is_wanted
        if request.is_wanted:
            self._accounts.tell_account(client_id)

    def _account_multi(self, client_id: int, request: AskAccountUpdatesMulti) -> None:
        self._teller.wishes[client_id].multi.add(request.request_id)
        self._accounts.tell_multi(client_id, request.request_id)

    def _summary(self, client_id: int, request: AskAccountSummary) -> None:
        tags = tuple(tag.strip() for tag in request.tags.split(",") if tag.strip())
        self._teller.wishes[client_id].summaries[request.request_id] = tags
        self._accounts.tell_summary(client_id, request.request_id, tags)

    def _profit(self, client_id: int, request: AskProfitAndLoss) -> None:
        self._teller.wishes[client_id].profits.add(request.request_id)
        self._accounts.tell_profit(client_id, request.request_id)

    def _details(self, client_id: int, request: AskContractDetails) -> None:
        market = self._office.market
        found = market.contracts.find(request.contract, market.today(), request.has_expired)
        if not found:
            return self._teller.refuse(client_id, request.request_id, NO_CONTRACT, NO_DEFINITION)
        is_continuous = request.contract.sec_type == CONTINUOUS
        for listed in found:
            event = self._detail(listed, request.request_id, is_continuous)
            self._teller.answer(client_id, event)
        self._teller.answer(client_id, End(of="contract_details", request_id=request.request_id))

    def _detail(self, listed: Listed, request_id: int, is_continuous: bool) -> ContractDetails:
        hours = self._office.market.hours(listed.instrument.symbol)
        now = self._office.market.now()
        contract = replace(listed.wire, sec_type=CONTINUOUS) if is_continuous else listed.wire
        return ContractDetails(
            request_id=request_id,
            contract=contract,
            minimum_tick=listed.instrument.tick_size,
            contract_month=f"{listed.contract.year:04d}{listed.contract.month:02d}",
            long_name=listed.instrument.name,
            time_zone=hours.zone_name,
            trading_hours=hours.trading_text(now),
            liquid_hours=hours.liquid_text(now),
            real_expiry=listed.wire.expiry,
        )

    def _realtime_bars(self, client_id: int, request: AskRealtimeBars) -> None:
        self._feeds.subscribe(client_id, request.request_id, request.contract, Feed.SHORT_BARS)

    def _market_data(self, client_id: int, request: AskMarketData) -> None:
        if request.is_snapshot:
            self._feeds.snapshot(client_id, request.request_id, request.contract)
        else:
            self._feeds.subscribe(client_id, request.request_id, request.contract, Feed.TICKS)

    def _tick_by_tick(self, client_id: int, request: AskTickByTick) -> None:
        self._feeds.subscribe(client_id, request.request_id, request.contract, Feed.TRADES)

    def _cancel(self, client_id: int, request: Cancel) -> None:
        """End a subscription of any kind."""
        wishes, request_id = self._teller.wishes[client_id], request.request_id
        if request.of == "history":
            self._history.cancel(client_id, request_id)
        elif request.of == "account_summary":
            wishes.summaries.pop(request_id, None)
        elif request.of == "account_multi":
            wishes.multi.discard(request_id)
        elif request.of == "pnl":
            wishes.profits.discard(request_id)
        else:
            self._feeds.cancel(client_id, request_id)
