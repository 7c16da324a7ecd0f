"""Bootstrap intervals: figures by hand, what makes them wide, and how often they hold the truth."""

import math

import numpy as np
import pytest

from backtest import metrics
from backtest.resampling import (
    LEAST_LENGTH,
    RETURN_STATISTICS,
    TRADE_STATISTICS,
    BootstrapSettings,
    Interval,
    best_block_length,
    bootstrap_intervals,
    resampled_rows,
    return_intervals,
    trade_intervals,
)
from utils.errors import ConfigError

FEW = BootstrapSettings(n_resamples=200)


def generator(seed=0):
    return np.random.default_rng(seed)


def noise(seed, n_rows, mean=0.0):
    return generator(seed).normal(mean, 0.01, size=n_rows)


def correlated(seed, n_rows, persistence):
    shocks = noise(seed, n_rows)
    record = np.empty(n_rows)
    record[0] = shocks[0]
    for row in range(1, n_rows):
        record[row] = persistence * record[row - 1] + shocks[row]
    return record


def rows(n_rows, block_length, n_resamples, seed=0):
    return np.concatenate(list(resampled_rows(n_rows, block_length, n_resamples, generator(seed))))


def figure(statistics, name, record):
    return float(statistics[name](np.array(record)[None, :])[0])


def test_return_figures_are_those_of_the_metrics():
    returns = noise(1, 300, mean=0.0005)
    equity = 10_000.0 * np.cumprod(np.append(1.0, 1.0 + returns))
    assert figure(RETURN_STATISTICS, "sharpe", returns) == pytest.approx(metrics.sharpe(returns))
    assert figure(RETURN_STATISTICS, "total_return", returns) == pytest.approx(
        metrics.total_return(equity)
    )
    assert figure(RETURN_STATISTICS, "max_drawdown", returns) == pytest.approx(
        metrics.max_drawdown(equity)
    )


def test_max_drawdown_by_hand_counts_a_fall_from_the_start():
    assert figure(RETURN_STATISTICS, "max_drawdown", [-0.1, 0.05]) == pytest.approx(-0.1)
    assert figure(RETURN_STATISTICS, "max_drawdown", [0.1, -0.5, 0.2]) == pytest.approx(-0.5)
    assert figure(RETURN_STATISTICS, "max_drawdown", [0.1, 0.0, 0.2]) == 0.0
    assert figure(RETURN_STATISTICS, "max_drawdown", [0.1, -1.0, 0.0]) == -1.0


@pytest.mark.parametrize(
    "net_usd", [[30.0, -10.0, 0.0, -5.0], [30.0, 10.0], [-30.0, -10.0], [0.0, 0.0]], ids=str
)
def test_trade_figures_are_those_of_the_metrics(net_usd):
    for name, metric in (
        ("profit_factor", metrics.profit_factor),
        ("expectancy_usd", metrics.expectancy_usd),
    ):
        expected = metric(np.array(net_usd))
        assert figure(TRADE_STATISTICS, name, net_usd) == pytest.approx(expected, nan_ok=True)


def test_figures_of_several_resamples_are_those_of_each():
    records = np.stack([noise(seed, 40) for seed in range(3)])
    for statistics in (RETURN_STATISTICS, TRADE_STATISTICS):
        for name, statistic in statistics.items():
            each = [figure(statistics, name, record) for record in records]
            assert statistic(records).tolist() == pytest.approx(each)


def test_resampled_rows_are_runs_that_wrap_with_the_mean_block_length():
    drawn = rows(n_rows=50, block_length=5, n_resamples=400)
    assert drawn.shape == (400, 50)
    assert (drawn.min(), drawn.max()) == (0, 49)
    goes_on = (drawn[:, 1:] - drawn[:, :-1]) % 50 == 1
    # stays with 4/5, and begins anew with the next row by chance once in 50
    assert goes_on.mean() == pytest.approx(0.8 + 0.2 / 50, abs=0.01)
    assert ((drawn[:, :-1] == 49) & (drawn[:, 1:] == 0)).any()


def test_resampled_rows_of_block_length_one_are_drawn_one_by_one():
    drawn = rows(n_rows=50, block_length=1, n_resamples=400)
    assert ((drawn[:, 1:] - drawn[:, :-1]) % 50 == 1).mean() == pytest.approx(1 / 50, abs=0.005)
    assert np.bincount(drawn.ravel(), minlength=50) == pytest.approx(np.full(50, 400), abs=100)


def test_resampled_rows_are_the_same_however_many_at_once(monkeypatch):
    whole = rows(50, 5, 30)
    monkeypatch.setattr("backtest.resampling.ELEMENTS_AT_ONCE", 170)
    np.testing.assert_array_equal(whole, rows(50, 5, 30))


def test_best_block_length_grows_with_persistence():
    lengths = [
        best_block_length(correlated(2, 1_000, persistence)) for persistence in (0, 0.5, 0.9)
    ]
    assert 1 <= lengths[0] < 6 < lengths[1] < lengths[2]


@pytest.mark.parametrize(
    "record",
    [
        np.zeros(50),
        np.full(50, 0.001),
        metrics.session_returns(10_000.0 * 1.001 ** np.arange(50)),
        noise(0, LEAST_LENGTH - 1),
    ],
    ids=["flat", "constant", "constant_but_for_float_noise", "short"],
)
def test_best_block_length_without_anything_to_go_by_is_one(record):
    assert best_block_length(record) == 1


