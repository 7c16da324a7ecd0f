"""A network of flat weights wants no position, in every mode of action, whatever it sees."""

import numpy as np
import pytest

from config.settings import AgentSettings, EnvSettings
from env.actions import Action
from env.simulation import Simulation
from env.terms import terms_of
from env.trading_env import TradingEnv
from models.agent import TradingAgent
from models.algorithms import ALGORITHMS
from models.evaluation import EvaluationSpan, walked
from models.flat_weights import flat_weights
from tests.helpers.agents import SMALL, told_bars

FLAT = {"discrete": Action.CLOSE, "contracts": 2, "continuous": 0.0}
NETWORKS = sorted(name for name in ALGORITHMS if name != "DP")


def _env(mode: str = "discrete") -> TradingEnv:
    account = {"lookback_window": 2, "stop_loss_ticks": None, "reward": "pnl", "margin": "none"}
    size = 1 if mode == "discrete" else 2
    return TradingEnv(told_bars(), ["hint"], action_mode=mode, max_position=size, **account)


def _agent(mode: str = "discrete", algorithm: str = "PPO") -> TradingAgent:
    agent = TradingAgent(_env(mode), settings=SMALL, algorithm=algorithm)
    agent.train(64)
    return agent


def _walked(agent: TradingAgent) -> Simulation:
    env = _env()
    span = EvaluationSpan(market=env.market, settings=env.settings, first_decision=2)
    return walked(agent._decider, span)


def _flattened(agent: TradingAgent) -> TradingAgent:
    decider = agent._decider
    decider.load_weights(flat_weights(decider.weights(), agent.env_settings), "test")
    return agent


@pytest.mark.parametrize("mode", sorted(FLAT))
def test_flat_weights_want_no_position_from_any(mode):
    agent = _flattened(_agent(mode))
    random = np.random.default_rng(0)
    for position in (-1.0, 0.0, 1.0):
        for _ in range(20):
            shown = {
                "market_features": random.normal(size=(2, 1)).astype(np.float32),
                "position_info": np.array([position, *random.normal(size=3)], dtype=np.float32),
            }
            action, _ = agent.predict(shown)
            assert np.asarray(action).item() == FLAT[mode]


@pytest.mark.parametrize("algorithm", NETWORKS)
def test_flat_weights_make_no_trade(algorithm):
    simulation = _walked(_flattened(_agent(algorithm=algorithm)))
    assert simulation.n_trades == 0
    assert not np.any(simulation.positions)


def test_flat_weights_change_nothing_but_the_head_of_actions():
    agent = _agent()
    before = agent._decider.weights()
    after = flat_weights(before, agent.env_settings)
    changed = {name for name, weight in before.items() if not weight.equal(after[name])}
    assert changed == {"action_net.weight", "action_net.bias"}
    assert before.keys() == after.keys()


def test_flat_weights_of_positions_that_a_rule_caps_are_flat():
    account = EnvSettings(action_mode="contracts", max_position=100, prop_rules="evaluation_50k")
    settings = AgentSettings(hidden_size=4)
    decider = ALGORITHMS["PPO"].make_decider(settings, account, 1)
    bias = flat_weights(decider.weights(), account)["action_net.bias"]
    assert len(bias) == 2 * terms_of(account).max_position + 1 < 201
    assert int(bias.argmax()) == terms_of(account).max_position


@pytest.mark.parametrize(("mode", "size"), [("discrete", 1), ("contracts", 50)])
def test_flat_weights_want_nothing_else_in_draws_either(mode, size):
    account = EnvSettings(action_mode=mode, max_position=size)
    decider = ALGORITHMS["PPO"].make_decider(AgentSettings(hidden_size=4), account, 1)
    bias = flat_weights(decider.weights(), account)["action_net.bias"]
    assert bias.double().softmax(0).max() > 1.0 - 1e-6
