"""A trader that is ended and begun again goes on where it was; what it missed it learns from."""

import asyncio
from pathlib import Path

import pandas as pd
import pytest

from config.settings import EnvSettings
from models.determinism import torch_threads
from tests.helpers.live_parity import (
    AT_LEISURE,
    FREE,
    Scene,
    assert_as_kernel,
    lived_over_tcp,
    written_decisions,
)
from tests.helpers.live_pipeline import expected_of
from tests.helpers.live_traders import (
    BUY,
    CLOSE,
    HOLD,
    TERMS,
    HashPolicy,
    loaded,
    market_of,
    scripted_model,
    some_bars,
    trading,
)
from tests.helpers.parity_agents import agent_on
from trading.pipeline_snapshot import SNAPSHOT

BARS, START = some_bars(260), 160
FAR = {"stop_loss_ticks": 1_000.0}


@pytest.fixture(autouse=True)
def _one_thread():
    with torch_threads(1):
        yield


def hash_policy():
    return HashPolicy(EnvSettings(**TERMS), BARS)


def recurrent_agent():
    return agent_on(BARS, "RecurrentPPO", seed=2, initial_balance=1e5)


@pytest.mark.parametrize("make", [hash_policy, recurrent_agent])
def test_restart_in_the_middle_of_a_trade_changes_no_later_decision(tmp_path, make):
    policy = make()
    expected = expected_of(policy, BARS, START)
    held = expected.result.positions != 0  # at the closes
    steps = [step for step in range(15, 50) if held[step - 1] and held[step]]
    scene = Scene(bars=BARS, start=START, n_steps=60, restart_at=(steps[0], steps[-1]))
    lived = lived_over_tcp(tmp_path, loaded(policy), scene)
    assert any(lived.left_with)
    assert_as_kernel(lived, expected)


def two_lives(folder: Path, model, first, second, between):
    """Run one trader after the other in one market; `between` is called with the market."""

    async def in_loop(market):
        for body in (first, second):
            async with trading(market, model, folder, trading=FREE, connection=AT_LEISURE) as run:
                await body(run)
                run.check()
            if body is first:
                await between(market)

    with market_of(BARS, START, model.policy.env_settings) as market:
        asyncio.run(in_loop(market))


@pytest.mark.parametrize("content", [None, b"", b"spoilt" * 99])
def test_without_its_state_a_model_goes_on_with_the_position_and_its_stop(tmp_path, content):
    model = scripted_model(BARS, BUY, HOLD, HOLD, **FAR)
    seen = {}

    async def first(run):
        await run.step(3)
        (seen["stop"],) = run.market.state()["orders"]
        seen["entry"] = run.desk.decisions.pipeline.account.record.entry_ticks

    async def spoil(market):
        (tmp_path / SNAPSHOT).unlink()
        if content is not None:
            (tmp_path / SNAPSHOT).write_bytes(content)

    async def second(run):
        assert "model_begun_anew" in run.heard.kinds()
        await run.step(2)  # the account is opened at the first close, and in line at the second
        account = run.desk.decisions.pipeline.account
        assert (account.position, account.record.entry_ticks) == (1, seen["entry"])
        (stop,) = run.market.state()["orders"]
        assert (stop["ref"], stop["aux_price"]) == (seen["stop"]["ref"], seen["stop"]["aux_price"])
        model.policy.answers = [CLOSE]
        await run.step(2)
        assert not run.market.state()["positions"]

    two_lives(tmp_path, model, first, second, spoil)


def test_bars_that_passed_while_nobody_ran_are_learnt_from_and_not_decided_on(tmp_path):
    model = scripted_model(BARS)
    expected = expected_of(model.policy, BARS, START)

    async def step(run):
        await run.step(5)

    async def pass_by(market):
        for _ in range(4):
            assert await market.step()

    two_lives(tmp_path, model, step, step, pass_by)
    told = {one.bar_close: one.features_hash for one in written_decisions(tmp_path)}
    closes = (BARS.index[START:] + pd.Timedelta(minutes=5)).to_pydatetime()
    wanted = dict(zip(closes, expected.observations, strict=False))
    lived = [close for close in closes[:14] if close in told]
    assert lived == [*closes[:5], *closes[9:14]]
    assert all(told[close] == wanted[close] for close in lived)


def test_stop_that_was_hit_while_nobody_ran_is_in_the_account_at_its_price(tmp_path):
    model = scripted_model(BARS, BUY, stop_loss_ticks=20.0)

    async def first(run):
        await run.step(1)
        assert run.manager.books.position == 1

    async def hit(market):
        while market.state()["positions"]:
            assert await market.step()

    async def second(run):
        await run.step(2)
        account = run.desk.decisions.pipeline.account
        assert account.position == 0
        assert account.record.n_trades == 1
        broker = run.market.state()["realised_usd"]
        assert account.record.realised_usd == pytest.approx(broker)

    two_lives(tmp_path, model, first, second, hit)
