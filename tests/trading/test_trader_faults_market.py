"""Faults 38 and 42 over a whole trader: a contract that ends, market data that another has."""

import asyncio
from datetime import datetime

import numpy as np
import pandas as pd
import pytest

from data.synthetic import synthetic_bars
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
from trading.data_events import BarRevised, SeenBar
from trading.modes import Hold, Mode

pytestmark = pytest.mark.faults

BARS = some_bars(100)
COMPETING = {"code": 10197, "text": "No market data during competing live session"}
SHORT_SILENCE = {"silence_seconds": 1.0}


def holds(run):
    return set(run.manager.modes.state.holds)


OLD, NEW = "MNQH24", "MNQM24"
GAP = 100.25
"""Points that the new contract closes above the old one in the last bar of the old one's last
session, Friday 2024-03-08; it opens on Sunday evening, an hour earlier by UTC: summer time."""


def two_contracts():
    """Return six hours of both to Friday's close, and an hour and a half from Sunday's open on."""
    friday = pd.date_range("2024-03-08 16:00", "2024-03-08 21:55", freq="5min", tz="UTC")
    sunday = pd.date_range("2024-03-10 22:00", "2024-03-10 23:25", freq="5min", tz="UTC")
    stamps = friday.append(sunday)
    steps = np.arange(len(stamps))
    old = [18_000.0 + 0.25 * (k * 7 % 11) for k in steps]
    new = [price + GAP + 0.5 * ((k - 71) % 3) for k, price in zip(steps, old, strict=True)]
    return pd.concat([contract_bars(OLD, stamps, old), contract_bars(NEW, stamps, new)])


def contract_bars(code, stamps, closes):
    """Return bars of one contract that open and close at the same price."""
    frame = pd.DataFrame({"timestamp": stamps, "open": closes, "close": closes, "volume": 100.0})
    return frame.assign(high=frame["open"] + 1.0, low=frame["open"] - 1.0, contract=code)


def contracts_traded(market):
    """Return the contracts that were traded, by their executions, in order."""
    return [fill["con_id"] for fill in market.state()["executions"]]


NAMED = {"is_named": True}


def at(text):
    """Return a time of March 2024, UTC."""
    return datetime.fromisoformat(f"2024-03-{text}:00+00:00")


def over_market(model, body):
    """Run a body over one market of both contracts, in which traders come and go."""
    with market_of(two_contracts(), 60, model.policy.env_settings) as market:
        asyncio.run(body(market))


def watched_bars(run):
    """Return the bars that the pipeline is told from now on: open, contract, roll gap, close."""
    told, pipeline = [], run.desk.decisions.pipeline
    close = pipeline.close

    def noted(bar, *arguments, **named):
        told.append((f"{bar.opened:%d %H:%M}", bar.contract, bar.roll_gap, bar.close))
        return close(bar, *arguments, **named)

    pipeline.close = noted
    return told


@pytest.mark.parametrize("is_silent", [False, True])
def test_fault_38_position_is_closed_before_the_roll_and_bars_go_on_in_the_next_month(
    tmp_path, is_silent
):
    """Whether the last bar is over by the first one of Sunday, or by the clock alone."""

    async def body(run):
        told, first = watched_bars(run), run.manager.books.con_id
        model.policy.answers = [BUY]
        model.policy.always = BUY
        await run.step(8)
        assert run.market.clock.now() == at("08 21:40")
        assert position_of(run.market.state()) == 1
        await run.step()  # a quarter of an hour is left
        assert position_of(run.market.state()) == 0
        assert holds(run) == {Hold.ROLLOVER}
        await run.step(3)
        assert run.desk.contract.code == OLD
        run.far.set(is_stale=is_silent)
        await run.step()
        assert run.market.clock.now() == at("10 22:00")
        assert run.desk.contract.code == NEW
        run.far.set(is_stale=False)
        await run.step()
        second = run.manager.books.con_id
        assert contracts_traded(run.market) == [first, first, second]
        assert run.market.state()["orders"][0]["con_id"] == second
        assert told[-3:] == [
            ("08 21:50", OLD, None, 18_001.5),
            ("08 21:55", OLD, None, 18_000.5),
            ("10 22:00", NEW, GAP, 18_103.0),
        ]
        await run.step(2)
        assert told[-1] == ("10 22:10", NEW, None, 18_100.5)
        assert not holds(run)
        assert run.desk.decisions.pipeline.problem is None

    model = scripted_model(synthetic_bars(200), stop_loss_ticks=400.0)
    rehearse(tmp_path, body, two_contracts(), model, terms=NAMED)


