"""Each metric against numbers written by hand, and against empyrical where conventions agree."""

import math

import empyrical
import numpy as np
import pytest

from backtest import metrics
from backtest.metrics import AccountHistory, compute_metrics

DAYS = np.array(
    ["2025-01-02", "2025-01-02", "2025-01-02", "2025-01-03", "2025-01-03", "2025-01-06"],
    "datetime64[D]",
)
EQUITY = np.array([10_000.0, 10_100.0, 10_200.0, 9_900.0, 9_690.0, 10_174.5])
"""Session ends: 10,200 (+2 %), 9,690 (-5 %), 10,174.50 (+5 %)."""

RETURNS = np.array([0.02, -0.05, 0.05])
NET = np.array([100.0, -40.0, 0.0, 60.0, -60.0])


def history(**changes):
    values = {
        "equity": EQUITY,
        "positions": np.array([0, 1, 1, 0, -1, 0]),
        "trade_dates": DAYS,
        "trade_gross_usd": np.array([200.0, -20.5]),
        "trade_net_usd": np.array([195.0, -20.5]),
        "fees_usd": 5.0,
        "traded_notional_usd": 80_000.0,
    }
    return AccountHistory(**{**values, **changes})


@pytest.fixture(params=[0, 1, 2])
def long_returns(request):
    return np.random.default_rng(request.param).normal(0.0004, 0.012, size=600)


def test_session_equity_several_bars_a_day_takes_the_last_of_each_date():
    assert metrics.session_equity(EQUITY, DAYS).tolist() == [10_000.0, 10_200.0, 9_690.0, 10_174.5]


def test_session_equity_start_at_the_last_bar_of_a_date_adds_no_session_for_it():
    assert metrics.session_equity(EQUITY[2:], DAYS[2:]).tolist() == [10_200.0, 9_690.0, 10_174.5]


def test_session_equity_single_bar_has_only_the_initial_capital():
    assert metrics.session_equity(EQUITY[:1], DAYS[:1]).tolist() == [10_000.0]


def test_session_returns_by_hand():
    daily = np.array([10_000.0, 10_200.0, 9_690.0, 9_690.0, 10_174.5])
    assert metrics.session_returns(daily) == pytest.approx([0.02, -0.05, 0.0, 0.05], abs=1e-15)


def test_session_returns_after_ruin_are_minus_one_then_zero():
    daily = np.array([10_000.0, -500.0, 200.0, 200.0])
    assert metrics.session_returns(daily).tolist() == [-1.0, 0.0, 0.0]


def test_total_return_and_net_profit_by_hand():
    assert metrics.total_return(EQUITY) == pytest.approx(0.01745)
    assert metrics.net_profit_usd(EQUITY) == pytest.approx(174.5)


def test_annualised_return_by_hand():
    assert metrics.annualised_return(RETURNS) == pytest.approx(1.68)


def test_annualised_return_without_sessions_is_nan():
    assert math.isnan(metrics.annualised_return(np.array([])))


def test_cagr_by_hand():
    assert metrics.cagr(np.array([100.0, 110.0]), 126) == pytest.approx(0.21)


def test_cagr_once_ruined_is_minus_one_even_if_equity_came_back():
    assert metrics.cagr(np.array([100.0, -1.0, 150.0]), 3) == -1.0


def test_cagr_that_overflows_is_infinite_without_a_warning():
    assert metrics.cagr(np.array([1.0, 1e6]), 1) == math.inf


def test_cagr_agrees_with_empyrical(long_returns):
    equity = 10_000.0 * np.cumprod(np.append(1.0, 1.0 + long_returns))
    assert metrics.cagr(equity, 600) == pytest.approx(empyrical.cagr(long_returns), rel=1e-9)


def test_annualised_volatility_by_hand():
    # from the mean 1/150: 0.0133.., -0.0566.., 0.0433..; squares sum to 0.0052666..; / 2; x 252
    assert metrics.annualised_volatility(RETURNS) == pytest.approx(math.sqrt(0.6636))


def test_annualised_volatility_of_one_session_is_nan():
    assert math.isnan(metrics.annualised_volatility(np.array([0.01])))


def test_annualised_volatility_agrees_with_empyrical(long_returns):
    assert metrics.annualised_volatility(long_returns) == pytest.approx(
        empyrical.annual_volatility(long_returns)
    )


