"""EPG as an agent: it learns, repeats itself, is saved, and says what it cannot do."""

import numpy as np
import pytest
import torch

from env.trading_env import TradingEnv
from models import exact_warm_start
from models.actor_critic import weights_of
from models.agent import TradingAgent
from models.exact_visit import Visitor
from tests.helpers.agents import told_bars
from utils.errors import ConfigError

PERFECT_USD_PER_BAR = 20.0 - 2 * (0.62 + 0.5) / 2
"""10 points at $2, less two contracts' costs (commission and one tick) at every other bar."""

FAST = {
    "algorithm": "EPG",
    "n_envs": 4,
    "n_steps": 16,
    "hidden_size": 8,
    "learning_rate": 1e-2,
    "dropout": 0.0,
    "weight_decay": 0.0,
    "validation_fraction": 0.0,
    "threads": 1,
}


def _env(n_bars: int = 400, **settings) -> TradingEnv:
    account = {"lookback_window": 2, "stop_loss_ticks": None, "reward": "pnl", **settings}
    return TradingEnv(told_bars(n_bars), ["hint"], **account)


def _agent(env: TradingEnv | None = None, **settings) -> TradingAgent:
    return TradingAgent(env or _env(), **{**FAST, **settings})


def _share_on_unseen_bars(agent: TradingAgent, **settings) -> float:
    account = {"lookback_window": 2, "stop_loss_ticks": None, **settings}
    env = TradingEnv(told_bars(300, seed=1), ["hint"], **account)
    observation, info = env.reset(seed=0)
    is_over = False
    while not is_over:
        observation, _, terminated, truncated, info = env.step(agent.predict(observation)[0])
        is_over = terminated or truncated
    return info["net_pnl_usd"] / (PERFECT_USD_PER_BAR * 300)


@pytest.mark.learns
@pytest.mark.parametrize(
    ("agent_settings", "account"),
    [
        ({}, {}),
        ({"tower_mode": "sequence"}, {}),
        ({"account_view": "trade"}, {}),
        ({"feature_extractor": "gru"}, {"stop_loss_ticks": 100.0}),
        ({"objective": "mean_std"}, {"reward": "sparse"}),
        ({"feature_extractor": "attention"}, {"action_mode": "contracts"}),
    ],
)
def test_epg_learns_to_follow_a_told_direction_within_a_moment(agent_settings, account):
    agent = _agent(_env(**account), **agent_settings)
    agent.train(6_000)
    assert _share_on_unseen_bars(agent, **account) > 0.9


def test_epg_started_warm_trades_before_it_has_learnt_anything():
    agent = _agent(warm_start=True, learning_rate=3e-3, n_steps=16)
    agent.train(64)
    assert _share_on_unseen_bars(agent) > 0.9


def test_epg_counts_the_bars_it_has_visited():
    agent = _agent()
    agent.train(100)
    assert agent.provenance["timesteps"] == 2 * 4 * 16


@pytest.mark.parametrize("mode", ["window", "sequence"])
def test_epg_with_one_seed_gives_bit_identical_weights(mode):
    runs = []
    for seed in (0, 0, 1):
        agent = _agent(seed=seed, tower_mode=mode, dropout=0.3)
        agent.train(640)
        runs.append(torch.cat([each.flatten() for each in agent._decider.weights().values()]))
    assert torch.equal(runs[0], runs[1])
    assert not torch.equal(runs[0], runs[2])


def test_epg_decides_by_the_mean_of_its_weights():
    agent = _agent()
    learning = agent._learner.algorithm
    before = weights_of(learning.average)
    agent.train(64)
    name = "action_net.bias"
    now = weights_of(learning.policy)[name]
    # after one step the mean keeps a tenth of what it was
    expected = 0.1 * before[name] + 0.9 * now
    assert torch.allclose(agent._decider.weights()[name], expected, atol=1e-7)
    assert not torch.allclose(expected, before[name])


def test_epg_leaves_its_critic_as_it_began():
    agent = _agent()
    before = agent._decider.weights()["value_net.weight"]
    agent.train(640)
    assert torch.equal(agent._decider.weights()["value_net.weight"], before)


def test_epg_saved_and_loaded_predicts_bit_identically(tmp_path):
    agent = _agent()
    agent.train(640)
    agent.save(tmp_path / "model")
    loaded = TradingAgent.load(tmp_path / "model")
    random = np.random.default_rng(0)
    for _ in range(20):
        shown = {
            "market_features": random.normal(size=(2, 1)).astype(np.float32),
            "position_info": np.array([1.0, 0.1, 0.5, 1.1], dtype=np.float32),
        }
        assert agent.predict(shown) == loaded.predict(shown)


