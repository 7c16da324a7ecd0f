"""What is wrong with an order by itself: the refusals of TWS and of the broker, by their codes."""

import math
from dataclasses import dataclass
from datetime import date

from config.instruments import Instrument
from trading.simulated_gateway.contracts import CONTINUOUS, ContractList, Listed
from trading.simulated_gateway.order_types import OrderRequest, OrderType
from trading.simulated_gateway.orders import BUY, SELL

NO_CONTRACT = 200
REJECTED = 201
INVALID = 321
BAD_PRICE = 110
BAD_TYPE = 387
BAD_TIF = 10052

NO_DEFINITION = "No security definition has been found for the request"
OFF_GRID = "The price does not conform to the minimum price variation for this contract."

TIFS = ("DAY", "GTC", "IOC", "")

MAX_QUANTITY = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why something is not done: IB's code, and text."""

    code: int
    text: str


def invalid(cause: str) -> Refusal:
    """Return the refusal of a request that TWS does not even pass on."""
    return Refusal(code=INVALID, text=f"Error validating request.-'bN' : cause - {cause}")


def contract_of(request: OrderRequest, contracts: ContractList, today: date) -> Listed | Refusal:
    """Return the one contract that an order means; one that has expired is none."""
    if request.contract.sec_type == CONTINUOUS:
        return Refusal(code=NO_CONTRACT, text=f"{NO_DEFINITION}: a continuous future is no order's")
    found = contracts.find(request.contract, today, has_expired=False)
    if len(found) == 1:
        return found[0]
    if found:
        text = f"The contract description specified for {request.contract.symbol} is ambiguous."
        return Refusal(code=NO_CONTRACT, text=text)
    return Refusal(code=NO_CONTRACT, text=NO_DEFINITION)


def refusal_of(request: OrderRequest, instrument: Instrument, account: str) -> Refusal | None:
    """Return what is wrong with an order, or None."""
    if request.kind not in tuple(OrderType):
        text = "Unsupported order type for this exchange and security type."
        return Refusal(code=BAD_TYPE, text=text)
    if request.action not in (BUY, SELL):
        return invalid(f"Invalid side {request.action}")
    if not 1 <= request.quantity <= MAX_QUANTITY:
        return invalid("Order size must be at least one contract")
    if request.tif not in TIFS:
        return Refusal(code=BAD_TIF, text=f"Invalid time in force: {request.tif}")
    if request.account not in ("", account):
        return invalid("Invalid account code")
    return _price_refusal(request, instrument)


def _price_refusal(request: OrderRequest, instrument: Instrument) -> Refusal | None:
    """Return what is wrong with the prices of an order, or None."""
    kind = OrderType(request.kind)
    wanted = {
        "limit price": (request.limit_price, kind in (OrderType.LIMIT, OrderType.STOP_LIMIT)),
        "stop price": (request.aux_price, kind in (OrderType.STOP, OrderType.STOP_LIMIT)),
    }
    for name, (price, is_needed) in wanted.items():
        if is_needed and (price is None or not math.isfinite(price)):
            return invalid(f"The {name} is missing")
    prices = [price for price, is_needed in wanted.values() if is_needed]
    if kind == OrderType.TRAIL:
        prices = [request.aux_price, request.trail_stop_price]
        if not request.aux_price and not request.trail_percent:
            return invalid("The trailing amount is missing")
    given = [price for price in prices if price is not None]
    if any(bool(instrument.off_grid(price)) for price in given):
        return Refusal(code=BAD_PRICE, text=OFF_GRID)
    return None
