"""The broker behind the gateway: answers requests, lives through the market, shows its books.

It outlives its clients. Whoever serves it sets `deliver`, hands it what clients ask, and moves the
market: by `step` in LOCKSTEP, by `pulse` whenever `seconds_to_next` have passed in TIMED, by
`set_price` by hand. All of that from one thread.
"""

import heapq
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any

from trading.simulated_gateway.account import Account
from trading.simulated_gateway.account_desk import AccountDesk
from trading.simulated_gateway.cancel_desk import CancelDesk
from trading.simulated_gateway.contracts import Listed
from trading.simulated_gateway.events import ErrorMessage, ManagedAccounts, NextValidId
from trading.simulated_gateway.faults import Faults
from trading.simulated_gateway.feed_desk import FeedDesk
from trading.simulated_gateway.fill_desk import FillDesk
from trading.simulated_gateway.history_desk import HistoryDesk
from trading.simulated_gateway.margin_desk import MarginDesk
from trading.simulated_gateway.market import Instant, Market, Moment
from trading.simulated_gateway.matching import Matcher
from trading.simulated_gateway.office import Office
from trading.simulated_gateway.order_book import OrderBook
from trading.simulated_gateway.order_desk import LOST, OrderDesk
from trading.simulated_gateway.order_types import OrderRequest
from trading.simulated_gateway.orders import BUY, BY_HAND, SELL
from trading.simulated_gateway.question_desk import QuestionDesk
from trading.simulated_gateway.requests import CancelOrder, GlobalCancel, PlaceOrder, Request
from trading.simulated_gateway.settings import BrokerSettings
from trading.simulated_gateway.slippage import add_slippage
from trading.simulated_gateway.state import state_of
from trading.simulated_gateway.teller import NOBODY, Deliver, Teller
from utils.clock import Clock
from utils.errors import ConfigError

ORDER_REQUESTS = (PlaceOrder, CancelOrder, GlobalCancel)

FARMS_OK = (
    (2104, "Market data farm connection is OK:usfuture"),
    (2106, "HMDS data farm connection is OK:ushmds"),
    (2158, "Sec-def data farm connection is OK:secdefnj"),
)
DATA_LOST = (1101, "Connectivity between IB and TWS has been restored- data lost.")
DATA_KEPT = (1102, "Connectivity between IB and TWS has been restored- data maintained.")
BROKER_LOST = 1100


