"""Faults 34 to 37 and 41 over a whole trader: what may be asked, sent or meant, and what not."""

import asyncio
import math
import time
from datetime import datetime, timedelta

import numpy as np
import pytest

from config.trading_settings import PacingSettings, ReconciliationSettings
from data.synthetic import synthetic_bars
from tests.helpers.gateways import until
from tests.helpers.invariants import position_of
from tests.helpers.live_traders import (
    BUY,
    CLOSE,
    HOLD,
    SELL,
    market_of,
    rehearse,
    scripted_model,
    some_bars,
    trading,
)
from trading.modes import Hold, Mode
from trading.order_builder import EntryTerms
from trading.order_identity import Role
from trading.risk_codes import DenialCode, Denied
from trading.simulated_gateway import history_pacing
from trading.simulated_gateway.broker import Broker
from trading.simulated_gateway.history_pacing import HistoryPacing
from trading.simulated_gateway.hours import Hours

pytestmark = pytest.mark.faults

BARS = some_bars(100)
CLOCKS = {"limits": {"warn_skew_seconds": 2.0, "max_skew_seconds": 10.0}}


def holds(run):
    """Return what holds the trader back, with why."""
    return run.manager.modes.state.holds


async def skewed(run, seconds):
    """Put the broker's clock ahead, and wait until the trader has measured it."""
    run.far.set(skew_seconds=seconds)
    supervisor = run.trader.line.supervisor
    await until(lambda: abs(supervisor.clock_skew_seconds - seconds) <= 1.0)
    n = len(run.heard.statuses)
    await until(lambda: len(run.heard.statuses) > n + 1)


@pytest.mark.parametrize("seconds", [90.0, -90.0])
def test_fault_36_clock_that_is_far_off_holds_entries_until_it_is_right_again(tmp_path, seconds):
    async def body(run):
        model.policy.answers = [BUY, CLOSE, BUY, HOLD, BUY]
        await run.step()
        assert position_of(run.market.state()) == 1
        await skewed(run, seconds)
        assert run.manager.modes.mode is Mode.REDUCE_ONLY
        assert Hold.CLOCK_SKEW in run.manager.modes.state.holds
        assert "clock_skew" in run.heard.standing()
        await run.step()  # what closes goes out
        assert position_of(run.market.state()) == 0
        n_orders = run.market.n_orders_heard
        await run.step()
        assert run.market.n_orders_heard == n_orders
        assert run.desk.decisions.last.outcome.denied.code is DenialCode.REDUCE_ONLY
        await skewed(run, 0.0)
        assert Hold.CLOCK_SKEW not in run.manager.modes.state.holds
        assert "clock_skew" not in run.heard.standing()
        await run.step(2)
        assert position_of(run.market.state()) == 1

    model = scripted_model(BARS)
    rehearse(tmp_path, body, BARS, model, real=CLOCKS)


def test_fault_36_clock_that_is_a_little_off_is_told_and_no_more(tmp_path):
    async def body(run):
        assert "clock_skew" not in run.heard.kinds()
        await skewed(run, 5.0)
        assert "clock_skew" in run.heard.standing()
        model.policy.answers = [BUY]
        await run.step()
        assert run.manager.modes.mode is Mode.TRADING
        assert position_of(run.market.state()) == 1

    model = scripted_model(BARS)
    rehearse(tmp_path, body, BARS, model, real=CLOCKS)


NO_ACTIONS = {
    "nan": math.nan,
    "infinite": math.inf,
    "none": None,
    "text": "buy",
    "unknown": 99,
    "below": -1,
    "half": 0.5,
    "array": np.array([math.nan]),
    "ragged": [[1.0], [1.0, 2.0]],
}


@pytest.mark.parametrize("mode", ["discrete", "contracts", "continuous"])
def test_fault_41_answer_that_is_no_action_holds_and_the_next_one_counts(tmp_path, mode):
    shares = {"half", "below"} if mode == "continuous" else set()
    wrong = [one for name, one in NO_ACTIONS.items() if name not in shares]
    long = {"discrete": BUY, "contracts": 2, "continuous": np.array([1.0], np.float32)}[mode]

    async def body(run):
        model.policy.answers = [long, *wrong, long]
        await run.step()
        assert position_of(run.market.state()) == 1
        for _ in wrong:
            n_orders = run.market.n_orders_heard
            await run.step()
            assert position_of(run.market.state()) == 1
            assert run.market.n_orders_heard == n_orders
            decision = run.desk.decisions.last.decision
            assert decision.at == run.market.clock.now()
            assert not decision.is_policy
        assert "undecided" in run.heard.kinds()
        await run.step()
        assert run.desk.decisions.last.decision.is_policy

    model = scripted_model(BARS, action_mode=mode, stop_loss_ticks=400.0)
    rehearse(tmp_path, body, BARS, model)


