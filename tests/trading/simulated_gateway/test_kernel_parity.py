"""The broker fills as the kernel does: the same orders, the same bars, to the tick and the cent."""

from functools import cache

import pytest

from data.synthetic import synthetic_bars
from tests.helpers.gateway_parity import broker_fills, desk_settings, run_at_broker, run_at_desk

pytestmark = pytest.mark.parity

N_BARS = 330
"""A session of 276 bars and some of the next one."""


@cache
def bars_of(symbol):
    return synthetic_bars(N_BARS, seed=11, symbol=symbol)


def assert_parity(symbol, seed, path_policy, **costs):
    bars, settings = bars_of(symbol), desk_settings(symbol, path_policy, **costs)
    run = run_at_desk(bars, settings, seed)
    desk = run_at_broker(bars, run, settings)
    assert broker_fills(desk) == run.fills
    assert desk.position == 0
    assert desk.broker.state()["cash_usd"] - 1e9 == pytest.approx(run.net_usd, abs=1e-5)
    assert len(run.fills) > 60


CASES = [
    ("MNQ", 0, "worst"),
    ("MNQ", 2, "worst"),
    ("CL", 0, "worst"),
    ("MNQ", 1, "ohlc"),
    ("CL", 1, "adaptive"),
]


@pytest.mark.parametrize(("symbol", "seed", "path_policy"), CASES)
def test_random_orders_at_the_broker_fill_as_they_do_at_the_kernels_desk(symbol, seed, path_policy):
    assert_parity(symbol, seed, path_policy)


COSTS = {
    "commission": 1.37,
    "slippage_ticks": 2,
    "spread_ticks": 3,
    "off_hours_slippage_ticks": 3,
    "volatility_slippage_ticks": 4.0,
    "limit_through_ticks": 2,
}


def test_a_broker_like_the_environment_charges_every_cost_that_it_charges():
    assert_parity("MNQ", 3, "worst", **COSTS)


@pytest.mark.slow
@pytest.mark.parametrize("path_policy", ["worst", "ohlc", "olhc", "adaptive"])
@pytest.mark.parametrize("symbol", ["MNQ", "CL", "6E"])
def test_many_random_orders_at_the_broker_fill_as_they_do_at_the_desk(symbol, path_policy):
    for seed in range(10, 20):
        assert_parity(symbol, seed, path_policy)
