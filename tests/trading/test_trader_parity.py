"""Environment, back-test and the whole trader over TCP: the same decisions, trades and money."""

import pytest

from config.settings import EnvSettings
from data.forecast_columns import usual_columns
from env.kernel.names import Reason
from env.trading_env import TradingEnv
from models.determinism import torch_threads
from models.ensemble import Ensemble
from tests.helpers.forecasters import (
    HISTORY,
    TRAINED,
    joined_forecasts,
    small_forecaster,
    small_market,
)
from tests.helpers.live_parity import Scene, assert_as_kernel, lived_over_tcp
from tests.helpers.live_pipeline import expected_of
from tests.helpers.live_traders import TERMS, HashPolicy, loaded, some_bars
from tests.helpers.parity_agents import ACCOUNT, FEATURES, agent_on, taught

pytestmark = pytest.mark.parity

BARS, START = some_bars(420), 200
SCENE = Scene(bars=BARS, start=START, n_steps=130)
"""Over the end of a session, which comes after 76 bars."""

ACCOUNTS = {
    "one contract": {},
    "targets": {"take_profit_ticks": 40.0},
    "slippage by hour": {"off_hours_slippage_ticks": 1},
    "a stop that trails": {"stop_loss_ticks": None, "trailing_stop_ticks": 25.0},
    "a stop that trails nearer than it begins": {"trailing_stop_ticks": 25.0},
    "flat before the break": {
        "flatten_minutes_before_close": 10,
        "no_entry_minutes_before_close": 15,
    },
}


@pytest.fixture(autouse=True)
def _one_thread():
    with torch_threads(1):
        yield


@pytest.mark.parametrize("account", ACCOUNTS)
def test_trader_over_tcp_decides_and_trades_as_environment_and_back_test_do(tmp_path, account):
    policy = HashPolicy(EnvSettings(**(TERMS | ACCOUNTS[account])), BARS)
    expected = expected_of(policy, BARS, START)
    lived = lived_over_tcp(tmp_path, loaded(policy), SCENE)
    assert_as_kernel(lived, expected)
    assert len(lived.fills) > 40
    reasons = set(expected.simulation.fills.reason.tolist())
    assert (Reason.TRAILING_STOP in reasons) == ("trails" in account)


def test_positions_of_several_contracts_are_added_to_and_reduced_alike(tmp_path):
    account = TERMS | {
        "action_mode": "contracts",
        "max_position": 3,
        "trailing_stop_ticks": 40.0,
        "take_profit_ticks": 50.0,
        "initial_balance": 1e6,
    }
    policy = HashPolicy(EnvSettings(**account), BARS)
    expected = expected_of(policy, BARS, START)
    lived = lived_over_tcp(tmp_path, loaded(policy), SCENE)
    assert_as_kernel(lived, expected)
    assert {abs(quantity) for quantity, _ in lived.fills} >= {1, 2, 3}


def test_ensemble_trades_over_tcp_as_it_was_back_tested_also_after_restarts(tmp_path):
    frame = BARS.iloc[: START + 90]
    members = [agent_on(frame, "RecurrentPPO", seed=1), agent_on(frame, "PPO", seed=2)]
    ensemble = Ensemble(members)
    expected = expected_of(ensemble, frame, START)
    scene = Scene(bars=frame, start=START, n_steps=80, restart_at=(25, 50))
    lived = lived_over_tcp(tmp_path, loaded(ensemble), scene)
    assert_as_kernel(lived, expected)


def test_agent_that_sees_forecasts_trades_over_tcp_on_those_of_the_saved_forecaster(tmp_path):
    forecaster = small_forecaster()
    frame = small_market().iloc[HISTORY : TRAINED + 160]
    columns = usual_columns(forecaster.settings.horizons)[:3]
    joined = joined_forecasts(forecaster, frame)
    env = TradingEnv(joined, FEATURES, settings=EnvSettings(**ACCOUNT), forecast_columns=columns)
    agent = taught(env, algorithm="RecurrentPPO")
    start = env.simulation.first_decision
    expected = expected_of(agent, joined, start)
    scene = Scene(bars=frame, start=start, n_steps=60, restart_at=(30,))
    lived = lived_over_tcp(tmp_path, loaded(agent, forecaster), scene)
    assert_as_kernel(lived, expected)