def test_fault_35_decision_that_is_one_order_too_many_is_denied_and_told(tmp_path):
    async def body(run):
        await run.step()
        assert position_of(run.market.state()) == 1
        assert "order_limit" not in run.heard.kinds()
        await run.step()
        assert position_of(run.market.state()) == 0  # what closes is not limited
        await run.step()
        assert position_of(run.market.state()) == 0
        assert run.desk.decisions.last.outcome.denied.code is DenialCode.TOO_MANY_PER_DAY
        assert "order_limit" in run.heard.kinds()

    limits = {"max_orders_per_minute": 1, "max_orders_per_day": 1}
    model = scripted_model(BARS, BUY, CLOSE, BUY)
    rehearse(tmp_path, body, BARS, model, trading={"limits": limits})


HALF_DAY = synthetic_bars(3_000, seed=3).loc["2024-01-15 12:00":"2024-01-15 23:55"]
"""Five hours to the early close of a holiday at 18:00 UTC, and an hour from 23:00 on."""


def stamp(text):
    """Return a time of the half day, UTC."""
    return datetime.fromisoformat(f"2024-01-15T{text}:00+00:00")


def denied(run):
    """Return why the last decision was not acted on, and when it was made."""
    last = run.desk.decisions.last
    return last.outcome.denied.code, last.decision.at.to_pydatetime()


def test_fault_37_nothing_is_opened_into_an_early_close_nor_before_the_market_opens(tmp_path):
    async def body(run):
        model.policy.answers = [*[HOLD] * 9, BUY, CLOSE, *[BUY] * 3]
        await run.step(10)
        assert run.market.clock.now() == stamp("17:50")  # the last one at which it may
        assert position_of(run.market.state()) == 1
        n_orders = run.market.n_orders_heard
        await run.step()
        assert position_of(run.market.state()) == 0
        assert run.market.n_orders_heard == n_orders + 1  # what closes goes out

    async def later(run):
        model.policy.answers = [*[HOLD] * 10, BUY, BUY]
        await run.step(11)
        assert denied(run) == (DenialCode.NEAR_CLOSE, stamp("17:55"))
        await run.step()  # the last bar is over when the next one is heard of
        assert run.market.clock.now() == stamp("18:00")
        assert run.market.n_orders_heard == 0
        await run.step()
        assert run.market.clock.now() == stamp("23:00")
        assert position_of(run.market.state()) == 1

    for name, scene in (("before", body), ("after", later)):
        model = scripted_model(HALF_DAY, stop_loss_ticks=400.0)
        rehearse(tmp_path / name, scene, HALF_DAY, model)


def test_fault_37_hours_that_the_broker_shortens_count_whatever_the_calendar_says(
    tmp_path, monkeypatch
):
    told = "20240114:1700-20240115:1130;20240115:1700-20240116:1600"  # Chicago; 17:30 UTC
    monkeypatch.setattr(Hours, "trading_text", lambda hours, time: told)

    async def body(run):
        model.policy.answers = [HOLD, HOLD, HOLD, BUY, HOLD, HOLD, CLOSE, BUY]
        await run.step(4)
        assert run.market.clock.now() == stamp("17:20")
        assert position_of(run.market.state()) == 1
        await run.step(3)
        assert run.market.clock.now() == stamp("17:35")
        assert position_of(run.market.state()) == 0
        n_orders = run.market.n_orders_heard
        await run.step()
        assert denied(run) == (DenialCode.MARKET_CLOSED, stamp("17:40"))
        assert run.market.n_orders_heard == n_orders

    model = scripted_model(HALF_DAY, stop_loss_ticks=400.0)
    rehearse(tmp_path, body, HALF_DAY, model)


TIMELY = {"timers": {"partial_seconds": 30.0}}


