"""The algorithm DP as an agent: learnt, saved, loaded, asked, back-tested, with every predictor."""

import numpy as np
import pytest

from backtest.engine import BacktestEngine
from config.settings import AgentSettings
from env.trading_env import TradingEnv
from models.agent import TradingAgent
from models.signal_predictors import PREDICTORS
from tests.helpers.planted_market import planted_bars
from tests.helpers.signals import ACCOUNT, DP, EDGE, planted_env
from utils.errors import ConfigError, DataError

N_TRAINED = 1_500


@pytest.fixture(scope="module")
def bars():
    return planted_bars(2_500, EDGE, seed=4)[0]


def _agent(bars, **settings):
    env = TradingEnv(bars.iloc[:N_TRAINED], EDGE.signal_columns, settings=ACCOUNT)
    return TradingAgent(env, settings=DP.model_copy(update=settings))


@pytest.mark.conformance
@pytest.mark.parametrize("predictor", sorted(PREDICTORS))
def test_agent_of_every_predictor_learns_is_kept_and_earns(bars, predictor, tmp_path):
    agent = _agent(bars, predictor=predictor, learning_rate=1e-2)
    assert agent.name == f"DP-{predictor}"
    agent.train(1)
    assert agent.provenance["timesteps"] == N_TRAINED - 11 - 2
    agent.save(tmp_path / "model")
    loaded = TradingAgent.load(tmp_path / "model")
    engine = BacktestEngine(bars, start=bars.index[N_TRAINED])
    results = [engine.run_with_model(each) for each in (agent, loaded)]
    assert results[0].equity.tobytes() == results[1].equity.tobytes()
    assert results[0].metrics["net_profit_usd"] > 150.0
    assert not results[0].is_in_sample


def test_agent_predicts_as_it_decides_in_a_back_test(bars):
    agent = _agent(bars)
    agent.train(1)
    env = TradingEnv(bars, EDGE.signal_columns, settings=ACCOUNT)
    observation, _ = env.reset(seed=0)
    positions = []
    for _ in range(600):
        action, _ = agent.predict(observation)
        observation, _, _, _, _ = env.step(action)
        positions.append(env.simulation.position)
    result = BacktestEngine(bars).run_with_model(agent)
    np.testing.assert_array_equal(result.positions[1:601], positions)
    assert len(set(positions)) > 1


def test_agent_learns_the_same_twice(bars):
    agent = _agent(bars)
    runs = []
    for _ in range(2):
        agent.train(10)
        runs.append(agent._decider.weights())
    assert all(runs[0][name].equal(runs[1][name]) for name in runs[0])
    assert agent.provenance["timesteps"] == N_TRAINED - 11 - 2


def test_agent_that_has_learnt_nothing_yet_holds(bars):
    env = planted_env(400)
    observation, _ = env.reset(seed=0)
    assert _agent(bars).predict(observation)[0] == 0


def test_agent_holds_back_the_validation_rows_that_it_is_told_to(bars):
    agent = _agent(bars, validation_fraction=0.5)
    agent.train(1)
    # 1,488 decisions, half of them held back
    assert agent.provenance["timesteps"] == N_TRAINED - 744 - 11 - 2


def test_dp_learns_from_all_rows_unless_told_otherwise():
    assert AgentSettings(algorithm="DP").validation_fraction == 0.0


def test_unknown_predictor_is_refused_with_the_nearest_name():
    with pytest.raises(ConfigError, match="unknown predictor `rigde`: did you mean `ridge`"):
        TradingAgent(planted_env(400), settings=DP.model_copy(update={"predictor": "rigde"}))


def test_too_few_bars_or_timesteps_are_refused():
    with pytest.raises(DataError, match="at least 30 windows to learn from"):
        TradingAgent(planted_env(60), settings=DP).train(1)
    with pytest.raises(ConfigError, match="`total_timesteps` must be >= 1, was 0"):
        TradingAgent(planted_env(400), settings=DP).train(0)
