"""The options that say how a walk-forward run is cut, and which settings they stand for."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

from scripts.training_options import picked

if TYPE_CHECKING:
    from config.settings import Settings

FoldsOption = Annotated[
    int | None, Option(help="Test blocks.", show_default="3, or all of --test-length")
]
FoldKindOption = Annotated[
    str | None, Option(help="rolling, expanding or anchored.", show_default="expanding")
]
TrainLengthOption = Annotated[
    int | None, Option(help="Units of the (first) training.", show_default="half of all")
]
TestLengthOption = Annotated[
    int | None, Option(help="Units of a test block.", show_default="by --folds")
]
StepOption = Annotated[
    int | None, Option(help="Units from one test to the next.", show_default="--test-length")
]
ValidationLengthOption = Annotated[
    int | None,
    Option(help="Units that choose the weights.", show_default="--validation-fraction of them"),
]
UnitOption = Annotated[
    str | None, Option(help="Of the lengths: sessions or bars.", show_default="sessions")
]
PurgeOption = Annotated[int | None, Option(help="Bars purged.", show_default="--horizon")]
EmbargoOption = Annotated[
    int | None, Option(help="Further units left out around a test.", show_default="1")
]
EmbargoUnitOption = Annotated[
    str | None, Option(help="Of the embargo: sessions or bars.", show_default="sessions")
]
HorizonOption = Annotated[
    int | None, Option(help="Bars until a decision's outcome is known.", show_default="2")
]
AnchorOption = Annotated[
    str | None, Option(help="anchored: date, or row, that training begins with.")
]
SeedsOption = Annotated[
    str | None, Option(help="Seeds of each fold's trainings, by commas.", show_default="0,1,2")
]
CombinatorialOption = Annotated[
    bool, Option("--combinatorial", help="Test every choice of --tested groups of --groups.")
]
GroupsOption = Annotated[int | None, Option(help="Groups of --combinatorial.", show_default="6")]
TestedOption = Annotated[
    int | None, Option(help="Groups that are tested at a time.", show_default="2")
]

FOLDS = {
    "folds": "n_folds",
    "fold_kind": "kind",
    "train_length": "train_length",
    "test_length": "test_length",
    "step": "step",
    "validation_length": "validation_length",
    "unit": "unit",
    "purge": "purge_bars",
    "embargo": "embargo",
    "embargo_unit": "embargo_unit",
    "horizon": "horizon_bars",
    "anchor": "anchor",
    "seeds": "seeds",
    "combinatorial": "combinatorial",
    "groups": "n_groups",
    "tested": "n_tested",
}
"""Parameter of a script: field of FoldSettings."""


def folded_by(base: "Settings", given: Mapping[str, Any], script: str) -> "Settings":
    """Return the settings in which what was typed of folds takes the place of their own.

    Args:
        base: Of a profile, or of an earlier run.
        given: The script's parameters by name; None, and a flag that is not set, were not given.
        script: What an error calls the script.

    Raises:
        ConfigError: If a value is out of bounds, or settings contradict each other.
    """
    from config.settings import overridden
    from data.planned_folds import check_fold_settings

    typed = {**given, "anchor": _anchor(given["anchor"]), "seeds": _seeds(given["seeds"])}
    known_as = {field: f"--{name.replace('_', '-')}" for name, field in FOLDS.items()}
    values = picked(typed, FOLDS)
    folds = overridden(base.folds, values, f"the options of {script}", known_as)
    _check_groups(given, folds.combinatorial)
    check_fold_settings(folds)
    return base.model_copy(update={"folds": folds})


def first_fold_option(given: Mapping[str, Any]) -> str | None:
    """Return the first option on folds that was typed, as it was; None without."""
    typed = (name for name in FOLDS if given[name] is not None and given[name] is not False)
    return next((f"--{name.replace('_', '-')}" for name in typed), None)


def _check_groups(given: Mapping[str, Any], is_combinatorial: bool) -> None:
    from utils.errors import ConfigError

    for name in ("groups", "tested"):
        if given[name] is not None and not is_combinatorial:
            raise ConfigError(f"`--{name}` needs --combinatorial")


def _anchor(text: str | None) -> str | int | None:
    return int(text) if text is not None and text.isdigit() else text


def _seeds(text: str | None) -> tuple[int, ...] | None:
    from utils.errors import ConfigError

    if text is None:
        return None
    try:
        return tuple(int(seed) for seed in text.split(","))
    except ValueError as error:
        raise ConfigError(
            f"`--seeds` must be whole numbers by commas, such as 0,1,2, was {text!r}"
        ) from error
