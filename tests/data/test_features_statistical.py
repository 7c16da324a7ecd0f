"""Statistical features against numbers worked out by hand, or against another library's."""

import math

import numpy as np
import pytest

from data.feature_set import FeatureSet
from data.indicators.distribution import DISTRIBUTION_FEATURES
from data.indicators.entropy import ENTROPY_FEATURES
from data.indicators.memory import MEMORY_FEATURES
from data.indicators.standing import STANDING_FEATURES
from tests.helpers.bars import make_bars
from tests.helpers.feature_kit import walking_frame

STATISTICAL = (
    *DISTRIBUTION_FEATURES,
    *STANDING_FEATURES,
    *MEMORY_FEATURES,
    *ENTROPY_FEATURES,
)


def last_of(name, closes):
    """Return a feature's last value over bars that only have a close."""
    frame = make_bars([(close, close, close, close) for close in closes])
    return FeatureSet([name]).compute(frame)[-1]


def closes_of(changes, start=1_000.0):
    return start + np.concatenate([[0.0], np.cumsum(changes)])


def test_skew_lone_jump_among_sixty_changes():
    """One change of 60 among 59 of 0: mean 1, variance (59^2 + 59) / 60 = 59.

    Third moment (59^3 - 59) / 60 = 3,422; over 59^1.5 = 453.1876 that is 7.55096.
    """
    assert last_of("skew_60", closes_of([0.0] * 30 + [60.0] + [0.0] * 29)) == pytest.approx(
        7.55096, abs=1e-5
    )


def test_kurtosis_of_a_coin_is_minus_two():
    assert last_of("kurtosis_60", closes_of([1.0, -1.0] * 30)) == pytest.approx(-2.0)


def test_change_zscore_lone_jump_is_root_of_fifty_nine():
    value = last_of("change_zscore_60", closes_of([0.0] * 59 + [-60.0]))
    assert value == pytest.approx(-7.681145748)


def test_sharpe_of_three_up_for_one_down():
    """Changes 1, 1, 1, -1: mean 0.5, squares of departures 0.75 per bar, times 60 / 59 = 0.762712.

    0.5 / 0.873334 = 0.572519.
    """
    value = last_of("sharpe_60", closes_of([1.0, 1.0, 1.0, -1.0] * 15))
    assert value == pytest.approx(0.572519, abs=1e-6)


def test_sharpe_of_equal_changes_has_no_deviation_and_is_zero():
    assert last_of("sharpe_60", closes_of([0.25] * 60)) == 0.0


def test_zscore_lone_high_close_is_root_of_forty_nine():
    assert last_of("zscore_50", [100.0] * 49 + [110.0]) == pytest.approx(7.0)


def test_ranks_count_equal_values_half():
    """Of 99 earlier closes 33 are lower and 33 equal: (33 + 16.5) / 99 = 0.5."""
    closes = [1.0] * 33 + [2.0] * 33 + [3.0] * 33 + [2.0]
    assert last_of("close_rank_100", closes) == pytest.approx(0.5)
    assert last_of("close_rank_100", [*closes[:-1], 4.0]) == 1.0


def test_range_rank_widest_bar_but_one():
    rows = [(10.0, 10.0 + width, 10.0, 10.0) for width in (*range(99), 97.5)]
    frame = make_bars(rows)
    assert FeatureSet(["range_rank_100"]).compute(frame)[-1] == pytest.approx(98 / 99)


def test_swings_fall_and_rise_in_ranges():
    """From 100 up to 130, down to 110, up to 120, with a range of 10 in every bar.

    The largest fall is 20, the largest rise 30; after 14 ranges of 10, or less, the ATR is 10.
    """
    closes = [100.0] * 57 + [130.0, 110.0, 120.0]
    frame = make_bars([(c, c + 5.0, c - 5.0, c) for c in [100.0] * 40 + closes])
    fall, rise = FeatureSet(["swings_60"]).compute(frame)[-1]
    # true ranges: 10 for long, then 35 (135 - 100), 25 (130 - 105), 15 (125 - 110)
    atr = 10.0
    for true_range in (35.0, 25.0, 15.0):
        atr += (true_range - atr) / 14.0
    assert (fall, rise) == pytest.approx((20.0 / atr, 30.0 / atr))


def test_autocorrelation_of_alternation_is_minus_one_but_for_the_ends():
    """Of 60 products 59 are there, each -1: -59 / 60; at lag 5 there are 55."""
    closes = closes_of([1.0, -1.0] * 30)
    assert last_of("autocorrelation_1", closes) == pytest.approx(-59 / 60)
    assert last_of("autocorrelation_5", closes) == pytest.approx(-55 / 60)


