"""Agents that decide together: mean opinion, agreement, who does not fit, and their back-test."""

import numpy as np
import pandas as pd
import pytest
import torch

from backtest.engine import BacktestEngine
from data.preprocessor import Scaler
from data.synthetic import synthetic_bars
from env.actions import Action
from env.trading_env import TradingEnv
from models.agent import TradingAgent
from models.determinism import torch_threads
from models.ensemble import Ensemble
from models.policy import TrainedPolicy
from tests.helpers.agents import SMALL
from tests.helpers.deciders import be_undecided
from utils.errors import ArtifactError, ConfigError

BARS = synthetic_bars(700, seed=4)
TRAINING = BARS.iloc[:500]
FEATURES = ["rsi", "macd"]
LOOKBACK = 10


@pytest.fixture(autouse=True)
def _one_thread():
    with torch_threads(1):
        yield


def account(bars=TRAINING, features=FEATURES, scaler=None, **overrides):
    settings = {"lookback_window": LOOKBACK, "stop_loss_ticks": None, "margin": "none"}
    return TradingEnv(bars, features, scaler=scaler, **{**settings, **overrides})


def agent(env=None, seed=0, **settings):
    chosen = SMALL.model_copy(update={"seed": seed, "hidden_size": 8, **settings})
    env = env or account()
    made = TradingAgent(env, settings=chosen)
    be_undecided(made, env)
    return made


def agent_for(chances, **overrides):
    """Return an agent of the given probabilities, or of a mean share, whatever it sees."""
    made = agent(account(**overrides))
    output = made._decider.network.action_net
    output.weight.data[:] = 0.0
    values = np.log(chances) if len(output.bias) > 1 else chances
    output.bias.data.copy_(torch.tensor(values))
    return made


def observation(**overrides):
    return account(**overrides).reset(seed=1)[0]


def test_ensemble_takes_the_action_of_the_largest_mean_probability():
    """One is sure of BUY; two lean to SELL: 0.40, 0.25, 0.35 on average for BUY, SELL, HOLD.

    HOLD (0.02 + 0.44 + 0.44) / 3 = 0.30, BUY (0.94 + 0.04 + 0.04) / 3 = 0.34,
    SELL (0.02 + 0.46 + 0.46) / 3 = 0.3133, CLOSE 0.0467.
    """
    sure, torn = agent_for([0.02, 0.94, 0.02, 0.02]), agent_for([0.44, 0.04, 0.46, 0.06])
    ensemble = Ensemble([sure, torn, torn])
    assert ensemble.predict(observation())[0] == Action.BUY
    assert ensemble.confidence == pytest.approx(1 / 3)
    assert Ensemble([sure, sure, torn]).predict(observation())[0] == Action.BUY
    assert Ensemble([torn, torn]).predict(observation())[0] == Action.SELL


def test_ensemble_of_shares_takes_their_mean_and_counts_the_sides():
    """(0.8 + 0.1 - 0.3) / 3 = 0.2: long, as two of three."""
    members = [agent_for([share], action_mode="continuous") for share in (0.8, 0.1, -0.3)]
    ensemble = Ensemble(members)
    action, _ = ensemble.predict(observation(action_mode="continuous"))
    assert action.tolist() == pytest.approx([0.2], abs=1e-6)
    assert action.dtype == np.float32
    assert ensemble.confidence == pytest.approx(2 / 3)


def test_ensemble_begun_decides_what_predict_does_memories_and_masks_included():
    env = account()
    algorithms = ("PPO", "MaskablePPO", "RecurrentPPO")
    ensemble = Ensemble(
        [agent(seed=i, algorithm=name, account_view="account") for i, name in enumerate(algorithms)]
    )
    ensemble.reset(env.market, env.settings)
    shown, _ = env.reset(seed=1)
    state, taken, confidences = None, set(), []
    for _ in range(60):
        action, state = ensemble.predict(shown, state)
        expected = ensemble.confidence
        assert ensemble.decide(env.simulation.bar, shown) == action
        assert ensemble.confidence == expected
        confidences.append(expected)
        taken.add(action)
        shown, *_ = env.step(action)
    assert len(taken) > 1
    assert len(set(confidences)) > 1
    assert ensemble.agreement == pytest.approx(np.mean(confidences))


