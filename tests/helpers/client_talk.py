"""Talk to a gateway through whichever client library is installed, and print what came of it.

Run as a program, in an environment of one of the two libraries; it needs nothing but that library,
numpy and pydantic. Its arguments are the gateway's port and its control port.
"""

import asyncio
import json
import socket
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from config.connection_settings import ConnectionSettings
from data.ib_client import ib_library
from tests.helpers.gateways import until
from trading.broker_events import (
    CommissionSeen,
    CompletedOrderSeen,
    ConnectionLost,
    ErrorSeen,
    ExecutionSeen,
    FundsSeen,
    OpenOrderSeen,
    PositionSeen,
    ProfitSeen,
)
from trading.gateway import OrderToSend
from trading.ib_gateway import IbGateway
from utils.clock import SystemClock
from utils.errors import TemporaryGatewayError

PRICE = 20_000.0
LIVE_CODES = (10349, 161, 104, 10147, 103, 201, 463, 388, 135, 321, 399, 2109)
"""Errors at which at least one of the libraries takes a live order for done."""


class Talk:
    """An adapter, what it heard since the last `begin`, and the gateway's control socket."""

    def __init__(self, port: int, control_port: int) -> None:
        self.heard: list[Any] = []
        settings = ConnectionSettings(port=port, list_seconds=1.0, probe_seconds=1.0)
        self.near = IbGateway(settings, self._hear, SystemClock())
        self._control = socket.create_connection(("127.0.0.1", control_port), timeout=30.0)
        self._answers = self._control.makefile("rb")
        self._order_id = 0
        self._con_id = 0

    def _hear(self, event: Any) -> None:
        self.heard.append(event)

    def far(self, name: str, /, **arguments: Any) -> dict[str, Any]:
        """Do something to the gateway."""
        self._control.sendall(json.dumps({"do": name, **arguments}).encode() + b"\n")
        answer: dict[str, Any] = json.loads(self._answers.readline())
        assert answer["ok"], answer
        return answer

    def fault(self, **faults: Any) -> None:
        """Switch faults, by name."""
        for name, value in faults.items():
            self.far("fault", name=name, value=value)

    async def begin(self) -> None:
        """Heal the gateway, connect, flatten nothing, and forget what was heard."""
        self.far("heal")
        self.far("set_price", points=PRICE)
        if not self.near.is_connected:
            await self.near.connect()
            self._con_id = (await self.near.futures("MNQ", "CME"))[0].con_id
            await self.near.qualify(self._con_id)
        await asyncio.sleep(0.05)
        self.heard.clear()

    def send(self, kind: str, **terms: Any) -> int:
        """Send an order to buy one contract, and return its id."""
        self._order_id += 1
        fields = {
            "ref": f"bot/talk/entry/{self._order_id}",
            "order_id": self._order_id,
            "con_id": self._con_id,
            "account": "DU1234567",
            "action": "BUY",
            "quantity": 1,
            "kind": kind,
        }
        self.near.send(OrderToSend(**{**fields, **terms}))
        return int(terms.get("order_id", self._order_id))

    def of(self, kind: type) -> list[Any]:
        """Return the events of one kind."""
        return [event for event in self.heard if isinstance(event, kind)]

    async def hears(self, kind: type, n: int = 1) -> None:
        """Wait for so many events of a kind."""
        await until(lambda: len(self.of(kind)) >= n)


async def market_order(talk: Talk) -> dict[str, Any]:
    """Fill an order, and ask for the position."""
    talk.send("MKT", quantity=2)
    await talk.hears(CommissionSeen)
    await talk.near.ask_positions()
    (fill,), position = talk.of(ExecutionSeen), talk.of(PositionSeen)[-1]
    return {
        "fill": [fill.side, fill.quantity, fill.price],
        "has_perm_id": fill.perm_id == talk.of(OpenOrderSeen)[0].perm_id > 0,
        "is_recent": abs(fill.time.timestamp() - time.time()) < 60,
        "position": [position.position, position.average_price],
    }


async def phantom_cancel(talk: Talk) -> dict[str, Any]:
    """Hear errors of a live order, modify it all the same, and see it fill."""
    order_id = talk.send("LMT", limit_price=19_000.0)
    await talk.hears(OpenOrderSeen)
    await asyncio.sleep(0.1)
    talk.heard.clear()
    for code in LIVE_CODES:
        talk.far("error", code=code, text="trouble", request_id=order_id)
    await talk.hears(ErrorSeen, len(LIVE_CODES))
    kinds = sorted({type(event).__name__ for event in talk.heard})
    talk.send("LMT", order_id=order_id, limit_price=PRICE + 1)
    await talk.hears(ExecutionSeen)
    return {"kinds": kinds, "n_fills": len(talk.of(ExecutionSeen))}


async def fill_while_disconnected(talk: Talk) -> dict[str, Any]:
    """Miss a fill, and find it by asking."""
    order_id = talk.send("LMT", limit_price=19_900.0, tif="GTC")
    await talk.hears(OpenOrderSeen)
    await talk.near.close()
    talk.far("set_price", points=19_800.0)
    await talk.near.connect()
    n_before = len(talk.of(ExecutionSeen))
    await talk.near.ask_executions()
    await talk.near.ask_completed_orders()
    ref = f"bot/talk/entry/{order_id}"
    done = [order.status for order in talk.of(CompletedOrderSeen) if order.order_ref == ref]
    found = [fill.order_ref for fill in talk.of(ExecutionSeen)].count(ref)
    return {"n_before": n_before, "n_found": found, "done": done}


