"""Two instruments side by side: what a bar may know of the other, and what features make of it."""

import numpy as np
import pandas as pd
import pytest

from config.instruments import get_instrument
from data.feature_set import FeatureSet
from data.indicators.bar import feature_bars
from data.indicators.cross import CROSS_FEATURES
from data.second_frame import align
from data.store import load_bars
from tests.helpers.bars import make_bars, real_data
from tests.helpers.feature_kit import (
    assert_blind_to_truncation,
    assert_same_bits,
    assert_stream_is_batch,
    check_frame,
    walking_frame,
)
from utils.errors import ConfigError, DataError

NAMES = tuple(CROSS_FEATURES)


def bars(closes, start="2024-01-02T15:00:00Z", step="5min", volume=10.0):
    return make_bars([(c, c, c, c) for c in closes], start, volume, step)


def test_align_takes_the_bar_that_closes_at_the_same_time():
    both = align(bars([1.0, 2.0, 3.0]), bars([7.0, 8.0, 9.0], "2024-01-02T15:05:00Z"))
    assert both["other_close"].tolist()[1:] == [7.0, 8.0]
    assert np.isnan(both["other_close"].iloc[0])
    assert both["other_volume"].tolist()[1:] == [10.0, 10.0]
    assert both["close"].tolist() == [1.0, 2.0, 3.0]


def test_align_sums_smaller_bars_and_takes_the_last_of_them():
    """One-minute bars from 15:00; the five-minute bar of 15:00 closes with that of 15:04."""
    both = align(bars([1.0, 2.0]), bars(range(100, 112), step="1min"))
    assert both["other_close"].tolist() == [104.0, 109.0]
    assert both["other_volume"].tolist() == [50.0, 50.0]


def test_align_stale_close_is_absent_unless_its_age_is_allowed():
    own = bars([1.0] * 5)
    other = bars([7.0, 8.0, 9.0, 10.0, 11.0]).iloc[[0, 1, 4]]
    strict = align(own, other)
    assert strict["other_close"].isna().tolist() == [False, False, True, True, False]
    assert strict["other_volume"].isna().tolist() == [False, False, True, True, False]
    lenient = align(own, other, max_age_seconds=300)
    assert lenient["other_close"].tolist()[:3] == [7.0, 8.0, 8.0]
    assert np.isnan(lenient["other_close"].iloc[3])
    assert lenient["other_volume"].iloc[2] == 0.0


def test_align_roll_of_the_other_is_seen_once_even_if_its_bar_is_not():
    own = bars([1.0] * 4).drop(pd.Timestamp("2024-01-02T15:05:00Z"))
    other = bars([7.0, 57.0, 58.0, 59.0]).assign(roll_gap=[0.0, 50.0, 0.0, 0.0])
    assert align(own, other, bar_size=300)["other_roll_gap"].tolist() == [0.0, 50.0, 0.0]


@pytest.mark.parametrize(
    ("other", "options", "error", "message"),
    [
        (bars([1.0] * 9), {"max_age_seconds": -1}, ConfigError, "`max_age_seconds` must be >= 0"),
        (bars([1.0] * 9, step="15min"), {}, DataError, "must divide the first's of 300 s"),
        (bars([1.0] * 9, step="2min"), {}, DataError, "must divide"),
        (bars([1.0]), {}, DataError, "cannot tell the size of the second market's bars from 1"),
        (bars([1.0] * 9, "2024-02-02T15:00Z"), {}, DataError, "no bar of the second market"),
    ],
)
def test_align_refuses_with_one_line(other, options, error, message):
    with pytest.raises(error, match=message) as caught:
        align(bars([1.0] * 9), other, **options)
    assert "\n" not in str(caught.value)


