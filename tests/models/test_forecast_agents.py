"""Agents of every algorithm that see forecasts: learnt, kept, asked either way, and back-tested."""

import json

import numpy as np
import pytest

from backtest.engine import BacktestEngine
from config.settings import AgentSettings
from data.forecast_names import TRAINED_UNTIL
from data.preprocessor import Scaler
from env.trading_env import TradingEnv
from models.agent import TradingAgent
from models.artifacts import CARD, MANIFEST
from models.determinism import torch_threads
from models.ensemble import Ensemble
from models.signal_predictors import PREDICTORS
from tests.helpers.agents import SMALL
from tests.helpers.deciders import be_undecided
from tests.helpers.forecasts import TOLD_COLUMNS, told_forecasts
from utils.errors import ArtifactError, ConfigError

ACCOUNT = {"lookback_window": 4, "stop_loss_ticks": None, "reward": "pnl", "margin": "none"}
COLUMNS = TOLD_COLUMNS
NETWORKS = {
    "PPO": {"algorithm": "PPO"},
    "A2C": {"algorithm": "A2C"},
    "MaskablePPO": {"algorithm": "MaskablePPO"},
    "RecurrentPPO": {"algorithm": "RecurrentPPO"},
    "EPG window": {"algorithm": "EPG"},
    "EPG sequence": {"algorithm": "EPG", "tower_mode": "sequence"},
    "attention with dropout": {"feature_extractor": "attention", "dropout": 0.2},
    "tcn in bf16": {"feature_extractor": "tcn", "bf16": True},
}
FAST = AgentSettings(
    algorithm="EPG",
    n_envs=4,
    n_steps=16,
    hidden_size=8,
    learning_rate=1e-2,
    dropout=0.0,
    weight_decay=0.0,
    validation_fraction=0.0,
    significance=1.0,
    threads=1,
)
PERFECT_USD_PER_BAR = 20.0 - 2 * (0.62 + 0.5) / 2
"""10 points at $2, less two contracts' costs (commission and one tick) at every other bar."""


@pytest.fixture(autouse=True)
def _one_thread():
    with torch_threads(1):
        yield


def told_env(n_bars=400, seed=0, columns=COLUMNS, **changes):
    bars = told_forecasts(n_bars, seed)
    return TradingEnv(bars, ["noise"], forecast_columns=columns, **{**ACCOUNT, **changes})


def small_agent(env, **settings):
    """Return an agent that has learnt a little, and does now this, now that."""
    changes = {"hidden_size": 8, "training_episode_bars": 20, **settings}
    agent = TradingAgent(env, settings=SMALL.model_copy(update=changes))
    agent.train(64)
    be_undecided(agent, env)
    return agent


def predicted_walk(agent, env):
    """Return what `predict` decides bar by bar, and the equity that comes of it."""
    observation, _ = env.reset(seed=0)
    state, taken, equity = None, [], [env.simulation.equity_usd]
    while not env.simulation.is_done:
        action, state = agent.predict(observation, state=state)
        taken.append(int(action))
        observation, *_ = env.step(action)
        equity.append(env.simulation.equity_usd)
    return taken, equity


@pytest.mark.parity
@pytest.mark.parametrize("name", NETWORKS)
def test_agent_kept_and_back_tested_does_what_predict_does_to_the_cent(name, tmp_path):
    env = told_env(200)
    agent = small_agent(env, **NETWORKS[name])
    agent.save(tmp_path / "model")
    loaded = TradingAgent.load(tmp_path / "model")

    taken, equity = predicted_walk(agent, env)
    result = BacktestEngine(told_forecasts(200)).run_with_model(loaded)

    assert loaded.feature_set.forecasts == COLUMNS
    assert result.decisions.tolist() == taken
    assert result.equity.tolist() == equity
    assert len(set(taken)) > 1
    assert result.feature_columns == ("noise", *COLUMNS)


@pytest.mark.parametrize("name", NETWORKS)
def test_agent_indices_and_windows_give_the_same_encoding_to_the_bit(name):
    import torch

    env = told_env(80)
    network = small_agent(env, **NETWORKS[name])._decider.network
    network.set_training_mode(False)
    extractor = network.features_extractor
    extractor.attach(env.market.features)
    observation, info = env.reset(seed=0)
    window = {key: torch.from_numpy(value[None].copy()) for key, value in observation.items()}
    index = {
        "bar_index": torch.tensor([[float(info["bar"])]]),
        "position_info": window["position_info"],
    }
    # With gradients nothing is encoded ahead: one window either way.
    by_window, by_index = extractor(window).detach(), extractor(index).detach()

    assert by_window.numpy().tobytes() == by_index.numpy().tobytes()
    np.testing.assert_array_equal(by_window[0, 8:10].numpy(), observation["forecast"])


@pytest.mark.learns
@pytest.mark.parametrize(
    "settings",
    [{}, {"tower_mode": "sequence"}, {"algorithm": "DP", "predictor": "ridge"}],
    ids=["EPG window", "EPG sequence", "DP"],
)
def test_agent_learns_from_what_only_a_forecast_tells(settings):
    agent = TradingAgent(told_env(), settings=FAST.model_copy(update=settings))
    agent.train(6_000)

    unseen = told_forecasts(300, seed=1)
    result = BacktestEngine(unseen, start=unseen.index[10]).run_with_model(agent)

    assert result.metrics["net_profit_usd"] / (PERFECT_USD_PER_BAR * 290) > 0.9


