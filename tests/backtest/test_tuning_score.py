"""What a trial is worth: Sharpe ratios of stitched folds, their mean and their dispersion."""

import math

import pytest

from backtest.tuning_score import TrialRecord
from tests.helpers.tuning import scored

# mean .005 and deviation (ddof 1) .01 of four sessions: a Sharpe ratio of .5 per session
HALF = (-0.01 + 0.005, 0.01 + 0.005, 0.005 - 0.005 * math.sqrt(2), 0.005 + 0.005 * math.sqrt(2))


def test_score_is_the_mean_of_the_seeds_less_what_their_dispersion_costs():
    flat = (0.0, 0.0)
    fold_1 = (scored(HALF[:2]), scored(flat))
    fold_2 = (scored(HALF[2:], 2), scored(flat, 2))
    record = TrialRecord(folds=(fold_1, fold_2), penalty=0.5)
    # .5 x sqrt(252) = 7.937253933; the flat seed counts as 0
    assert record.seed_scores == pytest.approx([7.937253933, 0.0])
    assert record.dispersion == pytest.approx(3.968626967)
    assert record.score == pytest.approx(3.968626967 - 0.5 * 3.968626967)


def test_record_is_stitched_fold_after_fold_and_spans_all_of_them():
    folds = ((scored((0.1, 0.2)), scored((0.3, 0.4))), (scored((0.5,), 2), scored((0.6,), 2)))
    record = TrialRecord(folds=folds)
    assert record.returns_of(1).tolist() == [0.3, 0.4, 0.6]
    assert record.span == ("2025-01-02", "2025-01-07")


def test_median_seed_of_an_even_number_is_the_lower_one():
    best, worst, middle = (0.02, 0.03), (-0.02, -0.03), (0.01, 0.05)
    seeds = tuple(scored(returns) for returns in (best, worst, middle))
    assert TrialRecord(folds=(seeds,)).median_seed == 2
    assert TrialRecord(folds=(seeds[:2],)).median_seed == 1
