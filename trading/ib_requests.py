"""Requests that have an id of their own: contracts, and bars of one contract."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from data.ib_client import new_contract, new_future
from data.ib_history_errors import Failure, kind_of
from trading.contract_facts import ContractFacts
from trading.ib_codes import HOPELESS_CODES, REQUEST_NOTICES
from trading.ib_session import IbSession
from utils.errors import FatalGatewayError, GatewayError, TemporaryGatewayError

NO_PERMISSION = (
    "subscribe to the exchange's real-time data for API use, and share them with the paper account"
)


@dataclass(slots=True)
class Collector:
    """Gathers what is told under one request id, until its end, an error or the connection's end.

    Attributes:
        item: The wrapper method that tells one item.
        end: The one that ends the list.
        items: Arguments of the items so far.
        done: Resolved at the end.
    """

    item: str
    end: str
    done: "asyncio.Future[None]"
    items: list[tuple[Any, ...]] = field(default_factory=list)

    def hear(self, name: str, said: tuple[Any, ...]) -> None:
        """Hear a message of this request; a route of the tap."""
        if self.done.done():
            return
        if name == self.item:
            self.items.append(said)
        elif name == self.end:
            self.done.set_result(None)
        elif name == "error" and said[0] not in REQUEST_NOTICES:
            self.done.set_exception(error_of(said[0], said[1]))


def error_of(code: int, text: str) -> GatewayError:
    """Return the error that a refusal of a request is; of code 162 the text says which."""
    said = f"the broker refused a request with {code}: {text.rstrip('.')}"
    if kind_of(code, text) is Failure.PERMISSION and code not in HOPELESS_CODES:
        return FatalGatewayError(f"{said}; {NO_PERMISSION}")
    return FatalGatewayError(said) if code in HOPELESS_CODES else TemporaryGatewayError(said)


async def collect(
    session: IbSession, names: tuple[str, str], send: Callable[[int], None], limit: float
) -> list[tuple[Any, ...]]:
    """Send a request and return the arguments of all its items.

    Args:
        session: An open connection.
        names: The wrapper methods of an item and of the end.
        send: Puts the request with the given id on the wire.
        limit: Seconds that it may take.

    Raises:
        GatewayError: Temporary or fatal, as the broker refused it, or did not end it in time.
    """
    request_id = session.client.getReqId()
    collector = Collector(*names, asyncio.get_running_loop().create_future())
    session.tap.routes[request_id] = collector.hear
    ended = asyncio.ensure_future(session.ended())
    try:
        send(request_id)
        waited = {collector.done, ended}
        await asyncio.wait(waited, timeout=limit, return_when=asyncio.FIRST_COMPLETED)
        text = unanswered(limit, has_ended=ended.done())
    finally:
        ended.cancel()
        del session.tap.routes[request_id]
    if not collector.done.done():
        raise TemporaryGatewayError(text)
    collector.done.result()
    return collector.items


def unanswered(limit: float, *, has_ended: bool) -> str:
    """Return what to say of a request without an answer: the line broke, or time ran out."""
    if has_ended:
        return "the connection ended before the broker answered a request; connect again"
    return f"the broker did not answer a request within {limit:g} s"


async def ask_contract(session: IbSession, con_id: int, limit: float) -> tuple[Any, ContractFacts]:
    """Return the contract of a number, the library's object and ours.

    Raises:
        GatewayError: As for `collect`; fatal where there is no such contract.
    """
    wanted = new_contract(conId=con_id)
    found = await collect(
        session,
        ("contractDetails", "contractDetailsEnd"),
        lambda request_id: session.client.reqContractDetails(request_id, wanted),
        limit,
    )
    if len(found) != 1:
        raise FatalGatewayError(
            f"the broker knows {len(found)} contracts of number {con_id}; choose the contract anew"
        )
    details = found[0][0]
    facts = facts_of(details)
    return new_future(con_id, facts.exchange), facts


async def ask_futures(
    session: IbSession, symbol: str, exchange: str, limit: float
) -> tuple[ContractFacts, ...]:
    """Return the dated contracts of a symbol that trade now, the nearest expiry first."""
    wanted = new_contract(secType="FUT", symbol=symbol, exchange=exchange, currency="USD")
    found = await collect(
        session,
        ("contractDetails", "contractDetailsEnd"),
        lambda request_id: session.client.reqContractDetails(request_id, wanted),
        limit,
    )
    facts = (facts_of(details) for (details,) in found)
    return tuple(sorted(facts, key=lambda one: one.expiry))


def facts_of(details: Any) -> ContractFacts:
    """Return what the library's contract details say."""
    contract = details.contract
    return ContractFacts(
        con_id=contract.conId,
        symbol=contract.symbol,
        local_symbol=contract.localSymbol,
        exchange=contract.exchange,
        expiry=details.realExpirationDate or contract.lastTradeDateOrContractMonth,
        multiplier=float(contract.multiplier or 1),
        tick_size=details.minTick,
        time_zone=details.timeZoneId,
        trading_hours=details.tradingHours,
    )
