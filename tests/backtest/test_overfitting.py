"""Overfitting by symmetric cross-validation: a matrix by hand, ties, and matrices of known kind."""

import math

import numpy as np
import pytest

from backtest.overfitting import probability_of_overfitting
from utils.errors import ConfigError, DataError

BLOCK_MEANS = np.array([[2.0, -1.0, 1.0], [2.0, 0.0, 2.0], [-1.0, 1.0, 0.0], [-1.0, 3.0, 1.0]])
"""Of four blocks (rows) and three variants A, B and C.

A block's two rows are its mean + 1 and - 1, so two blocks of means a and b have the mean
(a + b) / 2 and the variance (4 + (a - b)^2) / 3, hence the ratio
S(a, b) = sqrt(3) (a + b) / 2 / sqrt(4 + (a - b)^2):

    blocks      A        B        C
    1 2      1.7321   -.3873   1.1619
    1 3       .2402    0        .3873
    1 4       .2402    .3873    .8660
    2 3       .2402    .3873    .6124
    2 4       .2402    .7206   1.1619
    3 4      -.8660   1.2247    .3873

In sample 1 2 the best is A, the worst of three in 3 4: w = 1/4. In 3 4 it is B, the worst in 1 2.
In the four others it is C, the best in what is left: w = 3/4.
"""

ROOT3 = math.sqrt(3.0)


def rows_of(block_means):
    return np.repeat(block_means, 2, axis=0) + np.tile([[1.0], [-1.0]], (len(block_means), 1))


def noise(seed, shape=(480, 20)):
    return np.random.default_rng(seed).normal(0.0, 0.01, size=shape)


def test_overfitting_by_hand():
    found = probability_of_overfitting(rows_of(BLOCK_MEANS), n_blocks=4)
    third = math.log(1 / 3)
    assert found.logits == pytest.approx([third, -third, -third, -third, -third, third])
    assert found.pbo == pytest.approx(1 / 3)
    assert found.probability_of_loss == pytest.approx(1 / 3)
    assert found.n_dropped == 0


def test_overfitting_pairs_by_hand():
    found = probability_of_overfitting(rows_of(BLOCK_MEANS), n_blocks=4)
    pairs = [
        (ROOT3, -ROOT3 / 2),  # A: S(2, 2), S(-1, -1)
        (0.5 * ROOT3 / math.sqrt(5), 1.5 * ROOT3 / math.sqrt(5)),  # C: S(1, 0), S(2, 1)
        (ROOT3 / 2, ROOT3 / math.sqrt(8)),  # C: S(1, 1), S(2, 0)
        (ROOT3 / math.sqrt(8), ROOT3 / 2),  # C
        (1.5 * ROOT3 / math.sqrt(5), 0.5 * ROOT3 / math.sqrt(5)),  # C
        (2 * ROOT3 / math.sqrt(8), -0.5 * ROOT3 / math.sqrt(5)),  # B: S(1, 3), S(-1, 0)
    ]
    assert found.in_sample == pytest.approx([inside for inside, _ in pairs])
    assert found.out_of_sample == pytest.approx([outside for _, outside in pairs])
    assert found.degradation_slope == pytest.approx(-1.542, abs=2e-3)


def test_overfitting_drops_the_oldest_sessions_that_fill_no_block():
    longer = np.vstack([np.full((3, 3), 50.0), rows_of(BLOCK_MEANS)])
    found = probability_of_overfitting(longer, n_blocks=4)
    whole = probability_of_overfitting(rows_of(BLOCK_MEANS), n_blocks=4)
    assert found.n_dropped == 3
    np.testing.assert_array_equal(found.logits, whole.logits)
    np.testing.assert_array_equal(found.out_of_sample, whole.out_of_sample)


def test_overfitting_equal_variants_tie_at_the_median():
    column = noise(3, (64, 1))
    found = probability_of_overfitting(np.tile(column, (1, 7)), n_blocks=8)
    assert set(found.logits.tolist()) == {0.0}
    assert found.pbo == 1.0


