"""All that the broker's desks work with, in one place."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from trading.simulated_gateway.account import Account
from trading.simulated_gateway.faults import Faults
from trading.simulated_gateway.fill_desk import FillDesk
from trading.simulated_gateway.margin_desk import MarginDesk
from trading.simulated_gateway.market import Market
from trading.simulated_gateway.matching import Matcher
from trading.simulated_gateway.order_book import OrderBook
from trading.simulated_gateway.settings import BrokerSettings
from trading.simulated_gateway.teller import Teller

Later = Callable[[timedelta, Callable[[], None]], None]
"""Does something when a time has passed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Office:
    """All that an order desk works with."""

    settings: BrokerSettings
    market: Market
    book: OrderBook
    account: Account
    margins: MarginDesk
    fills: FillDesk
    matcher: Matcher
    teller: Teller
    faults: Faults
    later: Later
