"""An assessment tells an edge from luck, says what it lacks, and is the same for the same seed."""

import json
from dataclasses import replace

import numpy as np
import pytest

from backtest.assessment import Alternatives, AssessmentSettings, assess
from backtest.assessment_tables import assessment_json, assessment_tables
from backtest.engine import BacktestEngine
from backtest.reruns import COST_STRESS
from backtest.trials import LoggedTrials, trial_of
from data.planted_edge import EDGES
from data.synthetic import synthetic_bars
from env.actions import Action
from models.baselines import RandomTarget
from tests.helpers.results import hand_made_result, idle_result
from utils.errors import ConfigError

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
    winners = [each for each in results if each.metrics["net_profit_usd"] > 0]
    winner = min(winners, key=lambda each: each.metrics["net_profit_usd"])  # not the luckiest
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


def test_assess_same_seed_same_bits_and_another_seed_other_draws(planted):
    engine, result, assessment = planted
    others = [idle_result_like(result)]
    again = assess(engine, [result, *others], settings=QUICK)
    assert assessment_json(again) == assessment_json(assessment)
    other = assess(engine, [result, *others], settings=QUICK, seed=1)
    assert other.random.net_usd.tolist() != assessment.random.net_usd.tolist()
    assert other.deflation == assessment.deflation


def test_assess_cost_stress_and_paths_are_those_of_the_engine(planted):
    engine, result, assessment = planted
    stressed = {each.label: each.net_usd for each in assessment.reruns[COST_STRESS]}
    fees = result.metrics["total_fees_usd"]
    assert stressed["commission twice"] == pytest.approx(assessment.net_usd - fees)
    both = engine.replayed(result, commission_factor=2.0, slippage_factor=2.0)
    assert stressed["both twice"] == both.metrics["net_profit_usd"]
    paths = {each.label for each in assessment.reruns["other paths inside a bar"]}
    assert paths == {"ohlc", "olhc", "adaptive"}


def test_assess_sensitivity_has_other_stops_and_a_delay_that_costs_the_edge(planted):
    _, _, assessment = planted
    labels = [each.label for each in assessment.reruns["parameter sensitivity"]]
    assert labels == [
        "stop 0.5 times as far, 100 ticks",
        "stop 0.75 times as far, 150 ticks",
        "stop 1.25 times as far, 250 ticks",
        "stop 2 times as far, 400 ticks",
        "every decision one bar late",
    ]
    late = assessment.reruns["parameter sensitivity"][-1]
    assert late.net_usd < assessment.net_usd


def test_assess_without_an_engine_says_what_could_not_be_traded_anew(planted):
    _, result, _ = planted
    assessment = assess(None, [result], settings=QUICK)
    assert assessment.random is None
    assert assessment.reruns == {}
    assert assessment.baselines is None
    why = "nothing can be traded anew: the result is of several runs put together"
    assert assessment.absent["random traders"] == why
    assert assessment.absent[COST_STRESS] == why
    assert assessment.absent["tests against baselines"] == "no baseline was run beside it"
    assert assessment.verdict.startswith("cannot be told from random")
    assert assessment.intervals["sharpe"].low > 0.0  # what needs no bars is there all the same


def test_assess_result_that_never_traded_has_reasons_and_no_zeros():
    idle = idle_result()
    assessment = assess(None, [idle], settings=QUICK)
    assert assessment.intervals == {}
    assert assessment.deflation is None
    assert assessment.trade_order is None
    assert "needs returns that differ" in assessment.absent["probabilistic and deflated Sharpe"]
    assert assessment.absent["intervals over trades"] == "intervals need >= 12 trades, were 0"
    assert assessment.verdict == "never traded: nothing to judge"
    assert [table.heading for table in assessment_tables(assessment)] == ["Not evaluated"]


def test_assess_engine_without_a_trade_says_so_of_random_traders(planted):
    engine, result, _ = planted
    idle = engine.run_decisions(np.zeros(len(result.equity) - 1, np.int64), result, "idle")
    assessment = assess(engine, [idle], settings=QUICK)
    assert assessment.absent["random traders"] == (
        "`idle` made no trade that random ones could be like"
    )


def test_assess_seeds_and_variants_are_shown(planted):
    engine, result, _ = planted
    first = np.resize([0.01, -0.005, 0.002], trial_of(result, 0).n_sessions)
    given = Alternatives(variants={"b": first}, seeds={"0": first, "1": -first})
    assessment = assess(engine, [result], alternatives=given, settings=QUICK)
    assert assessment.seeds.losing_share == 0.5
    assert assessment.best_of_all.n_variants == 2
    wrong = assess(engine, [result], alternatives=Alternatives(variants={"b": first[:5]}))
    assert "variant `b` has 5 sessions" in wrong.absent["probability of overfitting"]


def test_assess_damaged_log_makes_the_number_of_trials_a_lower_bound(planted):
    engine, result, _ = planted
    logged = LoggedTrials(trials=(trial_of(result, "x"),), n_damaged=2)
    tables = assessment_tables(assess(engine, [result], like_trials=logged, settings=QUICK))
    questions = [row.heading for row in tables[0].rows]
    assert "Is it above the luckiest of at least 1 logged trial?" in questions


def test_assessment_tables_have_a_cell_per_column_and_no_bare_nan(planted):
    tables = assessment_tables(planted[2])
    assert [table.heading for table in tables] == [
        "Skill or luck",
        "How far the figures could have fallen otherwise",
        "Is it better than the baselines?",
        "The same decisions under other terms",
        "Maximum drawdown of the same trades in other orders",
        "Not evaluated",
    ]
    for table in tables:
        for row in table.rows:
            assert len(row.cells) == len(table.columns) - 1
            assert "nan" not in " ".join(row.cells)


def test_assessment_json_has_null_for_what_is_undefined(planted):
    values = assessment_json(planted[2])
    text = json.dumps(values, allow_nan=False)
    assert values["random_traders"]["n_traders"] == 100
    assert values["overfitting"] is None
    assert json.loads(text)["verdict"] == planted[2].verdict


@pytest.mark.parametrize(("name", "value"), [("n_traders", 99), ("confidence", 0.4)])
def test_assessment_settings_out_of_bounds_are_refused(name, value):
    with pytest.raises(ConfigError, match=f"`{name}`"):
        AssessmentSettings(**{name: value})


def test_assessment_json_stays_the_same_when_the_same_is_looked_at_again(planted):
    engine, result, _ = planted
    trial = trial_of(result, "x")
    once, twice = (
        assess(engine, [result], like_trials=LoggedTrials(trials=(each,)), settings=QUICK)
        for each in (trial, replace(trial, n_looks=2))
    )
    assert (once.deflation.uses.n_looks, twice.deflation.uses.n_looks) == (1, 2)
    assert assessment_json(once) == assessment_json(twice)
