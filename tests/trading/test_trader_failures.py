"""What a failure of our own code does to a whole trader: it ends, and the stop stays."""

import asyncio

import pytest

from tests.helpers.invariants import position_of
from tests.helpers.live_traders import (
    BUY,
    market_of,
    scripted_model,
    some_bars,
    trading,
)


class BrokenError(Exception):
    """What no part of ours reckons with."""


def broken(*_arguments, **_names):
    raise BrokenError


def test_failure_at_a_close_ends_the_trader_and_leaves_the_position_with_its_stop(tmp_path):
    bars = some_bars(80)
    model = scripted_model(bars, BUY)

    async def in_loop(market):
        async with trading(market, model, tmp_path) as run:
            await run.step()
            run.desk.decisions.pipeline.close = broken
            await market.step()
            await asyncio.wait({run.task}, timeout=5.0)

    with market_of(bars, 60, model.policy.env_settings) as market:
        with pytest.raises(BaseExceptionGroup) as caught:
            asyncio.run(in_loop(market))
        assert caught.value.subgroup(BrokenError) is not None
        state = market.state()
    assert position_of(state) == 1
    assert [order["kind"] for order in state["orders"]] == ["STP"]
