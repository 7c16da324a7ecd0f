"""A description of a model and arrays for it, and the edits that a forger would make."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from config.settings import AgentSettings, EnvSettings
from data.feature_set import FeatureSet
from data.preprocessor import Scaler
from models.artifacts import MANIFEST
from models.manifest import ModelDescription
from utils.files import canonical_json, sha256_of_bytes
from utils.provenance import code_provenance

TRAINED = {
    "training_first": "2024-03-04T00:00:00+00:00",
    "training_last": "2024-03-05T00:00:00+00:00",
    "bar_seconds": 300,
}
ARRAYS = {"a": torch.tensor([1.0, 2.0]), "b": torch.zeros(2, 2)}


def model_description() -> ModelDescription:
    """Return a small model's description, the same each time."""
    features = FeatureSet(["rsi", "macd"])
    return ModelDescription(
        env_settings=EnvSettings(symbol="MNQ", stop_loss_ticks=None),
        agent_settings=AgentSettings(hidden_size=8, seed=3),
        feature_set=features,
        scaler=Scaler.nominal(features),
        provenance={**code_provenance(), **TRAINED, "timesteps": 5},
    )


def edit_manifest(
    folder: Path, change: Callable[[dict[str, Any]], None], redo_digest: bool = True
) -> None:
    """Change the manifest, as a careful forger would (digest made anew) or a careless one."""
    content = json.loads((folder / MANIFEST).read_text())
    change(content)
    if redo_digest:
        del content["digest"]
        content["digest"] = sha256_of_bytes(canonical_json(content).encode())
    (folder / MANIFEST).write_text(json.dumps(content))