class Broker:
    """A broker of one account, on one market.

    Attributes:
        n_orders_heard: Orders, changes and cancels that clients have sent so far, denied ones too.
        on_request: Called with whatever clients ask, before it is done; for who measures.
    """

    def __init__(self, market: Market, settings: BrokerSettings, clock: Clock, faults: Faults):
        """Open the books, and let the market stand at its first open.

        Args:
            market: What is traded, and what time it is there.
            settings: Of the account.
            clock: What delays and the limits on requests go by.
            faults: Switches that may be turned at any time.
        """
        self.market, self.faults = market, faults
        self.n_orders_heard = 0
        self.on_request: Callable[[Request], None] = lambda request: None
        self._clock = clock
        self._teller = Teller(faults)
        book = OrderBook()
        account = Account(settings.account, settings.cash_usd, settings.commission_usd)
        for tape in market.tapes:
            add_slippage(tape, settings)
        fills = FillDesk(market, book, account, self._teller, faults)
        self._office = Office(
            settings=settings,
            market=market,
            book=book,
            account=account,
            margins=MarginDesk(market, account, book),
            fills=fills,
            matcher=Matcher(market, book, fills, faults, settings),
            teller=self._teller,
            faults=faults,
            later=self._later,
        )
        self._orders, self._cancels = OrderDesk(self._office), CancelDesk(self._office)
        self._accounts, self._feeds = AccountDesk(self._office), FeedDesk(self._office)
        self._history = HistoryDesk(self._office, clock)
        self._questions = QuestionDesk(
            self._office, self._orders, self._cancels, self._accounts, self._feeds, self._history
        )
        fills.on_position = lambda order: self._accounts.push_position(
            account.holding(order.listed)
        )
        self._due: list[tuple[datetime, int, Callable[[], None]]] = []
        self._numbers = count()
        self._session: int | None = None
        self._live(market.begin())

    @property
    def deliver(self) -> Deliver:
        """Where events go: client id, or None for everybody connected, and the event."""
        return self._teller.deliver

    @deliver.setter
    def deliver(self, deliver: Deliver) -> None:
        self._teller.deliver = deliver

    def now(self) -> datetime:
        """Return the gateway's time, UTC, as far off as the faults say."""
        return self.market.now() + timedelta(seconds=self.faults.skew_seconds)

    def connect(self, client_id: int) -> None:
        """Let a client in: tell it the accounts, its next order id, and that the farms are up."""
        self._teller.connect(client_id)
        self._teller.answer(client_id, ManagedAccounts(accounts=self._office.account.name))
        next_id = self._office.book.next_id(client_id)
        self._teller.answer(client_id, NextValidId(order_id=next_id))
        notices = FARMS_OK if self.faults.is_broker_up else ((BROKER_LOST, LOST),)
        for code, text in notices:
            self._teller.refuse(client_id, NOBODY, code, text)

    def disconnect(self, client_id: int) -> None:
        """Forget a client's subscriptions; its orders stay."""
        self._teller.disconnect(client_id)
        for kept in (self._feeds.subscriptions, self._history.kept):
            for key in [key for key in kept if key[0] == client_id]:
                del kept[key]

    def handle(self, client_id: int, request: Request) -> None:
        """Do what a client asks, and answer it."""
        self.on_request(request)
        self._do_what_is_due()
        self.n_orders_heard += isinstance(request, ORDER_REQUESTS)
        self._questions.answer(client_id, request, self.now())

    def step(self) -> None:
        """Live on to the next close and the open after it, or to the next session's open."""
        self._live(self.market.step())

    def pulse(self) -> None:
        """Do what is due by the clock: late cancels, and in TIMED the market."""
        self._do_what_is_due()
        self._live(self.market.run())

    def seconds_to_next(self) -> float | None:
        """Return the seconds of the clock until `pulse` has something to do; None if it has not."""
        waits = [self.market.seconds_to_next()]
        if self._due:
            waits.append(max(0.0, (self._due[0][0] - self._clock.now()).total_seconds()))
        return min((wait for wait in waits if wait is not None), default=None)

    def set_price(self, points: float, con_id: int | None = None) -> None:
        """Let the market trade at one price now; a DataError if it is off the tick grid.

        Raises:
            ConfigError: If no such contract is listed; None is the first product's front one.
        """
        tape = self.market.tape_of(self._listed(con_id))
        if tape is None:
            raise ConfigError(f"contract {con_id} has no market of its own; choose another")
        ticks = int(tape.instrument.to_ticks(points))
        self._live(self.market.at_price(tape, ticks), is_by_hand=True)

    def manual(self, side: str, quantity: int, con_id: int | None = None) -> None:
        """Trade at market by hand, as if in TWS itself.

        Raises:
            ConfigError: For a side that is not "BUY" or "SELL", or fewer than one contract.
        """
        if side not in (BUY, SELL) or quantity < 1:
            raise ConfigError(
                f'a manual trade must be "BUY" or "SELL" of >= 1, was {side} {quantity}'
            )
        listed = self._listed(con_id)
        request = OrderRequest(
            order_id=self._office.book.next_id(BY_HAND),
            contract=listed.wire,
            action=side,
            quantity=quantity,
            kind="MKT",
            tif="DAY",
        )
        self._orders.place_by_hand(request, listed)

    def drop_order(self, perm_id: int) -> None:
        """Let a live order vanish without a word; a ConfigError if there is none of that number."""
        found = [order for order in self._office.book.live() if order.perm_id == perm_id]
        if not found:
            raise ConfigError(f"no live order has the perm id {perm_id}; `state` lists them")
        self._office.book.drop(found[0])

    def lose(self) -> None:
        """Lose the connection between TWS and the broker: 1100, and nothing is heard of fills."""
        self.faults.is_broker_up = False
        self.error(BROKER_LOST, LOST)

    def restore(self, is_data_lost: bool) -> None:
        """Have it again: 1101, and subscriptions are gone, or 1102, and they go on."""
        self.faults.is_broker_up = True
        if is_data_lost:
            self._feeds.subscriptions.clear()
            self._history.kept.clear()
        self.error(*(DATA_LOST if is_data_lost else DATA_KEPT))

    def error(self, code: int, text: str, request_id: int = NOBODY) -> None:
        """Tell everybody an error or a notice of any code."""
        self._teller.shout(ErrorMessage(request_id=request_id, code=code, text=text))

    def release(self) -> None:
        """Offer the standing price to all that waits: what the faults held back may fill now."""
        self._office.matcher.offer_again()

    def set_front(self, code: str) -> None:
        """Make a contract the front one, e.g. "MNQH26"; a DataError if it is no contract."""
        self.market.contracts.set_front(code)

    def state(self) -> dict[str, Any]:
        """Return the broker's books as plain JSON values; what they hold, state.py says."""
        return state_of(self._office, self.now())

    def _live(self, instants: Iterator[Instant], *, is_by_hand: bool = False) -> None:
        """Let orders, account and feeds live through some instants."""
        for instant in instants:
            tape, bar = instant.tape, instant.bar
            if instant.moment == Moment.OPEN:
                self._begin_session(tape.instrument.symbol)
                self._office.matcher.open(tape, bar)
            elif instant.moment == Moment.RANGE:
                self._office.matcher.range(tape, bar)
            elif instant.moment == Moment.CLOSE:
                self._cancels.expire()
            if not self.faults.is_stale and self.faults.is_data_up:
                self._show(instant, is_by_hand=is_by_hand)

    def _show(self, instant: Instant, *, is_by_hand: bool) -> None:
        """Tell what an instant brought to whoever watches."""
        self._feeds.push(instant, is_by_hand=is_by_hand)
        if instant.moment != Moment.RANGE:
            self._history.push(instant.tape)
        if instant.moment == Moment.CLOSE:
            self._accounts.push()

    def _begin_session(self, symbol: str) -> None:
        """Expire what is over, and count the day's PnL anew in a new session."""
        session = self.market.hours(symbol).session(self.market.event_time())
        if session == self._session:
            return
        if self._session is not None:
            self._cancels.expire()
        self._session = session
        self._office.account.begin_day(self._office.margins.equity_usd)

    def _listed(self, con_id: int | None) -> Listed:
        """Return a contract by its number, or the first product's front contract."""
        contracts, today = self.market.contracts, self.market.today()
        if con_id is None:
            return contracts.front(contracts.instruments[0].symbol, today)
        found = contracts.by_id(con_id, today)
        if found is None:
            raise ConfigError(f"no contract of the gateway has the id {con_id}")
        return found

    def _later(self, delay: timedelta, action: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self._clock.now() + delay, next(self._numbers), action))

    def _do_what_is_due(self) -> None:
        now = self._clock.now()
        while self._due and self._due[0][0] <= now:
            heapq.heappop(self._due)[2]()
