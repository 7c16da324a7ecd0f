"""MaskablePPO: what may be chosen when deciding, what is learnt, and the same fast as slowly."""

import numpy as np
import pytest
import torch

from backtest.engine import BacktestEngine
from data.synthetic import synthetic_bars
from env.actions import Action
from env.trading_env import TradingEnv
from models.agent import TradingAgent
from models.determinism import torch_threads
from models.masked_actions import allowed_actions
from tests.helpers.agents import SMALL
from utils.errors import ConfigError

BARS = synthetic_bars(700, seed=4)
FEATURES = ["rsi", "macd"]


@pytest.fixture(autouse=True)
def _one_thread():
    with torch_threads(1):
        yield


def account(**overrides):
    settings = {"lookback_window": 10, "stop_loss_ticks": None, "margin": "none"}
    return TradingEnv(BARS.iloc[:500], FEATURES, **{**settings, **overrides})


def trained(env=None, **settings):
    agent = TradingAgent(
        env or account(), settings=SMALL.model_copy(update={"algorithm": "MaskablePPO", **settings})
    )
    agent.train(64)
    return agent


def test_allowed_actions_leave_out_what_is_there_already():
    # HOLD, BUY, SELL, CLOSE of an account that is short, flat, long
    assert allowed_actions("discrete", 1).tolist() == [
        [True, True, False, True],
        [True, True, True, False],
        [True, False, True, True],
    ]


def test_allowed_actions_of_positions_are_all_of_them():
    assert allowed_actions("contracts", 2).tolist() == [[True] * 5] * 3


def test_allowed_actions_are_those_of_an_account_without_limits():
    """The environment's own masks say no less and, where nothing is limited, no more."""
    env, allowed, seen = account(), allowed_actions("discrete", 1), set()
    env.reset(seed=1)
    random = np.random.default_rng(0)
    done = False
    while not done:
        side = 1 + int(np.sign(env.simulation.position))
        assert env.action_masks().tolist() == allowed[side].tolist()
        seen.add(side)
        _, _, terminated, truncated, _ = env.step(int(random.integers(4)))
        done = terminated or truncated
    assert seen == {0, 1, 2}


def test_masked_agent_never_chooses_what_is_there_already():
    """All for BUY, it asks for that while short and flat, and for CLOSE, its next, while long."""
    agent = trained()
    bias = agent._decider.network.action_net.bias.data
    agent._decider.network.action_net.weight.data[:] = 0.0
    bias.copy_(torch.tensor([0.0, 3.0, 1.0, 2.0]))
    env = account()
    observation, _ = env.reset(seed=1)
    agent.reset(env.market, env.settings)
    chosen = {}
    for share in (-1.0, 0.0, 1.0):
        observation["position_info"][0] = share
        chosen[share] = agent.predict(observation)[0]
        assert agent.decide(env.simulation.bar, observation) == chosen[share]
        drawn = {agent.predict(observation, deterministic=False)[0] for _ in range(100)}
        assert (Action.BUY in drawn) == (share < 1.0)
    assert chosen == {-1.0: Action.BUY, 0.0: Action.BUY, 1.0: Action.CLOSE}


@pytest.mark.parametrize("mode", ["discrete", "contracts"])
def test_masked_agent_begun_decides_what_predict_does_after_loading_too(mode, tmp_path):
    agent = trained(account(action_mode=mode, max_position=2), hidden_size=8)
    agent._decider.network.action_net.weight.data *= 100
    agent.save(tmp_path / "model")
    loaded, env = TradingAgent.load(tmp_path / "model"), account(action_mode=mode, max_position=2)
    loaded.reset(env.market, env.settings)
    observation, _ = env.reset(seed=1)
    taken = set()
    for _ in range(150):
        action, _ = agent.predict(observation)
        bar = env.simulation.bar
        assert loaded.decide(bar, observation) == loaded.predict(observation)[0] == action
        opinion = loaded._decider.opinion_at(bar, observation)
        np.testing.assert_allclose(opinion, loaded._decider.opinion(observation)[0], atol=1e-6)
        taken.add(action)
        observation, *_ = env.step(action)
    assert len(taken) > 1


def test_masked_agent_is_back_tested():
    result = BacktestEngine(BARS).run_with_model(trained())
    assert result.name == "MaskablePPO-lstm"


def test_masked_agent_takes_up_weights_and_masks_of_its_rollout():
    agent = trained()
    masks = agent._learner.algorithm.rollout_buffer.action_masks
    assert (masks == 0).any()
    actions = agent._learner.algorithm.rollout_buffer.actions.astype(int).ravel()
    assert masks.reshape(len(actions), -1)[np.arange(len(actions)), actions].all()


def test_masked_agent_of_shares_is_refused():
    with pytest.raises(ConfigError, match='`action_mode` "continuous" has no numbered actions'):
        TradingAgent(account(action_mode="continuous"), algorithm="MaskablePPO", settings=SMALL)


def test_masked_agent_of_a_batch_that_does_not_fit_is_refused():
    with pytest.raises(ConfigError, match="`batch_size` must divide"):
        trained(batch_size=7)
