"""Sharpe inference against the papers' own examples, hand computations and simulated noise."""

import math

import numpy as np
import pytest

from backtest.sharpe_inference import (
    SharpeEstimate,
    deflated_sharpe,
    estimate_sharpe,
    expected_best_sharpe,
    minimum_track_record,
    probabilistic_sharpe,
    probability_above,
    sessions_needed,
    trials_benchmark,
)
from utils.errors import ConfigError

HAND = np.array([0.03, -0.01, 0.01, 0.01])
"""Mean .01; deviations .02, -.02, 0, 0: sums of squares .0008, cubes 0, fourth powers 3.2e-7."""

UNDEFINED = [[], [0.01], [0.01, 0.02, -0.01], [0.0] * 20, [0.001] * 20]


def normal_estimate(sharpe, n_sessions=1_000):
    return SharpeEstimate(sharpe=sharpe, skewness=0.0, kurtosis=3.0, n_sessions=n_sessions)


def noise(seed, n_sessions, n_records):
    return np.random.default_rng(seed).normal(0.0, 0.01, size=(n_records, n_sessions))


def test_estimate_by_hand():
    estimate = estimate_sharpe(HAND)
    # ddof 1: .0008 / 3; ddof 0: .0002, so the kurtosis is (3.2e-7 / 4) / .0002^2 = 2
    assert estimate.sharpe == pytest.approx(0.01 / math.sqrt(0.0008 / 3))
    assert estimate.skewness == pytest.approx(0.0, abs=1e-12)
    assert estimate.kurtosis == pytest.approx(2.0)
    assert estimate.n_sessions == 4


def test_estimate_skewness_by_hand_has_the_sign_of_the_long_tail():
    # mean 0; (4^3 - 4) / 5 = 12 over (20 / 5)^1.5 = 8; fourth powers (256 + 4) / 5 = 52 over 16
    estimate = estimate_sharpe(np.array([-1.0, -1.0, 4.0, -1.0, -1.0]))
    assert estimate.skewness == pytest.approx(1.5)
    assert estimate.kurtosis == pytest.approx(3.25)


@pytest.mark.parametrize("returns", UNDEFINED)
def test_every_figure_without_deviation_or_of_too_few_sessions_is_nan(returns):
    record = np.array(returns)
    assert math.isnan(estimate_sharpe(record).sharpe)
    assert math.isnan(probabilistic_sharpe(record))
    assert math.isnan(minimum_track_record(record))
    assert math.isnan(deflated_sharpe(record, np.array([0.1, 0.2])))


def test_probabilistic_sharpe_by_hand():
    # SR^2 = .375; factor 1 + 1/4 * .375 = 1.09375; sqrt(.375 * 3 / 1.09375) = 1.01419
    assert probabilistic_sharpe(HAND) == pytest.approx(0.84475, abs=1e-4)


def test_probability_of_two_outcomes_whose_error_vanishes_is_nan():
    # kurtosis 1 + skewness^2, and a ratio of 2 / skewness: 1 - 2 + 1 = 0
    lottery = SharpeEstimate(sharpe=1.0, skewness=2.0, kurtosis=5.0, n_sessions=10)
    assert math.isnan(probability_above(lottery, 0.0))


def test_probabilistic_sharpe_at_its_own_ratio_is_a_half():
    assert probabilistic_sharpe(HAND, math.sqrt(0.375)) == pytest.approx(0.5)


def test_probability_of_the_paper_s_hedge_fund_falls_with_its_tails():
    # Bailey and Lopez de Prado 2012: 24 months of mean .036 and deviation .079
    fund = {"sharpe": 0.036 / 0.079, "n_sessions": 24}
    normal = SharpeEstimate(skewness=0.0, kurtosis=3.0, **fund)
    actual = SharpeEstimate(skewness=-2.448, kurtosis=10.164, **fund)
    assert probability_above(normal, 0.0) == pytest.approx(0.982, abs=1e-3)
    assert probability_above(actual, 0.0) == pytest.approx(0.913, abs=1e-3)


@pytest.mark.parametrize(
    ("periods_per_year", "years"), [(252, 2.73), (52, 2.83), (12, 3.24)], ids=str
)
def test_sessions_needed_for_the_paper_s_sharpe_of_two_above_one(periods_per_year, years):
    # Bailey and Lopez de Prado 2012: annual ratios, normal returns, 95 %
    scale = math.sqrt(periods_per_year)
    needed = sessions_needed(normal_estimate(2.0 / scale), 1.0 / scale, 0.95)
    assert needed / periods_per_year == pytest.approx(years, abs=5e-3)


def test_sessions_needed_make_the_probability_reach_the_confidence():
    needed = sessions_needed(normal_estimate(0.1), 0.02, 0.9)
    assert needed == pytest.approx(258.9, abs=0.1)
    enough, too_few = (normal_estimate(0.1, n) for n in (math.ceil(needed), math.floor(needed)))
    assert probability_above(too_few, 0.02) < 0.9 <= probability_above(enough, 0.02)


