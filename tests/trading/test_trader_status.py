"""The status of a whole trader over a real socket, also after a restart."""

import asyncio
from datetime import UTC, datetime

from data.synthetic import synthetic_bars
from tests.helpers.gateways import until
from tests.helpers.live_traders import BUY, market_of, rehearse, scripted_model, some_bars, trading
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


def test_status_of_a_closed_market_expects_a_bar_after_the_next_open(tmp_path):
    bars = synthetic_bars(3_000, seed=3).loc["2024-01-12 16:00":"2024-01-15 00:30"]
    model = scripted_model(bars)

    async def body(run):
        while run.market.clock.now() < datetime(2024, 1, 12, 22, tzinfo=UTC):
            await run.step()
        due = datetime(2024, 1, 14, 23, 5, tzinfo=UTC)  # Sunday, 17:05 in Chicago
        await until(lambda: run.heard.statuses[-1].data.next_bar_due == due)

    rehearse(tmp_path, body, bars, model)
