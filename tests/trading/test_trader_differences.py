"""In what a trader differs from the back-test, on purpose or because a broker is no simulation.

docs/parity.md lists these; whatever is not there is the same, as test_trader_parity.py proves.
"""

import asyncio

import pandas as pd

from tests.helpers.bars import make_bars
from tests.helpers.live_orders import QUICK
from tests.helpers.live_parity import AT_LEISURE, FREE, broker_fills, written_decisions
from tests.helpers.live_pipeline import expected_of
from tests.helpers.live_traders import (
    BUY,
    HOLD,
    SELL,
    market_of,
    scripted_model,
    some_bars,
    trading,
)

WARM = 60
BAR = pd.Timedelta(minutes=5)


def lived(folder, model, bars, n_steps, limits=FREE):
    """Return the broker's books after so many bars, what became of decisions, kinds of alerts."""
    outcomes = []

    async def in_loop(market):
        async with trading(market, model, folder, trading=limits, connection=AT_LEISURE) as run:
            for _ in range(n_steps):
                await run.step()
                if run.desk.decisions.last is not None:
                    outcomes.append(run.desk.decisions.last.outcome.text)
            run.check()
            return market.state(), outcomes, run.heard.kinds()

    with market_of(bars, WARM, model.policy.env_settings) as market:
        return asyncio.run(in_loop(market))


def test_first_bar_after_a_hole_is_not_decided_on(tmp_path):
    whole = some_bars(WARM + 40)
    bars = whole.drop(whole.index[WARM + 10 : WARM + 13])
    model = scripted_model(bars)
    expected = expected_of(model.policy, bars, WARM)
    lived(tmp_path, model, bars, 20)
    told = {one.bar_close: one.features_hash for one in written_decisions(tmp_path)}
    closes = [one + BAR for one in bars.index[WARM : WARM + 20]]
    after_hole = whole.index[WARM + 13] + BAR
    assert [close for close in closes if close not in told] == [after_hole]
    wanted = dict(zip(closes, expected.observations, strict=False))
    assert all(told[close] == wanted[close] for close in told)


def gapping_bars():
    """Return bars at 20,000, of which one opens 30 points lower: beyond a stop of 15 points."""
    rows = [(20_000.0, 20_001.0, 19_999.0, 20_000.0)] * (WARM + 3)
    rows += [(19_970.0, 19_971.0, 19_969.0, 19_970.0)] * 20
    return make_bars(rows)


def test_stop_that_the_open_jumps_over_is_filled_before_the_decision_of_the_close(tmp_path):
    bars = gapping_bars()
    model = scripted_model(bars, BUY, HOLD, SELL, HOLD)
    kernel = expected_of(scripted_model(bars, BUY, HOLD, SELL, HOLD).policy, bars, WARM)
    state, outcomes, _ = lived(tmp_path, model, bars, 4)
    bought, stopped = (1, 80_001), (-1, 79_879)
    assert broker_fills(state, "MNQ") == [bought, stopped]
    assert outcomes[2] == "void: the position went from +1 to +0 since the close"
    fills = [(int(one.quantity), int(one.price_ticks)) for one in kernel.simulation.fills]
    assert fills[:2] == [bought, (-2, 79_879)]  # the reversal went first, at the same price


def test_a_limit_of_the_trader_holds_back_what_the_model_would_do(tmp_path):
    bars = some_bars(300)
    near_close = 276 - WARM - 1  # 300 s before the session ends
    model = scripted_model(bars, *[HOLD] * (near_close - 1), BUY)
    state, outcomes, _ = lived(tmp_path, model, bars, near_close, limits=QUICK)
    assert not state["executions"]
    assert outcomes[-1].startswith("denied: near_close")


def test_model_whose_account_is_over_closes_and_opens_nothing_more_and_people_are_told(tmp_path):
    bars = gapping_bars()  # 30 points against one contract are 60 USD
    model = scripted_model(
        bars, *[BUY] * 20, stop_loss_ticks=400.0, initial_balance=10_000.0, ruin_equity=9_960.0
    )
    state, outcomes, kinds = lived(tmp_path, model, bars, 10)
    assert broker_fills(state, "MNQ") == [(1, 80_001), (-1, 79_879)]
    assert outcomes[-1] == "not taken: account_closed"
    assert "model_account_over" in kinds


def test_model_without_a_stop_gets_one(tmp_path):
    bars = some_bars(100)
    state, _, _ = lived(tmp_path, scripted_model(bars, BUY, stop_loss_ticks=None), bars, 1)
    (stop,) = state["orders"]
    (entry,) = state["executions"]
    assert entry["price"] - stop["aux_price"] == 200 * 0.25
