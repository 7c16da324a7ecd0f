"""Ranking: nothing in a martingale, the right ones where an edge is planted, no look ahead."""

import numpy as np
import pandas as pd
import pytest

from config.settings import DEFAULT_FEATURES
from data.feature_ranking import RankingSettings, rank_features
from data.forward_moves import forward_moves
from data.synthetic import synthetic_bars
from tests.helpers.bars import make_bars
from tests.helpers.feature_kit import walking_frame
from utils.errors import ConfigError, DataError

SMALL = RankingSettings(horizon=4, n_folds=3, embargo_bars=20)
SIGNALS = ["signal_1", "signal_2", "signal_3", "signal_4"]
FADING = {"rsi", "macd", "roc", "bollinger", "ema_slope", "vwap_distance", "log_return"}


def by_name(ranked):
    return {column.name: column for column in ranked}


def test_forward_move_by_hand():
    """Ranges of 4 from the first bar on; from the open of 104 to the close two bars on, 110."""
    rows = [(100, 102, 98, 100)] * 14 + [(104, 106, 102, 104), (108, 111, 107, 110)]
    moves = forward_moves(make_bars(rows), 2)
    assert moves[13] == pytest.approx((110 - 104) / 4)
    assert np.isnan(moves[:13]).all()  # the range is not known yet
    assert np.isnan(moves[14:]).all()  # no bar two on


def test_forward_move_leaves_the_gap_of_a_roll_out():
    rows = [(100, 102, 98, 100)] * 15 + [(150, 152, 148, 151)] * 2
    bars = make_bars(rows).assign(roll_gap=[0.0] * 15 + [50.0, 0.0])
    assert forward_moves(bars, 3)[13] == pytest.approx(1 / 4)  # 100 to 151 less 50
    assert forward_moves(bars, 2)[14] == pytest.approx(1 / 4)  # 150 to 151


def test_forward_move_of_standing_prices_is_not_known():
    assert np.isnan(forward_moves(make_bars([(100, 100, 100, 100)] * 40), 2)).all()


def test_ranking_finds_nothing_in_a_martingale_beyond_chance():
    """Of 8 markets one may show something at 5 %; single folds err a little more than 1 in 20."""
    found, beyond = 0, []
    for seed in range(1, 9):
        ranked = rank_features(synthetic_bars(6_000, "martingale", seed), DEFAULT_FEATURES)
        found += any(column.is_significant for column in ranked)
        beyond += [abs(fold.test) > 1.96 * fold.error for each in ranked for fold in each.folds]
    assert found <= 1
    assert np.mean(beyond) < 0.11


def test_ranking_of_overreaction_finds_the_features_of_past_moves_and_no_others():
    ranked = rank_features(synthetic_bars(12_000, "overreaction", 0), DEFAULT_FEATURES)
    found = {column.name for column in ranked if column.is_significant}
    assert found == FADING | {"stochastic_k", "stochastic_d"}
    for name in FADING:
        column = by_name(ranked)[name]
        assert column.stability == 1.0
        assert all(fold.test < 0 and fold.train < 0 for fold in column.folds)  # moves fade
        assert column.coefficient == pytest.approx(-np.mean([fold.test for fold in column.folds]))


def test_ranking_of_planted_edge_puts_the_signals_first():
    settings = RankingSettings(horizon=4)
    names = [*DEFAULT_FEATURES, *SIGNALS]
    ranked = rank_features(synthetic_bars(40_000, "planted_edge", 0), names, settings)
    found = {column.name for column in ranked if column.is_significant}
    assert len(found & set(SIGNALS)) >= 3
    # the market is so calm that past moves betray the drift, too, but less than the signals
    assert {column.name for column in ranked[:3]} <= set(SIGNALS)
    clusters = [by_name(ranked)[name].cluster for name in SIGNALS]
    assert len(set(clusters)) == 4  # each has noise of its own


