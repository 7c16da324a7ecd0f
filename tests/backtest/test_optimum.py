"""The optimum: known limits, brute force, and the kernel agree with what the theory says."""

import math

import numpy as np
import pandas as pd
import pytest

from backtest.engine import BacktestEngine
from backtest.optimum import (
    FLAT,
    LONG,
    SHORT,
    OptimalPolicy,
    drift_chain,
    drift_grid,
    optimum_of,
)
from backtest.optimum_share import run_optimum
from config.settings import EnvSettings
from data.calendar import is_rth
from data.drift_filter import steady_filter
from data.planted_edge import EDGES, PlantedEdge
from data.preprocessor import Scaler
from data.synthetic import synthetic_bars
from env.actions import Action
from env.market import build_market
from models.policy import Policy
from models.side_cost import cost_per_side_usd
from tests.helpers.agents import observation
from tests.helpers.planted_market import planted_bars
from utils.errors import ConfigError

ACCOUNT = EnvSettings(initial_balance=1e9, stop_loss_ticks=None, lookback_window=1)
FREE = ACCOUNT.model_copy(update={"commission": 0.0, "slippage_ticks": 0})
TICK_USD = 0.5
COST_USD = 1.12  # per side: 0.62 commission and one tick of slippage
EDGE = EDGES["medium"]


@pytest.fixture(scope="module")
def optimum():
    return optimum_of(EDGE, ACCOUNT)


def held_positions(means, threshold):
    """Return +-1 by the sides of a band, and what was held before inside it; flat at first."""
    sides = np.where(means >= threshold, 1.0, np.where(means <= -threshold, -1.0, np.nan))
    return pd.Series(sides).ffill().fillna(0.0).to_numpy()


def known_usd_per_bar(means, threshold):
    """Return what holding by a band makes per bar where the filtered mean is what is earned."""
    held = held_positions(means, threshold)
    return TICK_USD * np.mean(held * means) - COST_USD * np.mean(np.abs(np.diff(held, prepend=0.0)))


def autoregression(n_bars, persistence, sd, seed):
    """Return a long path of a filtered mean, (n_bars,) ticks."""
    shocks = np.random.default_rng(seed).standard_normal(n_bars)
    path = np.empty(n_bars)
    value = shocks[0]
    for bar, shock in enumerate(shocks):
        value = persistence * value + math.sqrt(1.0 - persistence**2) * shock
        path[bar] = value
    return sd * path


def test_cost_per_side_is_commission_and_slippage():
    assert cost_per_side_usd(ACCOUNT) == pytest.approx(1.12)
    assert cost_per_side_usd(FREE) == 0.0
    assert cost_per_side_usd(EnvSettings(symbol="CL", commission=2.5)) == pytest.approx(12.5)


def test_optimum_without_costs_is_always_on_the_likelier_side():
    free = optimum_of(EDGE, FREE)
    steady = steady_filter(EDGE)
    assert free.buy_at_ticks == pytest.approx(0.0, abs=1e-6)
    assert free.sell_at_ticks == pytest.approx(0.0, abs=1e-6)
    # E|m| of a normal m is sqrt(2 / pi) = .797885 of its deviation
    expected = TICK_USD * 0.797885 * steady.sd_ticks
    assert free.value_per_bar_usd == pytest.approx(expected, rel=1e-3)


def test_optimum_at_ruinous_costs_never_trades():
    never = optimum_of(EDGE, ACCOUNT.model_copy(update={"slippage_ticks": 1_000}))
    assert (never.buy_at_ticks, never.sell_at_ticks) == (math.inf, -math.inf)
    assert never.value_per_bar_usd == 0.0
    assert math.isnan(never.information_in_moves(30.0))


def test_optimum_costs_lower_the_value_and_widen_the_band():
    solved = [
        optimum_of(EDGE, FREE.model_copy(update={"commission": commission}))
        for commission in (0.0, 0.2, 0.62, 1.12, 2.24, 5.0)
    ]
    values = [best.value_per_bar_usd for best in solved]
    bands = [best.buy_at_ticks for best in solved]
    assert values == sorted(values, reverse=True)
    assert bands == sorted(bands)
    assert min(values) > 0.0


def test_optimum_knows_costs_only_by_their_sum(optimum):
    all_commission = ACCOUNT.model_copy(update={"commission": COST_USD, "slippage_ticks": 0})
    same = optimum_of(EDGE, all_commission)
    assert same.value_per_bar_usd == pytest.approx(optimum.value_per_bar_usd)


def test_optimum_band_is_symmetric(optimum):
    assert optimum.buy_at_ticks > 0.1
    assert optimum.sell_at_ticks == pytest.approx(-optimum.buy_at_ticks, abs=1e-6)


