"""Action masks: what may be chosen, held against what the decision itself would do."""

import numpy as np
import pytest

from config.settings import EnvSettings
from env.simulation import Simulation
from tests.helpers.markets import B0, B1, plain_market, plain_simulation
from tests.helpers.session_markets import market_of, session_frame
from utils.errors import ConfigError

HOLD, BUY, SELL, CLOSE = range(4)
ROWS = (B0, B1, B0, B0, B0, B0)


def free(**settings):
    return {"margin": "none", "stop_loss_ticks": None, **settings}


def test_mask_flat_account_may_open_but_has_nothing_to_close():
    assert plain_simulation(ROWS).action_mask().tolist() == [True, True, True, False]


def test_mask_long_account_may_sell_and_close_but_not_buy_more():
    simulation = plain_simulation(ROWS)
    simulation.step(BUY)
    mask = simulation.action_mask()
    assert mask.tolist() == [True, False, True, True]
    assert mask.dtype == np.bool_


def test_mask_reversal_whose_opening_half_is_barred_may_be_chosen():
    simulation = plain_simulation(ROWS, **free(max_trades_per_day=1))
    simulation.step(BUY)
    assert simulation.action_mask().tolist() == [True, False, True, True]
    simulation.step(SELL)  # executes its closing half only
    assert (simulation.position, simulation.last_denial) == (0, "max_trades")
    assert simulation.action_mask().tolist() == [True, False, False, False]


def test_mask_before_a_forced_exit_leaves_nothing_but_hold():
    market = market_of(session_frame("2024-06-17", "2024-06-17"))
    settings = EnvSettings(lookback_window=1, flatten_minutes_before_close=15, **free())
    simulation = Simulation(market, settings)
    simulation.reset(market.n_bars - 6, market.n_bars)
    simulation.step(BUY)
    simulation.step(HOLD)  # at the close of the bar after it 15 minutes are left
    assert simulation.position == 1
    assert simulation.action_mask().tolist() == [True, False, False, False]


def test_mask_of_contracts_says_each_target():
    simulation = plain_simulation(
        ROWS, action_mode="contracts", max_position=2, initial_balance=10_000, margin="overnight"
    )
    # 3,330 USD each: two either way
    assert simulation.action_mask().tolist() == [True] * 5
    simulation = plain_simulation(
        ROWS, action_mode="contracts", **free(max_position=2, max_trades_per_day=1)
    )
    simulation.step(4)
    simulation.step(2)  # flat: the day's one trade is over
    assert simulation.action_mask().tolist() == [False, False, True, False, False]


def test_mask_of_contracts_lets_a_barred_addition_out_and_a_reduction_in():
    simulation = plain_simulation(
        ROWS,
        action_mode="contracts",
        **free(max_position=2, margin="overnight", initial_balance=5_000.0),
    )
    simulation.step(3)
    # 3,330 USD each: adding to 1 is denied wholly, -2 executes its closing half
    assert simulation.action_mask().tolist() == [True, True, True, True, False]


def replay(twin, actions):
    """Begin anew and take the actions."""
    twin.reset(0, twin.market.n_bars)
    for action in actions:
        twin.step(action)


@pytest.mark.property
@pytest.mark.parametrize("mode", ["discrete", "contracts"])
def test_mask_is_what_the_decision_would_place(mode):
    rows = [(20_000 + move, 20_030 + move, 19_970 + move, 20_000 + move) for move in range(60)]
    settings = free(action_mode=mode, max_position=2, max_trades_per_day=9, daily_loss_limit=300.0)
    rng = np.random.default_rng(3)
    simulation = plain_simulation(rows, initial_balance=5_000, **settings)
    twin = Simulation(simulation.market, simulation.settings)
    n_denied, taken = 0, []
    while simulation.bar < len(rows) - 2:  # in the last bar all is closed
        before = simulation.account.tobytes()
        mask = simulation.action_mask()
        assert simulation.account.tobytes() == before
        for action, is_allowed in enumerate(mask):
            replay(twin, [*taken, action])
            n_traded = len(twin.fills) - len(simulation.fills)
            keeps = action == 0 if mode == "discrete" else action - 2 == simulation.position
            assert is_allowed == (keeps or n_traded > 0)
            n_denied += not is_allowed
        taken.append(int(rng.integers(len(mask))))
        simulation.step(taken[-1])
    assert n_denied > 20


def test_mask_without_an_episode_is_refused():
    simulation = Simulation(plain_market(ROWS), EnvSettings(lookback_window=1))
    with pytest.raises(ConfigError, match=r"call reset\(\) before asking for a mask"):
        simulation.action_mask()


def test_mask_of_continuous_actions_is_refused():
    with pytest.raises(ConfigError, match="has no numbered actions, and no masks"):
        plain_simulation(ROWS, action_mode="continuous").action_mask()
