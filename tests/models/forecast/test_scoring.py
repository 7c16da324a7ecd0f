"""Pinball loss, CRPS and weighted interval score: by hand, and against scoringrules."""

from statistics import NormalDist

import numpy as np
import pytest
import scoringrules
from sklearn.metrics import mean_pinball_loss

from data.forecast_names import LEVELS
from models.forecast.scoring import (
    CENTRALS,
    crps_scores,
    pinball_losses,
    scored_rows,
    skill,
    weighted_interval_scores,
)
from utils.errors import DataError

NINE = np.array([[-4.0, -3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 4.0]])


@pytest.fixture(scope="module")
def drawn():
    """Labels and rising quantiles that have nothing to do with them."""
    generator = np.random.default_rng(3)
    return generator.standard_t(4, 500), np.sort(generator.normal(size=(500, 9)), axis=1)


def test_pinball_losses_by_hand_weigh_both_sides_by_the_level():
    losses = pinball_losses(np.array([2.5]), NINE)[0]
    # above: level x distance; below: (1 - level) x distance
    assert losses[[0, 4, 6, 7, 8]] == pytest.approx([0.065, 1.25, 0.45, 0.025, 0.015])


def test_pinball_losses_agree_with_scoringrules_and_scikit_learn(drawn):
    y, quantiles = drawn
    losses = pinball_losses(y, quantiles)
    oracle = scoringrules.quantile_score(y[:, None], quantiles, np.array(LEVELS))
    assert losses == pytest.approx(oracle, abs=1e-15)
    for place, level in enumerate(LEVELS):
        mean = mean_pinball_loss(y, quantiles[:, place], alpha=level)
        assert losses[:, place].mean() == pytest.approx(mean)


def test_pinball_losses_are_least_for_the_true_quantiles():
    y = np.random.default_rng(0).normal(size=40_000)
    true = np.array([NormalDist().inv_cdf(level) for level in LEVELS])
    best = pinball_losses(y, np.tile(true, (len(y), 1))).mean(axis=0)
    for moved in (true - 0.1, true + 0.1, 1.2 * true + 0.02):
        assert (pinball_losses(y, np.tile(moved, (len(y), 1))).mean(axis=0) > best).all()


def test_crps_scores_by_hand_are_twice_the_trapezoid_under_the_losses():
    found = crps_scores(np.array([0.0]), NINE)[0]
    # losses .04 .15 .2 .25 0 .25 .2 .15 .04; weights .05 .09 .2 .4 .5 .4 .2 .09 .05
    assert found == pytest.approx(2 * (0.002 + 0.0135 + 0.04 + 0.1))


def test_crps_scores_of_even_levels_agree_with_scoringrules():
    generator = np.random.default_rng(1)
    levels = tuple(k / 20 for k in range(1, 20))
    y, quantiles = generator.normal(size=50), np.sort(generator.normal(size=(50, 19)), axis=1)
    oracle = scoringrules.crps_quantile(y, quantiles, np.array(levels)) * 19 / 20
    assert crps_scores(y, quantiles, levels) == pytest.approx(oracle)


@pytest.mark.parametrize("n_levels", [9, 999])
def test_crps_scores_of_a_normal_come_near_to_the_exact_score(n_levels):
    y = np.random.default_rng(2).normal(size=5_000)
    levels = LEVELS if n_levels == 9 else tuple(k / 1_000 for k in range(1, 1_000))
    quantiles = np.array([NormalDist().inv_cdf(level) for level in levels])
    found = crps_scores(y, np.tile(quantiles, (len(y), 1)), levels).mean()
    exact = scoringrules.crps_normal(y, 0.0, 1.0).mean()
    # nine levels are some 3 % low, as the docstring says
    assert found / exact == pytest.approx(0.967 if n_levels == 9 else 1.0, abs=0.004)


def test_weighted_interval_scores_agree_with_scoringrules(drawn):
    y, quantiles = drawn
    alphas = np.array([1.0 - central.share for central in CENTRALS.values()])
    lows, highs = (quantiles[:, [getattr(c, end) for c in CENTRALS.values()]]
                   for end in ("low", "high"))  # fmt: skip
    oracle = scoringrules.weighted_interval_score(y, quantiles[:, 4], lows, highs, alphas)
    assert weighted_interval_scores(y, quantiles).total == pytest.approx(oracle)


def test_weighted_interval_scores_are_twice_the_mean_pinball_loss(drawn):
    y, quantiles = drawn
    twice = 2.0 * pinball_losses(y, quantiles).mean(axis=1)
    assert weighted_interval_scores(y, quantiles).total == pytest.approx(twice)


def test_weighted_interval_scores_by_hand_tell_width_from_misses():
    found = weighted_interval_scores(np.array([0.0, 3.5, -4.5]), np.repeat(NINE, 3, axis=0))
    # dispersion (.01 x 8 + .05 x 6 + .1 x 4 + .25 x 2) / 4.5
    assert found.dispersion == pytest.approx([1.28 / 4.5] * 3)
    # half the distance to the median, then the distance to each interval that was missed
    assert found.too_low == pytest.approx([0.0, (1.75 + 2.5 + 1.5 + 0.5) / 4.5, 0.0])
    assert found.too_high == pytest.approx([0.0, 0.0, (2.25 + 3.5 + 2.5 + 1.5 + 0.5) / 4.5])


def test_scored_rows_leave_out_whatever_is_unknown():
    y = np.array([0.0, np.nan, 0.0, 0.0])
    quantiles, reference = np.repeat(NINE, 4, axis=0), np.repeat(NINE, 4, axis=0)
    quantiles[2, 8], reference[3] = np.nan, np.nan
    assert scored_rows(y, quantiles).tolist() == [True, False, False, True]
    assert scored_rows(y, quantiles, reference).tolist() == [True, False, False, False]


def test_scored_rows_of_other_shapes_are_refused_in_one_line():
    with pytest.raises(DataError, match=r"quantiles \(n, 9\), were \(3,\) and \(1, 9\)"):
        scored_rows(np.zeros(3), NINE)


def test_skill_is_a_share_of_the_reference_and_positive_where_better():
    assert skill(0.9, 1.0) == pytest.approx(0.1)
    assert np.isnan(skill(0.0, 0.0))
