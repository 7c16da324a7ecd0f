"""What a client's message asks for: from the fields after its id to a Request.

One literal table, by message id. Placing orders has a file of its own, orders_in.
"""

from collections.abc import Callable

from trading.simulated_gateway import requests
from trading.simulated_gateway.fields import Dialect, FieldReader, MalformedMessageError
from trading.simulated_gateway.orders_in import read_place_order
from trading.simulated_gateway.requests import Request

START_API = 71
"""Not of the broker: it says which client this is."""

SET_LOG_LEVEL = 14
_FIRST_VERSION_WITH_ISSUER = 176
_BAG = "BAG"

Decoder = Callable[[FieldReader, Dialect], Request]


class UnknownMessageError(MalformedMessageError):
    """A message that this gateway does not know."""


def read_request(fields: list[str], dialect: Dialect, reader: FieldReader) -> Request | None:
    """Return what a message asks for; None where there is nothing to answer.

    Args:
        fields: Of the message, its id first.
        dialect: Of the session.
        reader: Stands after the id; what it finds as request id is there for an error message.

    Raises:
        MalformedMessageError: If it cannot be read, or is not known.
    """
    message_id = message_id_of(fields)
    if message_id == SET_LOG_LEVEL:
        return None
    decode = DECODERS.get(message_id)
    if decode is None:
        raise UnknownMessageError(f"message {message_id} is not known to this gateway")
    return decode(reader, dialect)


def message_id_of(fields: list[str]) -> int:
    """Return a message's id."""
    try:
        return int(fields[0])
    except ValueError as error:
        raise UnknownMessageError(f"message {fields[0][:20]!r} has no id") from error


def read_start_api(reader: FieldReader) -> int:
    """Return the client id of startApi."""
    reader.skip("version")
    return reader.integer("client id")


def _cancel_order(reader: FieldReader, _: Dialect) -> Request:
    reader.skip("version")
    return requests.CancelOrder(order_id=reader.id("order id"))


def _open_orders(reader: FieldReader, _: Dialect) -> Request:
    return requests.AskOpenOrders()


def _all_open_orders(reader: FieldReader, _: Dialect) -> Request:
    return requests.AskOpenOrders(is_of_all=True)


def _bind_open_orders(reader: FieldReader, _: Dialect) -> Request:
    reader.skip("version")
    return requests.BindOpenOrders(is_wanted=reader.flag("auto bind"))


def _account_updates(reader: FieldReader, _: Dialect) -> Request:
    reader.skip("version")
    wanted = reader.flag("subscribe")
    return requests.AskAccountUpdates(is_wanted=wanted, account=reader.text("account"))


def _executions(reader: FieldReader, _: Dialect) -> Request:
    reader.skip("version")
    return requests.AskExecutions(
        request_id=reader.id(),
        client_id=reader.integer("client id"),
        account=reader.text("account"),
        since=reader.text("time"),
        symbol=reader.text("symbol"),
        sec_type=reader.text("security type"),
        exchange=reader.text("exchange"),
        side=reader.text("side"),
    )


def _contract_details(reader: FieldReader, dialect: Dialect) -> Request:
    reader.skip("version")
    request_id, contract = reader.id(), reader.contract()
    has_expired = reader.flag("include expired")
    reader.skip("security id type", "security id")
    if dialect.version >= _FIRST_VERSION_WITH_ISSUER:
        reader.skip("issuer id")
    return requests.AskContractDetails(
        request_id=request_id, contract=contract, has_expired=has_expired
    )


def _history(reader: FieldReader, _: Dialect) -> Request:
    request_id, contract = reader.id(), reader.contract()
    _refuse_combination(contract.sec_type)
    return requests.AskHistory(
        request_id=request_id,
        contract=contract,
        has_expired=reader.flag("include expired"),
        end=reader.text("end"),
        bar_size=reader.text("bar size"),
        duration=reader.text("duration"),
        is_rth_only=reader.flag("use rth"),
        what=reader.text("what to show"),
        date_format=reader.integer("date format"),
        keeps_up_to_date=reader.flag("keep up to date"),
    )