def common_bar(**corrected):
    """Return the new contract's last bar before the roll, which the old one has too."""
    usual = {"time": at("08 21:55"), "open": 18_100.75, "high": 18_101.75, "low": 18_099.75}
    return SeenBar(**{**usual, "close": 18_100.75, "volume": 100.0, **corrected})


def test_fault_38_last_common_bar_that_is_corrected_costs_the_model_nothing(tmp_path):
    """Before the gap is made use of it is measured anew; after that, the bar concerns nobody."""

    async def body(run):
        told, old = watched_bars(run), run.desk.decisions.pipeline
        await run.step(13)
        assert run.desk.contract.code == NEW
        run.desk.market._tell(BarRevised(bar=common_bar(close=18_101.0)))
        await run.step()
        assert told[-2:] == [
            ("08 21:55", OLD, None, 18_000.5),
            ("10 22:00", NEW, 100.5, 18_103.0),  # 18,101.0 less 18,000.5
        ]
        run.desk.market._tell(BarRevised(bar=common_bar(volume=101.0)))
        assert run.desk.decisions.pipeline.problem is None
        first = SeenBar(time=at("10 22:00"), open=18_103.0, high=18_104.0, low=18_102.0,
                        close=18_103.0, volume=101.0)  # fmt: skip
        run.desk.market._tell(BarRevised(bar=first))
        assert old.bars.last.volume == 101.0
        await run.step()
        assert told[-1][:3] == ("10 22:05", NEW, None)
        assert run.desk.decisions.pipeline is old
        assert old.problem is None
        assert "model_begun_anew" not in run.heard.kinds()

    model = scripted_model(synthetic_bars(200), stop_loss_ticks=400.0)
    rehearse(tmp_path, body, two_contracts(), model, terms=NAMED)


def test_fault_38_trader_that_is_down_at_the_roll_goes_on_in_the_next_month(tmp_path):
    model = scripted_model(synthetic_bars(200), stop_loss_ticks=400.0)

    async def body(market):
        async with trading(market, model, tmp_path, terms=NAMED) as run:
            first = run.manager.books.con_id
            await run.step(12)  # to Friday's close
        model.policy.always = BUY
        await market.step()
        async with trading(market, model, tmp_path, terms=NAMED) as run:
            told = watched_bars(run)
            assert run.desk.contract.code == NEW
            assert run.manager.books.con_id != first
            await run.step()
            assert position_of(market.state()) == 1
            assert contracts_traded(market) == [run.manager.books.con_id]
            assert {contract for _, contract, _, _ in told} == {NEW}
            assert run.desk.decisions.pipeline.problem is None
            run.check()

    over_market(model, body)


def test_fault_38_position_in_a_month_that_is_over_is_closed_before_anything_else(tmp_path):
    model = scripted_model(synthetic_bars(200), BUY, stop_loss_ticks=400.0)

    async def body(market):
        async with trading(market, model, tmp_path, terms=NAMED) as run:
            first = run.manager.books.con_id
            await run.step(8)  # it ends before the quarter of an hour in which it would be closed
        for _ in range(6):
            await market.step()
        assert position_of(market.state()) == 1
        model.policy.always = BUY
        async with trading(market, model, tmp_path, terms=NAMED) as run:
            await run.settle()
            assert position_of(market.state()) == 0
            assert run.desk.contract.code == NEW
            await run.step(2)
            assert contracts_traded(market) == [first, first, run.manager.books.con_id]
            assert "history_gap" not in run.heard.kinds()
            run.check()

    over_market(model, body)


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
