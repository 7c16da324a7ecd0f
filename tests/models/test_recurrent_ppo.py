"""RecurrentPPO: a memory that is handed on, cleared and learnt with; the same fast as slowly."""

import numpy as np
import pytest
import torch

from backtest.engine import BacktestEngine
from data.synthetic import synthetic_bars
from env.trading_env import TradingEnv
from models.actor_critic import weights_of
from models.agent import TradingAgent
from models.determinism import torch_threads
from tests.helpers.agents import SMALL
from tests.helpers.deciders import be_undecided
from utils.errors import ConfigError

BARS = synthetic_bars(700, seed=4)
FEATURES = ["rsi", "macd"]
LOOKBACK = 10


@pytest.fixture(autouse=True)
def _one_thread():
    with torch_threads(1):
        yield


def account(**overrides):
    settings = {"lookback_window": LOOKBACK, "stop_loss_ticks": None, "margin": "none"}
    return TradingEnv(BARS.iloc[:500], FEATURES, **{**settings, **overrides})


def trained(env=None, **settings):
    changes = {"algorithm": "RecurrentPPO", "hidden_size": 8, **settings}
    env = env or account()
    agent = TradingAgent(env, settings=SMALL.model_copy(update=changes))
    agent.train(64)
    be_undecided(agent, env)
    return agent


def walk(agent, env, n_bars=80):
    """Yield bar, observation and the action of `predict`, its memory handed on."""
    observation, _ = env.reset(seed=1)
    state = None
    for _ in range(n_bars):
        action, state = agent.predict(observation, state=state)
        yield env.simulation.bar, observation, action
        observation, *_ = env.step(action)


@pytest.mark.parametrize("mode", ["discrete", "contracts", "continuous"])
@pytest.mark.parametrize("extractor", ["lstm", "attention"])
def test_recurrent_agent_begun_decides_what_predict_does(mode, extractor):
    env = account(action_mode=mode, max_position=2)
    agent = trained(env, feature_extractor=extractor)
    agent.reset(env.market, env.settings)
    taken = []
    for bar, observation, action in walk(agent, env):
        decided = agent.decide(bar, observation)
        np.testing.assert_allclose(decided, action, atol=1e-5)
        assert type(decided) is type(action)
        taken.append(float(np.asarray(action).item()))
    assert len(set(taken)) > 1


def test_recurrent_agent_after_loading_predicts_as_before(tmp_path):
    agent = trained()
    agent.save(tmp_path / "model")
    loaded = TradingAgent.load(tmp_path / "model")
    actions = [action for *_, action in walk(agent, account())]
    assert [action for *_, action in walk(loaded, account())] == actions
    assert len(set(actions)) > 1


def test_recurrent_agent_remembers_what_it_saw_before():
    """The opinion of one and the same observation depends on the memory that is handed in."""
    decider = trained()._decider
    (_, first, _), (_, second, _) = list(walk(trained(), account(), 2))
    _, memory = decider.opinion(first)
    fresh, _ = decider.opinion(second)
    later, _ = decider.opinion(second, memory)
    again, _ = decider.opinion(second, memory)
    assert np.abs(fresh - later).max() > 1e-4
    assert later.tolist() == again.tolist()


def test_recurrent_agent_begun_anew_has_forgotten():
    agent, env = trained(), account()
    seen = [(bar, observation) for bar, observation, _ in walk(agent, env)]
    passes = []
    for _ in range(2):
        agent.reset(env.market, env.settings)
        passes.append([agent._decider.opinion_at(*each).tolist() for each in seen])
    assert passes[0] == passes[1]
    assert agent._decider.opinion_at(*seen[0]).tolist() != passes[0][0]  # not begun anew


def test_recurrent_agent_with_other_weights_has_forgotten():
    agent, env = trained(), account()
    bar, observation, _ = next(walk(agent, env))
    agent.reset(env.market, env.settings)
    agent.decide(bar, observation)
    agent._decider.load_weights(weights_of(trained(seed=5)._decider.network), "w")
    expected, _ = agent._decider.opinion(observation)
    np.testing.assert_allclose(agent._decider.opinion_at(bar, observation), expected, atol=1e-6)


def test_recurrent_agent_fills_sequences_up_with_rows_that_there_are():
    """Where it fills up, sb3_contrib takes row 0: before the first window, and NaN in warm-up."""
    agent = TradingAgent(
        account(episode_bars=3), settings=SMALL.model_copy(update={"algorithm": "RecurrentPPO"})
    )
    agent.train(64)
    buffer = agent._learner.algorithm.rollout_buffer
    samples = next(buffer.get(8))
    rows, is_real = samples.observations["bar_index"].flatten(), samples.mask > 0
    assert not is_real.all()
    assert rows.min() >= account().market.first_decision(LOOKBACK)
    weights = weights_of(agent._decider.network).values()
    assert all(torch.isfinite(weight).all() for weight in weights)


def test_recurrent_agent_learns_with_shared_paths():
    agent = trained(n_envs=4, shared_paths=2, batch_size=16)
    assert agent.provenance["timesteps"] == 64


def test_recurrent_agent_is_back_tested():
    result = BacktestEngine(BARS).run_with_model(trained())
    assert result.name == "RecurrentPPO-lstm"


def test_recurrent_agent_of_other_windows_is_refused():
    wide = {
        "market_features": np.zeros((LOOKBACK, 3), np.float32),
        "position_info": np.zeros(4, np.float32),
    }
    with pytest.raises(ConfigError, match="`market_features` of the observation must have shape"):
        trained().predict(wide)


def test_recurrent_agent_of_a_batch_that_does_not_fit_is_refused():
    with pytest.raises(ConfigError, match="`batch_size` must divide"):
        trained(batch_size=7)