def test_variance_ratio_of_alternation():
    """Sums of five alternating changes of 1 are 1 in size: 116 of them give 116.

    Variance of one: 120 / 119. Lo and MacKinlay's divisor is 5 * 116 * (1 - 5/120) = 555.8333.
    116 / 555.8333 / (120 / 119) = 0.206957. Sums of twelve are 0.
    """
    closes = closes_of([1.0, -1.0] * 60)
    assert last_of("variance_ratio_5", closes) == pytest.approx(0.206957, abs=1e-6)
    assert last_of("variance_ratio_12", closes) == 0.0


def test_variance_ratio_of_a_walk_is_about_one():
    rng = np.random.default_rng(3)
    frame = make_bars([(c, c, c, c) for c in closes_of(rng.normal(0.0, 9.0, 20_000), 1e6)])
    values = FeatureSet(["variance_ratio_5", "hurst_128"]).compute(frame)[200:]
    assert values.mean(axis=0) == pytest.approx([1.0, 0.5], abs=0.03)


def test_hurst_of_a_line_is_one_and_of_standing_waves_none():
    """On a line the distance grows as the lag; period 2 has no distance at all at lag 2."""
    assert last_of("hurst_128", closes_of([1.0] * 127)) == pytest.approx(1.0)
    assert last_of("hurst_128", closes_of([1.0, -1.0] * 63 + [1.0])) == 0.5


def test_hurst_of_a_slow_wave_by_hand():
    """Period 64, up 32 bars and down 32, the window two whole periods of it.

    Lag 1 always moves by 1, so log2 is 0. The mean distance at lag k is that over the pairs in the
    window; with the few at the turns counted (k even: k - 1 pairs around each of the 3 turns lose
    k^2 / 2 in all) it is k - 3 k^2 / 2 / (128 - k): 1.952381, 7.2, 12.571429 for k = 2, 8, 16.
    """
    changes = ([1.0] * 32 + [-1.0] * 32) * 2
    expected = (-math.log2(1.952381) + math.log2(7.2) + 2.0 * math.log2(12.571429)) / 10.0
    assert last_of("hurst_128", closes_of(changes[:127])) == pytest.approx(expected, abs=1e-6)


def test_permutation_entropy_counts_orders():
    """A rise throughout has one order. Up 2, down 1 has two orders, 49 of each: ln 2 / ln 6."""
    assert last_of("permutation_entropy_100", range(100)) == 0.0
    closes = closes_of(([2.0, -1.0] * 50)[:99])
    assert last_of("permutation_entropy_100", closes) == pytest.approx(0.386853, abs=1e-6)


def test_permutation_entropy_of_equal_closes_counts_the_earlier_as_lower():
    """2, 2, 1 twice and so on: orders 221, 212, 122 are three, as if 2 < 2' in 2, 2', 1."""
    closes = ([2.0, 2.0, 1.0] * 34)[:101]
    value = last_of("permutation_entropy_100", closes)
    assert value == pytest.approx(math.log(3) / math.log(6), abs=1e-3)


def test_change_entropy_of_two_sizes_is_a_coin():
    """Sizes 1 and -1 lie in two bins, half of them in each: ln 2 / ln 7."""
    value = last_of("change_entropy_100", closes_of([1.0, -1.0] * 50))
    assert value == pytest.approx(0.356207, abs=1e-6)


def test_change_entropy_does_not_know_the_size_of_a_point():
    frame = walking_frame()
    tenfold = frame.copy()
    tenfold.iloc[:, :4] *= 16.0
    features = FeatureSet([name for name in STATISTICAL if name != "swings_60"])
    small = features.compute(frame)[features.warm_up :]
    np.testing.assert_allclose(features.compute(tenfold)[features.warm_up :], small, atol=1e-12)


def test_statistical_features_agree_with_scipy():
    stats = pytest.importorskip("scipy.stats")
    frame = walking_frame()
    names = ["skew_60", "kurtosis_60", "close_rank_100"]
    ours = FeatureSet(names).compute(frame)[-1]
    closes = frame["close"].to_numpy()
    changes = np.diff(closes)[-60:]
    rank = stats.rankdata(closes[-100:])[-1]
    theirs = [stats.skew(changes), stats.kurtosis(changes), (rank - 1.0) / 99.0]
    np.testing.assert_allclose(ours, theirs, atol=1e-9)
