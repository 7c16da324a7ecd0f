"""The command `models.py list`: every saved model, a line each."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Option

if TYPE_CHECKING:
    from models.manifest import ModelDescription

COLUMNS = ("model", "algorithm", "extractor", "bars", "timesteps", "validation USD", "state")


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
    table = Table(*COLUMNS)
    for each in found:
        values = (each[column] for column in COLUMNS)
        table.add_row(*(Text("-" if value is None else str(value)) for value in values))
    console.print(table)
    for each in found:
        if "error" in each:
            console.print(Text(f"{each['model']}: {each['error']}"), soft_wrap=True)


def summary(path: Path, name: str) -> dict[str, Any]:
    """Return what the list says of one model; None for what is not known."""
    from models.artifacts import load_model
    from utils.errors import FuturesGymError

    try:
        description, _ = load_model(path)
    except FuturesGymError as error:
        empty = dict.fromkeys(COLUMNS)
        return {**empty, "model": name, "state": "damaged", "error": str(error)}
    return {"model": name, **_known(description)}


def _known(description: "ModelDescription") -> dict[str, Any]:
    provenance = description.provenance
    first, last = (str(provenance[f"training_{end}"])[:10] for end in ("first", "last"))
    return {
        "algorithm": description.agent_settings.algorithm,
        "extractor": description.agent_settings.kind,
        "bars": f"{description.env_settings.symbol} {first} to {last}",
        "timesteps": provenance.get("timesteps"),
        "validation USD": _validated_usd(provenance.get("validation")),
        "state": _state(provenance),
    }


def _state(provenance: dict[str, Any]) -> str:
    """Return "ok", and what a user of the model should know besides."""
    from models.flat_reason import is_left_flat

    validation = provenance.get("validation")
    remarks = {
        "unfinished": not provenance.get("is_finished", True),
        "stays flat": is_left_flat(validation),
        "no trades in validation": bool(validation and validation["kept"])
        and validation["kept"]["n_trades"] == 0,
    }
    return ", ".join(["ok", *(remark for remark, applies in remarks.items() if applies)])


def _validated_usd(validation: dict[str, Any] | None) -> float | None:
    """Return what the kept weights earned there; None for an agent that is left flat."""
    kept = None if validation is None else validation["kept"]
    return None if kept is None else round(kept["net_pnl_usd"], 2)
