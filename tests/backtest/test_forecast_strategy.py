"""Forecasts traded at a desk: when positions are opened, held and left, and what is told of it."""

import numpy as np
import pandas as pd
import pytest

from backtest import forecast_strategy
from backtest.engine import BacktestEngine
from backtest.forecast_strategy import ForecastStrategy, signal_account
from config.settings import EnvSettings
from config.signal_settings import SIGNALS
from data.forecast_names import HEADS, LEVELS, fallback_column, quantile_column
from data.synthetic import synthetic_bars
from tests.helpers.bars import make_bars
from tests.helpers.linear_forecasts import smoothed, with_linear_forecasts
from tests.helpers.prospects import prospect
from utils.errors import ConfigError

FLAT = (20_000.0, 20_001.0, 19_999.0, 20_000.0)
HORIZON = 3
NAMES = [quantile_column(HORIZON, level, head) for head in HEADS for level in LEVELS]


class Believing:
    """Stand for LocationEvidence; believes every mean from the first bar on."""

    def __init__(self, horizon, settings):
        self.seen = []

    def update(self, session, close, mean, spread):
        self.seen.append((session, close, mean, spread))
        return 1.0


@pytest.fixture
def believing(monkeypatch):
    monkeypatch.setattr(forecast_strategy, "LocationEvidence", Believing)


def forecast_bars(rows, means, start="2024-01-09 15:00", fallback=()):
    """Return bars that have forecasts, of the given means, at the given rows alone."""
    bars = make_bars(rows, start=pd.Timestamp(start, tz="UTC"))
    values = np.full((len(rows), len(NAMES)), np.nan)
    for row, mean in means.items():
        values[row] = prospect(mean).quantiles.ravel()
    is_fallback = np.isin(np.arange(len(rows)), fallback).astype(float)
    columns = dict(zip(NAMES, values.T, strict=True))
    return bars.assign(**columns, **{fallback_column(HORIZON): is_fallback})


def trade(bars, preset="moderate", capital=100_000.0, **changes):
    """Return the strategy and its result."""
    account = signal_account(preset).model_copy(update=changes)
    strategy = ForecastStrategy(preset, HORIZON, account)
    engine = BacktestEngine(bars, initial_capital=capital)
    return strategy, engine.run_with_strategy(strategy, account)


def test_strategy_enters_at_the_next_open_and_leaves_when_the_horizon_has_passed(believing):
    bars = forecast_bars([FLAT] * 10, {2: 0.0006})
    strategy, result = trade(bars)
    assert result.fills["time"].tolist() == [bars.index[3], bars.index[6]]
    assert result.fills["price"].tolist() == [20_000.25, 19_999.75]
    assert result.trades["quantity"].tolist() == [3]
    assert result.trades["holding_bars"].tolist() == [3]
    assert strategy.name == result.name == "signals_moderate_h3"
    assert strategy.counts == {"no_forecast": 8, "long": 1}


def test_strategy_takes_the_short_side_of_a_forecast_that_points_down(believing):
    _, result = trade(forecast_bars([FLAT] * 10, {2: -0.0006}))
    assert result.trades["direction"].tolist() == [-1]
    # (19,999.75 - 20,000.25) x 2 USD x 3 contracts, less six commissions
    assert result.trades["net_usd"].tolist() == pytest.approx([-6.72])


def test_strategy_keeps_a_position_that_is_worth_while_when_its_time_is_up(believing):
    bars = forecast_bars([FLAT] * 12, {2: 0.0006, 5: 0.0006, 6: 0.0006})
    _, result = trade(bars)
    assert result.fills["time"].tolist() == [bars.index[3], bars.index[9]]


def test_strategy_leaves_at_a_signal_of_the_other_side(believing):
    bars = forecast_bars([FLAT] * 10, {2: 0.0006, 3: -0.0006})
    _, result = trade(bars)
    assert result.fills["time"].tolist() == [bars.index[3], bars.index[4]]


def test_strategy_stays_through_a_weaker_forecast_of_either_side(believing):
    bars = forecast_bars([FLAT] * 10, {2: 0.0006, 3: -0.0001, 4: 0.0001})
    strategy, result = trade(bars)
    assert result.fills["time"].tolist() == [bars.index[3], bars.index[6]]
    assert strategy.counts["improbable"] == 2


def test_strategy_brackets_its_entry_with_the_stop_of_the_worst_point(believing):
    # stop 113 ticks, 28.25 points, below the fill at 20,000.25; then a tick of slippage
    rows = [FLAT] * 4 + [(20_000.0, 20_001.0, 19_960.0, 19_962.0)] + [FLAT] * 5
    _, result = trade(forecast_bars(rows, {2: 0.0004}))
    assert result.fills["reason"].tolist() == ["signal", "stop"]
    assert result.fills["price"].tolist() == [20_000.25, 19_971.75]
    assert result.trades["r_multiple"].iloc[0] == pytest.approx(-28.5 * 2 / (28.25 * 2), abs=0.05)