@pytest.mark.parametrize("benchmark", [0.1, 0.2])
def test_sessions_needed_for_a_benchmark_not_below_the_ratio_are_infinite(benchmark):
    assert sessions_needed(normal_estimate(0.1), benchmark, 0.95) == math.inf


def test_minimum_track_record_of_a_loser_is_infinite():
    assert minimum_track_record(-HAND) == math.inf


def test_minimum_track_record_by_hand():
    # 1 + 1.09375 * 1.64485^2 / .375
    assert minimum_track_record(HAND) == pytest.approx(8.891, abs=1e-3)


@pytest.mark.parametrize("confidence", [0.49, 1.0, math.nan])
def test_minimum_track_record_confidence_out_of_bounds_is_refused(confidence):
    with pytest.raises(ConfigError, match="`confidence` of a track record must be from 0.5"):
        minimum_track_record(HAND, confidence=confidence)


def test_expected_best_sharpe_of_the_paper_s_hundred_trials():
    # Bailey and Lopez de Prado 2014: variance 1/2 of annual ratios, 250 sessions a year
    assert expected_best_sharpe(0.5 / 250, 100) == pytest.approx(0.1132, abs=1e-4)


@pytest.mark.parametrize(("n_trials", "probability"), [(100, 0.9004), (46, 0.9505)])
def test_deflated_probability_of_the_paper_s_example(n_trials, probability):
    # an annual 2.5 over 1,250 sessions with skewness -3 and kurtosis 10
    best = SharpeEstimate(
        sharpe=2.5 / math.sqrt(250), skewness=-3.0, kurtosis=10.0, n_sessions=1_250
    )
    benchmark = expected_best_sharpe(0.5 / 250, n_trials)
    assert probability_above(best, benchmark) == pytest.approx(probability, abs=1e-4)


def test_expected_best_sharpe_is_near_the_mean_of_the_best_of_normal_draws():
    # the formula is the limit for many trials
    best = np.random.default_rng(1).normal(size=(20_000, 50)).max(axis=1).mean()
    assert expected_best_sharpe(1.0, 50) == pytest.approx(best, rel=0.02)


def test_expected_best_sharpe_of_one_trial_is_zero_whatever_the_variance():
    assert expected_best_sharpe(1.0, 1) == 0.0
    assert expected_best_sharpe(math.nan, 1) == 0.0


@pytest.mark.parametrize(("variance", "n_trials"), [(1.0, 0), (-0.1, 5)])
def test_expected_best_sharpe_without_trials_or_of_negative_variance_is_refused(variance, n_trials):
    with pytest.raises(ConfigError, match="log every trial"):
        expected_best_sharpe(variance, n_trials)


def test_trials_benchmark_by_hand():
    # variance of .1 and .3, ddof 1: .02; N = 2: .57722 Phi^-1(1 - 1 / 5.43656) = .57722 * .90045
    assert trials_benchmark(np.array([0.1, 0.3])) == pytest.approx(0.07350, abs=1e-5)


def test_trials_benchmark_undefined_trials_count_in_number_only():
    with_undefined = trials_benchmark(np.array([0.1, 0.3, math.nan, math.nan]))
    assert with_undefined == pytest.approx(expected_best_sharpe(0.02, 4))


def test_trials_benchmark_of_several_with_one_defined_is_nan():
    trials = np.array([0.1, math.nan])
    assert math.isnan(trials_benchmark(trials))
    assert math.isnan(deflated_sharpe(HAND, trials))
    assert math.isnan(minimum_track_record(HAND, trials_benchmark(trials)))


def test_deflated_sharpe_of_one_trial_is_the_probabilistic_one_above_zero():
    assert deflated_sharpe(HAND, np.array([0.61])) == probabilistic_sharpe(HAND)


def test_deflated_sharpe_is_above_the_best_of_its_trials_by_luck():
    trials = np.array([0.1, 0.3])
    assert deflated_sharpe(HAND, trials) == probabilistic_sharpe(HAND, trials_benchmark(trials))
    assert deflated_sharpe(HAND, trials) < probabilistic_sharpe(HAND)


def test_deflated_sharpe_without_trials_is_refused():
    with pytest.raises(ConfigError, match="`n_trials` >= 1"):
        deflated_sharpe(HAND, np.array([]))


def test_probabilistic_sharpe_of_noise_is_uniform():
    levels = np.sort([probabilistic_sharpe(record) for record in noise(2, 250, 2_000)])
    gap = np.abs(levels - (np.arange(2_000) + 0.5) / 2_000).max()
    assert gap < 1.63 / math.sqrt(2_000)  # Kolmogorov-Smirnov, 1 %


def test_best_of_fifty_random_records_looks_good_until_it_is_deflated():
    probabilistic, deflated = [], []
    for seed in range(60):
        records = noise(seed, 500, 50)
        trials = np.array([estimate_sharpe(record).sharpe for record in records])
        best = records[trials.argmax()]
        probabilistic.append(probabilistic_sharpe(best))
        deflated.append(deflated_sharpe(best, trials))
    assert np.mean(probabilistic) > 0.97
    assert 0.4 < np.mean(deflated) < 0.6
