"""One account over a market: episodes, records, costs, ruin, and what is refused."""

import os
import subprocess
import sys

import numpy as np
import pytest

from config.settings import EnvSettings
from env.kernel.names import Reason
from env.simulation import Simulation
from env.trade_log import INITIAL_CAPACITY
from tests.helpers.markets import B0, B1, plain_market, plain_simulation
from utils.errors import ConfigError
from utils.paths import PROJECT_ROOT

HOLD, BUY, SELL, CLOSE = range(4)
ROWS = (B0, B1, (20020, 20025, 20010, 20015), (20010, 20012, 20000, 20005))


def test_simulation_reversal_by_actions_is_the_golden_case():
    simulation = plain_simulation((*ROWS, B0))
    for action in (BUY, SELL, BUY):
        simulation.step(action)
    prices = simulation.market.instrument.to_prices(simulation.fills.price_ticks)
    assert prices.tolist() == [20001.25, 20019.75, 20010.25]
    assert simulation.fills.quantity.tolist() == [1, -2, 2]
    assert simulation.trades.net_usd == pytest.approx([35.76, 17.76])
    assert (simulation.n_trades, simulation.n_wins, simulation.position) == (2, 2, 1)


def test_simulation_records_equity_and_position_of_every_bar():
    simulation = plain_simulation(ROWS)
    for action in (BUY, SELL, HOLD):
        simulation.step(action)
    # long 20001.25 at 20008; +35.76, short 20019.75 at 20015; covered at 20005.25 at the end
    expected = [10_000, 10_012.88, 10_000 + 35.76 + 9.5 - 0.62, 10_000 + 35.76 + 29 - 1.24]
    assert simulation.equity == pytest.approx(expected)
    assert simulation.positions.tolist() == [0, 1, -1, 0]
    assert simulation.fills.reason.tolist() == [Reason.SIGNAL, Reason.SIGNAL, Reason.END_OF_DATA]
    assert simulation.equity_usd == simulation.equity[-1]
    assert simulation.cash_usd == pytest.approx(expected[-1])
    assert simulation.is_done
    assert not simulation.is_ruined


def test_simulation_records_are_copies():
    simulation = plain_simulation(ROWS)
    simulation.step(BUY)
    simulation.fills.quantity[:] = 9
    simulation.equity[:] = 0
    assert simulation.fills.quantity.tolist() == [1]
    assert simulation.equity[0] == 10_000


def test_simulation_reset_begins_with_a_clean_account():
    simulation = plain_simulation(ROWS)
    simulation.step(BUY)
    simulation.reset(1, len(ROWS))
    assert (simulation.bar, simulation.position, simulation.equity_usd) == (1, 0, 10_000)
    assert len(simulation.fills) == len(simulation.trades) == 0
    assert simulation.equity.tolist() == [10_000]
    assert simulation.account.n_fills == 0
    assert (simulation.fees_usd, simulation.session_trades, simulation.costs.total_usd) == (0, 0, 0)


def test_simulation_stop_ends_the_episode_early():
    simulation = Simulation(plain_market(ROWS), EnvSettings(lookback_window=1))
    simulation.reset(0, 3)
    simulation.step(BUY)
    simulation.step(HOLD)
    assert simulation.is_done
    # closed at the close of row 2, 20015, a tick lower
    assert simulation.trades[0].exit_ticks * 0.25 == 20014.75


def test_simulation_grows_its_records_as_fills_come():
    rows = [B0] * (3 * INITIAL_CAPACITY)
    simulation = plain_simulation(rows, stop_loss_ticks=None)
    sides = [BUY, SELL]
    while not simulation.is_done:
        simulation.step(sides[simulation.bar % 2])
    assert len(simulation.fills) == len(rows)  # one a bar, and the end of the data in the last
    assert simulation.n_trades == len(simulation.trades) == len(rows) - 1
    assert simulation.fills.bar[:-1].tolist() == list(range(1, len(rows)))
    assert simulation.trades.exit_bar[-1] == len(rows) - 1
    assert simulation.trades.net_usd.sum() == pytest.approx(simulation.equity_usd - 10_000)


def test_simulation_commission_setting_overrides_the_instrument():
    simulation = plain_simulation(ROWS, commission=1.5)
    simulation.step(BUY)
    assert simulation.fills.fee_usd.tolist() == [1.5]