@pytest.mark.conformance
@pytest.mark.parametrize("predictor", sorted(PREDICTORS))
def test_agent_of_every_predictor_forecasts_from_windows_as_from_the_market(predictor, tmp_path):
    env = told_env()
    settings = FAST.model_copy(update={"algorithm": "DP", "predictor": predictor})
    agent = TradingAgent(env, settings=settings)
    agent.train(1)
    agent.save(tmp_path / "model")
    loaded = TradingAgent.load(tmp_path / "model")

    taken, _ = predicted_walk(loaded, env)
    result = BacktestEngine(told_forecasts()).run_with_model(agent)

    assert result.decisions.tolist() == taken


def test_predictor_looks_at_the_forecasts_of_the_last_row_alone():
    env = told_env()
    settings = FAST.model_copy(update={"algorithm": "DP", "predictor": "ridge"})
    agent = TradingAgent(env, settings=settings)
    agent.train(1)
    predictor, rows = agent._decider.predictor, env.market.features[20:24].copy()

    expected = predictor.signals(rows)
    rows[:3, 1:] = 9.0
    np.testing.assert_array_equal(predictor.signals(rows), expected)
    rows[3, 1] = -rows[3, 1]
    assert predictor.signals(rows)[0] != expected[0]


def test_predict_without_forecasts_is_refused_in_one_line():
    env = told_env(60)
    agent = small_agent(env)
    observation, _ = env.reset(seed=0)
    bare = {key: value for key, value in observation.items() if key != "forecast"}

    with pytest.raises(ConfigError, match=r"must have the keys \['forecast', 'market_features'"):
        agent.predict(bare)
    with pytest.raises(ConfigError, match=r"`forecast` of the observation must have shape \(2,\)"):
        agent.predict({**observation, "forecast": np.zeros(3, np.float32)})


def test_market_without_the_models_forecasts_is_refused_in_one_line():
    agent = small_agent(told_env(60))
    bare = told_forecasts(60).drop(columns=[*COLUMNS, TRAINED_UNTIL])

    with pytest.raises(ArtifactError, match=r"sees forecast columns .*, the market has none; join"):
        BacktestEngine(bare).run_with_model(agent)
    other = told_env(60, columns=COLUMNS[::-1])
    with pytest.raises(ArtifactError, match="join them with .*with_forecasts, or retrain"):
        agent.reset(other.market, other.settings)


def test_market_with_forecasts_that_the_model_does_not_see_is_refused():
    agent = small_agent(told_env(60, columns=()))
    other = told_env(60)

    with pytest.raises(ArtifactError, match="the model sees no forecasts"):
        agent.reset(other.market, other.settings)


def test_model_of_before_there_were_forecasts_back_tests_bars_that_have_some():
    agent = small_agent(told_env(60, columns=()))
    joined = BacktestEngine(told_forecasts(60)).run_with_model(agent)

    bare = told_forecasts(60).drop(columns=[*COLUMNS, TRAINED_UNTIL])
    assert BacktestEngine(bare).run_with_model(agent).equity.tolist() == joined.equity.tolist()


def test_saved_model_names_its_forecasts_and_how_they_are_scaled(tmp_path):
    bars = told_forecasts(200)
    rows = bars[["noise", *COLUMNS]].to_numpy()
    scaler = Scaler.fit(rows, ("noise", *COLUMNS))
    env = TradingEnv(bars, ["noise"], scaler=scaler, forecast_columns=COLUMNS, **ACCOUNT)
    small_agent(env).save(tmp_path / "model")

    manifest = json.loads((tmp_path / "model" / MANIFEST).read_text())
    assert [identity["name"] for identity in manifest["feature_set"]["features"]] == [
        "external:noise",
        "forecast:forecast_h3_location",
        "forecast:forecast_h3_spread",
    ]
    assert manifest["scaler"]["columns"] == ["noise", *COLUMNS]
    assert manifest["format_version"] == 1
    card = (tmp_path / "model" / CARD).read_text()
    assert "forecast_h3_location, forecast_h3_spread" in card
    assert "--data BARS.parquet --forecasts STORE\n" in card
    assert TradingAgent.load(tmp_path / "model").scaler == scaler


def test_model_without_forecasts_has_a_card_that_names_none(tmp_path):
    small_agent(told_env(60, columns=())).save(tmp_path / "model")

    assert "forecasts" not in (tmp_path / "model" / CARD).read_text()


def test_ensemble_of_agents_that_see_forecasts_decides(tmp_path):
    env = told_env(60)
    members = [small_agent(env, seed=seed) for seed in (0, 1)]
    result = BacktestEngine(told_forecasts(60)).run_with_model(Ensemble(members))

    assert len(result.decisions) == len(result.equity) - 1
    stranger = small_agent(told_env(60, columns=COLUMNS[:1]))
    with pytest.raises(ConfigError, match="its forecasts must be"):
        Ensemble([members[0], stranger])


def test_future_forecasts_change_no_decision_before_them():
    agent = small_agent(told_env(200))
    bars = told_forecasts(200)
    poisoned = bars.copy()
    poisoned.loc[poisoned.index[120:], list(COLUMNS)] *= -1.0

    results = [BacktestEngine(each).run_with_model(agent) for each in (bars, poisoned)]

    first = 6
    decisions = [result.decisions.tolist() for result in results]
    assert decisions[0][: 120 - first] == decisions[1][: 120 - first]
    assert decisions[0] != decisions[1]
