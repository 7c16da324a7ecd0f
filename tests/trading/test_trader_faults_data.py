"""Faults of what a trader knows, by number: a lock over a kill, data that stop, bars that lack."""

import asyncio
import sys

import pytest

from tests.helpers.gateways import until
from tests.helpers.invariants import position_of
from tests.helpers.killed_traders import child_trader
from tests.helpers.live_orders import QUICK
from tests.helpers.live_traders import (
    BUY,
    HOLD,
    SELL,
    calm_bars,
    market_of,
    rehearse,
    scripted_model,
    trading,
)
from trading.journal_reader import JournalReader
from trading.modes import Hold, Mode
from trading.order_identity import Role, parse_ref
from trading.trader_setup import JOURNAL
from utils.errors import JournalError

pytestmark = pytest.mark.faults

N_WARM = 60
CALM = calm_bars()
LOSS_POINTS = 8.0
"""16 USD of one contract; its stop lies 15 points away."""

LIMITS = QUICK.limits.model_copy(update={"max_daily_loss_usd": 15.0})
TIGHT = QUICK.model_copy(update={"limits": LIMITS})
SHORT_SILENCE = {"silence_seconds": 0.5}


def holds(run):
    return set(run.manager.modes.state.holds)


def entries(run):
    """Return the entries of ours that ever reached the gateway."""
    state, bot = run.market.state(), run.manager.books.orders.bot
    names = [parse_ref(order["ref"], bot) for order in (*state["orders"], *state["done"])]
    return [name for name in names if name is not None and name.role is Role.ENTRY]


def outcome(run):
    """Return what became of the newest decision; "" before one was acted on."""
    last = run.desk.decisions.last
    return "" if last is None or last.outcome is None else last.outcome.text


def is_locked(folder):
    """Return whether a journal that another process writes says that the day is locked."""
    try:
        with JournalReader.open(folder / JOURNAL) as reader:
            day = reader.newest_risk_day()
    except JournalError:
        return False
    return day is not None and day.is_locked


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_fault_31_lock_holds_over_a_kill_and_the_position_that_was_left_is_closed(tmp_path):
    """It is killed as soon as the lock is written; its flatten never reached the broker."""
    folder, falling = tmp_path / "trader", {"fall_at": N_WARM + 2, "points": LOSS_POINTS}
    bars = calm_bars(**falling)
    model = scripted_model(bars)
    model.policy.always = BUY

    async def in_loop(market, child):
        await child.begun()
        child.release()
        await until(lambda: position_of(market.state()) == 1)
        await until(lambda: any(one["kind"] == "STP" for one in market.state()["orders"]))
        market.gateway.set(n_drop_orders=99)
        await until(lambda: is_locked(folder))
        child.kill()
        assert position_of(market.state()) == 1
        market.gateway.set(n_drop_orders=0)
        async with trading(market, model, folder, trading=TIGHT) as run:
            assert "not_closed_cleanly" in run.heard.kinds()
            assert Hold.DAILY_LOSS in holds(run)
            await until(lambda: position_of(market.state()) == 0 and not market.state()["orders"])
            assert run.denied(1) == "REDUCE_ONLY"
            await until(lambda: "REDUCE_ONLY" in outcome(run))
            await until(lambda: "daily_loss_lock" in run.heard.standing())
            assert len(entries(run)) == 1
            await until(lambda: not run.trader.unsettled())
            run.check()

    with market_of(bars, N_WARM, model.policy.env_settings, speed=300.0) as market:
        terms = {"bars": falling, "answers": [BUY], "trading": TIGHT}
        with child_trader(market, folder, **terms) as child:
            asyncio.run(in_loop(market, child))


def test_fault_31_lock_holds_over_a_restart_until_the_next_trading_day(tmp_path):
    n_warm = 264  # of 276 in a session: it is 15:00 in Chicago
    bars = calm_bars(n=320, fall_at=n_warm + 1, points=LOSS_POINTS)
    model = scripted_model(bars, BUY)

    async def first(market):
        async with trading(market, model, tmp_path, trading=TIGHT) as run:
            await run.step()
            assert position_of(market.state()) == 1
            await run.step()
            assert Hold.DAILY_LOSS in holds(run)
            assert position_of(market.state()) == 0
            run.task.cancel()
            await asyncio.wait({run.task})

    async def second(market):
        model.policy.always = BUY
        async with trading(market, model, tmp_path, trading=TIGHT) as run:
            assert Hold.DAILY_LOSS in holds(run)
            assert run.denied(-1) == "REDUCE_ONLY"
            while market.clock.now() < bars.index[275]:
                await run.step()
                assert "REDUCE_ONLY" in outcome(run)
            await run.step()  # to the break
            assert Hold.DAILY_LOSS in holds(run)
            assert len(entries(run)) == 1
            await run.step()  # to the open of the next day, which closes the last bar of this one
            assert Hold.DAILY_LOSS not in holds(run)
            assert position_of(market.state()) == 1
            run.check()

    with market_of(bars, n_warm, model.policy.env_settings) as market:
        with pytest.raises(asyncio.CancelledError):
            asyncio.run(first(market))
        asyncio.run(second(market))


