"""A small file of bars and a model trained on it, made once and shared by the script tests."""

from pathlib import Path

import pytest

from config.settings import load_profile
from data.splits import chronological_split
from data.store import save_bars
from data.synthetic import synthetic_bars
from models.training import train_agent
from utils import paths

N_BARS = 1_500


@pytest.fixture(scope="session")
def bars_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a parquet file of 1,500 synthetic MNQ bars."""
    path = tmp_path_factory.mktemp("bars") / "bars.parquet"
    save_bars(synthetic_bars(N_BARS, "overreaction", seed=3), path, {"symbol": "MNQ"})
    return path


@pytest.fixture(scope="session")
def model_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a model directory trained, barely, on the first 80 % of the same bars."""
    bars = synthetic_bars(N_BARS, "overreaction", seed=3)
    settings = load_profile("smoke")
    agent = train_agent(bars.iloc[chronological_split(N_BARS, 0.2).train], settings)
    path = tmp_path_factory.mktemp("models") / "model"
    agent.save(path)
    return path


@pytest.fixture(autouse=True)
def own_trials(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Log trials where no other test, and no user, counts them."""
    monkeypatch.setattr(paths, "TRIALS_DIR", tmp_path_factory.mktemp("trials"))
