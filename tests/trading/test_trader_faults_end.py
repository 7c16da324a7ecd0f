"""Faults 39, 40 and 44 over a whole trader: its end, its kill switch, and a second one."""

import asyncio
import shutil
from datetime import UTC, datetime

import pytest

from data.synthetic import synthetic_bars
from tests.helpers.gateways import until
from tests.helpers.invariants import position_of
from tests.helpers.live_orders import QUICK
from tests.helpers.live_traders import (
    BUY,
    market_of,
    rehearse,
    scripted_model,
    some_bars,
    trading,
)
from trading.command_box import KILL_FILE
from trading.journal_reader import JournalReader
from trading.modes import Hold, Mode
from trading.order_identity import Role
from trading.simulated_gateway.broker import Broker
from trading.simulated_gateway.requests import PlaceOrder
from trading.trader_setup import JOURNAL

pytestmark = pytest.mark.faults

BARS = some_bars(100)
IMPATIENT = {"connect_seconds": 0.5}
"""With a handshake that is swallowed too."""

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.fixture
def placed(monkeypatch):
    """Return the refs of all orders and changes that come to the gateway."""
    refs, handle = [], Broker.handle

    def noted(broker, client_id, request):
        if isinstance(request, PlaceOrder):
            refs.append(request.order.order_ref)
        handle(broker, client_id, request)

    monkeypatch.setattr(Broker, "handle", noted)
    return refs


def kill_in_journal(folder):
    """Return whether the journal has the kill switch pulled, as another process reads it."""
    with JournalReader.open(folder / JOURNAL) as reader:
        switch = reader.switches().get(Hold.KILL_SWITCH.value)
    return switch is not None and switch.value == "on"


async def kill_in_the_dark(run):
    """Pull the switch by its file while nothing goes either way, and see it written down."""
    run.far.set(is_black_hole=True)
    await until(lambda: not run.trader.line.supervisor.is_up)
    (run.folder / KILL_FILE).touch()
    await until(lambda: kill_in_journal(run.folder))
    assert position_of(run.market.state()) == 1


def is_bare(state):
    """Return whether there is no position, and no order at all."""
    return position_of(state) == 0 and not state["orders"]


async def stays_killed(run, n_executions):
    """Live through bars on which the model wants to buy."""
    assert run.manager.modes.mode is Mode.KILLED
    for _ in range(3):
        await run.step()
        assert is_bare(run.market.state())
    assert len(run.market.state()["executions"]) == n_executions


def over_market(model, body):
    """Run a body over one market, in which traders come and go."""
    with market_of(BARS, 60, model.policy.env_settings) as market:
        asyncio.run(body(market))


async def ended(run, seconds=10.0):
    """Tell a trader to end, as SIGTERM does, and return once it has, in time."""
    run.trader.stop("SIGTERM")
    done, _ = await asyncio.wait({run.task}, timeout=seconds)
    assert done


def test_fault_39_end_in_the_dark_is_in_time_and_leaves_the_stop(tmp_path):
    async def body(run):
        model.policy.answers = [BUY]
        await run.step()
        run.far.set(is_black_hole=True)
        await ended(run)
        assert position_of(run.market.state()) == 1
        assert [order["kind"] for order in run.market.state()["orders"]] == ["STP"]

    model = scripted_model(BARS, stop_loss_ticks=400.0)
    rehearse(tmp_path, body, BARS, model, terms={"should_flatten_on_exit": True})


@pytest.mark.parametrize("is_filled", [False, True])
def test_fault_39_end_with_an_entry_on_its_way_leaves_nothing(tmp_path, is_filled):
    async def body(run):
        model.policy.answers = [BUY]
        run.far.set(is_not_filling=True)
        await run.market.step()
        await until(lambda: bool(run.market.state()["orders"]))
        run.far.set(is_filling_on_cancel=is_filled)  # the cancel comes too late
        run.far.do("fault", name="is_not_filling", value=False)
        await ended(run)
        assert is_bare(run.market.state())
        assert len(run.market.state()["executions"]) == 2 * is_filled

    model = scripted_model(BARS)
    rehearse(tmp_path, body, BARS, model, terms={"should_flatten_on_exit": True})