def _realtime_bars(reader: FieldReader, _: Dialect) -> Request:
    reader.skip("version")
    request_id, contract = reader.id(), reader.contract()
    reader.skip("bar size")
    what, is_rth_only = reader.text("what to show"), reader.flag("use rth")
    return requests.AskRealtimeBars(
        request_id=request_id, contract=contract, what=what, is_rth_only=is_rth_only
    )


def _market_data(reader: FieldReader, _: Dialect) -> Request:
    reader.skip("version")
    request_id, contract = reader.id(), reader.contract()
    _refuse_combination(contract.sec_type)
    if reader.flag("delta neutral"):
        reader.skip("con id", "delta", "price")
    reader.skip("generic ticks")
    return requests.AskMarketData(
        request_id=request_id, contract=contract, is_snapshot=reader.flag("snapshot")
    )


def _tick_by_tick(reader: FieldReader, _: Dialect) -> Request:
    request_id, contract = reader.id(), reader.contract()
    return requests.AskTickByTick(
        request_id=request_id, contract=contract, kind=reader.text("tick type")
    )


def _account_updates_multi(reader: FieldReader, _: Dialect) -> Request:
    reader.skip("version")
    return requests.AskAccountUpdatesMulti(
        request_id=reader.id(),
        account=reader.text("account"),
        model=reader.text("model"),
        is_ledger=reader.flag("ledger"),
    )


def _account_summary(reader: FieldReader, _: Dialect) -> Request:
    reader.skip("version")
    return requests.AskAccountSummary(
        request_id=reader.id(), group=reader.text("group"), tags=reader.text("tags")
    )


def _profit_and_loss(reader: FieldReader, _: Dialect) -> Request:
    return requests.AskProfitAndLoss(
        request_id=reader.id(), account=reader.text("account"), model=reader.text("model")
    )


def _market_data_type(reader: FieldReader, _: Dialect) -> Request:
    reader.skip("version")
    return requests.AskMarketDataType(kind=reader.integer("market data type"))


def _completed_orders(reader: FieldReader, _: Dialect) -> Request:
    return requests.AskCompletedOrders(is_of_api_only=reader.flag("api only"))


def _refuse_combination(sec_type: str) -> None:
    if sec_type == _BAG:
        raise MalformedMessageError("combinations are not traded here")


def _cancel_of(what: str, has_version: bool) -> Decoder:
    """Return a decoder of the end of a subscription."""

    def decode(reader: FieldReader, _: Dialect) -> Request:
        if has_version:
            reader.skip("version")
        return requests.Cancel(of=what, request_id=reader.id())

    return decode


DECODERS: dict[int, Decoder] = {
    1: _market_data,
    2: _cancel_of("market_data", has_version=True),
    3: read_place_order,
    4: _cancel_order,
    5: _open_orders,
    6: _account_updates,
    7: _executions,
    8: lambda reader, _: requests.AskIds(),
    9: _contract_details,
    15: _bind_open_orders,
    16: _all_open_orders,
    17: lambda reader, _: requests.AskAccounts(),
    20: _history,
    25: _cancel_of("history", has_version=True),
    49: lambda reader, _: requests.AskTime(),
    50: _realtime_bars,
    51: _cancel_of("realtime_bars", has_version=True),
    58: lambda reader, _: requests.GlobalCancel(),
    59: _market_data_type,
    61: lambda reader, _: requests.AskPositions(),
    62: _account_summary,
    63: _cancel_of("account_summary", has_version=True),
    64: lambda reader, _: requests.AskPositions(is_wanted=False),
    76: _account_updates_multi,
    77: _cancel_of("account_multi", has_version=True),
    92: _profit_and_loss,
    93: _cancel_of("pnl", has_version=False),
    97: _tick_by_tick,
    98: _cancel_of("tick_by_tick", has_version=False),
    99: _completed_orders,
}
"""Messages of clients, by id."""
