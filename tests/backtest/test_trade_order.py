"""Shuffled trades against every order of a few trades, counted by hand."""

import math

import numpy as np
import pytest

from backtest.metrics import max_drawdown_usd
from backtest.trade_order import QUANTILE_LEVELS, shuffled_drawdowns
from utils.errors import ConfigError

THREE = np.array([100.0, -60.0, -40.0])
"""Where the win comes first or last, in four orders of six, the losses fall together: -100. In the
middle, in two, the deeper of them stands alone: -60."""


def shuffled(trades, initial_usd=1_000.0, n_orders=6_000, seed=0):
    return shuffled_drawdowns(trades, initial_usd, n_orders, np.random.default_rng(seed))


def test_shuffled_drawdowns_by_hand():
    found = shuffled(THREE)
    assert [found.quantiles_usd[level] for level in (0.05, 0.5, 0.95)] == [-100.0, -100.0, -60.0]
    assert tuple(found.quantiles_usd) == QUANTILE_LEVELS
    assert found.as_traded_usd == -100.0
    assert found.deeper_share == 0.0
    assert found.n_orders == 6_000


def test_shuffled_drawdowns_lucky_order_says_what_share_was_deeper():
    found = shuffled(THREE[[1, 0, 2]])
    assert found.as_traded_usd == -60.0
    assert found.deeper_share == pytest.approx(2 / 3, abs=0.03)


@pytest.mark.parametrize(
    ("initial_usd", "share"),
    # lost first: 100 in two orders of six; 60 in a third one, 40 in a fourth
    [(101.0, 0.0), (100.0, 1 / 3), (61.0, 1 / 3), (60.0, 1 / 2), (40.0, 2 / 3)],
)
def test_shuffled_drawdowns_ruin_share_by_hand(initial_usd, share):
    assert shuffled(THREE, initial_usd).ruin_share == pytest.approx(share, abs=0.03)


def test_shuffled_drawdowns_as_traded_is_that_of_the_metrics():
    trades = np.random.default_rng(1).normal(5.0, 80.0, size=200)
    equity = 10_000.0 + np.cumsum(np.append(0.0, trades))
    found = shuffled(trades, 10_000.0, n_orders=50)
    assert found.as_traded_usd == pytest.approx(max_drawdown_usd(equity))


@pytest.mark.parametrize(("sign", "deepest"), [(1.0, 0.0), (-1.0, -10.0)])
def test_shuffled_drawdowns_orders_that_cannot_matter_do_not(sign, deepest):
    # tenths do not add up to the same bits in every order
    found = shuffled(sign * np.array([0.1, 0.2, 0.3, 0.7, 1.1, 1.3, 2.7, 3.6]), 12.3)
    assert set(found.quantiles_usd.values()) == {deepest}
    assert found.deeper_share == 0.0


def test_shuffled_drawdowns_same_seed_gives_the_same_bits_and_another_other_ones():
    trades = np.random.default_rng(2).normal(5.0, 80.0, size=60)
    first, second, other = (shuffled(trades, n_orders=100, seed=seed) for seed in (1, 1, 2))
    assert first == second
    assert first != other


def test_shuffled_drawdowns_are_the_same_however_many_at_once(monkeypatch):
    trades = np.random.default_rng(3).normal(5.0, 80.0, size=60)
    whole = shuffled(trades, n_orders=50)
    monkeypatch.setattr("backtest.trade_order.ELEMENTS_AT_ONCE", 500)
    assert shuffled(trades, n_orders=50) == whole


def test_shuffled_drawdowns_do_not_touch_the_trades():
    trades = THREE.copy()
    shuffled(trades, n_orders=10)
    assert trades.tolist() == THREE.tolist()


def test_shuffled_drawdowns_without_trades_are_nan():
    found = shuffled(np.array([]))
    figures = [*found.quantiles_usd.values(), found.as_traded_usd]
    assert all(math.isnan(value) for value in [*figures, found.deeper_share, found.ruin_share])


@pytest.mark.parametrize(("initial_usd", "n_orders"), [(0.0, 10), (math.nan, 10), (1_000.0, 0)])
def test_shuffled_drawdowns_without_capital_or_orders_are_refused(initial_usd, n_orders):
    with pytest.raises(ConfigError, match="`initial_usd` > 0 and `n_orders` >= 1"):
        shuffled(THREE, initial_usd, n_orders)
