"""What single trades came to, against numbers written by hand; MNQ and CL have other ticks."""

import math

import numpy as np
import pytest

from backtest import metrics
from backtest.metrics import AccountHistory, TradeDetail, compute_metrics

NET = np.array([100.0, -40.0, 0.0, 60.0, -60.0, -20.0, -5.0, 15.0])


def detail_of(net_usd, quantity, tick_value_usd, risked_usd):
    return TradeDetail(
        net_ticks=np.array(net_usd) / (np.array(quantity) * tick_value_usd),
        r_multiple=np.array(net_usd) / np.array(risked_usd),
        mae_usd=np.array([-30.0, -10.0]),
        mfe_usd=np.array([50.0, 0.0]),
        holding_bars=np.array([4, 1]),
    )


def metrics_of(detail, slippage_usd=math.nan):
    return compute_metrics(
        AccountHistory(
            equity=np.array([10_000.0, 10_030.0]),
            positions=np.array([0, 0]),
            trade_dates=np.array(["2025-01-02"] * 2, "datetime64[D]"),
            trade_gross_usd=np.array([45.0, -10.0]),
            trade_net_usd=np.array([40.0, -10.0]),
            fees_usd=5.0,
            traded_notional_usd=1_000.0,
            slippage_usd=slippage_usd,
            detail=detail,
        )
    )


def test_average_win_loss_and_payoff_by_hand():
    # wins 100, 60, 15: mean 58.33..; losses 40, 60, 20, 5: mean 31.25
    assert metrics.average_win_usd(NET) == pytest.approx(175 / 3)
    assert metrics.average_loss_usd(NET) == -31.25
    assert metrics.payoff_ratio(NET) == pytest.approx(175 / 3 / 31.25)


def test_payoff_without_a_loss_or_without_a_win_is_nan():
    assert math.isnan(metrics.payoff_ratio(np.array([5.0, 0.0])))
    assert math.isnan(metrics.payoff_ratio(np.array([-5.0])))


@pytest.mark.parametrize(
    ("net_usd", "expected"),
    [(NET, 3), ([], 0), ([1.0], 0), ([-1.0, 0.0, -1.0, -1.0], 2), ([-1.0, -1.0], 2)],
)
def test_longest_losing_streak_a_zero_ends_it(net_usd, expected):
    assert metrics.longest_losing_streak(np.array(net_usd)) == expected


@pytest.mark.parametrize(
    ("tick_value_usd", "in_ticks"),
    [(0.5, (80 / 2 - 20) / 2), (10.0, (4 / 2 - 1) / 2)],  # MNQ, CL; two contracts, then one
)
def test_expectancy_in_ticks_is_per_contract_of_each_instrument(tick_value_usd, in_ticks):
    found = metrics_of(detail_of([40.0, -10.0], [2, 1], tick_value_usd, [100.0, 10.0]))
    assert found["expectancy_ticks"] == pytest.approx(in_ticks)
    assert found["expectancy_r"] == pytest.approx((0.4 - 1.0) / 2)


def test_expectancy_in_r_leaves_out_trades_without_a_stop():
    found = metrics_of(detail_of([40.0, -10.0], [1, 1], 0.5, [math.nan, 10.0]))
    assert found["expectancy_r"] == -1.0
    without = metrics_of(detail_of([40.0, -10.0], [1, 1], 0.5, [math.nan, math.nan]))
    assert math.isnan(without["expectancy_r"])


def test_excursions_and_holding_are_means_over_trades():
    found = metrics_of(detail_of([40.0, -10.0], [1, 1], 0.5, [1.0, 1.0]))
    assert (found["mean_mae_usd"], found["mean_mfe_usd"]) == (-20.0, 25.0)
    assert found["mean_holding_bars"] == 2.5


def test_slippage_share_is_apart_from_commission():
    found = metrics_of(None, slippage_usd=5.0)
    # gross wins 45 come after 5 of slippage: prices alone would have won 50
    assert found["slippage_share"] == pytest.approx(0.1)
    assert found["total_slippage_usd"] == 5.0
    assert found["cost_share"] == pytest.approx(5 / 45)


def test_slippage_share_with_nothing_won_and_none_paid_is_nan():
    assert math.isnan(metrics.slippage_share(0.0, np.array([-1.0])))
