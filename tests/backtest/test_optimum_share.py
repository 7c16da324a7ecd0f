"""A result's share of the optimum: by hand, and the same bars, costs and limits for both."""

import math

import numpy as np
import pytest

from backtest.engine import BacktestEngine
from backtest.optimum import optimum_of
from backtest.optimum_share import OptimumShare, foreseen_usd, fraction_of_optimum, run_optimum
from config.settings import EnvSettings
from data.planted_edge import EDGES, PlantedEdge
from env.actions import Action
from models.baselines import BuyAndHold, Flat
from tests.helpers.planted_market import bars_of, planted_bars
from tests.helpers.policies import ScriptedPolicy
from utils.errors import ConfigError

EDGE = EDGES["strong"]
ACCOUNT = EnvSettings(initial_balance=1e9, stop_loss_ticks=None, lookback_window=1)
PLAIN = PlantedEdge(sd_ticks=2.0, n_signals=1, signal_noise=0.0)
"""Its one signal, times 2, is the next bar's drift in ticks."""


@pytest.fixture(scope="module")
def bars():
    return planted_bars(20_000, EDGE, seed=6)[0]


def scripted_result(actions):
    """Return MNQ bars whose drifts to come are 1, -2, 3 and 0 ticks, and a run over them."""
    bars = bars_of(np.array([1_000, 1_001, 999, 1_002]), np.array([[0.5, -1.0, 1.5, 0.0]]).T, PLAIN)
    engine = BacktestEngine(bars, initial_capital=1e6)
    settings = EnvSettings(stop_loss_ticks=None, lookback_window=1)
    return bars, engine.run_with_policy(ScriptedPolicy(actions), ["signal_1"], settings=settings)


def test_foreseen_usd_by_hand():
    bars, result = scripted_result([Action.BUY, Action.HOLD, Action.CLOSE])
    # bar 1: 1 tick less a side's 1.12; bar 2: -2 ticks; bar 3: closed at its open
    assert foreseen_usd(result, bars, PLAIN).tolist() == pytest.approx([0.0, -0.62, -1.0, -1.12])


def test_foreseen_usd_counts_the_last_bar_as_held():
    bars, result = scripted_result([Action.HOLD, Action.SELL, Action.BUY])
    # bar 2: short into -2 ticks less 1.12; bar 3: reversed into 3 ticks, three sides in all of it
    assert foreseen_usd(result, bars, PLAIN).tolist() == pytest.approx([0.0, 0.0, -0.12, -1.86])


def test_foreseen_usd_uses_only_signals_before_each_bar(bars):
    result = run_optimum(bars, optimum_of(EDGE, ACCOUNT))
    poisoned = bars.copy()
    poisoned.loc[poisoned.index[5_000:], "signal_1"] = 1e6
    before, after = (foreseen_usd(result, frame, EDGE) for frame in (bars, poisoned))
    np.testing.assert_array_equal(after[:5_001], before[:5_001])
    assert not np.array_equal(after[5_001:], before[5_001:])


def test_fraction_of_the_optimum_itself_is_one(bars):
    best = run_optimum(bars, optimum_of(EDGE, ACCOUNT))
    share = fraction_of_optimum(best, bars, EDGE)
    assert (share.of_realised, share.of_foreseen) == (1.0, 1.0)
    assert share.of_expected == pytest.approx(1.0, abs=0.25)
    assert share.foreseen_usd == pytest.approx(share.expected_usd, rel=0.1)


def test_fraction_of_constant_rules_is_small(bars):
    engine = BacktestEngine(bars, initial_capital=1e9)
    flat = fraction_of_optimum(engine.run_with_policy(Flat(), settings=ACCOUNT), bars, EDGE)
    assert (flat.of_realised, flat.of_expected, flat.of_foreseen) == (0.0, 0.0, 0.0)
    long = fraction_of_optimum(engine.run_with_policy(BuyAndHold(), settings=ACCOUNT), bars, EDGE)
    assert abs(long.of_foreseen) < 0.4


def test_fraction_of_optimum_uses_the_result_s_own_bars_and_account(bars):
    account = ACCOUNT.model_copy(update={"commission": 0.2, "max_position": 2})
    engine = BacktestEngine(
        bars,
        initial_capital=1e9,
        slippage_ticks=3,
        start=bars.index[4_000],
        end=bars.index[9_000],
    )
    flat = engine.run_with_policy(Flat(), settings=account)
    own = account.model_copy(update={"slippage_ticks": 3})
    share = fraction_of_optimum(flat, bars, EDGE)
    assert share.expected_usd == pytest.approx(5_000 * optimum_of(EDGE, own).value_per_bar_usd)
    best = run_optimum(bars, optimum_of(EDGE, own), like=flat)
    assert (best.timestamps == flat.timestamps).all()
    assert best.settings == flat.settings == own
    assert share.optimum_net_usd == best.metrics["net_profit_usd"]


def test_fraction_of_optimum_where_nothing_was_to_be_had_is_undefined():
    share = OptimumShare(
        name="model",
        net_usd=5.0,
        optimum_net_usd=-1.0,
        expected_usd=0.0,
        foreseen_usd=1.0,
        optimum_foreseen_usd=0.0,
    )
    for fraction in (share.of_realised, share.of_expected, share.of_foreseen):
        assert math.isnan(fraction)


def test_fraction_of_optimum_on_other_bars_is_refused(bars):
    flat = BacktestEngine(bars).run_with_policy(Flat())
    with pytest.raises(ConfigError, match="is over other bars"):
        fraction_of_optimum(flat, bars.iloc[:-5], EDGE)
