"""The line to the broker before somebody listens: what stands is told to who comes later."""

import asyncio

from config.connection_settings import ConnectionSettings
from tests.helpers.gateways import until
from tests.helpers.ib_links import simulated_gateway
from trading.broker_events import NextIdSeen
from trading.broker_line import BrokerLine
from trading.connection_events import ConnectionUp, TradingBlocked, TradingRestored
from utils.clock import SystemClock

STEPS = (ConnectionUp, TradingBlocked, TradingRestored)


def test_line_tells_who_comes_later_that_the_broker_is_away() -> None:
    told, heard = [], []

    async def in_loop(port: int) -> None:
        line = BrokerLine(ConnectionSettings(port=port), SystemClock(), told.append)
        running = asyncio.ensure_future(line.supervisor.run())
        for step, name, terms in (
            (ConnectionUp, None, {}),
            (TradingBlocked, "lose", {}),
            (TradingRestored, "restore", {"is_data_lost": False}),
            (TradingBlocked, "lose", {}),
        ):
            if name is not None:
                far.do(name, **terms)
            await until(lambda step=step: bool(told) and isinstance(told[-1], step))
        del told[:]
        line.listen(heard.append)
        running.cancel()
        await asyncio.wait({running})

    with simulated_gateway() as far:
        asyncio.run(in_loop(far.port))
    assert [type(one) for one in told if isinstance(one, STEPS)][:2] == [
        ConnectionUp,
        TradingBlocked,
    ]
    assert any(isinstance(one, NextIdSeen) for one in heard)
