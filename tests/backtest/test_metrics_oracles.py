"""Metrics of real runs on several instruments, against empyrical and against pandas."""

import empyrical
import numpy as np
import pandas as pd
import pytest

from backtest.engine import BacktestEngine
from config.instruments import get_instrument
from config.settings import EnvSettings
from data.synthetic import synthetic_bars
from models.baselines import RandomTarget


@pytest.fixture(scope="module", params=["MNQ", "NQ", "MCL"])
def result(request):
    bars = synthetic_bars(9_000, "default", seed=5, symbol=request.param)
    engine = BacktestEngine(bars, initial_capital=200_000.0, symbol=request.param)
    settings = EnvSettings(symbol=request.param, stop_loss_ticks=150.0)
    return engine.run_with_policy(RandomTarget(1), settings=settings)


@pytest.fixture
def daily(result):
    """Session returns made by pandas, from the last equity of each trade date."""
    equity = pd.Series(result.equity[1:]).groupby(result.trade_dates[1:]).last()
    whole = np.concatenate([result.equity[:1], equity.to_numpy()])
    return pd.Series(np.diff(whole) / whole[:-1])


def test_metrics_of_returns_agree_with_empyrical(result, daily):
    found = result.metrics
    assert found["n_sessions"] == len(daily) > 25
    assert found["sharpe"] == pytest.approx(empyrical.sharpe_ratio(daily))
    assert found["sortino"] == pytest.approx(empyrical.sortino_ratio(daily))
    assert found["annualised_volatility"] == pytest.approx(empyrical.annual_volatility(daily))
    assert found["cagr"] == pytest.approx(empyrical.cagr(daily))
    assert found["total_return"] == pytest.approx(empyrical.cum_returns_final(daily))
    assert found["max_drawdown"] == pytest.approx(empyrical.max_drawdown(daily))
    assert found["calmar"] == pytest.approx(empyrical.calmar_ratio(daily))
    assert found["var_5"] == pytest.approx(empyrical.value_at_risk(daily))
    assert found["cvar_5"] == pytest.approx(empyrical.conditional_value_at_risk(daily))


def test_metrics_of_trades_agree_with_pandas(result):
    found, trades = result.metrics, result.trades
    tick_value_usd = get_instrument(result.settings.symbol).tick_value_usd
    wins = trades[trades["net_usd"] > 0]["net_usd"]
    losses = trades[trades["net_usd"] < 0]["net_usd"]
    assert found["n_trades"] == len(trades) > 100
    assert found["win_rate"] == pytest.approx(len(wins) / len(trades))
    assert found["profit_factor"] == pytest.approx(wins.sum() / -losses.sum())
    assert found["payoff_ratio"] == pytest.approx(wins.mean() / -losses.mean())
    assert found["expectancy_usd"] == pytest.approx(found["net_profit_usd"] / len(trades))
    assert found["expectancy_ticks"] == pytest.approx(found["expectancy_usd"] / tick_value_usd)
    assert found["expectancy_r"] == pytest.approx(found["expectancy_ticks"] / 150.0)
    assert found["mean_mae_usd"] == pytest.approx(trades["mae_usd"].mean())


def test_metrics_of_costs_are_per_side_and_tick(result):
    found, instrument = result.metrics, get_instrument(result.settings.symbol)
    n_sides = result.fills["quantity"].abs().sum()
    assert found["total_fees_usd"] == pytest.approx(n_sides * instrument.commission_per_side_usd)
    at_close = result.fills["reason"].isin(["signal", "stop", "end_of_data"])
    assert at_close.all()
    assert found["total_slippage_usd"] == pytest.approx(n_sides * instrument.tick_value_usd)


def test_metrics_longest_losing_streak_agrees_with_pandas(result):
    is_loss = result.trades["net_usd"] < 0
    streaks = is_loss.groupby((~is_loss).cumsum()).sum()
    assert result.metrics["longest_losing_streak"] == streaks.max()


def test_metrics_holding_is_in_bars_of_the_result(result):
    rows = result.timestamps.get_indexer(pd.DatetimeIndex(result.trades["entry_time"]))
    ends = result.timestamps.get_indexer(pd.DatetimeIndex(result.trades["exit_time"]))
    assert result.metrics["mean_holding_bars"] == pytest.approx((ends - rows).mean(), abs=0.02)
