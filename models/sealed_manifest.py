"""What the manifests of agents and of forecasters are checked for alike, from the outside in.

What each says beside that is left to models/manifest.py and models/forecast/forecaster_manifest.py.
"""

from collections.abc import Callable, Mapping, Set
from typing import Any, TypeVar

from utils.errors import ArtifactError, FuturesGymError
from utils.provenance import UNKNOWN, versions
from utils.sealed_json import DIGEST, digest_of, parsed_strictly

FORECASTER = "forecaster"
"""Of what kind the manifests of scripts/forecast.py say that they are; those of agents say none."""

_Part = TypeVar("_Part")


def parsed_manifest(text: bytes, where: str) -> Any:
    """Return what a manifest's JSON says.

    Raises:
        ArtifactError: If it is not JSON, or not strictly so.
    """
    try:
        return parsed_strictly(text)
    except (ValueError, RecursionError) as error:
        raise ArtifactError(
            f"`{where}` is not valid JSON ({error}); re-copy the model directory"
        ) from error


def rebuilt(make: Callable[[], _Part], where: str) -> _Part:
    """Return what `make` makes; turn its failure into one line that names the manifest."""
    try:
        return make()
    except FuturesGymError as error:
        raise ArtifactError(f"`{where}`: {error}") from error
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ArtifactError(f"`{where}` is malformed; re-train or re-point") from error


def check_format(content: Mapping[str, Any], version: int, where: str) -> None:
    """Refuse a manifest of another format."""
    found = content.get("format_version")
    # True and 1.0 equal 1 in Python, but no FuturesGym writes them
    if type(found) is not int or found != version:
        raise ArtifactError(
            f"`{where}`: `format_version` must be {version}, found {found!r}; "
            f"re-train, or use the FuturesGym version that wrote it"
        )


def check_seal(content: dict[str, Any], keys: Set[str], where: str) -> None:
    """Refuse a manifest with other keys, or whose digest is not that of its content."""
    odd = sorted(keys ^ set(content))
    if odd:
        problem = "is missing" if odd[0] in keys else "is not known"
        raise ArtifactError(f"`{where}`: key `{odd[0]}` {problem}; re-copy the model directory")
    try:
        expected = digest_of(content)
    except (ValueError, RecursionError) as error:
        raise ArtifactError(
            f"`{where}` is not valid JSON ({error}); re-copy the model directory"
        ) from error
    if content[DIGEST] != expected:
        raise ArtifactError(
            f"`{where}` was edited or damaged: its digest says {str(content[DIGEST])[:12]}, "
            f"its content gives {expected[:12]}; re-copy the model directory"
        )


def check_versions(provenance: Any, names: tuple[str, ...], where: str) -> None:
    """Refuse a model of another major.minor version of one of the packages `names`."""
    trained = provenance.get("versions") if isinstance(provenance, dict) else None
    here = versions()
    for name in names:
        found = trained.get(name, UNKNOWN) if isinstance(trained, dict) else UNKNOWN
        if _minor(found) != _minor(here[name]):
            raise ArtifactError(
                f"`{where}`: the model was trained with {name} {found}, here is {here[name]}; "
                f"install {name} {_minor(found)} or re-train"
            )


def _minor(version: Any) -> str:
    return ".".join(str(version).split("+")[0].split(".")[:2])