def test_fault_40_switch_pulled_in_the_dark_closes_all_before_anything_else(tmp_path, placed):
    model = scripted_model(BARS, BUY, stop_loss_ticks=400.0)

    async def body(market):
        async with trading(market, model, tmp_path, connection=IMPATIENT) as run:
            await run.step()
            model.policy.always = BUY
            await kill_in_the_dark(run)
            placed.clear()
            await market.step()
            market.gateway.set(is_black_hole=False)
            await until(lambda: is_bare(market.state()))
            assert [ref.split("/")[-2] for ref in placed] == ["flatten"]
            await until(lambda: "kill_switch" in run.heard.standing())
            await run.settle()
            await stays_killed(run, n_executions=2)
            run.check()
        (tmp_path / KILL_FILE).unlink()  # the file is only how it was pulled
        async with trading(market, model, tmp_path) as run:
            await run.settle()
            await stays_killed(run, n_executions=2)
            run.check()

    over_market(model, body)


def test_fault_40_switch_pulled_before_the_dark_is_noticed_closes_all_in_the_end(tmp_path, placed):
    async def body(run):
        model.policy.answers = [BUY]
        model.policy.always = BUY
        await run.step()
        run.far.set(is_black_hole=True)
        (run.folder / KILL_FILE).touch()
        await until(lambda: bool(run.manager.books.live_of(Role.FLATTEN)))  # it went nowhere
        await until(lambda: not run.trader.line.supervisor.is_up)
        placed.clear()
        run.far.set(is_black_hole=False)
        await until(lambda: run.trader.line.supervisor.is_up)
        for _ in range(3):  # time has to pass before what no snapshot shows is given up
            await run.market.step()
            await asyncio.sleep(0.5)
        await until(lambda: is_bare(run.market.state()))
        assert [ref.split("/")[-2:] for ref in placed] == [["flatten", "2"]]
        await run.settle()
        await stays_killed(run, n_executions=2)

    model = scripted_model(BARS, stop_loss_ticks=400.0)
    timers = {"timers": QUICK.timers.model_dump()}
    rehearse(tmp_path, body, BARS, model, connection=IMPATIENT, real=timers)


def test_fault_40_switch_pulled_in_a_closed_market_closes_all_as_it_opens(tmp_path):
    bars = synthetic_bars(3_000, seed=3).loc["2024-01-15 12:00":"2024-01-15 23:55"]

    async def body(run):
        model.policy.answers = [BUY]
        await run.step(12)  # to the early close at 18:00 UTC
        (run.folder / KILL_FILE).touch()
        await until(lambda: bool(run.manager.books.live_of(Role.FLATTEN)))
        model.policy.always = BUY
        await run.settle()
        assert position_of(run.market.state()) == 1
        await run.step()
        assert is_bare(run.market.state())
        await stays_killed(run, n_executions=2)

    model = scripted_model(bars, stop_loss_ticks=400.0)
    rehearse(tmp_path, body, bars, model)


def test_fault_40_switch_outlives_a_kill_of_the_process_before_it_could_act(tmp_path, placed):
    first, second = tmp_path / "first", tmp_path / "second"
    model = scripted_model(BARS, BUY, stop_loss_ticks=400.0)

    async def body(market):
        async with trading(market, model, first, connection=IMPATIENT) as run:
            await run.step()
            await kill_in_the_dark(run)
            shutil.copytree(first, second)  # what the disk has as the process is killed
            (second / KILL_FILE).unlink()
        placed.clear()
        market.gateway.set(is_black_hole=False)
        model.policy.always = BUY
        async with trading(market, model, second) as run:
            await until(lambda: is_bare(market.state()))
            assert [ref.split("/")[-2] for ref in placed] == ["flatten"]
            await run.settle()
            await stays_killed(run, n_executions=2)
            run.check()

    over_market(model, body)