def test_overfitting_ties_in_sample_choose_the_first_column():
    # alike in blocks 1 and 2; from there on the first gains and the second loses
    means = np.array([[1.0, 1.0], [1.0, 1.0], [2.0, -2.0], [2.0, -2.0]])
    assert probability_of_overfitting(rows_of(means), n_blocks=4).out_of_sample[0] > 0.0
    assert probability_of_overfitting(rows_of(means)[:, ::-1], 4).out_of_sample[0] < 0.0


@pytest.mark.parametrize("idle_return", [0.0, 0.1])
def test_overfitting_variant_without_deviation_scores_zero(idle_return):
    # against a loser it is chosen everywhere, and is the better one everywhere
    returns = np.column_stack([np.full(64, idle_return), noise(4, (64, 1))[:, 0] - 0.02])
    found = probability_of_overfitting(returns, n_blocks=8)
    assert found.in_sample.tolist() == found.out_of_sample.tolist() == [0.0] * 70
    assert (found.pbo, found.probability_of_loss) == (0.0, 0.0)
    assert math.isnan(found.degradation_slope)


def test_overfitting_variants_that_never_traded_tie():
    assert probability_of_overfitting(np.zeros((64, 3)), n_blocks=8).logits.tolist() == [0.0] * 70


def test_overfitting_of_noise_is_about_a_half():
    found = [probability_of_overfitting(noise(seed), n_blocks=8).pbo for seed in range(60)]
    assert np.mean(found) == pytest.approx(0.5, abs=0.08)


def test_overfitting_of_one_truly_better_variant_is_near_zero():
    returns = noise(5)
    returns[:, 13] += 0.004
    found = probability_of_overfitting(returns)
    assert len(found.logits) == 12_870
    assert found.pbo < 0.02
    assert found.probability_of_loss < 0.02


def test_overfitting_of_variants_that_pay_back_what_they_won_is_near_one():
    # every variant earns nothing over all sessions: the best half leaves the worst half
    returns = noise(6)
    found = probability_of_overfitting(returns - returns.mean(axis=0))
    assert found.pbo > 0.98
    assert found.probability_of_loss > 0.98
    assert found.degradation_slope < -0.5


def test_overfitting_does_not_depend_on_the_scale_of_returns():
    small, large = (probability_of_overfitting(noise(7) * scale, 8) for scale in (1e-4, 1e4))
    assert small.logits == pytest.approx(large.logits)
    assert small.out_of_sample == pytest.approx(large.out_of_sample)


def test_overfitting_is_the_same_however_many_splits_at_once(monkeypatch):
    whole = probability_of_overfitting(noise(8), n_blocks=8)
    monkeypatch.setattr("backtest.overfitting.SPLITS_AT_ONCE", 9)
    parts = probability_of_overfitting(noise(8), n_blocks=8)
    np.testing.assert_array_equal(whole.logits, parts.logits)
    np.testing.assert_array_equal(whole.in_sample, parts.in_sample)


@pytest.mark.parametrize("n_blocks", [0, 7, 22])
def test_overfitting_odd_or_too_many_blocks_are_refused(n_blocks):
    with pytest.raises(ConfigError, match=f"must be even, from 2 to 20, was {n_blocks}"):
        probability_of_overfitting(noise(0), n_blocks)


@pytest.mark.parametrize("shape", [(480,), (480, 1)])
def test_overfitting_of_a_single_variant_is_refused(shape):
    with pytest.raises(DataError, match="overfitting is of a choice"):
        probability_of_overfitting(noise(0, shape))


def test_overfitting_too_few_sessions_say_how_many_are_needed():
    with pytest.raises(DataError, match="16 blocks need >= 32 sessions, were 31"):
        probability_of_overfitting(noise(0, (31, 4)))


def test_overfitting_gaps_are_refused():
    returns = noise(0)
    returns[[3, 5], 2] = math.nan
    with pytest.raises(DataError, match="must be finite, 2 of 9600 were not"):
        probability_of_overfitting(returns)