def test_fault_37_entry_that_the_exchange_holds_back_is_live_and_then_cancelled(tmp_path):
    """An entry held over a halt would be filled at whatever price the market opens with."""

    async def body(run):
        model.policy.answers = [BUY]
        run.far.set(is_market_open=False)
        await run.market.step()
        await until(lambda: bool(run.manager.books.live_entries()))
        entry = run.manager.books.live_entries()[0].order.ref
        orders = run.manager.books.orders.orders
        await until(lambda: orders[entry].life.state.value == "WORKING")
        await asyncio.sleep(0.2)
        assert orders[entry].life.state.value == "WORKING"  # 399 is no end of it
        assert run.market.state()["orders"][0]["ref"] == entry
        await run.market.step()  # five minutes later
        await until(lambda: orders[entry].life.state.value == "CANCELLED")
        run.far.set(is_market_open=None)
        run.far.do("release")
        await run.step()
        assert position_of(run.market.state()) == 0
        assert run.market.state()["executions"] == []

    model = scripted_model(BARS)
    rehearse(tmp_path, body, BARS, model, real=TIMELY)


def test_fault_37_stop_that_the_exchange_holds_back_stays_where_it_is(tmp_path):
    async def body(run):
        model.policy.answers = [BUY]
        await run.step()
        stop = run.market.state()["orders"][0]
        run.far.set(is_market_open=False)
        run.far.do("error", code=399, text="will not be placed", request_id=stop["order_id"])
        await run.step(3)
        run.far.set(is_market_open=None)
        await run.step()
        assert run.market.state()["orders"][0]["perm_id"] == stop["perm_id"]

    model = scripted_model(BARS, stop_loss_ticks=400.0)
    rehearse(tmp_path, body, BARS, model, real=TIMELY)


def test_fault_41_stop_off_the_grid_is_rounded_to_the_smaller_loss(tmp_path):
    async def body(run):
        model.policy.answers = [BUY, HOLD, SELL]
        await run.step()
        bought = run.market.state()["executions"][0]["price"]
        assert run.market.state()["orders"][0]["aux_price"] == bought - 100.0  # 400 ticks of 400.6
        await run.step(2)
        fill, stop = run.market.state()["executions"][-1], run.market.state()["orders"][0]
        assert (fill["side"], stop["action"]) == ("SLD", "BUY")
        assert stop["aux_price"] == fill["price"] + 100.0

    model = scripted_model(BARS, stop_loss_ticks=400.6)
    rehearse(tmp_path, body, BARS, model)


NONSENSE = [  # stop and target below the last price, points
    (math.nan, None, DenialCode.NOT_A_PRICE),
    (math.inf, None, DenialCode.NOT_A_PRICE),
    (-math.inf, None, DenialCode.NOT_A_PRICE),
    (100.0, math.nan, DenialCode.NOT_A_PRICE),
    (-100.0, None, DenialCode.STOP_ON_WRONG_SIDE),
    (0.0, None, DenialCode.STOP_ON_WRONG_SIDE),
    (100.0, 100.0, DenialCode.TARGET_ON_WRONG_SIDE),
    (600.0, None, DenialCode.STOP_TOO_FAR),
]


def test_fault_41_price_that_makes_no_sense_never_reaches_the_wire(tmp_path):
    async def body(run):
        await run.step()
        last = run.desk.market.last_price
        for stop, target, code in NONSENSE:
            terms = EntryTerms(
                decision_id="d1",
                target=1,
                stop=last - stop,
                target_price=None if target is None else last - target,
            )
            answer = run.manager.enter(terms)
            assert isinstance(answer, Denied)
            assert answer.code is code
        await run.step()
        assert run.market.n_orders_heard == 0

    model = scripted_model(BARS)
    rehearse(tmp_path, body, BARS, model)


AGAIN = {"connection": {"history_again_seconds": 0.6}}


@pytest.fixture
def asked(monkeypatch):
    """Have the gateway refuse the same again within half a second; return when it was asked."""
    times, judge = [], HistoryPacing.is_violated

    def is_violated(pacing, request, now):
        times.append((now, judge(pacing, request, now)))
        return times[-1][1]

    monkeypatch.setattr(history_pacing, "SAME_AGAIN", timedelta(seconds=0.5))
    monkeypatch.setattr(HistoryPacing, "is_violated", is_violated)
    return times


async def enforced_from_now(run, asked):
    """Let the machine's time pass, by which the gateway counts; what was asked before is over."""
    run.market.release()
    await asyncio.sleep(0.6)
    asked.clear()


