"""Faults 34 to 37 and 41 over a whole trader: what may be asked, sent or meant, and what not."""

import math

import numpy as np
import pytest

from tests.helpers.gateways import until
from tests.helpers.invariants import position_of
from tests.helpers.live_traders import BUY, CLOSE, HOLD, rehearse, scripted_model, some_bars
from trading.modes import Hold, Mode
from trading.risk_codes import DenialCode

pytestmark = pytest.mark.faults

BARS = some_bars(100)
CLOCKS = {"limits": {"warn_skew_seconds": 2.0, "max_skew_seconds": 10.0}}


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
        await run.step()
        assert run.desk.decisions.last.decision.is_policy

    model = scripted_model(BARS, action_mode=mode, stop_loss_ticks=400.0)
    rehearse(tmp_path, body, BARS, model)