def test_ranking_puts_copies_into_one_cluster_and_names_one_of_them():
    bars = walking_frame(2_000)
    rng = np.random.default_rng(0)
    near = np.cumsum(rng.normal(size=2_000))
    frame = bars.assign(one=near, two=-2.0 * near, three=rng.normal(size=2_000))
    ranked = by_name(rank_features(frame, ["one", "two", "three"], SMALL))
    assert ranked["one"].cluster == ranked["two"].cluster != ranked["three"].cluster
    assert ranked["one"].is_representative != ranked["two"].is_representative
    assert ranked["three"].is_representative


def test_ranking_of_a_fold_does_not_depend_on_later_bars():
    bars = walking_frame(3_000)
    ranked = by_name(rank_features(bars, ["rsi", "roc"], SMALL))
    poisoned = bars.copy()
    poisoned.iloc[2_500:, :4] *= 7.0  # in the third test block, 2,506 on after 13 rows of warm-up
    after = by_name(rank_features(poisoned, ["rsi", "roc"], SMALL))
    for name, column in ranked.items():
        assert after[name].folds[0] == column.folds[0]
        assert after[name].folds[2] != column.folds[2]
        assert after[name].cluster == column.cluster
        assert after[name].is_representative == column.is_representative


def test_ranking_learns_nothing_from_test_rows():
    """Every test row of the last fold is absurd; what was learnt for it stays."""
    bars = synthetic_bars(6_000, "overreaction", 0)
    names = ["rsi", "roc", "atr"]
    one_fold = RankingSettings(horizon=4, n_folds=1, embargo_bars=20)
    first_test = 13 + (6_000 - 13) // 2
    poisoned = bars.copy()
    poisoned.iloc[first_test:, :4] = poisoned.iloc[first_test:, :4].to_numpy()[::-1]
    before, after = (by_name(rank_features(each, names, one_fold)) for each in (bars, poisoned))
    for name in before:
        assert after[name].folds[0].train == before[name].folds[0].train
        assert after[name].folds[0].test != before[name].folds[0].test
        assert after[name].cluster == before[name].cluster


def test_ranking_of_what_a_label_shows_is_perfect_only_for_the_one_who_peeks():
    """A column that holds the label itself ranks near 1: the measure sees what there is to see."""
    bars = walking_frame(2_000)
    peeking = np.nan_to_num(forward_moves(bars, 4))
    ranked = rank_features(bars.assign(peek=peeking), ["peek", "rsi"], SMALL)
    assert ranked[0].name == "peek"
    assert ranked[0].coefficient > 0.9
    assert abs(ranked[1].coefficient) < 0.2


def test_ranking_of_a_constant_column_is_nothing():
    ranked = by_name(rank_features(walking_frame(2_000).assign(mine=3.0), ["mine", "rsi"], SMALL))
    column = ranked["mine"]
    assert (column.coefficient, column.error, column.t_statistic) == (0.0, 0.0, 0.0)
    assert not column.is_significant


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"horizon": 0}, "`horizon` must be >= 1 bar, was 0"),
        ({"least_correlation": 0.0}, "`least_correlation` must be in"),
        ({"least_correlation": 1.5}, "`least_correlation` must be in"),
    ],
)
def test_ranking_settings_out_of_bounds_are_refused(change, message):
    with pytest.raises(ConfigError, match=message):
        RankingSettings(**change)


def test_ranking_of_too_few_bars_is_refused():
    with pytest.raises(DataError, match="each fold needs at least 44 rows"):
        rank_features(walking_frame(200), ["rsi"], SMALL)
    with pytest.raises(DataError, match="none of 10 bars has all features"):
        rank_features(walking_frame(10), ["rsi"], SMALL)


def test_ranking_of_standing_prices_is_refused():
    bars = walking_frame(2_000)
    bars.iloc[:, :4] = 100.0
    with pytest.raises(DataError, match="prices stand still"):
        rank_features(bars, ["relative_volume"], SMALL)


def test_ranking_is_a_function_of_its_bars():
    bars = walking_frame(2_000)
    assert rank_features(bars, ["rsi"], SMALL) == rank_features(bars.copy(), ["rsi"], SMALL)
    assert isinstance(bars, pd.DataFrame)
