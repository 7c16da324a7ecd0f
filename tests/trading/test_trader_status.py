"""The status of a whole trader over a real socket, also after a restart."""

import asyncio

from tests.helpers.gateways import until
from tests.helpers.live_traders import BUY, market_of, scripted_model, some_bars, trading
from trading.modes import Hold


def test_status_of_a_restarted_trader_still_counts_the_denials_of_its_day(tmp_path):
    bars = some_bars(80)
    model = scripted_model(bars, BUY)

    async def in_loop(market):
        async with trading(market, model, tmp_path) as run:
            run.manager.modes.hold(Hold.OPERATOR, "lunch")
            await run.step()
            await until(lambda: run.heard.statuses[-1].orders.denials == {"halted": 1})
        async with trading(market, model, tmp_path) as run:
            await until(lambda: run.heard.statuses[-1].holding.contract != "")
            assert run.heard.statuses[-1].orders.denials == {"halted": 1}

    with market_of(bars, 60, model.policy.env_settings) as market:
        asyncio.run(in_loop(market))
