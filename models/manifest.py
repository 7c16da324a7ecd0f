"""What a saved model says of itself: settings, features, scaler, provenance, file hashes.

Reading goes from the outside in and stops at the first thing wrong: JSON, format version, own
digest, keys, library versions, training span, and last the parts themselves. The files are
`models.artifacts`' business.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.instruments import get_instrument
from config.settings import AgentSettings, EnvSettings, checked
from data.feature_set import FeatureSet
from data.preprocessor import Scaler
from env.position_sizer import SIZERS
from env.rewards import REWARDS
from models.algorithms import ALGORITHMS
from models.networks import EXTRACTORS
from models.sealed_manifest import (
    FORECASTER,
    check_format,
    check_seal,
    check_versions,
    parsed_manifest,
    rebuilt,
)
from utils.errors import ArtifactError
from utils.registry import lookup
from utils.sealed_json import DIGEST, sealed_text

FORMAT_VERSION = 1
KEYS = frozenset(
    {
        "format_version",
        "env_settings",
        "agent_settings",
        "feature_set",
        "scaler",
        "provenance",
        "files",
        DIGEST,
    }
)
MATCHED_VERSIONS = ("futuresgym", "torch", "stable_baselines3")
"""Packages whose major.minor version must be the one that the model was trained with."""


class IsForecasterError(ArtifactError):
    """An agent is asked for where a forecaster of scripts/forecast.py lies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDescription:
    """Everything about a trained model but its weights.

    Attributes:
        env_settings: The account it was trained for.
        agent_settings: How it was trained, and the shape of its network.
        feature_set: The features it sees, in order.
        scaler: How they are scaled.
        provenance: Where it comes from: versions, revision, bars, timesteps; JSON values only. Its
            `training_first` and `training_last`, stamps in ISO format with a zone, and
            `bar_seconds` are required: by them it is known which bars it has seen, or can use.
    """

    env_settings: EnvSettings
    agent_settings: AgentSettings
    feature_set: FeatureSet
    scaler: Scaler
    provenance: Mapping[str, Any]


def manifest_text(description: ModelDescription, files: Mapping[str, str]) -> str:
    """Return the manifest as JSON, its own digest included.

    Args:
        description: What the model is.
        files: SHA-256 of each other file of the directory, by name.
    """
    content = {
        "format_version": FORMAT_VERSION,
        "env_settings": description.env_settings.model_dump(mode="json"),
        "agent_settings": description.agent_settings.model_dump(mode="json"),
        "feature_set": description.feature_set.to_dict(),
        "scaler": description.scaler.to_dict(),
        "provenance": dict(description.provenance),
        "files": dict(files),
    }
    return sealed_text(content)


def parse_manifest(text: bytes, where: str) -> dict[str, Any]:
    """Return the manifest's content after checking all that can be checked without the other files.

    Raises:
        ArtifactError: If it is not JSON, of another format, edited, or from other library versions;
            an IsForecasterError if it is a forecaster's.
    """
    content = parsed_manifest(text, where)
    _check_kind(content, where)
    check_format(content, FORMAT_VERSION, where)
    check_seal(content, KEYS, where)
    check_versions(content["provenance"], MATCHED_VERSIONS, where)
    rebuilt(lambda: _check_training_bars(content["provenance"]), where)
    return dict(content)


def describe(content: Mapping[str, Any], where: str) -> ModelDescription:
    """Return the description in a parsed manifest, every part rebuilt and checked.

    Raises:
        ArtifactError: If a part cannot be rebuilt here, e.g. a feature has another version now.
    """
    env_settings = rebuilt(lambda: checked(EnvSettings, content["env_settings"], where), where)
    agent_settings = rebuilt(
        lambda: checked(AgentSettings, content["agent_settings"], where), where
    )
    rebuilt(lambda: _check_names(env_settings, agent_settings), where)
    feature_set = rebuilt(lambda: FeatureSet.from_dict(content["feature_set"]), where)
    scaler = rebuilt(lambda: Scaler.from_dict(content["scaler"]), where)
    rebuilt(lambda: scaler.check_columns(feature_set.columns), where)
    return ModelDescription(
        env_settings=env_settings,
        agent_settings=agent_settings,
        feature_set=feature_set,
        scaler=scaler,
        provenance=content["provenance"],
    )


def _check_names(env_settings: EnvSettings, agent_settings: AgentSettings) -> None:
    get_instrument(env_settings.symbol)
    lookup(REWARDS, env_settings.reward, "reward")
    lookup(SIZERS, env_settings.position_sizer, "position sizer")
    lookup(ALGORITHMS, agent_settings.algorithm, "algorithm")
    lookup(EXTRACTORS, agent_settings.feature_extractor, "feature extractor")


def _check_kind(content: Any, where: str) -> None:
    if not isinstance(content, dict) or "format_version" not in content:
        raise ArtifactError(f"`{where}` is not the manifest of a FuturesGym model")
    if content.get("kind") == FORECASTER:
        raise IsForecasterError(
            f"`{where}` is that of a forecaster, not of an agent that trades: see what it says by "
            "`scripts/forecast.py predict` or `report --model`, or give a model of train.py"
        )


def _check_training_bars(provenance: Mapping[str, Any]) -> None:
    size = provenance.get("bar_seconds")
    if type(size) is not int or size < 1:
        raise ArtifactError(f"`bar_seconds` must be a whole number >= 1, was {size!r}; re-train")
    first, last = (_stamp(provenance, name) for name in ("training_first", "training_last"))
    if first > last:
        raise ArtifactError(
            f"`training_first` must be <= `training_last` ({last.isoformat()}), "
            f"was {first.isoformat()}; re-train"
        )


def _stamp(provenance: Mapping[str, Any], name: str) -> datetime:
    """Return a stamp of the provenance, with its zone."""
    text = provenance.get(name)
    try:
        stamp = datetime.fromisoformat(text)  # type: ignore[arg-type]  # TypeError is caught
    except (TypeError, ValueError) as error:
        raise ArtifactError(
            f"`{name}` must be a stamp in ISO format, was {text!r}; re-train"
        ) from error
    if stamp.tzinfo is None:
        raise ArtifactError(f"`{name}` must have a zone, was {text!r}; re-train")
    return stamp
