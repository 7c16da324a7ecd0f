"""What a saved model says of itself: settings, features, scaler, provenance, file hashes.

Reading goes from the outside in and stops at the first thing wrong: JSON, format version, own
digest, keys, library versions, training span, and last the parts themselves. The files are
`models.artifacts`' business.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from config.instruments import get_instrument
from config.settings import AgentSettings, EnvSettings, checked
from data.feature_set import FeatureSet
from data.preprocessor import Scaler
from env.position_sizer import SIZERS
from env.rewards import REWARDS
from models.algorithms import ALGORITHMS
from models.networks import EXTRACTORS
from utils.errors import ArtifactError, FuturesGymError
from utils.provenance import UNKNOWN, versions
from utils.registry import lookup
from utils.sealed_json import DIGEST, digest_of, parsed_strictly, sealed_text

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

FORECASTER = "forecaster"
"""Of what kind the manifests of scripts/forecast.py say that they are; those of agents say none."""

_Part = TypeVar("_Part")


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
    try:
        content = parsed_strictly(text)
        _check_whole(content, where)
    except (ValueError, RecursionError) as error:
        raise ArtifactError(
            f"`{where}` is not valid JSON ({error}); re-copy the model directory"
        ) from error
    _check_versions(content["provenance"], where)
    _rebuild(lambda: _check_training_bars(content["provenance"]), where)
    return dict(content)


def describe(content: Mapping[str, Any], where: str) -> ModelDescription:
    """Return the description in a parsed manifest, every part rebuilt and checked.

    Raises:
        ArtifactError: If a part cannot be rebuilt here, e.g. a feature has another version now.
    """
    env_settings = _rebuild(lambda: checked(EnvSettings, content["env_settings"], where), where)
    agent_settings = _rebuild(
        lambda: checked(AgentSettings, content["agent_settings"], where), where
    )
    _rebuild(lambda: _check_names(env_settings, agent_settings), where)
    feature_set = _rebuild(lambda: FeatureSet.from_dict(content["feature_set"]), where)
    scaler = _rebuild(lambda: Scaler.from_dict(content["scaler"]), where)
    _rebuild(lambda: scaler.check_columns(feature_set.columns), where)
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


def _rebuild(make: Callable[[], _Part], where: str) -> _Part:
    """Return what `make` makes; turn its failure into one line that names the manifest."""
    try:
        return make()
    except FuturesGymError as error:
        raise ArtifactError(f"`{where}`: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ArtifactError(f"`{where}` is malformed; re-train or re-point") from error


def _check_whole(content: Any, where: str) -> None:
    if not isinstance(content, dict) or "format_version" not in content:
        raise ArtifactError(f"`{where}` is not the manifest of a FuturesGym model")
    if content.get("kind") == FORECASTER:
        raise IsForecasterError(
            f"`{where}` is that of a forecaster, not of an agent that trades: see what it says by "
            "`scripts/forecast.py predict` or `report --model`, or give a model of train.py"
        )
    _check_format(content, where)
    _check_digest(content, where)


def _check_format(content: Mapping[str, Any], where: str) -> None:
    found = content["format_version"]
    # True and 1.0 equal 1 in Python, but no FuturesGym writes them
    if type(found) is not int or found != FORMAT_VERSION:
        raise ArtifactError(
            f"`{where}`: `format_version` must be {FORMAT_VERSION}, found {found!r}; "
            f"re-train, or use the FuturesGym version that wrote it"
        )


def _check_digest(content: dict[str, Any], where: str) -> None:
    odd = sorted(KEYS ^ set(content))
    if odd:
        problem = "is missing" if odd[0] in KEYS else "is not known"
        raise ArtifactError(f"`{where}`: key `{odd[0]}` {problem}; re-copy the model directory")
    expected = digest_of(content)
    if content[DIGEST] != expected:
        raise ArtifactError(
            f"`{where}` was edited or damaged: its digest says {str(content[DIGEST])[:12]}, "
            f"its content gives {expected[:12]}; re-copy the model directory"
        )


def _check_versions(provenance: Any, where: str) -> None:
    trained = provenance.get("versions") if isinstance(provenance, dict) else None
    here = versions()
    for name in MATCHED_VERSIONS:
        found = trained.get(name, UNKNOWN) if isinstance(trained, dict) else UNKNOWN
        if _minor(found) != _minor(here[name]):
            raise ArtifactError(
                f"`{where}`: the model was trained with {name} {found}, here is {here[name]}; "
                f"install {name} {_minor(found)} or re-train"
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


def _minor(version: Any) -> str:
    return ".".join(str(version).split("+")[0].split(".")[:2])
