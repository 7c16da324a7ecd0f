"""What a saved forecaster says of itself: settings, heads, features, provenance, file hashes.

Reading goes from the outside in and stops at the first thing wrong: JSON, kind, format version, own
digest, keys, version of this project, and last the parts themselves.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.checking import checked
from config.forecast_settings import ForecastSettings
from config.instruments import get_instrument
from data.feature_set import FeatureSet
from data.forecast_names import HEADS, Head
from models.forecast.families import FAMILIES
from models.sealed_manifest import (
    FORECASTER,
    check_format,
    check_seal,
    check_versions,
    parsed_manifest,
    rebuilt,
)
from utils.errors import ArtifactError, ConfigError
from utils.registry import lookup
from utils.sealed_json import DIGEST, sealed_text

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
MATCHED_VERSIONS = ("futuresgym",)
"""Packages whose major.minor version must be the one that wrote the manifest."""


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
        "kind": FORECASTER,
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
    content = parsed_manifest(text, where)
    if not isinstance(content, dict) or content.get("kind") != FORECASTER:
        raise ArtifactError(
            f"`{where}` is not the manifest of a forecaster; name a directory that "
            "scripts/forecast.py train has made"
        )
    check_format(content, FORMAT_VERSION, where)
    check_seal(content, KEYS, where)
    check_versions(content["provenance"], MATCHED_VERSIONS, where)
    return rebuilt(lambda: _describe(content, where), where), content["files"]


def _describe(content: Mapping[str, Any], where: str) -> ForecasterDescription:
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