def test_optimum_has_one_band_wherever_it_starts_and_flat_is_never_better(optimum):
    solution, means = drift_chain(steady_filter(EDGE), ACCOUNT), drift_grid(steady_filter(EDGE))
    for start in (SHORT, FLAT):
        is_worth_it = solution.worth_of_trading(start, LONG) >= 0.0
        np.testing.assert_array_equal(is_worth_it, means >= optimum.buy_at_ticks)
    for start in (SHORT, LONG):
        assert solution.worth_of_trading(start, FLAT).max() <= 1e-9


def test_optimum_grows_with_the_largest_position_and_keeps_its_band(optimum):
    three = optimum_of(EDGE, ACCOUNT.model_copy(update={"max_position": 3}))
    assert three.value_per_bar_usd == pytest.approx(3.0 * optimum.value_per_bar_usd, rel=1e-6)
    assert three.buy_at_ticks == pytest.approx(optimum.buy_at_ticks, rel=1e-6)


@pytest.mark.parametrize("strength", EDGES)
def test_optimum_is_the_best_band_of_a_brute_force_search(strength):
    best, steady = optimum_of(EDGES[strength], ACCOUNT), steady_filter(EDGES[strength])
    means = autoregression(400_000, steady.persistence, steady.sd_ticks, seed=5)
    thresholds = best.buy_at_ticks * np.array([0.0, 0.4, 0.6, 0.8, 0.9, 1.0, 1.1, 1.2, 1.5, 2.0])
    values = np.array([known_usd_per_bar(means, threshold) for threshold in thresholds])
    assert 0.7 < thresholds[values.argmax()] / best.buy_at_ticks < 1.3
    assert values.max() == pytest.approx(best.value_per_bar_usd, rel=0.02)
    assert values.max() <= values[5] * 1.005  # its own band is as good as any
    assert values[0] < 0.95 * values[5]


def test_optimum_expected_value_is_per_bar(optimum):
    assert optimum.expected_usd(1_000) == pytest.approx(1_000 * optimum.value_per_bar_usd)


def test_optimum_values_are_the_documented_ones():
    values = [optimum_of(edge, EnvSettings()).value_per_bar_usd for edge in EDGES.values()]
    assert values == pytest.approx([0.172, 0.420, 0.941], abs=5e-4)


def test_information_in_moves_is_small_and_grows_in_calm_markets(optimum):
    shares = [optimum.information_in_moves(shocks) for shocks in (math.inf, 67.0, 36.0, 18.0)]
    assert shares[0] == pytest.approx(0.0, abs=1e-9)
    assert shares == sorted(shares)
    assert shares[2] < 0.002
    assert shares[3] < 0.01


def test_optimum_refuses_a_half_life_beyond_its_grid():
    with pytest.raises(ConfigError, match="`half_life_bars` must be <= 100 .* was 1000"):
        optimum_of(PlantedEdge(sd_ticks=1.0, half_life_bars=1_000.0), ACCOUNT)


def decisions(market, optimum):
    policy: Policy = OptimalPolicy(optimum)
    policy.reset(market, EnvSettings())
    return [policy.decide(bar, observation()) for bar in range(market.n_bars)]


def test_optimal_policy_acts_at_its_band_by_hand():
    edge = PlantedEdge(sd_ticks=2.0, n_signals=1, signal_noise=0.0)  # the signal is the drift / 2
    best = optimum_of(edge, ACCOUNT)
    assert 0.2 < best.buy_at_ticks < 1.8
    bars, _ = planted_bars(5, edge, seed=0)
    bars["signal_1"] = [0.1, 0.9, -0.1, -0.9, 0.0]
    market = build_market(bars, ["signal_1"])
    hold, buy, sell = Action.HOLD, Action.BUY, Action.SELL
    assert decisions(market, best) == [hold, buy, hold, sell, hold]


def test_optimal_policy_undoes_the_market_s_scaling(optimum):
    bars, _ = planted_bars(3_000, EDGE, seed=1)
    rows = bars[list(EDGE.signal_columns)].to_numpy()
    fitted = Scaler.fit(rows * 3.0, EDGE.signal_columns)
    plain = build_market(bars, EDGE.signal_columns)
    scaled = build_market(bars, EDGE.signal_columns, scaler=fitted)
    assert decisions(scaled, optimum) == decisions(plain, optimum)
    assert set(decisions(plain, optimum)) == {Action.HOLD, Action.BUY, Action.SELL}


