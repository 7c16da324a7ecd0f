"""The standing baseline: what it learns from, what it must not know, and when it is left out."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from backtest.engine import BacktestEngine
from backtest.remarks import account_remarks
from config.settings import DEFAULT_FEATURES
from models.baselines import BASELINES, BuyAndHold
from models.predictor_dp import MIN_PAST_BARS, PREDICTOR_DP, PredictorDp
from tests.helpers.planted_market import planted_bars
from tests.helpers.signals import ACCOUNT, EDGE
from utils.errors import DataError

START = 2_200


@pytest.fixture(scope="module")
def bars():
    return planted_bars(3_000, EDGE, seed=2)[0]


def _baselines(bars, columns=EDGE.signal_columns, start=START, **engine):
    runs = BacktestEngine(bars, start=bars.index[start], **engine)
    like = runs.run_with_policy(BuyAndHold(), columns, settings=ACCOUNT)
    return {result.name: result for result in runs.run_baselines(like)}


def test_run_baselines_have_the_predictor_last_on_the_same_terms(bars):
    found = _baselines(bars, commission=1.0)
    assert list(found) == [*BASELINES, PREDICTOR_DP]
    result, flat = found[PREDICTOR_DP], found["flat"]
    assert result.timestamps.equals(flat.timestamps)
    assert result.settings == flat.settings
    assert result.feature_columns == EDGE.signal_columns
    assert not result.is_in_sample
    assert result.metrics["net_profit_usd"] > 200.0


def test_predictor_dp_trades_less_at_higher_costs(bars):
    n_trades = [
        _baselines(bars, slippage_ticks=ticks)[PREDICTOR_DP].metrics["n_trades"]
        for ticks in (1, 4, 400)
    ]
    assert n_trades == sorted(n_trades, reverse=True)
    assert n_trades[0] > n_trades[1] > 0
    assert n_trades[-1] == 0


@pytest.mark.parametrize("row", [START + 1, 2_500])
def test_predictor_dp_knows_nothing_of_later_bars(bars, row):
    poisoned = bars.copy()
    poisoned.iloc[row:, :4] += 1_000.0
    poisoned.loc[poisoned.index[row] :, list(EDGE.signal_columns)] = -4.0
    plain, other = (_baselines(frame)[PREDICTOR_DP].positions for frame in (bars, poisoned))
    # the decision of the bar before the poison shows in the position one bar later
    np.testing.assert_array_equal(plain[: row - START], other[: row - START])
    assert not np.array_equal(plain, other)


def test_predictor_dp_learns_nothing_from_the_bars_of_the_span(bars):
    poisoned = bars.copy()
    poisoned.iloc[START:, :4] += 1_000.0
    poisoned.loc[poisoned.index[START] :, list(EDGE.signal_columns)] = -4.0
    learnt = [
        PredictorDp(frame, EDGE.signal_columns, START, ACCOUNT)._decider.weights()
        for frame in (bars, poisoned)
    ]
    assert all(learnt[0][name].equal(learnt[1][name]) for name in learnt[0])


def test_predictor_dp_is_left_out_with_a_remark_where_the_past_is_short(bars):
    found = _baselines(bars, start=MIN_PAST_BARS - 1)
    assert list(found) == list(BASELINES)
    (remark,) = account_remarks(found["flat"])
    assert remark == (
        "LEFT OUT: the baseline predictor_dp: it needs at least 2,000 bars before the first "
        "decision to learn from, had 1,999; give more earlier bars."
    )
    assert account_remarks(found["ma_cross"]) == []


def test_predictor_dp_beside_a_result_without_features_sees_those_of_an_agent(bars):
    runs = BacktestEngine(bars, start=bars.index[START])
    plain = runs.run_with_policy(BuyAndHold(), EDGE.signal_columns, settings=ACCOUNT)
    found = runs.run_baselines(replace(plain, feature_columns=()))
    assert [result.name for result in found] == [*BASELINES, PREDICTOR_DP]
    assert found[-1].feature_columns == DEFAULT_FEATURES
    assert all(account_remarks(result) == [] for result in found)


def test_predictor_dp_is_left_out_where_a_column_is_missing(bars):
    runs = BacktestEngine(bars, start=bars.index[START])
    like = runs.run_with_policy(BuyAndHold(), EDGE.signal_columns, settings=ACCOUNT)
    bare = BacktestEngine(bars.drop(columns="signal_2"), start=bars.index[START])
    results = bare.run_baselines(like)
    assert [result.name for result in results] == list(BASELINES)
    assert "signal_2" in results[0].remarks[0]


def test_predictor_dp_refuses_a_short_past(bars):
    with pytest.raises(DataError, match="had 500"):
        PredictorDp(bars, EDGE.signal_columns, 500, ACCOUNT)


def test_predictor_dp_does_not_change_the_bars(bars):
    before = bars.copy()
    _baselines(bars)
    pd.testing.assert_frame_equal(bars, before)
