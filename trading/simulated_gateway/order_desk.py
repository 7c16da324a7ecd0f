"""What becomes of an order that a client sends or changes; cancels are left to cancel_desk.py."""

from dataclasses import replace

from env.kernel.names import Birth
from trading.simulated_gateway.contracts import Listed
from trading.simulated_gateway.events import ErrorMessage
from trading.simulated_gateway.intake import REJECTED, Refusal, contract_of, refusal_of
from trading.simulated_gateway.office import Office
from trading.simulated_gateway.order_events import open_order, order_status
from trading.simulated_gateway.order_types import OrderRequest, OrderStatus
from trading.simulated_gateway.orders import BY_HAND, TRIGGERED, BookOrder

DUPLICATE_ID = 103
CHANGED = 105
NO_PARENT = 135
HELD = 399
DISCONNECTED = 1100
REGROUPED = 10326
PRESET_TIF = 10349

LOST = "Connectivity between IB and Trader Workstation has been lost."
SIMULATED = "Order rejected - reason:the simulator was told to"
GROUP_OVER = "Order rejected - reason:The OCA group has already been filled."
TIF_WAS_SET = "Order TIF was set to DAY based on order preset."
NO_FUNDS = (
    "Order rejected - reason:We are unable to accept your order. Your Available Funds are "
    "insufficient to cover the initial margin."
)