def test_strategy_brackets_its_entry_with_the_target_of_the_best_point(believing):
    # target 80 ticks, 20 points; a limit fills a tick through
    rows = [FLAT] * 4 + [(20_000.0, 20_021.0, 19_999.0, 20_020.0)] + [FLAT] * 5
    _, result = trade(forecast_bars(rows, {2: 0.0004}))
    assert result.fills["reason"].tolist() == ["signal", "target"]
    assert result.fills["price"].tolist() == [20_000.25, 20_020.25]


def test_strategy_opens_nothing_where_the_session_ends_before_the_horizon(believing):
    # the session ends at 22:00: at the close of 21:40 three bars are left, of 21:35 four
    bars = forecast_bars([FLAT] * 8, {1: 0.0006, 2: 0.0006}, start="2024-01-09 21:30")
    strategy, result = trade(bars.iloc[:6])
    assert strategy.counts == {"no_forecast": 1, "long": 1, "late": 3}
    assert result.fills["time"].tolist() == [bars.index[2], bars.index[5]]


def test_strategy_whose_session_lacks_its_last_exit_leaves_at_the_next_open(believing):
    # two bars are missing, so that the horizon would end in the next session
    rows = forecast_bars([FLAT] * 26, {1: 0.0006}, start="2024-01-09 21:30")
    gone = (rows.index >= "2024-01-09 21:45Z") & (rows.index < "2024-01-09 21:55Z")
    is_open = (rows.index < "2024-01-09 22:00Z") | (rows.index >= "2024-01-09 23:00Z")
    bars = rows[is_open & ~gone]
    _, result = trade(bars)
    assert result.trades["exit_time"].tolist() == [pd.Timestamp("2024-01-09 23:00Z")]


def test_strategy_leaves_before_its_session_ends_though_the_horizon_has_not_passed(believing):
    # when the bar of 21:50 closes, the second held of three, only that of 21:55 is left
    rows = forecast_bars([FLAT] * 26, {0: 0.0006}, start="2024-01-09 21:30")
    gone = (rows.index >= "2024-01-09 21:35Z") & (rows.index < "2024-01-09 21:45Z")
    is_open = (rows.index < "2024-01-09 22:00Z") | (rows.index >= "2024-01-09 23:00Z")
    _, result = trade(rows[is_open & ~gone])
    assert result.trades["entry_time"].tolist() == [pd.Timestamp("2024-01-09 21:45Z")]
    assert result.trades["exit_time"].tolist() == [pd.Timestamp("2024-01-09 21:55Z")]


def test_strategy_cuts_the_size_of_the_fallback_and_learns_nothing_from_it(believing):
    bars = forecast_bars([FLAT] * 10, {1: 0.0006, 2: 0.0006}, fallback=[1])
    strategy, result = trade(bars)
    assert result.trades["quantity"].tolist() == [1]
    means = [mean for _, _, mean, _ in strategy._evidence.seen]
    assert np.isnan(means[:2]).all()
    assert means[2] == pytest.approx(0.0006, rel=0.02)
    refused, nothing = trade(bars, "conservative")
    assert refused.counts["fallback"] == 1
    assert nothing.trades["quantity"].tolist() == [1]  # of the row after


def test_strategy_holds_no_more_than_the_account_may(believing):
    _, result = trade(forecast_bars([FLAT] * 10, {2: 0.0006}), max_position=2)
    assert result.trades["quantity"].tolist() == [2]


def test_strategy_reckons_with_the_costs_of_its_account(believing):
    bars = forecast_bars([FLAT] * 10, {2: 0.0002})
    assert len(trade(bars, "aggressive")[1].trades) == 1
    strategy, dear = trade(bars, "aggressive", slippage_ticks=6)
    assert len(dear.trades) == 0
    assert strategy.counts["improbable"] == 1


def test_strategy_says_in_a_table_what_the_signals_said(believing):
    strategy, _ = trade(forecast_bars([FLAT] * 10, {2: 0.0006, 4: 0.0001}))
    table = strategy.table()
    assert [row.heading for row in table.rows] == ["no_forecast", "long", "improbable"]
    assert table.rows[0].cells == ("7", "77.8%", "there is no forecast for this bar")


def test_strategy_run_again_knows_nothing_of_the_run_before(believing):
    bars = forecast_bars([FLAT] * 10, {2: 0.0006})
    strategy, first = trade(bars)
    engine = BacktestEngine(bars, initial_capital=100_000.0)
    again = engine.run_with_strategy(strategy, signal_account("moderate"))
    assert again.fills.equals(first.fills)
    assert len(strategy._evidence.seen) == sum(strategy.counts.values()) == 9