def test_sharpe_by_hand():
    assert metrics.sharpe(RETURNS) == pytest.approx(1.68 / math.sqrt(0.6636))


@pytest.mark.parametrize("returns", [[], [0.01], [0.0, 0.0, 0.0], [0.1, 0.1, 0.1]])
def test_sharpe_without_deviation_is_nan(returns):
    assert math.isnan(metrics.sharpe(np.array(returns)))


def test_sharpe_of_constant_growth_with_float_noise_is_nan():
    daily = 10_000.0 * 1.001 ** np.arange(50)
    assert math.isnan(metrics.sharpe(metrics.session_returns(daily)))


def test_sharpe_agrees_with_empyrical(long_returns):
    assert metrics.sharpe(long_returns) == pytest.approx(empyrical.sharpe_ratio(long_returns))


def test_sortino_by_hand_divides_by_all_sessions():
    # mean 1/150; downside sqrt(0.0025 / 3); ratio 0.2309..
    assert metrics.sortino(RETURNS) == pytest.approx(
        math.sqrt(252) * (1 / 150) / math.sqrt(0.0025 / 3)
    )


def test_sortino_without_a_loss_is_nan():
    assert math.isnan(metrics.sortino(np.array([0.01, 0.02])))
    assert math.isnan(metrics.sortino(np.array([])))


def test_sortino_agrees_with_empyrical_with_and_without_target(long_returns):
    assert metrics.sortino(long_returns) == pytest.approx(empyrical.sortino_ratio(long_returns))
    with_target = empyrical.sortino_ratio(long_returns, required_return=0.001)
    assert metrics.sortino(long_returns, target=0.001) == pytest.approx(with_target)


def test_drawdown_figures_by_hand_on_sessions():
    daily = np.array([100.0, 90.0, 100.0, 120.0, 108.0, 96.0, 120.0, 114.0])
    # episodes: 90/100 = -10 %; 96/120 = -20 % over two sessions; 114/120 = -5 %, still open
    assert metrics.max_drawdown(daily) == pytest.approx(-0.20)
    assert metrics.max_drawdown_usd(daily) == -24.0
    assert metrics.average_drawdown(daily) == pytest.approx(-0.35 / 3)
    assert metrics.drawdown_duration(daily) == 2
    assert metrics.recovery_factor(daily) == pytest.approx(14.0 / 24.0)


def test_max_drawdown_loss_from_the_first_bar_counts_from_the_initial_capital():
    assert metrics.max_drawdown(np.array([100.0, 80.0, 90.0])) == pytest.approx(-0.2)


def test_max_drawdown_with_debt_is_not_below_minus_one():
    assert metrics.max_drawdown(np.array([100.0, -50.0])) == -1.0


def test_max_drawdown_agrees_with_empyrical(long_returns):
    equity = 10_000.0 * np.cumprod(np.append(1.0, 1.0 + long_returns))
    assert metrics.max_drawdown(equity) == pytest.approx(empyrical.max_drawdown(long_returns))


def test_drawdown_figures_without_a_drawdown():
    rising = np.array([100.0, 100.0, 101.0])
    assert metrics.max_drawdown(rising) == 0.0
    assert metrics.average_drawdown(rising) == 0.0
    assert metrics.drawdown_duration(rising) == 0
    assert math.isnan(metrics.recovery_factor(rising))
    assert math.isnan(metrics.calmar(rising, rising))


def test_calmar_by_hand():
    equity = np.append(
        np.array([100.0, 80.0]), np.full(125, 110.0)
    )  # 126 sessions: CAGR 21 %, drawdown -20 %
    assert metrics.calmar(equity, equity) == pytest.approx(0.21 / 0.20)


def test_calmar_agrees_with_empyrical(long_returns):
    equity = 10_000.0 * np.cumprod(np.append(1.0, 1.0 + long_returns))
    assert metrics.calmar(equity, equity) == pytest.approx(
        empyrical.calmar_ratio(long_returns), rel=1e-9
    )


def test_var_and_cvar_by_hand():
    returns = np.linspace(-0.10, 0.10, 21)  # the 5 % quantile is exactly the second value
    assert metrics.var_5(returns) == pytest.approx(-0.09)
    assert metrics.cvar_5(np.append(returns, [-0.2] * 20)) == pytest.approx(-0.2)