def test_epg_does_not_look_at_what_it_cannot_know():
    agent = _agent()
    agent.train(640)
    window = np.ones((2, 1), dtype=np.float32)
    for other in ([0.0, 0.9, 0.9, 5.0], [0.0, -0.9, 0.0, 0.1]):
        shown = {"market_features": window, "position_info": np.array(other, dtype=np.float32)}
        plain = {"market_features": window, "position_info": np.zeros(4, dtype=np.float32)}
        assert agent.predict(shown) == agent.predict(plain)


def test_epg_goes_on_from_its_arrays():
    first, second = (_agent(dropout=0.0) for _ in range(2))
    first.train(640)
    second._learner.algorithm.set_own_arrays(first._learner.algorithm.own_arrays())
    assert torch.equal(
        second._decider.weights()["action_net.bias"], first._decider.weights()["action_net.bias"]
    )
    assert (
        second._learner.algorithm.chunks.draw(30) == first._learner.algorithm.chunks.draw(30)
    ).all()


@pytest.mark.parametrize(
    ("agent_settings", "account", "message"),
    [
        ({"account_view": "account"}, {}, '`account_view` "account", because the equity'),
        ({"objective": "sharp"}, {}, "did you mean `sharpe`"),
        ({"feature_extractor": "tcn", "tower_mode": "sequence"}, {}, "lstm or gru, was tcn"),
        ({"n_steps": 500}, {}, "`n_steps` of 500 decisions.*do not fit"),
        ({}, {"reward": "sortino"}, "`reward` sortino.*e.g. PPO"),
        ({}, {"max_trades_per_day": 5}, "`max_trades_per_day` 5.*e.g. PPO"),
    ],
)
def test_epg_says_what_it_cannot_do(agent_settings, account, message):
    with pytest.raises(ConfigError, match=message):
        _agent(_env(**account), **agent_settings)


def test_epg_never_looks_at_the_validation_bars_while_it_learns():
    bars = told_bars(400)
    poisoned = bars.copy()
    poisoned.loc[poisoned.index[350:], "hint"] *= -1.0
    weights = []
    for frame in (bars, poisoned):
        account = {"lookback_window": 2, "stop_loss_ticks": None, "reward": "pnl"}
        agent = _agent(TradingEnv(frame, ["hint"], **account), validation_fraction=0.2)
        agent.train(640)
        weights.append(weights_of(agent._learner.algorithm.policy)["action_net.weight"])
    assert torch.equal(*weights)


def test_epg_lets_costs_grow_to_full_and_back_tests_at_full(monkeypatch):
    scales = []
    visit = Visitor.visit

    def recorded(self, starts, probabilities, cost_scale):
        scales.append(cost_scale)
        return visit(self, starts, probabilities, cost_scale)

    monkeypatch.setattr(Visitor, "visit", recorded)
    _agent(cost_ramp_steps=256).train(384)
    # 64 bars a step: the scale is that of the bars visited before it
    assert scales == [0.0, 0.25, 0.5, 0.75, 1.0, 1.0]


def test_epg_entropy_bonus_keeps_chances_even():
    chances = []
    for weight in (0.0, 10.0):
        agent = _agent(ent_coef=weight)
        agent.train(3_200)
        shown = {
            "market_features": np.ones((2, 1), dtype=np.float32),
            "position_info": np.zeros(4, dtype=np.float32),
        }
        chances.append(agent.opinion(shown)[0].max())
    assert chances[0] > 0.9
    assert chances[1] < 0.4


def test_epg_started_warm_takes_over_the_supervised_tower(monkeypatch):
    monkeypatch.setattr("models.exact_warm_start.STEPS", 0)
    agent = _agent(warm_start=True, learning_rate=1e-12)
    name = "features_extractor.tower.weight_ih_l0"
    before = agent._decider.weights()[name]
    fitted = []
    fit = exact_warm_start.fit_tower
    monkeypatch.setattr(
        exact_warm_start, "fit_tower", lambda *words: fitted.append(fit(*words)) or fitted[-1]
    )
    agent.train(64)
    tower = fitted[0].predictor.tower.extractor.tower.weight_ih_l0
    assert torch.allclose(agent._decider.weights()[name], tower, atol=1e-6)
    assert not torch.allclose(before, tower, atol=1e-3)