def test_strategy_at_the_desk_of_another_instrument_is_refused_in_one_line(believing):
    # a point of NQ is ten of MNQ's: six MNQ would have become six NQ
    engine = BacktestEngine(forecast_bars([FLAT] * 10, {2: 0.0006}), symbol="NQ")
    words = "the desk must trade MNQ, .* was NQ; give ForecastStrategy the account"
    account = signal_account("moderate").model_copy(update={"initial_balance": 1_000_000.0})
    with pytest.raises(ConfigError, match=words):
        engine.run_with_strategy(ForecastStrategy("moderate", HORIZON), account)
    own = account.model_copy(update={"symbol": "NQ"})
    result = engine.run_with_strategy(ForecastStrategy("moderate", HORIZON, own), own)
    assert result.trades["quantity"].tolist() == [3]


def test_strategy_over_bars_without_forecasts_is_refused_in_one_line():
    with pytest.raises(ConfigError, match="unknown column of the bars `forecast_h3_fallback`"):
        trade(make_bars([FLAT] * 5))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("moderat",), "unknown signal preset `moderat`: did you mean `moderate`"),
        (("moderate", 0), "`horizon` must be >= 1 bar, was 0"),
    ],
)
def test_strategy_of_no_preset_or_horizon_is_refused(arguments, words):
    with pytest.raises(ConfigError, match=words):
        ForecastStrategy(*arguments)


def test_account_of_a_preset_leaves_stop_and_size_to_the_signals():
    account = signal_account("aggressive")
    assert (account.stop_loss_ticks, account.max_position) == (None, 6)
    assert isinstance(account, EnvSettings)


def trade_planted(frame, preset, end=None):
    """Return the result of a preset over a frame with forecasts."""
    engine = BacktestEngine(frame, initial_capital=50_000.0, end=end)
    return engine.run_with_strategy(ForecastStrategy(preset), signal_account(preset))


@pytest.fixture(scope="module")
def planted():
    """Return planted bars with forecasts made from their signals, out of fold."""
    bars = synthetic_bars(15_000, "planted_edge_strong", seed=1)
    return with_linear_forecasts(bars, smoothed(bars.filter(like="signal_").mean(axis=1)))


@pytest.mark.parametrize("preset", ["conservative", "moderate"])
def test_signals_find_a_planted_edge_and_earn_more_than_costs(planted, preset):
    result = trade_planted(planted, preset)
    n_sessions_until_trade = np.unique(result.trade_dates[: result.positions.nonzero()[0][0]]).size
    assert n_sessions_until_trade > 20 + 20  # of the first training, and of evidence
    assert len(result.trades) > 100
    assert result.trades["net_usd"].mean() > 2 * result.trades["net_usd"].sem()
    assert result.denials == {}


@pytest.fixture(scope="module")
def planted_aggressive(planted):
    return trade_planted(planted, "aggressive", planted.index[14_000])


def test_signals_of_the_aggressive_preset_earn_more_than_costs(planted_aggressive):
    trades = planted_aggressive.trades
    assert trades["quantity"].max() == 6
    assert trades["net_usd"].mean() > 1.5 * trades["net_usd"].sem()


@pytest.mark.parametrize("change", ["poisoned", "cut"])
def test_signals_do_not_depend_on_later_bars_and_forecasts(planted, planted_aggressive, change):
    end = planted.index[14_000]
    later = planted.copy()
    later.loc[later.index > end, later.columns != "volume"] = 1.0
    other = later if change == "poisoned" else planted.loc[: planted.index[14_001]]
    assert len(planted_aggressive.trades) > 50
    assert trade_planted(other, "aggressive", end).fills.equals(planted_aggressive.fills)


def test_signals_of_no_preset_trade_a_martingale():
    assert martingale_trades(12_000, seed=0) == dict.fromkeys(SIGNALS, 0)


@pytest.mark.slow
@pytest.mark.parametrize("preset", sorted(SIGNALS))
def test_signals_find_a_weaker_edge_in_more_bars(preset):
    bars = synthetic_bars(40_000, "planted_edge", seed=1)
    views = smoothed(bars.filter(like="signal_").mean(axis=1))
    trades = trade_planted(with_linear_forecasts(bars, views), preset).trades
    assert len(trades) > 300
    assert trades["net_usd"].mean() > 2 * trades["net_usd"].sem()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10, 16))
def test_signals_of_no_preset_trade_a_martingale_of_many_sessions(seed):
    assert martingale_trades(50_000, seed) == dict.fromkeys(SIGNALS, 0)


def martingale_trades(n_bars, seed):
    """Return the number of trades of each preset; forecasts are a line of past moves."""
    bars = synthetic_bars(n_bars, "martingale", seed=seed)
    moves = np.diff(np.log(bars["close"]), prepend=np.log(bars["close"].iloc[0]))
    frame = with_linear_forecasts(bars, smoothed(moves))
    engine = BacktestEngine(frame, initial_capital=1_000_000.0)
    return {
        preset: len(
            engine.run_with_strategy(ForecastStrategy(preset), signal_account(preset)).trades
        )
        for preset in SIGNALS
    }