@pytest.mark.parametrize("n_rows", [LEAST_LENGTH, 200])
def test_best_block_length_is_that_of_the_stationary_bootstrap_rounded_up(n_rows):
    from arch.bootstrap import optimal_block_length

    record = correlated(2, n_rows, 0.6)
    exact = float(optimal_block_length(record)["stationary"].iloc[0])
    assert best_block_length(record) - 1 < exact < best_block_length(record)


def test_best_block_length_is_never_much_above_a_third_of_the_record():
    # most autocorrelations of a record that ends flat are undefined
    assert best_block_length(np.r_[0.01, -0.01, np.zeros(48)]) == 17
    assert 1 <= best_block_length(noise(0, LEAST_LENGTH)) <= 4


def test_intervals_hold_the_point_and_follow_the_confidence():
    returns = noise(3, 250, mean=0.001)
    wide = return_intervals(returns, generator())
    narrow = return_intervals(returns, generator(), BootstrapSettings(confidence=0.5))
    for name in ("sharpe", "total_return"):
        assert wide[name].low < narrow[name].low < wide[name].point
        assert wide[name].point < narrow[name].high < wide[name].high
        assert wide[name].point == narrow[name].point


@pytest.mark.parametrize(("n_resamples", "outside"), [(101, 5), (116, 5), (121, 6)])
def test_interval_ends_are_the_order_statistics_of_the_resamples(n_resamples, outside):
    record, weights = np.arange(20.0), np.arange(20.0)
    found = bootstrap_intervals(
        record,
        {"weighted": lambda drawn: drawn @ weights},
        generator(4),
        BootstrapSettings(n_resamples=n_resamples, confidence=0.9, block_length=1),
    )
    figures = np.sort(record[rows(20, 1, n_resamples, seed=4)] @ weights)
    ends = Interval(low=figures[outside], high=figures[-1 - outside], point=2_470.0)
    assert found == {"weighted": ends}


def test_intervals_same_seed_gives_the_same_bits_and_another_other_ones():
    returns = noise(5, 100)
    first, second, other = (return_intervals(returns, generator(seed), FEW) for seed in (1, 1, 2))
    assert first == second
    assert first != other


def test_interval_of_a_persistent_record_is_wider_than_of_the_same_rows_apart():
    record = correlated(6, 500, 0.8)
    apart = BootstrapSettings(n_resamples=200, block_length=1)
    together, one_by_one = (
        return_intervals(record, generator(), settings)["sharpe"] for settings in (FEW, apart)
    )
    assert together.high - together.low > 1.5 * (one_by_one.high - one_by_one.low)


def test_interval_of_the_sharpe_ratio_holds_the_truth_about_as_often_as_it_says():
    truth = math.sqrt(252) * 0.1
    held = 0
    for seed in range(100):
        found = return_intervals(noise(seed, 250, mean=0.001), generator(seed), FEW)["sharpe"]
        held += found.low <= truth <= found.high
    assert 87 <= held <= 99


def test_intervals_of_a_short_record_are_nan_beside_its_own_figures():
    returns = np.array([0.02, -0.01] * 3)
    found = return_intervals(returns, generator())["sharpe"]
    assert math.isnan(found.low)
    assert math.isnan(found.high)
    assert found.point == pytest.approx(metrics.sharpe(returns))
    longer = return_intervals(np.resize(returns, LEAST_LENGTH), generator())["sharpe"]
    assert longer.low < longer.high


def test_intervals_without_a_record_are_nan():
    for found in trade_intervals(np.array([]), generator()).values():
        assert all(math.isnan(value) for value in (found.low, found.high, found.point))


def test_interval_of_a_flat_record_is_nan_where_the_figure_is_undefined():
    found = return_intervals(np.zeros(50), generator(), FEW)
    assert math.isnan(found["sharpe"].low)
    assert found["total_return"] == Interval(low=0.0, high=0.0, point=0.0)
    assert found["max_drawdown"] == Interval(low=0.0, high=0.0, point=0.0)


def test_interval_that_too_many_resamples_lack_is_nan():
    # one session of fifty moves: about a third of the resamples miss it
    record = np.zeros(50)
    record[20] = 0.01
    found = return_intervals(record, generator(), FEW)["sharpe"]
    assert found.point > 0.0
    assert math.isnan(found.low)
    assert math.isnan(found.high)


def test_trade_intervals_by_hand_of_a_record_that_hardly_loses():
    net_usd = np.full(40, 10.0)
    net_usd[7] = -10.0
    found = trade_intervals(net_usd, generator())
    assert found["profit_factor"].point == pytest.approx(39.0)
    assert found["profit_factor"].high == math.inf
    assert 5.0 < found["profit_factor"].low < 20.0
    assert found["expectancy_usd"].point == pytest.approx(9.5)
    assert found["expectancy_usd"].high == 10.0


@pytest.mark.parametrize(
    "changes",
    [{"n_resamples": 99}, {"confidence": 1.0}, {"confidence": 0.0}, {"block_length": 0}],
    ids=str,
)
def test_bootstrap_settings_out_of_bounds_are_refused(changes):
    with pytest.raises(ConfigError, match="a bootstrap needs `n_resamples` >= 100"):
        BootstrapSettings(**changes)