def test_ensemble_of_one_agent_twice_is_that_agent():
    single = agent(seed=3)
    alone = BacktestEngine(BARS).run_with_model(single)
    together = BacktestEngine(BARS).run_with_model(Ensemble([single, single]))
    assert together.fills.equals(alone.fills)
    assert len(alone.fills) >= 10
    assert (together.name, together.agreement) == ("ensemble-of-2", 1.0)
    assert alone.agreement is None


def test_ensemble_counts_agreement_from_its_reset_on():
    env = account()
    ensemble = Ensemble([agent(seed=0), agent(seed=1)])
    assert ensemble.agreement is None
    BacktestEngine(BARS).run_with_model(ensemble)
    assert 0.5 <= ensemble.agreement < 1.0
    ensemble.reset(env.market, env.settings)
    assert ensemble.agreement is None


def test_ensemble_is_in_sample_where_any_member_is():
    later = BARS.index[300]
    early = agent(account(TRAINING.iloc[:200]))
    ensemble = Ensemble([early, agent(account(TRAINING))])
    assert isinstance(ensemble, TrainedPolicy)
    assert not BacktestEngine(BARS, start=later).run_with_model(early).is_in_sample
    assert BacktestEngine(BARS, start=later).run_with_model(ensemble).is_in_sample
    assert not BacktestEngine(BARS, start=BARS.index[499]).run_with_model(ensemble).is_in_sample


def test_ensemble_provenance_is_what_all_share_the_whole_span_and_each_ones_own():
    ensemble = Ensemble([agent(account(TRAINING.iloc[100:300])), agent(account(TRAINING))])
    provenance = ensemble.provenance
    assert pd.Timestamp(provenance["training_first"]) == TRAINING.index[0]
    assert pd.Timestamp(provenance["training_last"]) == TRAINING.index[-1]
    assert provenance["bar_seconds"] == 300
    assert "training_bars" not in provenance
    assert provenance["member_1"]["training_bars"] == 200
    assert provenance["member_2"]["name"] == "PPO-lstm"


@pytest.mark.parametrize(
    ("other", "message"),
    [
        ({"features": ["rsi"]}, r"features must be \['rsi', 'macd'\], like member 1's, was"),
        ({"lookback_window": 7}, "lookback_window must be 10, like member 1's, was 7"),
        ({"action_mode": "contracts"}, "action_mode must be discrete, like member 1's, was con"),
        ({"max_position": 4}, "max_position must be 1, like member 1's, was 4"),
        ({"scaler": Scaler.fit(np.eye(2), FEATURES)}, "scaler must be"),
    ],
    ids=["features", "lookback", "mode", "size", "scaler"],
)
def test_ensemble_refuses_a_member_that_does_not_fit(other, message):
    members = [agent(), agent(seed=1), agent(account(**other))]
    with pytest.raises(ConfigError, match="^member 3 of the ensemble, PPO-lstm, .*" + message):
        Ensemble(members)


def test_ensemble_refuses_members_of_other_bars():
    hourly = TRAINING.set_axis(TRAINING.index[0] + 12 * (TRAINING.index - TRAINING.index[0]))
    with pytest.raises(ConfigError, match="bar seconds must be 300, like member 1's, was 3600"):
        Ensemble([agent(), agent(account(hourly.rename_axis("timestamp")))])


@pytest.mark.parametrize("n_members", [0, 1])
def test_ensemble_of_fewer_than_two_is_refused(n_members):
    with pytest.raises(ConfigError, match=f"2 members or more, had {n_members}"):
        Ensemble([agent()] * n_members)


def test_ensemble_is_given_markets_of_its_own_features_only():
    market = account(features=["rsi"]).market
    with pytest.raises(ArtifactError, match=r"the model sees \['rsi', 'macd'\]"):
        Ensemble([agent(), agent(seed=1)]).reset(market, account().settings)