def test_align_of_what_are_no_bars_says_which_frame_and_why():
    nine = bars([1.0] * 9)
    for pair, which in (
        ((nine.reset_index(drop=True), nine), "the bars of the first market: `timestamp` must be"),
        ((nine, nine.reset_index(drop=True)), "the bars of the second market: `timestamp` must be"),
        ((nine, nine.drop(columns="volume")), "the bars of the second market: 1 column missing"),
    ):
        with pytest.raises(DataError, match=which):
            align(*pair)
    with pytest.raises(DataError, match="cannot tell the size of the first market's bars from 1"):
        align(nine.iloc[:1], nine)


def test_align_takes_stamps_that_are_a_column():
    own, other = bars([1.0, 2.0]), bars([7.0, 8.0])
    both = align(own.reset_index(names="timestamp"), other.reset_index(names="timestamp"))
    pd.testing.assert_frame_equal(both, align(own, other))


def test_align_knows_nothing_that_closes_later():
    """Whatever comes after a bar's close, in either market, its row stays the same."""
    own, other = walking_frame(300), walking_frame(300, seed=9)
    whole = align(own, other)
    for n_kept in (100, 173, 299):
        cut = align(own.iloc[:n_kept], other.iloc[:n_kept])
        pd.testing.assert_frame_equal(cut, whole.iloc[:n_kept], check_freq=False)
    absurd = other.copy()
    absurd.iloc[173:, :5] *= 11.0
    pd.testing.assert_frame_equal(align(own, absurd).iloc[:173], whole.iloc[:173])
    assert align(own, absurd)["other_close"].iloc[173] != whole["other_close"].iloc[173]


def test_features_without_a_second_instrument_are_refused_by_name():
    with pytest.raises(DataError, match="other_beta_60 need a second") as caught:
        FeatureSet(["rsi", "other_beta_60"]).compute(walking_frame())
    assert "give its bars with --other FILE (in Python, data.second_frame.al" in str(caught.value)
    FeatureSet(["rsi"]).compute(walking_frame())


def pair_values(names, own, other):
    return FeatureSet(names).compute(align(bars(own), bars(other)))


def test_other_return_doubles():
    values = pair_values(["other_return"], [1.0, 1.0, 1.0], [10.0, 20.0, 20.0])[:, 0]
    assert np.isnan(values[0])
    assert values[1:].tolist() == pytest.approx([0.69314718056, 0.0])


def test_relative_return_is_the_lead_over_twelve_bars():
    """Own price doubles in the twelfth bar, the other's in the first: together nothing."""
    own, other = [10.0] * 12 + [20.0], [5.0] + [10.0] * 12
    values = pair_values(["relative_return_12"], [*own, 20.0], [*other, 10.0])[:, 0]
    assert values[12:].tolist() == pytest.approx([0.0, 0.69314718056])


def test_beta_and_correlation_of_a_market_that_moves_thrice_as_much():
    rng = np.random.default_rng(6)
    returns = rng.normal(0.0, 0.001, 70)
    other, own = 5_000.0 * np.exp(np.cumsum(returns)), 18_000.0 * np.exp(3 * np.cumsum(returns))
    names = ["other_beta_60", "other_correlation_60"]
    assert pair_values(names, own, other)[-1] == pytest.approx([3.0, 1.0], abs=1e-6)
    assert pair_values(names, 1e8 / own, other)[-1] == pytest.approx([-3.0, -1.0], abs=1e-6)


def test_lead_correlation_sees_who_goes_first():
    rng = np.random.default_rng(7)
    returns = rng.normal(0.0, 0.001, 71)
    other, own = 100.0 * np.exp(np.cumsum(returns[1:])), 100.0 * np.exp(np.cumsum(returns[:-1]))
    values = pair_values(["other_lead_60", "other_correlation_60"], own, other)[-1]
    assert values[0] == pytest.approx(1.0, abs=1e-6)
    assert abs(values[1]) < 0.4


def test_spread_zscore_lone_departure():
    """The ratio is the same for 119 bars, and 1 % higher in the last: root of 119 deviations."""
    value = pair_values(["spread_zscore_120"], [100.0] * 120 + [101.0], [50.0] * 121)[-1, 0]
    assert value == pytest.approx(10.908712, abs=1e-5)