def test_fault_34_subscription_that_ends_again_and_again_is_never_asked_for_too_soon(
    tmp_path, asked
):
    async def body(run):
        await enforced_from_now(run, asked)
        run.far.set(is_pacing_enforced=True)
        for _ in range(8):
            run.far.do("kick")
            await until(lambda: run.trader.line.supervisor.is_up)
            await asyncio.sleep(0.15)
        await until(lambda: not run.desk.unsettled())
        model.policy.answers = [BUY]
        await run.step()
        assert position_of(run.market.state()) == 1
        assert not any(is_violated for _, is_violated in asked)
        assert 2 <= len(asked) <= 8

    model = scripted_model(BARS)
    rehearse(tmp_path, body, BARS, model, real=AGAIN)


def test_fault_34_refusal_is_asked_again_later_and_later_and_holds_entries(tmp_path, asked):
    async def body(run):
        await enforced_from_now(run, asked)
        run.far.set(is_history_up=False)
        run.far.do("kick")
        await until(lambda: run.trader.line.supervisor.is_up)
        await until(lambda: Hold.STALE_DATA in holds(run))
        await asyncio.sleep(1.5)
        run.far.set(is_history_up=True, is_pacing_enforced=True)
        await until(lambda: not holds(run))
        assert not any(is_violated for _, is_violated in asked)

    model = scripted_model(BARS)
    rehearse(tmp_path, body, BARS, model, real=AGAIN)


RATES = {
    "pacing": PacingSettings().model_dump(),
    "reconciliation": ReconciliationSettings().model_dump(),
    "connection": {"max_messages_per_second": 40, "probe_every_seconds": 5.0},
}
N_BURST = 60


@pytest.fixture
def arrived(monkeypatch):
    """Return what comes to the gateway: when, and what kind of request."""
    requests, handle = [], Broker.handle

    def noted(broker, client_id, request):
        requests.append((time.monotonic(), type(request).__name__))
        handle(broker, client_id, request)

    monkeypatch.setattr(Broker, "handle", noted)
    return requests


def most_within(times, seconds):
    """Return the most of these times that lie within so many seconds."""
    return max(sum(begin <= time < begin + seconds for time in times) for begin in times)


def test_fault_35_burst_goes_out_at_our_own_rate_and_cancels_go_first(tmp_path, arrived):
    async def in_loop(market):
        async with trading(market, model, tmp_path, real=RATES) as run:
            market.release()
            await until(lambda: run.manager.modes.mode is Mode.TRADING)  # once a bar moves
            last = run.desk.market.last_price
            run.manager.enter(EntryTerms(decision_id="d1", target=1, stop=last - 100.0))
            await until(lambda: position_of(market.state()) == 1 and not run.desk.unsettled())
            run.far.set(is_rate_enforced=True)
            arrived.clear()
            stop = run.manager.books.live_of(Role.STOP)[0].order.ref
            for k in range(N_BURST):
                run.manager.change(stop, 1, last - 100.0 - 0.25 * k, "a burst")
            await until(lambda: market.state()["orders"][0]["aux_price"] == last - 114.75)
            for k in range(N_BURST):
                run.manager.change(stop, 1, last - 100.0 - 0.25 * k, "a burst")
            run.manager.cancel(stop)  # before the change that waits, which is void then
            await until(lambda: any(kind == "CancelOrder" for _, kind in arrived))
            await until(lambda: not run.desk.unsettled())
            check_rates(arrived)
            run.check()

    model = scripted_model(BARS)
    with market_of(BARS, 60, model.policy.env_settings, speed=1.0) as market:
        asyncio.run(in_loop(market))


def check_rates(arrived):
    """Check that orders came at their own rate, and nothing too fast for the broker."""
    orders = [(at, kind) for at, kind in arrived if kind in {"PlaceOrder", "CancelOrder"}]
    assert most_within([at for at, _ in orders], 1.0) <= 21  # a full bucket, and what came to it
    assert most_within([at for at, _ in arrived], 1.0) <= 40
    kinds = [kind for _, kind in orders]
    first = kinds.index("CancelOrder")
    assert first < 2 * N_BURST / 3
    assert kinds[first + 1] == "PlaceOrder"  # of the repair: no change of what is cancelled
    assert len(kinds) < N_BURST
