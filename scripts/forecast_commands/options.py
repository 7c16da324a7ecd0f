"""The options that say what is forecast and how, and which settings they stand for."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Option

if TYPE_CHECKING:
    from config.forecast_settings import ForecastSettings

DataOption = Annotated[Path, Option(help="Parquet file of bars.")]
SymbolOption = Annotated[
    str | None, Option(help="What to trade them as.", show_default="as the file notes, or MNQ")
]
HorizonOption = Annotated[
    list[int] | None, Option(help="Bars ahead; may be given again.", show_default="3, 12 and 36")
]
HorizonsOption = Annotated[
    str | None, Option(help="Bars ahead, by commas.", show_default="3,12,36")
]
FeaturesOption = Annotated[
    str | None,
    Option(help="Features beside the volatility layer, by commas.", show_default="fourteen"),
]
AveragesOption = Annotated[
    str | None,
    Option(help="Half-lives in bars of averages of each feature, by commas.", show_default="none"),
]
TrainSessionsOption = Annotated[
    int | None, Option(help="Sessions that a training learns from.", show_default="all before")
]
LeastSessionsOption = Annotated[
    int | None, Option(help="Sessions of the first training.", show_default="60")
]
RefitOption = Annotated[
    int | None, Option(help="Sessions that one training forecasts.", show_default="10")
]
SeedOption = Annotated[int | None, Option(help="Of everything that is drawn.", show_default="0")]
WorkersOption = Annotated[int | None, Option(help="Blocks at a time.", show_default="1")]
JsonOption = Annotated[bool, Option("--json", help="Print JSON, one object per line.")]

FAMILY_NAMES = (
    "unconditional, ewma_fhs, harx_fhs, garch_fhs, quantile_regression, random_forest, lightgbm, "
    "neural_network, mixture_density, transformer, ensemble"
)
"""Keys of FAMILIES, told by --help, which does not wait for the families themselves."""

FIELDS = {
    "symbol": "symbol",
    "family": "family",
    "features": "features",
    "train_sessions": "train_sessions",
    "least_sessions": "least_sessions",
    "refit_sessions": "refit_sessions",
    "seed": "seed",
}
"""Parameter of a command: field of ForecastSettings."""


def forecast_settings(given: Mapping[str, Any], symbol: str) -> "ForecastSettings":
    """Return the settings in which what was typed takes the place of the usual.

    Args:
        given: A command's parameters by name; None were not given.
        symbol: What the bars are traded as.

    Raises:
        ConfigError: If a value is out of bounds, or horizons are given twice.
    """
    from config.checking import overridden
    from config.forecast_settings import ForecastSettings

    values = {field: given.get(name) for name, field in FIELDS.items()}
    values |= {"symbol": symbol, "horizons": _horizons(given)}
    values["averages"] = _whole_numbers("averages", given.get("averages"))
    if values["features"] is not None:
        values["features"] = words_of(values["features"])
    known_as = {field: f"--{name.replace('_', '-')}" for name, field in FIELDS.items()}
    known_as |= {"horizons": "--horizons", "averages": "--averages"}
    return overridden(ForecastSettings(), values, "the options of forecast.py", known_as)


def _horizons(given: Mapping[str, Any]) -> tuple[int, ...] | None:
    from utils.errors import ConfigError

    one_by_one, text = given.get("horizon"), given.get("horizons")
    if one_by_one and text is not None:
        raise ConfigError("give `--horizon` or `--horizons`, not both")
    if text is None:
        return tuple(sorted(set(one_by_one))) if one_by_one else None
    return _whole_numbers("horizons", text)


def _whole_numbers(name: str, text: str | None) -> tuple[int, ...] | None:
    """Return the numbers between the commas of an option; None where it was not given."""
    from utils.errors import ConfigError

    if text is None:
        return None
    try:
        return tuple(int(word) for word in words_of(text))
    except ValueError as error:
        raise ConfigError(
            f"`--{name}` must be whole numbers by commas, such as 3,12,36, was {text!r}"
        ) from error


def words_of(text: str) -> tuple[str, ...]:
    """Return what lies between the commas of a text."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def same_command(command: str, given: Mapping[str, Any]) -> str:
    """Return the script and the options with which a command goes on where it was.

    Args:
        command: Its name.
        given: Its parameters by name; None, and a flag that is not set, are left out.
    """
    words = ["scripts/forecast.py", command]
    for name, value in given.items():
        option = f"--{'json' if name == 'as_json' else name.replace('_', '-')}"
        if value is True:
            words.append(option)
        elif value is not None and value is not False:
            for each in value if isinstance(value, list) else [value]:
                words += [option, str(each)]
    return " ".join(map(shlex.quote, words))