class OrderDesk:
    """Takes orders and changes, and answers them."""

    def __init__(self, office: Office):
        """Open a desk."""
        self._office = office

    def place(self, client_id: int, request: OrderRequest) -> None:
        """Take an order in, or a change of the live one of the same id, or refuse it."""
        faults = self._office.faults
        if faults.n_drop_orders > 0:
            faults.n_drop_orders -= 1
            return
        if not faults.is_broker_up:
            return self._refuse(client_id, request, Refusal(code=DISCONNECTED, text=LOST))
        found = contract_of(request, self._office.market.contracts, self._office.market.today())
        if isinstance(found, Refusal):
            return self._refuse(client_id, request, found)
        wrong = refusal_of(request, found.instrument, self._office.account.name)
        if wrong is not None:
            return self._refuse(client_id, request, wrong)
        whole = self._completed(request, found)
        same = self._office.book.of_id(client_id, request.order_id)
        live = [order for order in same if not order.is_done]
        if whole.is_what_if:
            self._what_if(client_id, whole, found)
        elif live:
            self._modify(live[-1], whole)
        elif same or request.order_id < self._office.book.next_id(client_id):
            self._refuse(client_id, request, Refusal(code=DUPLICATE_ID, text="Duplicate order id"))
        else:
            self._take_in(self._new_order(client_id, whole, found, has_tif=bool(request.tif)))

    def place_by_hand(self, request: OrderRequest, listed: Listed) -> None:
        """Trade in TWS itself, which neither faults nor limits keep anybody from."""
        order = self._new_order(BY_HAND, self._completed(request, listed), listed, has_tif=True)
        self._take_in(order)

    def _new_order(
        self, client_id: int, request: OrderRequest, listed: Listed, *, has_tif: bool
    ) -> BookOrder:
        return BookOrder(
            request=request,
            client_id=client_id,
            perm_id=self._office.book.new_perm_id(),
            listed=listed,
            has_tif=has_tif,
        )

    def _completed(self, request: OrderRequest, listed: Listed) -> OrderRequest:
        """Return a request with what it left out."""
        account = self._office.account.name
        return replace(request, contract=listed.wire, account=account, tif=request.tif or "DAY")

    def _refuse(self, client_id: int, request: OrderRequest, refusal: Refusal) -> None:
        self._office.teller.refuse(client_id, request.order_id, refusal.code, refusal.text)

    def _what_if(self, client_id: int, request: OrderRequest, listed: Listed) -> None:
        """Answer what margin an order would take; nothing is kept of it."""
        order = BookOrder(request=request, client_id=client_id, perm_id=0, listed=listed)
        order.status = OrderStatus.PRE_SUBMITTED
        impact = self._office.margins.impact(listed, order.side * request.quantity)
        event = replace(open_order(order), what_if=impact)
        self._office.teller.answer(client_id, event)

    def _rejection(self, order: BookOrder) -> Refusal | None:
        """Return why the broker rejects an order, or None."""
        if order.client_id == BY_HAND:
            return None
        if self._is_faulty(order.request):
            return Refusal(code=self._office.faults.reject_code, text=SIMULATED)
        group = order.request.oca_group
        if self._office.settings.closes_filled_groups and self._office.book.is_group_over(group):
            return Refusal(code=REJECTED, text=GROUP_OVER)
        if order.parent is None and not self._office.margins.is_affordable(
            order.listed, order.side * order.remaining
        ):
            return Refusal(code=REJECTED, text=NO_FUNDS)
        return None

    def _take_in(self, order: BookOrder) -> None:
        """Keep a new order; work it once it, or a sibling, is to be transmitted."""
        request = order.request
        if request.parent_id and not self._find_parent(order):
            text = f"Can't find order with ID = {request.parent_id}"
            return self._refuse(order.client_id, request, Refusal(code=NO_PARENT, text=text))
        order.write_record()
        self._office.book.add(order)
        if request.should_transmit:
            self._transmit(self._office.book.family(order))

    def _is_faulty(self, request: OrderRequest) -> bool:
        """Return whether the faults reject an order; counts down."""
        faults = self._office.faults
        if faults.n_rejects > 0:
            faults.n_rejects -= 1
            return True
        if faults.n_stop_rejects > 0 and request.kind in TRIGGERED:
            faults.n_stop_rejects -= 1
            return True
        return False

    def _find_parent(self, order: BookOrder) -> bool:
        """Tie an order to its parent, if that is there and not cancelled."""
        parents = self._office.book.of_id(order.client_id, order.request.parent_id)
        fit = [one for one in parents if not one.is_done or one.status == OrderStatus.FILLED]
        order.parent = fit[-1] if fit else None
        return bool(fit)

    def _transmit(self, family: list[BookOrder]) -> None:
        """Work orders from now on: acknowledge all, then offer each the price that stands."""
        fresh = [order for order in family if not order.is_transmitted]
        for order in fresh:
            self._admit(order)
        taken = [order for order in fresh if not order.is_done]
        acknowledgements = [(order, open_order(order), order_status(order)) for order in taken]
        if self._office.faults.is_execution_first:
            for order in taken:
                self._work(order)
        for order, held, status in acknowledgements:
            self._office.teller.push_order(order.client_id, held)
            self._office.teller.push_order(order.client_id, status)
            self._warn(order)
        if not self._office.faults.is_execution_first:
            for order in taken:
                self._work(order)

    def _admit(self, order: BookOrder) -> None:
        """Let the broker take an order, or reject it and with it what waits for it."""
        office = self._office
        order.is_transmitted = True
        refusal = self._rejection(order)
        if order.is_done:
            return
        if refusal is None:
            office.fills.rest(order)
            self._set_expiry(order)
            return
        office.fills.end(order, OrderStatus.INACTIVE, refusal.text)
        self._refuse(order.client_id, order.request, refusal)
        office.teller.push_order(order.client_id, order_status(order))
        for child in office.book.children(order):
            child.is_transmitted = True
            office.fills.cancel(child, "Parent order was rejected")

    def _work(self, order: BookOrder) -> None:
        """Offer an order the price that stands; one that is good at once or never then ends."""
        self._office.matcher.arrive(order)
        if order.request.tif == "IOC" and order.is_working:
            self._office.fills.cancel(order, "Immediate or cancel")

    def _set_expiry(self, order: BookOrder) -> None:
        """Let a DAY order end with its session; sent while closed, with the next one."""
        market = self._office.market
        if order.request.tif == "DAY" and market.settings.is_by_calendar:
            hours = market.hours(order.listed.instrument.symbol)
            session = hours.session(market.event_time())
            order.expires = hours.session_bounds(session)[1]

    def _warn(self, order: BookOrder) -> None:
        """Say that an order got a time in force, or waits for the market to open."""
        office, order_id = self._office, order.request.order_id
        if not order.has_tif:
            event = ErrorMessage(request_id=order_id, code=PRESET_TIF, text=TIF_WAS_SET)
            office.teller.push_order(order.client_id, event)
        if order.is_done or office.fills.is_open(order):
            return
        hours = office.market.hours(order.listed.instrument.symbol)
        opens = hours.next_open(office.market.now()).astimezone(hours.zone)
        request = order.request
        text = (
            f"Order Message:\n{request.action} {request.quantity} "
            f"{request.contract.local_symbol} Warning: your order will not be placed at the "
            f"exchange until {opens:%Y-%m-%d %H:%M:%S} {hours.zone_name}"
        )
        event = ErrorMessage(request_id=order_id, code=HELD, text=text)
        office.teller.push_order(order.client_id, event)

    def _modify(self, order: BookOrder, request: OrderRequest) -> None:
        """Change a live order, or make a second one of the same id if the faults say so."""
        office = self._office
        before = order.request
        is_same = (request.contract.con_id, request.action, request.parent_id) == (
            before.contract.con_id,
            before.action,
            before.parent_id,
        )
        if request.oca_group != before.oca_group:
            refusal = Refusal(code=REGROUPED, text="OCA group revision is not allowed.")
            return self._refuse(order.client_id, request, refusal)
        if not is_same or request.quantity <= order.filled:
            text = "Order being modified does not match original order"
            return self._refuse(order.client_id, request, Refusal(code=CHANGED, text=text))
        if self._is_faulty(request):
            refusal = Refusal(code=office.faults.reject_code, text=SIMULATED)
            return self._refuse(order.client_id, request, refusal)
        if office.faults.is_doubling_modify and order.is_transmitted:
            order = replace(order, perm_id=office.book.new_perm_id(), record=order.record.copy())
            office.book.add(order)
        order.request = request
        order.write_record()
        if not order.is_transmitted:
            if request.should_transmit:
                self._transmit(office.book.family(order))
            return
        order.record.birth = Birth.RESTED
        office.fills.rest(order)
        self._set_expiry(order)
        office.fills.tell(order)
        self._work(order)
