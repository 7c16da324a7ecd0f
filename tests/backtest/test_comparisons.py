"""A result beside others over the same sessions; what its Sharpe ratio is worth among trials."""

import math

import numpy as np
import pytest

from backtest.comparisons import (
    against_baselines,
    best_of_all,
    dispersion_of,
    overfitting_of,
    returns_of,
    variant_table,
)
from backtest.deflation import deflation_of
from backtest.trials import LoggedTrials, trial_of_returns
from tests.helpers.results import idle_result
from utils.errors import DataError
from utils.seeding import generator

SPAN = ("2025-01-02", "2025-03-31")
NOISE = generator(0).normal(0.0, 0.01, size=(60, 10))
GOOD = NOISE[:, 0] + 0.01
VARIANTS = {str(column): NOISE[:, column] for column in range(1, 10)}


def trial(name, returns):
    return trial_of_returns(name, name, SPAN, returns)


def test_returns_of_a_rule_that_stood_aside_are_zero():
    assert returns_of(idle_result()).tolist() == [0.0]


def test_variant_table_has_the_result_first():
    table = variant_table(GOOD, VARIANTS)
    assert table.shape == (60, 10)
    assert table[:, 0].tolist() == GOOD.tolist()


def test_variant_table_without_variants_or_of_other_sessions_is_refused():
    with pytest.raises(DataError, match="no other variant"):
        variant_table(GOOD, {})
    with pytest.raises(DataError, match="variant `x` has 59 sessions, the result 60"):
        variant_table(GOOD, {"x": GOOD[1:]})


def test_best_of_all_finds_the_one_with_an_edge_and_none_among_noise():
    found = best_of_all(GOOD, VARIANTS, generator(1))
    assert (found.best, found.n_variants) == (0, 10)
    assert found.p_consistent < 0.05
    assert best_of_all(NOISE[:, 0], VARIANTS, generator(1)).p_consistent > 0.05


def test_overfitting_of_a_true_edge_is_low_and_blocks_fit_the_sessions():
    found = overfitting_of(GOOD, VARIANTS)
    assert found.pbo < 0.05
    assert len(found.logits) == 12_870  # 16 blocks of 60 sessions
    few = overfitting_of(GOOD[:12], {name: each[:12] for name, each in VARIANTS.items()})
    assert len(few.logits) == 20  # 6 blocks
    with pytest.raises(DataError, match="6 blocks need >= 12 sessions, were 11"):
        overfitting_of(GOOD[:11], {name: each[:11] for name, each in VARIANTS.items()})


def test_against_baselines_without_one_is_refused():
    with pytest.raises(DataError, match="no baseline was run beside it"):
        against_baselines(GOOD, [], generator(0))


def test_dispersion_of_seeds_by_hand():
    seeds = {"0": np.array([0.1, 0.1]), "1": np.array([-0.1, 0.0]), "2": np.array([0.05, 0.0])}
    found = dispersion_of(seeds)
    assert found.total_returns.tolist() == pytest.approx([0.21, -0.10, 0.05])
    assert found.median_return == pytest.approx(0.05)
    assert found.losing_share == pytest.approx(1 / 3)
    # mean 0.16 / 3; squared distances .024544, .023511, .0000111; half their sum .024033
    assert found.deviation == pytest.approx(math.sqrt(0.0240333), rel=1e-4)
    with pytest.raises(DataError, match="a single seed"):
        dispersion_of({"0": GOOD})


def test_deflation_of_the_only_trial_is_the_probabilistic_ratio():
    found = deflation_of(trial("a", GOOD), LoggedTrials(trials=()), 0.95)
    assert found.deflated == found.probabilistic > 0.99
    assert (found.n_trials, found.luckiest, found.uses.n_looks) == (1, 0.0, 0)


def test_deflation_counts_every_trial_once_and_falls_with_their_number():
    this = trial("a", GOOD)
    logged = tuple(trial(name, returns) for name, returns in VARIANTS.items())
    few = deflation_of(this, LoggedTrials(trials=(*logged[:2], this)), 0.95)
    many = deflation_of(this, LoggedTrials(trials=logged), 0.95)
    assert (few.n_trials, many.n_trials) == (3, 10)
    assert many.deflated < few.deflated < few.probabilistic
    assert many.sessions_needed == few.sessions_needed < 60


def test_deflation_of_trials_without_ratios_is_nan_not_zero():
    logged = LoggedTrials(trials=(trial("idle", np.zeros(60)),), n_damaged=3)
    found = deflation_of(trial("a", GOOD), logged, 0.95)
    assert math.isnan(found.deflated)
    assert (found.n_trials, found.n_damaged) == (2, 3)


def test_deflation_of_an_undefined_ratio_is_refused():
    with pytest.raises(DataError, match="needs returns that differ and >= 4 sessions, had 60"):
        deflation_of(trial("idle", np.zeros(60)), LoggedTrials(trials=()), 0.95)