@pytest.mark.parametrize(("scale", "price", "fee"), [(0.0, 20001, 0), (0.5, 20001.5, 0.31)])
def test_simulation_cost_scale_lowers_commission_and_slippage(scale, price, fee):
    simulation = plain_simulation(ROWS, slippage_ticks=5)
    simulation.set_cost_scale(scale)
    for _ in range(2):  # the scale outlives a reset
        simulation.reset(0, len(ROWS))
        simulation.step(BUY)
        assert simulation.fills.price_ticks[0] * 0.25 == price
        assert simulation.fills.fee_usd.tolist() == [pytest.approx(fee)]


@pytest.mark.parametrize("scale", [-0.1, 1.1, float("nan")])
def test_simulation_cost_scale_out_of_bounds_is_refused(scale):
    with pytest.raises(ConfigError, match="must be in .0, 1., was"):
        plain_simulation(ROWS).set_cost_scale(scale)


def test_simulation_ruin_liquidates_whatever_the_action_and_ends():
    rows = (B0, B1, (20000, 20005, 19900, 19910), (19905, 20100, 19900, 20090), B0, B0)
    simulation = plain_simulation(rows, initial_balance=150, stop_loss_ticks=None, margin="none")
    simulation.step(BUY)
    simulation.step(HOLD)  # 150 - 0.62 - 182.50 < 0
    assert not simulation.is_done
    simulation.step(SELL)  # not obeyed
    assert simulation.is_done
    assert simulation.is_ruined
    assert simulation.fills.reason.tolist() == [Reason.SIGNAL, Reason.LIQUIDATION]
    assert simulation.fills.price_ticks[-1] * 0.25 == 19904.75
    assert simulation.equity_usd == pytest.approx(150 - 193 - 1.24)


@pytest.mark.parametrize(
    ("mode", "good", "bad"),
    [
        ("discrete", BUY, (4, -1, float("nan"), "BUY", None)),
        ("contracts", 2, (3, -1, float("nan"), 1.0, None)),
        ("continuous", [1.0], ([float("nan")], [1.5], float("inf"), [0.1, 0.1], None)),
    ],
)
def test_simulation_refused_step_changes_nothing(mode, good, bad):
    simulation = plain_simulation(ROWS, action_mode=mode)
    simulation.step(good)
    before, bar = simulation.account.tobytes(), simulation.bar
    for action in bad:
        with pytest.raises(ConfigError, match="an action must be") as caught:
            simulation.step(action)
        assert "\n" not in str(caught.value)
    assert (simulation.account.tobytes(), simulation.bar) == (before, bar)
    assert len(simulation.equity) == 2
    assert simulation.position == 1


def test_simulation_step_without_an_episode_is_refused():
    simulation = Simulation(plain_market(ROWS), EnvSettings(lookback_window=1))
    with pytest.raises(ConfigError, match=r"call reset\(\) before step\(\)"):
        simulation.step(BUY)
    simulation.reset(0, 2)
    simulation.step(BUY)
    with pytest.raises(ConfigError, match=r"call reset\(\) before step\(\)"):
        simulation.step(BUY)


@pytest.mark.parametrize(("start", "stop"), [(0, 4), (1, 2), (3, 4), (2, 5), (-1, 4)])
def test_simulation_episode_that_does_not_fit_is_refused(start, stop):
    simulation = Simulation(plain_market(ROWS), EnvSettings(lookback_window=2))
    with pytest.raises(ConfigError, match=r"a first decision in \[1, 2\] .* of 4 bars; give more"):
        simulation.reset(start, stop)


def test_simulation_on_another_instruments_market_is_refused():
    with pytest.raises(ConfigError, match=r"that of the market \(NQ\), was MNQ"):
        Simulation(plain_market(ROWS, symbol="NQ"), EnvSettings())


def test_simulation_ruin_level_above_the_balance_is_refused():
    with pytest.raises(ConfigError, match=r"below `initial_balance` \(500\), was 500"):
        plain_simulation(ROWS, initial_balance=500, ruin_equity=500)


RANDOM_WALK = """
import numpy as np
from config.settings import EnvSettings
from env.simulation import Simulation
from tests.helpers.feature_kit import walking_frame
from env.market import build_market
market = build_market(walking_frame(300), ["log_return"])
simulation = Simulation(market, EnvSettings(lookback_window=3, stop_loss_ticks=30, max_position=2))
simulation.reset(simulation.first_decision, market.n_bars)
rewards = []
for action in np.random.default_rng(3).integers(0, 4, 400):
    rewards.append(simulation.step(action))
    if simulation.is_done:
        break
print(simulation.account.item(), rewards)
print(simulation.fills.tolist(), simulation.trades.tolist())
"""


