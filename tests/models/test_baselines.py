"""The rules: what each does, that it repeats, and that it does not look ahead."""

import numpy as np
import pytest

from config.settings import EnvSettings
from env.actions import Action
from env.market import build_market
from models.baselines import BASELINES, trailing_mean
from tests.helpers.agents import observation, told_bars

N_BARS = 300


def _market(n_bars: int = N_BARS):
    return build_market(told_bars(n_bars), ["hint"])


def _decisions(name: str, market, seed: int = 0, n_bars: int = N_BARS) -> list[int]:
    policy = BASELINES[name](seed)
    policy.reset(market, EnvSettings())
    return [policy.decide(bar, observation()) for bar in range(n_bars)]


@pytest.mark.conformance
@pytest.mark.parametrize("name", sorted(BASELINES))
def test_baseline_obeys_the_protocol_and_repeats_itself(name):
    policy = BASELINES[name](3)
    assert policy.name == name
    runs = []
    for _ in range(2):
        policy.reset(_market(), EnvSettings())
        runs.append([policy.decide(bar, observation()) for bar in range(N_BARS)])
    assert runs[0] == runs[1]
    assert set(runs[0]) <= set(Action)


@pytest.mark.conformance
@pytest.mark.parametrize("name", sorted(BASELINES))
def test_baseline_decisions_do_not_change_when_later_bars_are_cut_off(name):
    # the last hint of the shorter frame is the truth about a bar that it does not have
    shorter = build_market(told_bars(N_BARS).iloc[:120], ["hint"])
    assert _decisions(name, shorter, n_bars=120) == _decisions(name, _market())[:120]


def test_flat_never_trades():
    assert set(_decisions("flat", _market())) == {Action.HOLD}


def test_buy_and_hold_always_wants_to_be_long():
    assert set(_decisions("buy_and_hold", _market())) == {Action.BUY}


def test_random_changes_about_every_twentieth_bar_and_follows_its_seed():
    decisions = _decisions("random", _market(4_000), seed=1, n_bars=4_000)
    n_changes = sum(decision != Action.HOLD for decision in decisions)
    assert 150 < n_changes < 250
    assert set(decisions) == set(Action)
    assert decisions != _decisions("random", _market(4_000), seed=2, n_bars=4_000)


def test_ma_cross_is_long_in_a_rise_short_in_a_fall_and_waits_for_the_slow_average():
    bars = told_bars(160)
    price = 20_000.0 + np.concatenate([np.arange(100.0), 99.0 - np.arange(1.0, 61.0)])
    for column in ("open", "high", "low", "close"):
        bars[column] = price
    decisions = _decisions("ma_cross", build_market(bars, ["hint"]), n_bars=160)
    assert decisions[:49] == [Action.HOLD] * 49
    assert decisions[49:100] == [Action.BUY] * 51
    assert decisions[-1] == Action.SELL


def test_ma_cross_of_equal_averages_is_short():
    bars = told_bars(60)
    bars[["open", "high", "low", "close"]] = 20_000.0
    assert _decisions("ma_cross", build_market(bars, ["hint"]), n_bars=60)[-1] == Action.SELL


def test_trailing_mean_by_hand():
    found = trailing_mean(np.array([1.0, 2.0, 6.0, 4.0]), 2)
    np.testing.assert_array_equal(found, [np.nan, 1.5, 4.0, 5.0])


def test_trailing_mean_of_too_few_values_is_nan():
    assert np.isnan(trailing_mean(np.array([1.0]), 2)).all()