def test_other_relative_volume_busy_bar():
    frame = bars([1.0] * 20).assign(other_close=5.0, other_volume=[10.0] * 19 + [210.0])
    values = FeatureSet(["other_relative_volume"]).compute(frame)
    assert values[-1, 0] == pytest.approx(10.5)


def test_absent_bars_leave_returns_zero_and_the_rest_as_it_was():
    frame = check_frame(200)
    holes = frame.copy()
    holes.iloc[300:320, holes.columns.get_indexer(["other_close", "other_volume"])] = np.nan
    values = FeatureSet(NAMES).compute(holes)
    assert (values[300:320, 0] == 0.0).all()
    assert (values[300:320, 1:] == values[299, 1:]).all()
    assert np.isfinite(values[121:]).all()


def test_return_after_an_absence_spans_it_in_both_markets():
    """Both double while the other is away: their relative return is nothing."""
    own = [10.0] * 12 + [12.0, 15.0, 20.0]
    frame = bars(own).assign(other_close=[5.0] * 12 + [np.nan, np.nan, 10.0], other_volume=1.0)
    values = FeatureSet(["other_return", "relative_return_12"]).compute(frame)
    assert values[12:].tolist() == [
        [0.0, 0.0],
        [0.0, 0.0],
        pytest.approx([0.69314718056, 0.0]),
    ]


def test_second_instrument_that_is_never_there_gives_neutral_values():
    frame = check_frame().assign(other_close=np.nan, other_volume=np.nan)
    values = FeatureSet(NAMES).compute(frame)[121:]
    neutral = [0.0] * (len(NAMES) - 1) + [1.0]
    assert (values == neutral).all()


def test_roll_of_the_other_leaves_no_trace():
    frame = check_frame(200)
    lifted = frame.assign(other_close=frame["other_close"] + 60.0)
    rolled = lifted.assign(other_roll_gap=0.0)
    rolled.iloc[:300, rolled.columns.get_loc("other_close")] -= 60.0
    rolled.iloc[300, rolled.columns.get_loc("other_roll_gap")] = 60.0
    features = FeatureSet(NAMES)
    difference = np.abs(features.compute(rolled) - features.compute(lifted))[300:]
    assert (difference <= 0.05 * np.array(features.nominal_spread)).all()
    ignored = features.compute(rolled.drop(columns="other_roll_gap"))[300]
    assert abs(ignored[0]) > 10 * FeatureSet(["other_return"]).nominal_spread[0]


def test_live_stream_takes_the_other_market_with_the_bar():
    frame = check_frame(200)
    frame.iloc[250:260, frame.columns.get_loc("other_close")] = np.nan
    assert_stream_is_batch(FeatureSet(["rsi", *NAMES]), frame)


def real_pair():
    nq = load_bars(real_data("NQ_5min.parquet"), get_instrument("NQ"))
    es = load_bars(real_data("ES_5min.parquet"), get_instrument("ES"))
    return nq.iloc[:30_000], es.iloc[:30_000]


def test_nasdaq_beside_the_s_and_p_moves_with_it_and_more():
    nq, es = real_pair()
    frame = align(nq, es)
    assert frame["other_close"].notna().mean() > 0.999
    features = FeatureSet(NAMES)
    values = features.compute(frame)[features.warm_up :]
    assert np.isfinite(values).all()
    medians = dict(zip(features.columns, np.median(values, axis=0), strict=True))
    assert 0.9 < medians["other_correlation_60"] < 0.97
    assert 1.1 < medians["other_beta_60"] < 1.5


def test_nasdaq_beside_the_s_and_p_is_blind_and_the_same_live():
    nq, es = real_pair()
    frame = align(nq, es.drop(es.index[500:520])).iloc[:1_500]
    features = FeatureSet(NAMES)
    assert_blind_to_truncation(features, frame)
    assert_stream_is_batch(features, frame)
    stream = features.stream()
    for bar in feature_bars(frame.iloc[:700]):
        last = stream.update(bar)
    assert_same_bits(last, features.compute(frame.iloc[:700])[-1])
