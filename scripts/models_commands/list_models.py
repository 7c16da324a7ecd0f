"""The command `models.py list`: every saved model, a line each."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Option

if TYPE_CHECKING:
    from models.manifest import ModelDescription


def list_models(
    folder: Annotated[
        Path | None, Argument(help="Where to look.", show_default="models/saved")
    ] = None,
    as_json: Annotated[bool, Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """List the models in FOLDER, the folds of walk-forward runs too; damaged ones say so."""
    from rich.table import Table
    from rich.text import Text

    from models.artifacts import MANIFEST
    from scripts.printing import console, shown
    from utils.errors import ConfigError
    from utils.files import canonical_json
    from utils.paths import MODELS_DIR

    root = folder or MODELS_DIR
    if folder is not None and not folder.is_dir():
        raise ConfigError(f"no folder `{folder}`; name one that holds models")
    found = [
        summary(path.parent, path.parent.relative_to(root).as_posix())
        for path in sorted(root.rglob(MANIFEST))
    ]
    if as_json:
        print(canonical_json(found))
        return
    if not found:
        console.print(f"no model in {shown(root)}; train one with scripts/train.py")
        return
    table = Table()
    for heading in found[0]:
        table.add_column(heading)
    for each in found:
        table.add_row(*(Text("-" if value is None else str(value)) for value in each.values()))
    console.print(table)


def summary(path: Path, name: str) -> dict[str, Any]:
    """Return what the list says of one model; None for what is not known."""
    from models.artifacts import load_model
    from utils.errors import FuturesGymError

    try:
        description, _ = load_model(path)
    except FuturesGymError as error:
        empty = dict.fromkeys(("algorithm", "extractor", "bars", "timesteps", "validation USD"))
        return {"model": name, **empty, "state": f"damaged: {error}"}
    return {"model": name, **_known(description)}


def _known(description: "ModelDescription") -> dict[str, Any]:
    provenance = description.provenance
    first, last = (str(provenance[f"training_{end}"])[:10] for end in ("first", "last"))
    kept = (provenance.get("validation") or {}).get("kept")
    is_finished = provenance.get("is_finished", True)
    return {
        "algorithm": description.agent_settings.algorithm,
        "extractor": description.agent_settings.feature_extractor,
        "bars": f"{description.env_settings.symbol} {first} to {last}",
        "timesteps": provenance.get("timesteps"),
        "validation USD": None if kept is None else round(kept["net_pnl_usd"], 2),
        "state": "ok" if is_finished else "ok, unfinished",
    }
