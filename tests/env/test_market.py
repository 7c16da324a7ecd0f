"""Markets: bars in ticks beside scaled features, and what is refused."""

import numpy as np
import pytest

from data.preprocessor import Scaler
from env.market import build_market
from tests.helpers.bars import make_bars
from tests.helpers.feature_kit import walking_frame
from tests.helpers.markets import B0, B1, plain_market
from tests.helpers.session_markets import market_of, session_frame, still_frame, with_roll
from utils.errors import ConfigError, DataError


def test_market_holds_prices_in_ticks():
    market = plain_market((B0, B1))
    assert market.bars.open.tolist() == [80_000, 80_004]
    assert market.bars.close.tolist() == [80_000, 80_032]
    assert market.bars["low"].tolist() == [79_992, 79_996]
    assert market.instrument.symbol == "MNQ"
    assert str(market.trade_dates[0]) == "2024-01-02"


def test_market_features_are_scaled_by_fixed_constants_by_default():
    frame = walking_frame(120)
    market = build_market(frame, ["rsi", "macd"])
    scaler = Scaler.nominal(market.feature_set)
    assert market.scaler == scaler
    expected = scaler.transform(market.feature_set.compute(frame))
    np.testing.assert_array_equal(market.features, expected)
    assert market.features.dtype == np.float32
    assert market.features.flags.c_contiguous
    assert market.feature_set.names == ("rsi", "macd")


def test_market_first_valid_row_is_the_first_without_nan():
    market = build_market(walking_frame(120), ["rsi", "macd"])
    first = market.feature_set.warm_up
    assert market.first_valid == first
    assert market.first_decision(10) == first + 9


def test_market_takes_a_scaler_of_its_own_columns_only():
    rows = np.array([[0.0], [4.0]])
    scaler = Scaler.fit(rows, ["row"])  # mean 2, deviation 2
    frame = make_bars((B0, B1)).assign(row=[0.0, 6.0])
    assert build_market(frame, ["row"], scaler=scaler).features.tolist() == [[-1.0], [2.0]]
    with pytest.raises(ConfigError, match="the scaler is for columns row, the features are other"):
        build_market(frame.rename(columns={"row": "other"}), ["other"], scaler=scaler)


def test_market_own_column_mostly_beyond_the_clip_is_refused_without_a_scaler():
    frame = make_bars((B0, B1, B1, B1)).assign(mine=[np.nan, 10.0, 4.0, 90.0])
    with pytest.raises(ConfigError) as caught:
        build_market(frame, ["log_return", "mine"])
    assert str(caught.value) == (
        "column `mine` ranges from 4 to 90, mostly beyond the clip of +-5: "
        "pass scaler=Scaler.fit(train_rows, columns), or scale the column"
    )
    scaler = Scaler.fit(np.array([[10.0], [90.0]]), ["mine"])  # mean 50, deviation 40
    features = build_market(frame, ["mine"], scaler=scaler).features
    np.testing.assert_allclose(features[1:, 0], [-1.0, -1.15, 1.0])


def test_market_own_column_half_beyond_the_clip_is_clipped():
    frame = make_bars((B0, B1, B1, B1)).assign(mine=[1.0, -9.0, 90.0, 5.0])
    assert build_market(frame, ["mine"]).features[:, 0].tolist() == [1.0, -5.0, 5.0, 5.0]


def test_market_nan_after_the_warm_up_is_refused():
    frame = make_bars((B0, B1, B1)).assign(mine=[0.5, np.nan, 0.5])
    with pytest.raises(DataError, match="`mine`"):
        build_market(frame, ["mine"])


def test_market_nan_before_the_first_value_is_warm_up():
    frame = make_bars((B0, B1, B1)).assign(mine=[np.nan, 0.5, 0.5])
    assert build_market(frame, ["mine"]).first_valid == 1


def test_market_too_few_bars_for_the_features_is_refused():
    with pytest.raises(
        DataError, match="none of 3 bars has all features: [0-9]+ bars warm them up"
    ):
        build_market(make_bars((B0, B1, B1)), ["macd"])


def test_market_prices_off_the_tick_grid_are_refused():
    frame = make_bars(((20000.1, 20002, 19998, 20000), B1))
    with pytest.raises(DataError, match="off the MNQ tick grid of 0.25"):
        build_market(frame, ["log_return"])


def test_market_something_else_than_a_frame_is_refused():
    with pytest.raises(ConfigError, match="`df` must be a pandas DataFrame of bars, was str"):
        build_market("bars.parquet", ["rsi"])


def test_market_unknown_symbol_or_feature_is_refused():
    frame = make_bars((B0, B1))
    with pytest.raises(ConfigError, match="unknown symbol `MNX`"):
        build_market(frame, ["rsi"], symbol="mnx")
    with pytest.raises(ConfigError, match="unknown feature `rsj`: did you mean `rsi`"):
        build_market(frame, ["rsj"])


