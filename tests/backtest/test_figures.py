"""Which lines and points are drawn of a result, and that extremes are among them."""

import math

import numpy as np
import pytest

from backtest.figures import costs_of, distribution_of, equity_of, rolling_sharpe_of, scattered_rows
from backtest.rolling import rolling_sharpe, window_for
from tests.helpers.results import flat_bars, hand_made_result, idle_result


def long_result(equity):
    n_bars = len(equity)
    return hand_made_result(
        bars=flat_bars(n_bars), equity=equity, positions=np.zeros(n_bars, dtype=np.int64)
    )


def test_equity_of_keeps_the_lowest_drawdown_of_a_long_record():
    equity = np.full(50_000, 10_000.0)
    equity[31_234] = 9_000.0  # for a single bar
    upper, lower = equity_of([long_result(equity)]).data
    assert len(upper.x) <= 5_000
    assert min(upper.y) == 9_000.0
    assert min(lower.y) == -10.0


def test_costs_of_go_from_profit_before_costs_to_net():
    (chain,) = costs_of(hand_made_result()).data
    assert list(chain.x) == ["before costs", "slippage", "commission", "net"]
    assert chain.y == pytest.approx((10.76, -1.0, -1.24, 8.52))
    assert costs_of(idle_result()) is None


def test_distribution_of_marks_value_at_risk_in_per_cent():
    dates = np.repeat(np.arange("2025-01-01", "2025-01-06", dtype="datetime64[D]"), 1)
    result = hand_made_result(
        trade_dates=np.concatenate([dates[:1], dates]),
        equity=np.array([100.0, 110.0, 99.0, 108.9, 108.9, 119.79]),
    )
    figure = distribution_of(result)  # +10, -10, +10, 0, +10 %
    assert sum(figure.data[0].y) == 5
    texts = [note.text for note in figure.layout.annotations]
    assert texts == ["VaR 5 % -8.00", "CVaR 5 % -10.00", "mean +4.00"]
    assert distribution_of(idle_result()) is None


def test_scattered_rows_of_many_trades_keep_the_best_and_the_worst():
    net = np.random.default_rng(0).normal(size=5_000)
    rows = scattered_rows(net, most=100)
    assert len(rows) == 100
    assert {net.argmin(), net.argmax()} <= set(rows.tolist())
    assert scattered_rows(net[:100], most=100).tolist() == list(range(100))


def test_rolling_sharpe_is_that_of_each_window_and_undefined_where_nothing_moves():
    ratios = rolling_sharpe(np.array([0.0, 0.0, 0.02, 0.01]), window=2)
    # mean .01, deviation .0141421; mean .015, deviation .0070711
    assert math.isnan(ratios[0])
    assert ratios[1:] == pytest.approx([11.22497, 33.67492], rel=1e-6)
    assert len(rolling_sharpe(np.zeros(3), window=4)) == 0


def test_window_for_a_short_record_is_half_of_it_or_none():
    assert [window_for(n) for n in (19, 20, 100, 126, 5_000)] == [None, 10, 50, 63, 63]


def test_rolling_sharpe_of_a_run_that_never_moves_is_no_figure():
    assert rolling_sharpe_of([idle_result()], window=10) is None
