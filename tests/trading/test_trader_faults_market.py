"""Faults 38 and 42 over a whole trader: a contract that ends, market data that another has."""

import asyncio

import pytest

from tests.helpers.gateways import until
from tests.helpers.invariants import position_of
from tests.helpers.live_traders import (
    BUY,
    CLOSE,
    HOLD,
    market_of,
    rehearse,
    scripted_model,
    some_bars,
    trading,
)
from trading.modes import Hold, Mode

pytestmark = pytest.mark.faults

BARS = some_bars(100)
COMPETING = {"code": 10197, "text": "No market data during competing live session"}
SHORT_SILENCE = {"silence_seconds": 1.0}


def holds(run):
    return set(run.manager.modes.state.holds)


def test_fault_42_competing_session_blinds_the_trader_until_bars_come_live_again(tmp_path):
    async def body(run):
        model.policy.answers = [BUY]
        await run.step()
        model.policy.always = BUY
        run.far.set(is_data_up=False)
        run.far.do("error", **COMPETING)
        await until(lambda: Hold.COMPETING_SESSION in holds(run))
        assert run.manager.modes.mode is Mode.REDUCE_ONLY
        await until(lambda: "competing_session" in run.heard.standing())
        n_orders, decided = run.market.n_orders_heard, run.desk.decisions.last.name
        for _ in range(3):
            await run.market.step()
        await until(lambda: Hold.STALE_DATA in holds(run))
        await run.settle()
        assert run.market.n_orders_heard == n_orders
        assert run.desk.decisions.last.name == decided
        run.far.set(is_data_up=True)
        await until(lambda: run.desk.market.last_close == run.market.clock.now())
        await run.settle()
        assert holds(run) == {Hold.STALE_DATA, Hold.COMPETING_SESSION}  # history proves nothing
        assert run.desk.decisions.last.name == decided
        model.policy.answers = [CLOSE, BUY, HOLD]
        await run.step(2)
        assert not holds(run)
        await until(lambda: "competing_session" not in run.heard.standing())
        assert position_of(run.market.state()) == 1

    model = scripted_model(BARS, stop_loss_ticks=400.0)
    rehearse(tmp_path, body, BARS, model, connection=SHORT_SILENCE)


def test_fault_42_error_about_a_session_while_bars_come_passes_with_the_next_bar(tmp_path):
    async def body(run):
        run.far.do("error", **COMPETING)
        await until(lambda: Hold.COMPETING_SESSION in holds(run))
        model.policy.answers = [BUY]
        await run.step()
        assert position_of(run.market.state()) == 1

    model = scripted_model(BARS)
    rehearse(tmp_path, body, BARS, model)


def test_fault_42_trader_that_begins_beside_another_session_waits_for_its_data(tmp_path):
    model = scripted_model(BARS)

    async def in_loop(market):
        market.gateway.set(is_data_up=False)
        async with trading(market, model, tmp_path, is_begun=False) as run:
            await until(lambda: run.trader.desk is not None)
            await until(lambda: {Hold.COMPETING_SESSION, Hold.STALE_DATA} <= holds(run))
            await until(lambda: "competing_session" in run.heard.standing())
            market.gateway.set(is_data_up=True)
            await run.settle()
            model.policy.answers = [BUY]
            await run.step()
            assert position_of(market.state()) == 1
            run.check()

    with market_of(BARS, 60, model.policy.env_settings) as market:
        asyncio.run(in_loop(market))
