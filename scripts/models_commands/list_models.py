"""The command `models.py list`: every saved model, a line each."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Option

if TYPE_CHECKING:
    from collections.abc import Mapping

    from models.manifest import ModelDescription

COLUMNS = ("model", "algorithm", "extractor", "bars", "timesteps", "validation USD", "state")


def list_models(
    folder: Annotated[
        Path | None, Argument(help="Where to look.", show_default="models/saved")
    ] = None,
    as_json: Annotated[bool, Option("--json", help="Print it as JSON.")] = False,
) -> None:
    """List the models in FOLDER, forecasters and folds of walk-forward runs too, damaged or not."""
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
    from models.manifest import IsForecasterError
    from utils.errors import FuturesGymError

    empty = dict.fromkeys(COLUMNS)
    try:
        description, _ = load_model(path)
    except IsForecasterError:
        return {**empty, "model": name, **_forecaster(path)}
    except FuturesGymError as error:
        return {**empty, "model": name, **_damaged(error)}
    return {"model": name, **_known(description)}


def _forecaster(path: Path) -> dict[str, Any]:
    """Return what is known of a forecaster, which is no agent: its family, and what it learnt."""
    from models.forecast.forecaster import Forecaster
    from utils.errors import FuturesGymError

    try:
        found = Forecaster.load(path)
    except FuturesGymError as error:
        return _damaged(error)
    return {
        "algorithm": found.settings.family,
        "bars": _span(found.settings.symbol, found.provenance),
        "state": "ok, forecaster",
    }


def _damaged(error: Exception) -> dict[str, Any]:
    return {"state": "damaged", "error": str(error)}


def _span(symbol: str, provenance: "Mapping[str, Any]") -> str:
    """Say which bars a model has learnt from."""
    first, last = (str(provenance[f"training_{end}"])[:10] for end in ("first", "last"))
    return f"{symbol} {first} to {last}"


def _known(description: "ModelDescription") -> dict[str, Any]:
    provenance = description.provenance
    return {
        "algorithm": description.agent_settings.algorithm,
        "extractor": description.agent_settings.kind,
        "bars": _span(description.env_settings.symbol, provenance),
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
