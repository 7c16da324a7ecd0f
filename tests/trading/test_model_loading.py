"""What may trade: only what was saved whole, by us, for what is traded, and can be shown live."""

import sys

import pytest

from config.decision_settings import DecisionSettings
from config.settings import EnvSettings
from data.forecast_columns import usual_columns
from data.synthetic import synthetic_bars
from env.trading_env import TradingEnv
from models.agent import TradingAgent
from models.artifacts import WEIGHTS
from models.ensemble import Ensemble
from tests.helpers.agents import SMALL, small_env
from tests.helpers.forecasters import (
    HISTORY,
    TRAINED,
    joined_forecasts,
    small_forecaster,
    small_market,
)
from trading.decision_stream import DecisionStream
from trading.model_loading import load_model
from utils.errors import ArtifactError, ConfigError

TRADED = DecisionSettings()


def saved(folder, features=("log_return",), frame=None, seed=0, **columns):
    """Save an untrained agent and return its directory."""
    frame = synthetic_bars(200) if frame is None else frame
    env = TradingEnv(frame, features, settings=EnvSettings(lookback_window=4), **columns)
    changes = {"algorithm": "EPG", "hidden_size": 4, "seed": seed}
    TradingAgent(env, settings=SMALL.model_copy(update=changes)).save(folder)
    return folder


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("models")
    return [saved(root / "one"), saved(root / "two", seed=1)]


def test_one_directory_is_an_agent_and_several_are_an_ensemble(folders):
    one = load_model(folders[:1], TRADED)
    both = load_model(folders, TRADED)
    assert isinstance(one.policy, TradingAgent)
    assert isinstance(both.policy, Ensemble)
    assert len({one.identity, both.identity, load_model(folders[1:], TRADED).identity}) == 3
    assert DecisionStream.open(folders, TRADED).model.identity == both.identity


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (DecisionSettings(symbol="NQ"), "made for MNQ, NQ is to be traded"),
        (DecisionSettings(bar_seconds=60), "trained on bars of 300 s, live bars have 60 s"),
    ],
)
def test_model_for_something_else_is_refused(folders, settings, message):
    with pytest.raises(ArtifactError, match=message):
        load_model(folders[:1], settings)


def test_edited_missing_or_foreign_model_is_refused(tmp_path):
    folder = saved(tmp_path / "model")
    with pytest.raises(ArtifactError, match="no model directory"):
        load_model([tmp_path / "none"], TRADED)
    (folder / WEIGHTS).write_bytes(b"x" + (folder / WEIGHTS).read_bytes()[1:])
    with pytest.raises(ArtifactError, match="was changed or damaged"):
        load_model([folder], TRADED)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_model_or_forecaster_that_others_could_change_is_refused(tmp_path, folders):
    folder = saved(tmp_path / "model")
    (folder / WEIGHTS).chmod(0o664)
    with pytest.raises(ArtifactError, match=f"others can write `.*{WEIGHTS}`.*chmod go-w"):
        load_model([folders[0], folder], TRADED)
    with pytest.raises(ArtifactError, match="nobody knows what it would trade"):
        load_model(folders, TRADED, folder)


def test_features_that_no_live_bar_carries_are_refused(tmp_path):
    agent = TradingAgent(small_env(), settings=SMALL.model_copy(update={"algorithm": "EPG"}))
    agent.save(tmp_path / "own")
    with pytest.raises(ConfigError, match="columns of the user's frame cannot be computed live"):
        load_model([tmp_path / "own"], TRADED)
    frame = synthetic_bars(200).assign(other_close=5_000.0, other_volume=10.0)
    second = saved(tmp_path / "second", ["log_return", "other_return"], frame)
    with pytest.raises(ConfigError, match="`other_return` of the model reads a second market"):
        load_model([second], TRADED)


def test_forecasts_need_their_own_forecaster_and_no_other(tmp_path, folders):
    forecaster = small_forecaster()
    forecaster.save(tmp_path / "forecaster")
    frame = small_market().iloc[HISTORY : TRAINED + 60]
    columns = usual_columns(forecaster.settings.horizons)
    joined = joined_forecasts(forecaster, frame)
    seeing = saved(tmp_path / "seeing", frame=joined, forecast_columns=columns)
    assert load_model([seeing], TRADED, tmp_path / "forecaster").forecaster is not None
    with pytest.raises(ConfigError, match="name the forecaster that makes them"):
        load_model([seeing], TRADED)
    with pytest.raises(ConfigError, match="sees no forecasts: leave the forecaster out"):
        load_model(folders[:1], TRADED, tmp_path / "forecaster")
    with pytest.raises(ArtifactError, match="forecaster"):
        load_model([seeing], TRADED, folders[0])