def test_var_and_cvar_without_sessions_are_nan():
    assert math.isnan(metrics.var_5(np.array([])))
    assert math.isnan(metrics.cvar_5(np.array([])))


def test_var_and_cvar_agree_with_empyrical(long_returns):
    assert metrics.var_5(long_returns) == pytest.approx(empyrical.value_at_risk(long_returns))
    assert metrics.cvar_5(long_returns) == pytest.approx(
        empyrical.conditional_value_at_risk(long_returns)
    )


def test_trade_statistics_by_hand():
    assert metrics.win_rate(NET) == 0.4
    assert metrics.profit_factor(NET) == 1.6
    assert metrics.expectancy_usd(NET) == 12.0


def test_trade_statistics_without_trades_are_nan():
    for statistic in (metrics.win_rate, metrics.profit_factor, metrics.expectancy_usd):
        assert math.isnan(statistic(np.array([])))


def test_profit_factor_without_losses_is_infinite_and_with_neither_is_nan():
    assert metrics.profit_factor(np.array([5.0, 0.0])) == math.inf
    assert math.isnan(metrics.profit_factor(np.array([0.0])))


def test_exposure_leaves_out_the_bar_before_the_first_fill():
    assert metrics.exposure(np.array([0, 1, 1, 0, -1, 0])) == 0.6
    assert math.isnan(metrics.exposure(np.array([0])))


def test_turnover_by_hand():
    assert metrics.turnover(40_000.0, np.array([10_000.0, 10_000.0]), 126) == 8.0
    assert math.isnan(metrics.turnover(40_000.0, np.array([10_000.0, -30_000.0]), 126))


def test_cost_share_is_fees_over_gross_wins():
    assert metrics.cost_share(5.0, np.array([40.0, -100.0, 10.0])) == 0.1
    assert math.isnan(metrics.cost_share(5.0, np.array([-1.0])))


def test_compute_metrics_by_hand():
    found = compute_metrics(history())
    assert found["n_sessions"] == 3
    assert found["annualised_return"] == pytest.approx(1.68)
    assert found["max_drawdown"] == pytest.approx(-0.05)
    assert found["max_drawdown_usd"] == pytest.approx(-510.0)
    assert found["bar_max_drawdown"] == pytest.approx(-0.05)
    assert found["bar_drawdown_duration"] == 3
    assert found["n_trades"] == 2
    assert found["profit_factor"] == pytest.approx(195.0 / 20.5)
    assert found["is_ruined"] is False
    assert found["profit_factor_is_infinite"] is False


def test_compute_metrics_of_a_flat_account_has_zeros_and_nan_but_no_warning():
    none = np.array([])
    flat = history(
        equity=np.full(6, 10_000.0),
        positions=np.zeros(6, np.int64),
        trade_gross_usd=none,
        trade_net_usd=none,
        fees_usd=0.0,
        traded_notional_usd=0.0,
    )
    found = compute_metrics(flat)
    assert (found["total_return"], found["cagr"], found["max_drawdown"], found["exposure"]) == (
        0,
        0,
        0,
        0,
    )
    undefined = {name for name, value in found.items() if math.isnan(value)}
    expected = {
        "sharpe",
        "sortino",
        "calmar",
        "recovery_factor",
        "win_rate",
        "profit_factor",
        "expectancy_usd",
        "average_win_usd",
        "average_loss_usd",
        "payoff_ratio",
        "cost_share",
    }
    not_told = {
        "total_slippage_usd",
        "slippage_share",
        "expectancy_ticks",
        "expectancy_r",
        "mean_mae_usd",
        "mean_mfe_usd",
        "mean_holding_bars",
    }
    assert undefined == expected | not_told


@pytest.mark.parametrize(
    ("equity", "was_liquidated", "expected_cagr"),
    [
        ([10_000.0, 5_000.0, -10.0, -10.0, -10.0, -10.0], False, -1.0),
        ([10_000.0, 9_000.0, 5_000.0, 5_000.0, 5_000.0, 5_000.0], True, 0.5**84 - 1.0),
    ],
)
def test_compute_metrics_of_a_ruined_run_says_so(equity, was_liquidated, expected_cagr):
    found = compute_metrics(history(equity=np.array(equity), was_liquidated=was_liquidated))
    assert found["is_ruined"] is True
    assert found["cagr"] == pytest.approx(expected_cagr)