def test_simulation_same_actions_same_numbers_with_and_without_the_jit():
    printed = [
        subprocess.run(
            [sys.executable, "-c", RANDOM_WALK],
            cwd=PROJECT_ROOT,
            env={**os.environ, "NUMBA_DISABLE_JIT": disable},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for disable in ("0", "1")
    ]
    assert printed[0] == printed[1]
    assert len(printed[0]) > 10_000  # it traded


def test_simulation_speaks_plain_python_numbers():
    simulation = plain_simulation(ROWS)
    simulation.step(np.int64(BUY))
    assert type(simulation.position) is int
    assert type(simulation.equity_usd) is float
    assert type(simulation.is_ruined) is bool


def test_simulation_costs_are_fees_and_slippage():
    simulation = plain_simulation(ROWS)
    assert np.isnan(simulation.costs.share_of_gross)
    for action in (BUY, SELL, HOLD):
        simulation.step(action)
    # long 1, short 1, closed at the end: 4 sides of 0.62 and of one tick
    costs = simulation.costs
    assert costs.fees_usd == simulation.fees_usd == pytest.approx(2.48)
    assert costs.slippage_usd == pytest.approx(2.0)
    assert costs.total_usd == pytest.approx(4.48)
    assert costs.won_usd == pytest.approx(37.0 + 29.0)  # 18.50 points, and 14.50
    assert costs.share_of_gross == pytest.approx(4.48 / 66.0)
    with pytest.raises(AttributeError):
        costs.fees_usd = 0.0


def test_simulation_costs_are_those_of_the_fills_in_a_long_run():
    rows = [(20_000 + move, 20_010 + move, 19_990 + move, 20_005 + move) for move in range(200)]
    simulation = plain_simulation(rows, max_position=2, slippage_ticks=2)
    rng = np.random.default_rng(1)
    while not simulation.is_done:
        simulation.step(rng.integers(4))
    fills = simulation.fills
    assert len(fills) > 50
    assert simulation.costs.fees_usd == pytest.approx(fills.fee_usd.sum())
    slipped = (np.abs(fills.quantity) * fills.slippage_ticks).sum() * 0.50
    assert simulation.costs.slippage_usd == pytest.approx(slipped)


def test_simulation_denials_are_counted_and_the_last_one_named():
    simulation = plain_simulation(ROWS, max_trades_per_day=1)
    assert (simulation.n_denied, simulation.last_denial) == (0, "none")
    simulation.step(BUY)
    assert simulation.session_trades == 1
    simulation.step(SELL)
    assert (simulation.n_denied, simulation.last_denial) == (1, "max_trades")
    simulation.step(HOLD)
    assert (simulation.n_denied, simulation.last_denial) == (1, "none")
    simulation.reset(0, len(ROWS))
    assert (simulation.n_denied, simulation.last_denial) == (0, "none")


def test_simulation_ambiguous_bars_are_counted():
    wide = (20_008, 20_060, 19_940, 20_050)
    simulation = plain_simulation((B0, B1, wide, B0), take_profit_ticks=200.0)
    simulation.step(BUY)
    simulation.step(HOLD)
    assert simulation.n_ambiguous == 1
    assert simulation.trades.net_usd.tolist() == [pytest.approx(-101.74)]  # golden case 4


def test_simulation_largest_position_is_the_smaller_of_the_two():
    simulation = plain_simulation(
        ROWS,
        action_mode="contracts",
        max_position=60,
        prop_rules="evaluation_50k",
        initial_balance=500_000,
    )
    assert len(simulation.action_mask()) == 2 * 50 + 1
    simulation.step(100)
    assert simulation.position == 50


def test_simulation_continuous_action_is_a_share_of_the_largest_position():
    simulation = plain_simulation(
        ROWS, action_mode="continuous", max_position=3, margin="none", stop_loss_ticks=None
    )
    for share, position in ((1.0, 3), (-0.5, -2), (0.1, 0)):
        simulation.step(np.array([share], dtype=np.float32))
        assert simulation.positions[-1] == position or simulation.is_done


def test_simulation_trade_of_exactly_zero_is_no_win():
    level = (20000, 20000, 20000, 20000)
    simulation = plain_simulation((level,) * 4, commission=0.0, slippage_ticks=0)
    for action in (1, 3, 0):
        simulation.step(action)
    assert simulation.trades.net_usd.tolist() == [0.0]
    assert (simulation.n_trades, simulation.n_wins) == (1, 0)
