"""Has the kernel compiled before clients come: it may take longer than they wait."""

from functools import cache

from trading.simulated_gateway.broker import Broker
from trading.simulated_gateway.faults import Faults
from trading.simulated_gateway.market import Market
from trading.simulated_gateway.order_types import OrderRequest
from trading.simulated_gateway.requests import PlaceOrder
from trading.simulated_gateway.settings import BrokerSettings, MarketSettings, Pacing
from utils.clock import SystemClock

SYMBOL = "MNQ"
CLIENT = 1
PRICE, LIMIT, TRIGGER, BELOW = 18_000.0, 18_010.0, 17_990.0, 17_980.0
EXITS = ("LMT", "STP", "STP LMT", "TRAIL")


@cache
def warm_kernels() -> None:
    """Fill one order of every kind at a broker that nobody sees; from then on none has to wait."""
    clock = SystemClock()
    market = Market({SYMBOL: None}, MarketSettings(pacing=Pacing.MANUAL), clock)
    broker = Broker(market, BrokerSettings(), clock, Faults())
    broker.connect(CLIENT)
    broker.set_price(PRICE)
    contract = market.contracts.front(SYMBOL, market.today()).wire
    for order_id, kind in enumerate(("MKT", *EXITS), start=1):
        order = OrderRequest(
            order_id=order_id,
            contract=contract,
            action="SELL" if kind in EXITS else "BUY",
            quantity=1,
            kind=kind,
            tif="GTC",
            is_outside_rth=True,
            limit_price=LIMIT,
            aux_price=TRIGGER,
        )
        broker.handle(CLIENT, PlaceOrder(order=order))
    broker.set_price(BELOW)