def test_fault_32_data_that_stop_on_a_healthy_line_block_entries_until_they_move_again(tmp_path):
    async def body(run):
        await run.step()
        session = run.trader.line.gateway.session()
        run.far.set(is_stale=True)
        await until(lambda: Hold.STALE_DATA in holds(run))
        assert run.denied(-1) == "REDUCE_ONLY"
        await until(lambda: "stale_data" in run.heard.standing())
        await run.market.step()
        await run.market.step()
        await until(lambda: run.desk.market.last_close == run.market.clock.now())
        assert Hold.STALE_DATA in holds(run)  # history answers, and still nothing moves
        assert run.trader.line.gateway.session() is session
        assert (position_of(run.market.state()), len(run.stops)) == (1, 1)
        run.far.set(is_stale=False)
        await run.step()
        assert position_of(run.market.state()) == -1

    rehearse(tmp_path, body, CALM, scripted_model(CALM, BUY, SELL), connection=SHORT_SILENCE)


def test_fault_32_position_on_stale_data_is_closed_after_its_time_where_that_is_wanted(tmp_path):
    async def body(run):
        await run.step()
        run.far.set(is_stale=True)
        await until(lambda: Hold.STALE_DATA in holds(run))
        await run.market.step()  # five minutes
        await run.settle()
        assert position_of(run.market.state()) == 1
        await run.market.step()
        await until(lambda: position_of(run.market.state()) == 0)
        await run.settle()
        assert not run.market.state()["orders"]

    rehearse(
        tmp_path,
        body,
        CALM,
        scripted_model(CALM, BUY),
        connection=SHORT_SILENCE,
        session={"stale_flatten_seconds": 600.0},
    )


def test_fault_33_history_with_a_hole_is_asked_for_again_and_not_fed(tmp_path):
    async def body(run):
        await until(lambda: run.trader.desk is not None)
        pipeline = run.desk.decisions.pipeline
        await until(lambda: run.desk.market._subscription.n_starts >= 4)
        await until(lambda: run.manager.modes.mode is Mode.REDUCE_ONLY)
        assert "history lacks 2 bars" in run.desk.market.stale_reason
        assert pipeline.bars.n_bars == 0
        assert run.denied(1) == "REDUCE_ONLY"
        run.far.set(history_gap_bars=0)
        await run.begun()
        await run.settle()
        assert pipeline.bars.n_bars == N_WARM
        assert "history_gap" not in run.heard.kinds()
        await run.step()
        assert position_of(run.market.state()) == 1

    rehearse(
        tmp_path,
        body,
        CALM,
        scripted_model(CALM, BUY),
        faults={"history_gap_bars": 2},
        is_begun=False,
        real={"connection": {"gap_retries": 100}},
    )


async def away(run, n_bars):
    """Have the line down for so many bars, and then no history without a fault."""
    run.far.do("stop")
    await until(lambda: run.manager.modes.mode is Mode.DISCONNECTED)
    for _ in range(n_bars):
        assert await run.market.step()


async def back(run):
    """Wait until the line and the bars are back."""
    run.far.do("start")
    await until(lambda: run.trader.line.supervisor.is_up)
    await until(lambda: Hold.STALE_DATA not in holds(run) and not run.trader.unsettled())
    await run.settle()


def test_fault_33_hole_that_stays_is_told_and_not_acted_on(tmp_path):
    async def body(run):
        await run.step()
        decided = run.desk.decisions.last.name
        await away(run, 30)
        run.far.set(history_gap_bars=3)  # in the middle of 52, that is among those it missed
        await back(run)
        assert run.desk.market._subscription.n_starts == 4
        assert "history_gap" in run.heard.kinds()
        assert run.desk.decisions.pipeline.bars.n_bars == 21 + 30 - 3
        assert run.desk.decisions.last.name == decided
        assert position_of(run.market.state()) == 1
        await run.step()
        assert position_of(run.market.state()) == -1

    model = scripted_model(CALM, BUY, SELL)
    real = {"connection": {"gap_retries": 2}}
    rehearse(tmp_path, body, CALM, model, n_warm=20, real=real)


def test_fault_33_bars_out_of_order_and_twice_are_fed_once_and_in_order(tmp_path):
    async def body(run):
        await run.step()
        await away(run, 30)
        run.far.set(is_shuffling_history=True)
        await back(run)
        seen = run.desk.decisions.pipeline
        assert (seen.problem, seen.bars.n_bars) == (None, 51)
        opened = [bar.opened for bar in run.desk.market.bars][-31:]
        assert opened == list(CALM.index[20:51])
        assert "history_gap" in run.heard.kinds()
        await run.step()
        assert position_of(run.market.state()) == -1

    model = scripted_model(CALM, BUY, HOLD, SELL)
    model.policy.answers = [BUY, SELL]
    rehearse(tmp_path, body, CALM, model, n_warm=20)
