"""The command `models.py diff`: what two models have not in common."""

from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option

MAX_SHOWN = 60
"""Characters of a value that a line shows."""


def diff(
    first: Annotated[Path, Argument(help="Model directory.")],
    second: Annotated[Path, Argument(help="Another.")],
    as_json: Annotated[bool, Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """List settings, features, scaling, provenance and weights in which FIRST and SECOND differ."""
    from scripts.printing import console
    from utils.files import canonical_json
    from utils.sealed_json import differences

    found = list(differences(_content(first), _content(second)))
    if as_json:
        print(canonical_json({name: {"first": one, "second": other} for name, one, other in found}))
        return
    for name, one, other in found:
        console.print(f"{name}: {_shown(one)} | {_shown(other)}", soft_wrap=True)
    if not found:
        console.print("no difference")


def _content(path: Path) -> dict[str, Any]:
    """Return the verified manifest of a model, without what follows from the rest."""
    from data.forecast_frame import IDENTITY_PREFIX
    from models.artifacts import MANIFEST, WEIGHTS, load_model
    from models.manifest import parse_manifest

    load_model(path)
    content = parse_manifest((path / MANIFEST).read_bytes(), str(path / MANIFEST))
    features = [identity["name"] for identity in content["feature_set"]["features"]]
    return {
        "env_settings": content["env_settings"],
        "agent_settings": content["agent_settings"],
        "features": [name for name in features if not name.startswith(IDENTITY_PREFIX)],
        "forecasts": [name for name in features if name.startswith(IDENTITY_PREFIX)],
        "feature_hash": content["feature_set"]["hash"],
        "scaler": content["scaler"],
        "provenance": content["provenance"],
        "weights": content["files"][WEIGHTS],
    }


def _shown(value: Any) -> str:
    text = str(value)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."