async def unanswered_lists(talk: Talk) -> dict[str, Any]:
    """Ask for each list, and get no answer."""
    near = talk.near
    asks = {61: near.ask_positions, 16: near.ask_open_orders, 7: near.ask_executions}
    asks[99] = near.ask_completed_orders
    failed = []
    for number, ask in asks.items():
        talk.fault(ignore_in={number: 1})
        try:
            await ask()
        except TemporaryGatewayError:
            failed.append(number)
    return {"failed": failed, "is_connected": near.is_connected}


async def half_open(talk: Talk) -> dict[str, Any]:
    """Notice a peer that is gone without a word."""
    talk.fault(is_black_hole=True)
    looked_connected, began = talk.near.is_connected, time.monotonic()
    try:
        await talk.near.probe()
    except TemporaryGatewayError:
        took = time.monotonic() - began
        lost, is_connected = talk.of(ConnectionLost), talk.near.is_connected
    talk.far("kick")
    return {
        "looked_connected": looked_connected,
        "is_connected": is_connected,
        "is_in_time": took < 3.0,
        "n_lost": len(lost),
    }


async def client_id_in_use(talk: Talk) -> dict[str, Any]:
    """Be refused, and come in again under the same id."""
    await talk.near.close()
    talk.fault(ghost_clients=[1])
    try:
        await talk.near.connect()
    except TemporaryGatewayError as error:
        said = "client id 1 is in use" in str(error)
    codes = [event.code for event in talk.of(ErrorSeen)]
    talk.fault(ghost_clients=[])
    await talk.near.connect()
    return {"said": said, "codes": codes, "clients": talk.far("state")["clients"]}


async def reset(talk: Talk) -> dict[str, Any]:
    """Lose the connection while a list is coming."""
    talk.fault(ignore_in={61: 1})
    asked = asyncio.ensure_future(talk.near.ask_positions())
    await asyncio.sleep(0.05)
    talk.far("kick")
    (error,) = await asyncio.gather(asked, return_exceptions=True)
    return {"error": type(error).__name__, "n_lost": len(talk.of(ConnectionLost))}


async def execution_first(talk: Talk) -> dict[str, Any]:
    """Hear of a fill before its order."""
    talk.fault(is_execution_first=True)
    talk.send("MKT")
    await talk.hears(CommissionSeen)
    await talk.hears(OpenOrderSeen)
    kinds = [type(event).__name__ for event in talk.heard]
    return {"is_first": kinds.index("ExecutionSeen") < kinds.index("OpenOrderSeen")}


async def unreadable_time(talk: Talk) -> dict[str, Any]:
    """Hear of a fill whose time zone nobody knows."""
    contract = ["11", "MNQ", "FUT", "20251219", "0", "", "2", "CME", "USD", "MNQZ5", "MNQ"]
    what = ["DU1", "CME", "BOT", "2", "20000.25", "77", "1", "0", "2", "20000.25", "bot/d/e/1"]
    when = ["e.01.01", "20251105 08:30:00 Mars/Phobos"]
    fields = ["11", "-1", "5", *contract, *when, *what, "", "", "", "1"]
    session = talk.near.session()
    session.client.decoder.interpret([*fields, "0"][: 31 + (session.client.serverVersion() >= 178)])
    (fill,) = talk.of(ExecutionSeen)
    return {"quantity": fill.quantity, "is_now": abs(fill.time.timestamp() - time.time()) < 60}


async def money(talk: Talk) -> dict[str, Any]:
    """Follow PnL, and funds twice, which are told twice though nothing has changed."""
    talk.near.follow_profit("DU1234567")
    await talk.hears(ProfitSeen)
    for n in (1, 2):
        talk.near.follow_funds("DU1234567")
        await talk.hears(FundsSeen, n)
    await talk.near.probe()
    funds = talk.of(FundsSeen)
    return {
        "n_told": len(funds),
        "is_the_same": funds[0] == funds[1],
        "is_free": 0 < funds[0].available_usd <= funds[0].equity_usd,
        "n_profits": len(talk.of(ProfitSeen)),
        "errors": [error.code for error in talk.of(ErrorSeen)],
    }


async def listener_fails(talk: Talk) -> dict[str, Any]:
    """Have the listener raise: the connection ends, and the same is raised to whoever asks."""

    def explode(event: Any) -> None:
        raise OSError("the disk is full")

    talk.near._session.tap._listener = explode  # type: ignore[union-attr]
    talk.far("error", code=2104, text="any", request_id=-1)
    await until(lambda: not talk.near.is_connected)
    try:
        await talk.near.probe()
    except OSError as error:
        return {"raised": str(error)}
    return {"raised": ""}


TALKS: dict[str, Callable[[Talk], Awaitable[dict[str, Any]]]] = {
    "market_order": market_order,
    "phantom_cancel": phantom_cancel,
    "fill_while_disconnected": fill_while_disconnected,
    "unanswered_lists": unanswered_lists,
    "half_open": half_open,
    "client_id_in_use": client_id_in_use,
    "reset": reset,
    "execution_first": execution_first,
    "unreadable_time": unreadable_time,
    "money": money,
    "listener_fails": listener_fails,
}
"""All of them, in the order in which one adapter goes through them."""


async def main(port: int, control_port: int) -> None:
    """Go through all talks and print their results as one line of JSON."""
    talk = Talk(port, control_port)
    results: dict[str, Any] = {"library": ib_library().__name__}
    for name, one in TALKS.items():
        await talk.begin()
        results[name] = await one(talk)
    print(json.dumps(results))  # noqa: T201


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2])))
