"""The test of superior ability: its sign, its size and power, and what it cannot be asked."""

import math

import numpy as np
import pytest

from backtest.resampling import resampled_rows
from backtest.superiority import long_run_deviation, superior_ability
from utils.errors import ConfigError, DataError

N_SESSIONS = 300


def noise(seed, n_variants=10, n_sessions=N_SESSIONS):
    return np.random.default_rng(seed).normal(0.0, 0.01, size=(n_sessions, n_variants))


def fair(seed, n_variants):
    """Return noise without luck: each variant earns nothing over all sessions."""
    returns = noise(seed, n_variants)
    return returns - returns.mean(axis=0)


def ability(variants, benchmark=None, seed=0, n_resamples=300):
    if benchmark is None:
        benchmark = np.zeros(len(variants))
    return superior_ability(variants, benchmark, np.random.default_rng(seed), n_resamples)


def p_values(found):
    return found.p_lower, found.p_consistent, found.p_upper


def test_superiority_of_noise_is_not_found_more_often_than_the_size_says():
    found = [ability(noise(seed), seed=seed, n_resamples=200) for seed in range(60)]
    p_consistent = np.array([one.p_consistent for one in found])
    assert (p_consistent <= 0.05).sum() <= 8
    assert 0.3 < p_consistent.mean() < 0.75
    for one in found:
        assert one.p_lower <= one.p_consistent <= one.p_upper


def test_superiority_of_a_variant_with_an_edge_is_found_among_noise():
    variants = noise(1)
    variants[:, 7] += 0.003
    found = ability(variants)
    assert found.best == 7
    assert found.n_variants == 10
    assert found.p_upper < 0.02


def test_superiority_a_losing_variant_has_a_large_p_value():
    for found in (ability(noise(2, 1) - 0.003), ability(noise(2) - 0.003)):
        assert p_values(found) == (1.0, 1.0, 1.0)


def test_superiority_is_over_the_benchmark_and_not_over_nothing():
    variants = noise(3) + 0.002
    benchmark = noise(4, 1)[:, 0] + 0.005
    assert ability(variants, np.zeros(N_SESSIONS)).p_upper < 0.05
    assert p_values(ability(variants, benchmark)) == (1.0, 1.0, 1.0)
    assert ability(noise(3) - 0.002, benchmark - 0.01).p_upper < 0.05


def test_superiority_of_one_variant_in_any_shape():
    single = fair(5, 1) + 0.002
    as_column, as_row = ability(single), ability(single[:, 0])
    assert as_column == as_row
    assert as_row.p_consistent < 0.05
    assert as_row.n_variants == 1


def test_superiority_many_tries_make_the_same_edge_less_certain():
    single = fair(6, 1) + 0.0014
    alone = ability(single, n_resamples=1_000)
    among = ability(np.hstack([single, noise(7, 80)]), n_resamples=1_000)
    assert among.best == 0
    assert alone.p_consistent < 0.05 < among.p_consistent


def test_superiority_clear_losers_do_not_hide_an_edge():
    variants = np.hstack([fair(8, 1) + 0.0014, fair(9, 40) - 0.005])
    found = ability(variants, n_resamples=1_000)
    assert found.p_consistent < 0.05 < found.p_upper


def test_superiority_a_volatile_variant_does_not_drown_a_steady_one():
    # ten times the risk: its mean is larger, and scatters more than the steady one earns
    variants = np.hstack([fair(10, 1) + 0.002, 10.0 * fair(11, 1) + 0.003])
    found = ability(variants)
    assert found.best == 0
    assert found.p_consistent < 0.02


def test_superiority_does_not_depend_on_the_scale_of_returns():
    variants = noise(12) + 0.001
    assert p_values(ability(variants)) == p_values(ability(variants * 1_024.0))


def test_superiority_persistent_noise_is_given_long_blocks():
    shocks = noise(13, 1)[:, 0]
    persistent = np.convolve(shocks, np.ones(20) / 20.0, mode="same")
    assert ability(persistent).block_length > 3 * ability(shocks).block_length


def test_superiority_p_values_are_shares_of_the_resamples():
    share = ability(noise(14), n_resamples=101).p_consistent
    assert 0.0 < share < 1.0
    assert share * 101 == pytest.approx(round(share * 101))


def test_long_run_deviation_by_hand():
    # sums of products 2, 0, -1 at lags 0, 1, 2; lags 1 and 2 weigh 2/3 / 2 + 1/3 / 4 = 5/12
    one, twice = long_run_deviation(np.array([[1.0, 3.0], [0.0, 1.0], [-1.0, -1.0]]), 2)
    assert one == pytest.approx(math.sqrt((2.0 - 2.0 * 5 / 12) / 3))
    assert twice == pytest.approx(2.0 * one)


def test_long_run_deviation_is_that_of_resampled_means():
    record = np.convolve(noise(17, 1)[:, 0], np.ones(4) / 4.0, mode="same")
    rows = np.concatenate(list(resampled_rows(N_SESSIONS, 6, 4_000, np.random.default_rng(0))))
    resampled = record[rows].mean(axis=1).std() * math.sqrt(N_SESSIONS)
    assert long_run_deviation(record[:, None], 6)[0] == pytest.approx(resampled, rel=0.05)


def test_superiority_same_seed_gives_the_same_and_another_another():
    variants = noise(14)
    first, second, other = (ability(variants, seed=seed) for seed in (1, 1, 2))
    assert first == second
    assert first.p_consistent != other.p_consistent


def test_superiority_the_benchmark_itself_is_no_better_and_is_left_out():
    benchmark = noise(15, 1)[:, 0]
    itself = ability(np.column_stack([benchmark, benchmark]), benchmark)
    assert p_values(itself) == (1.0, 1.0, 1.0)
    assert itself.n_variants == 2
    better = benchmark + noise(16, 1)[:, 0] + 0.003
    both = ability(np.column_stack([benchmark, better]), benchmark)
    assert (both.best, both.n_variants) == (1, 2)
    assert both.p_upper < 0.02


@pytest.mark.parametrize(
    ("variants", "benchmark"),
    [((300, 2), (299,)), ((300, 2), (300, 1)), ((300, 0), (300,)), ((300, 2, 1), (300,))],
    ids=str,
)
def test_superiority_of_shapes_that_do_not_fit_is_refused(variants, benchmark):
    with pytest.raises(DataError, match="take both over the same span"):
        ability(np.zeros(variants), np.zeros(benchmark))


def test_superiority_of_too_few_sessions_is_refused():
    with pytest.raises(DataError, match="needs >= 12 sessions, were 11"):
        ability(noise(0, n_sessions=11))
    assert 0.0 <= ability(noise(0, n_sessions=12)).p_consistent <= 1.0


def test_superiority_of_gaps_is_refused():
    variants = noise(0)
    variants[4, 2] = math.nan
    with pytest.raises(DataError, match="must be finite, 1 of 3000 differences were not"):
        ability(variants)


def test_superiority_of_a_constant_difference_is_refused():
    benchmark = noise(0, 1)[:, 0]
    variants = np.column_stack([noise(1, 1)[:, 0], benchmark + 0.001])
    with pytest.raises(DataError, match="variant 1 differs from the benchmark by the same amount"):
        ability(variants, benchmark)


def test_superiority_of_too_few_resamples_is_refused():
    with pytest.raises(ConfigError, match="`n_resamples` must be >= 100, was 99"):
        ability(noise(0), n_resamples=99)
