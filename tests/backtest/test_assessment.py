"""An assessment tells an edge from luck, says what it lacks, and is the same for the same seed."""

import numpy as np
import pytest

from backtest.assessment import AssessmentSettings, assess
from backtest.engine import BacktestEngine
from backtest.trials import LoggedTrials, trial_of
from data.planted_edge import EDGES
from data.synthetic import synthetic_bars
from env.actions import Action
from models.baselines import RandomTarget
from tests.helpers.results import hand_made_result

QUICK = AssessmentSettings(n_resamples=200, n_traders=100)
N_BARS = 8_000


class FollowTheDrift:
    """Long where the mean of the planted signals is above zero, else short; held ten bars."""

    name = "follow"

    def __init__(self, signal):
        self._signal = signal

    def reset(self, market, settings):
        held = np.repeat(self._signal[::10], 10)[: len(self._signal)]
        self._actions = np.where(held > 0, Action.BUY, Action.SELL)

    def decide(self, bar, observation):
        return int(self._actions[bar])


def engine_and_result(preset, policy_of, seed=1):
    bars = synthetic_bars(N_BARS, preset, seed=seed)
    engine = BacktestEngine(bars, initial_capital=100_000.0)
    return engine, engine.run_with_policy(policy_of(bars))


@pytest.fixture(scope="module")
def planted():
    columns = list(EDGES["strong"].signal_columns)
    engine, result = engine_and_result(
        "planted_edge_strong", lambda bars: FollowTheDrift(bars[columns].mean(axis=1).to_numpy())
    )
    return engine, result, assess(engine, [result, idle_result_like(result)], settings=QUICK)


@pytest.fixture(scope="module")
def lucky():
    """The best of many random traders on a martingale: it won, and knows nothing."""
    bars = synthetic_bars(N_BARS, "martingale", seed=4)
    engine = BacktestEngine(bars, initial_capital=100_000.0)
    results = [engine.run_with_policy(RandomTarget(seed)) for seed in range(50)]
    return engine, results


def idle_result_like(result):
    return hand_made_result(
        "flat",
        equity=np.full_like(result.equity, result.equity[0]),
        trade_dates=result.trade_dates,
        timestamps=result.timestamps,
    )


def test_assess_planted_edge_is_told_from_random(planted):
    _, result, assessment = planted
    assert result.metrics["net_profit_usd"] > 0
    assert assessment.random.p_value == pytest.approx(1 / 101)
    assert assessment.deflation.probabilistic > 0.95
    assert assessment.verdict.startswith("beats random")


def test_assess_one_random_trader_on_a_martingale_is_not_told_from_random(lucky):
    engine, results = lucky
    winner = next(each for each in results if each.metrics["net_profit_usd"] > 0)
    assessment = assess(engine, [winner], settings=QUICK)
    assert assessment.random.p_value > 0.05
    assert assessment.verdict.startswith("not distinguishable from random at these costs")


def test_assess_best_of_fifty_random_traders_has_high_psr_and_low_dsr(lucky):
    engine, results = lucky
    trials = tuple(trial_of(each, seed) for seed, each in enumerate(results))
    best = max(results, key=lambda each: each.metrics["sharpe"])
    assessment = assess(engine, [best], like_trials=LoggedTrials(trials=trials), settings=QUICK)
    found = assessment.deflation
    assert found.n_trials == 50
    assert found.probabilistic > 0.9
    assert found.deflated < 0.75
    assert assessment.overfitting.pbo > 0.2
    assert assessment.best_of_all.n_variants == 50
    assert assessment.best_of_all.p_consistent > 0.05