@pytest.mark.parametrize(("kind", "by_session"), [("rank_normal", False), ("standard", True)])
def test_optimal_policy_refuses_a_scaling_that_it_cannot_undo(optimum, kind, by_session):
    bars, _ = planted_bars(3_000, EDGE, seed=1)
    rows = bars[list(EDGE.signal_columns)].to_numpy()
    hours = is_rth(bars.index) if by_session else None
    scaler = Scaler.fit(rows, EDGE.signal_columns, kind=kind, is_rth=hours)
    market = build_market(bars, EDGE.signal_columns, scaler=scaler)
    with pytest.raises(ConfigError, match=f"to ranks or by session, was {kind}.*; use the scaler"):
        OptimalPolicy(optimum).reset(market, EnvSettings())


def test_optimal_policy_undoes_the_robust_scaling_too(optimum):
    bars, _ = planted_bars(3_000, EDGE, seed=1)
    rows = bars[list(EDGE.signal_columns)].to_numpy()
    scaler = Scaler.fit(rows, EDGE.signal_columns, kind="robust")
    robust = build_market(bars, EDGE.signal_columns, scaler=scaler)
    assert decisions(robust, optimum) == decisions(build_market(bars, EDGE.signal_columns), optimum)


def test_optimal_policy_finds_its_signals_among_other_features(optimum):
    bars, _ = planted_bars(500, EDGE, seed=1)
    mixed = build_market(bars, ["log_return", *reversed(EDGE.signal_columns)])
    plain = build_market(bars, EDGE.signal_columns)
    assert decisions(mixed, optimum) == decisions(plain, optimum)


def test_optimal_policy_ignores_poisoned_later_rows(optimum):
    bars, _ = planted_bars(900, EDGE, seed=2)
    poisoned = bars.copy()
    poisoned.iloc[601:, :4] *= 2.0
    poisoned.loc[poisoned.index[601:], list(EDGE.signal_columns)] = -4.0
    before, after = run_optimum(bars, optimum), run_optimum(poisoned, optimum)
    # what is decided at the close of row 600 is held in row 601
    np.testing.assert_array_equal(after.positions[:602], before.positions[:602])
    assert set(before.positions[:602]) == {-1, 0, 1}
    assert (after.positions[620:-1] == -1).all()


def test_optimal_policy_without_its_signals_is_told(optimum):
    bars, _ = planted_bars(100, EDGE, seed=0)
    with pytest.raises(ConfigError, match=r"needs the signals signal_1, .* shows log_return"):
        BacktestEngine(bars).run_with_policy(OptimalPolicy(optimum))


@pytest.mark.parity
@pytest.mark.parametrize(("max_position", "edge"), [(1, EDGE), (3, EDGES["strong"])])
def test_optimal_policy_earns_through_the_kernel_what_the_theory_expects(max_position, edge):
    settings = ACCOUNT.model_copy(update={"max_position": max_position})
    best = optimum_of(edge, settings)
    n_bars, realised, known = 20_000, [], []
    for seed in range(8):
        bars, drift = planted_bars(n_bars, edge, seed=seed)
        result = run_optimum(bars, best)
        sides = result.fills["quantity"].abs().sum()
        held = result.positions.copy()
        held[-1] = held[-2]  # the last bar closes what it held, most likely what the one before did
        costs = COST_USD * sides
        realised.append(result.metrics["net_profit_usd"] / (n_bars - 1))
        known.append((TICK_USD * held @ drift - costs) / (n_bars - 1))
    for per_bar in (np.array(realised), np.array(known)):
        standard_error = per_bar.std(ddof=1) / math.sqrt(len(per_bar))
        assert abs(per_bar.mean() - best.value_per_bar_usd) < 3.0 * standard_error
    # without the price shocks, the drift alone tells the value to a few per cent
    assert np.mean(known) == pytest.approx(best.value_per_bar_usd, rel=0.05)


@pytest.mark.slow
@pytest.mark.parity
def test_optimal_policy_earns_its_value_on_the_synthetic_market(optimum):
    n_bars, of_expected = 100_000, []
    for seed in range(8):
        bars = synthetic_bars(n_bars, "planted_edge", seed=seed)
        result = run_optimum(bars, optimum)
        of_expected.append(result.metrics["net_profit_usd"] / optimum.expected_usd(n_bars - 1))
    standard_error = np.std(of_expected, ddof=1) / math.sqrt(len(of_expected))
    assert abs(np.mean(of_expected) - 1.0) < 3.0 * standard_error
    assert standard_error < 0.15


def test_engine_run_with_policy_takes_the_account_of_its_settings(optimum):
    bars, _ = planted_bars(300, EDGE, seed=3)
    settings = ACCOUNT.model_copy(update={"max_position": 2, "margin": "none"})
    result = BacktestEngine(bars, initial_capital=5_000.0, commission=0.1).run_with_policy(
        OptimalPolicy(optimum), EDGE.signal_columns, settings=settings
    )
    assert result.settings == settings.model_copy(
        update={"initial_balance": 5_000.0, "commission": 0.1}
    )
    assert np.abs(result.positions).max() == 2