def test_market_session_bounds_are_the_first_and_last_row_of_each_trade_date():
    frame = session_frame("2024-07-01", "2024-07-03")  # 276 bars, 276, and 231 until 12:15
    market = market_of(frame.drop(frame.index[276 : 276 + 200]))
    assert market.session_bounds.tolist() == [[0, 275], [276, 351], [352, 582]]
    assert plain_market((B0,)).session_bounds.tolist() == [[0, 0]]


def test_market_trade_dates_are_by_the_clock_of_the_instrument():
    stamps = ["2024-07-05 22:30", "2024-07-06 12:00", "2024-07-07 23:00"]  # Friday evening, ...
    frame = still_frame(stamps, 60_000.0)
    assert market_of(frame).trade_dates.astype(str).tolist() == ["2024-07-08"] * 3
    coin = market_of(frame, "BTCUSDT").trade_dates
    assert coin.astype(str).tolist() == ["2024-07-05", "2024-07-06", "2024-07-07"]
    assert coin.dtype == "datetime64[D]"


def test_market_minutes_left_are_to_the_close_of_the_day_and_below_zero_beyond():
    stamps = ["2024-07-02 20:50", "2024-07-02 20:55", "2024-07-02 21:00", "2024-07-03 17:10"]
    assert market_of(still_frame(stamps)).minutes_left().tolist() == [5.0, 0.0, -5.0, 0.0]


def test_market_regular_hours_are_those_of_the_instrument():
    stamps = ["2024-07-02 13:00", "2024-07-02 13:30", "2024-07-02 19:55", "2024-07-02 20:00"]
    assert market_of(still_frame(stamps)).is_regular.tolist() == [False, True, True, False]
    oil = market_of(still_frame(stamps, 80.0), "CL")
    assert oil.is_regular.tolist() == [True, True, False, False]
    coin = market_of(still_frame(stamps, 60_000.0), "BTCUSDT")
    assert coin.is_regular.tolist() == [True] * 4


@pytest.mark.parametrize(("symbol", "gap", "ticks"), [("MNQ", -272.25, -1_089), ("CL", 0.07, 7)])
def test_market_roll_gaps_are_whole_ticks(symbol, gap, ticks):
    stamps = ["2024-07-02 13:00", "2024-07-02 13:05", "2024-07-02 13:10"]
    market = market_of(with_roll(still_frame(stamps, 800.0), stamps[1], gap), symbol)
    assert market.bars.roll_gap.tolist() == [0, ticks, 0]
    assert market.is_roll.tolist() == [False, True, False]
    assert market.has_roll_gaps


@pytest.mark.parametrize("gap", [np.nan, np.inf, 0.1, 1e12, "much"])
def test_market_roll_gap_off_the_tick_grid_is_refused(gap):
    frame = make_bars((B0, B1, B1)).assign(roll_gap=np.array([0.0, gap, 0.0], dtype=object))
    with pytest.raises(DataError) as caught:
        build_market(frame, ["log_return"])
    assert str(caught.value) == (
        "1 of 3 values of `roll_gap` are no whole number of MNQ ticks of 0.25 points, first "
        f"{gap} at 2024-01-01 23:05:00+00:00; correct them: 0 between rolls, and at a roll what "
        "the new contract trades above the old one"
    )


def test_market_contracts_change_where_their_name_or_a_mark_does_never_at_row_0():
    frame = make_bars((B0, B1, B1, B1))
    plain = market_of(frame)
    assert plain.is_roll.tolist() == [False] * 4
    assert not plain.has_roll_gaps
    named = market_of(frame.assign(contract=["MNQM24", "MNQM24", "MNQU24", "MNQU24"]))
    assert named.is_roll.tolist() == [False, False, True, False]
    marked = market_of(frame.assign(is_roll=[True, False, False, True]))
    assert marked.is_roll.tolist() == [False, False, False, True]


def test_market_head_is_the_market_of_the_first_rows_as_views():
    market = plain_market((B0, B1, B0, B1))
    head = market.head(2)
    assert head.n_bars == 2
    assert head.bars.close.tolist() == [80_000, 80_032]
    assert head.features.tolist() == [[0.0], [1.0]]
    assert np.shares_memory(head.features, market.features)
    assert np.shares_memory(head.bars, market.bars)
    assert head.timestamps.tolist() == market.timestamps[:2].tolist()
    assert head.session_bounds.tolist() == [[0, 1]]
    assert head.scaler == market.scaler
    assert market.head(4) is market
    assert market.n_bars == 4


@pytest.mark.parametrize("stop", [0, 3, -1])
def test_market_head_of_other_rows_is_refused(stop):
    with pytest.raises(ConfigError, match=rf"`stop` must be in \[1, 2\], .* was {stop}"):
        plain_market((B0, B1)).head(stop)
