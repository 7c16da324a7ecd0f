"""What a saved forecaster says of itself: settings, heads, features, provenance, file hashes.

Reading goes from the outside in and stops at the first thing wrong: JSON, kind, format version, own
digest, keys, version of this project, and last the parts themselves.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from config.checking import checked
from config.forecast_settings import ForecastSettings
from config.instruments import get_instrument
from data.feature_set import FeatureSet
from data.forecast_names import HEADS, Head
from models.forecast.families import FAMILIES
from utils.errors import ArtifactError, ConfigError, FuturesGymError
from utils.provenance import UNKNOWN, versions
from utils.registry import lookup
from utils.sealed_json import DIGEST, digest_of, parsed_strictly, sealed_text

KIND = "forecaster"
FORMAT_VERSION = 1
KEYS = frozenset(
    {
        "kind",
        "format_version",
        "settings",
        "heads",
        "feature_set",
        "provenance",
        "files",
        DIGEST,
    }
)
PROJECT = "futuresgym"
"""The package whose major.minor version must be the one that wrote the manifest."""

_Part = TypeVar("_Part")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ForecasterDescription:
    """Everything about a forecaster but its numbers.

    Attributes:
        settings: How it was made.
        heads: What is forecast, in the order of HEADS, the return first.
        features: What it sees beside the volatility layer, in order.
        provenance: Where it comes from, JSON values; `training_last`, a stamp in ISO format with a
            zone, is required.
    """

    settings: ForecastSettings
    heads: tuple[Head, ...]
    features: FeatureSet
    provenance: Mapping[str, Any]


def checked_heads(heads: tuple[str, ...]) -> tuple[Head, ...]:
    """Return heads, if they are in the order of HEADS and the return is among them.

    Raises:
        ConfigError: Otherwise.
    """
    if heads != tuple(head for head in HEADS if head in heads) or Head.RETURN not in heads:
        raise ConfigError(
            f"`heads` must be of {', '.join(HEADS)} in this order, the first among them, was "
            f"{', '.join(heads) or 'none'}"
        )
    return tuple(Head(head) for head in heads)


def forecaster_text(description: ForecasterDescription, files: Mapping[str, str]) -> str:
    """Return the manifest as JSON, its own digest included.

    Args:
        description: What the forecaster is.
        files: SHA-256 of each other file of the directory, by name.
    """
    content = {
        "kind": KIND,
        "format_version": FORMAT_VERSION,
        "settings": description.settings.model_dump(mode="json"),
        "heads": list(description.heads),
        "feature_set": description.features.to_dict(),
        "provenance": dict(description.provenance),
        "files": dict(files),
    }
    return sealed_text(content)


def parse_forecaster(text: bytes, where: str) -> tuple[ForecasterDescription, dict[str, Any]]:
    """Return the description in a manifest and the listed files, all checked.

    Raises:
        ArtifactError: If it is not JSON, of something else, of another format or version, edited,
            or its features are not what they were.
    """
    try:
        content = parsed_strictly(text)
    except (ValueError, RecursionError) as error:
        raise ArtifactError(
            f"`{where}` is not valid JSON ({error}); re-copy the forecaster's directory"
        ) from error
    _check_kind(content, where)
    _check_digest(content, where)
    return _rebuilt(lambda: _describe(content, where), where), content["files"]


def _describe(content: Mapping[str, Any], where: str) -> ForecasterDescription:
    _check_version(content["provenance"])
    settings = checked(ForecastSettings, content["settings"], where)
    lookup(FAMILIES, settings.family, "forecast family")
    get_instrument(settings.symbol)
    stamp = datetime.fromisoformat(content["provenance"]["training_last"])
    if stamp.tzinfo is None:
        raise ArtifactError(f"`training_last` must have a zone, was {stamp}; re-train")
    return ForecasterDescription(
        settings=settings,
        heads=checked_heads(tuple(content["heads"])),
        features=FeatureSet.from_dict(content["feature_set"]),
        provenance=content["provenance"],
    )


def _rebuilt(make: Callable[[], _Part], where: str) -> _Part:
    """Return what `make` makes; turn its failure into one line that names the manifest."""
    try:
        return make()
    except FuturesGymError as error:
        raise ArtifactError(f"`{where}`: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ArtifactError(f"`{where}` is malformed; re-train or re-point") from error


def _check_kind(content: Any, where: str) -> None:
    if not isinstance(content, dict) or content.get("kind") != KIND:
        raise ArtifactError(
            f"`{where}` is not the manifest of a forecaster; name a directory that "
            "scripts/forecast.py train has made"
        )
    found = content.get("format_version")
    # True and 1.0 equal 1 in Python, but no FuturesGym writes them
    if type(found) is not int or found != FORMAT_VERSION:
        raise ArtifactError(
            f"`{where}`: `format_version` must be {FORMAT_VERSION}, found {found!r}; "
            f"re-train, or use the FuturesGym version that wrote it"
        )


def _check_digest(content: Mapping[str, Any], where: str) -> None:
    odd = sorted(KEYS ^ set(content))
    if odd:
        problem = "is missing" if odd[0] in KEYS else "is not known"
        raise ArtifactError(f"`{where}`: key `{odd[0]}` {problem}; re-copy the directory")
    expected = digest_of(content)
    if content[DIGEST] != expected:
        raise ArtifactError(
            f"`{where}` was edited or damaged: its digest says {str(content[DIGEST])[:12]}, "
            f"its content gives {expected[:12]}; re-copy the directory"
        )


def _check_version(provenance: Mapping[str, Any]) -> None:
    found, here = provenance["versions"].get(PROJECT, UNKNOWN), versions()[PROJECT]
    if _minor(found) != _minor(here):
        raise ArtifactError(
            f"the forecaster was trained with {PROJECT} {found}, here is {here}; install "
            f"{PROJECT} {_minor(found)} or re-train"
        )


def _minor(version: object) -> str:
    return ".".join(str(version).split("+")[0].split(".")[:2])
