"""All numbers of a forecaster in one table of arrays: what each name begins with, and the way back.

`base/h12/return/` is the family's model of the return over 12 bars, `fallback/...` the one that
stands in for it.
"""

from collections.abc import Iterator, Sequence

from config.forecast_settings import ForecastSettings
from data.forecast_names import Head
from models.forecast.family import Arrays, QuantileModel
from models.forecast.forecaster_identity import source_settings
from models.forecast.forecaster_training import Models, unfitted_models
from models.forecast.inputs import ForecastInputs
from utils.errors import ArtifactError

INPUTS, ONLINE = "inputs/", "online/"
SOURCES = ("base", "fallback")
"""Names of a forecaster's sources of forecasts, in order."""


def named_models(
    sources: Sequence[Models], settings: ForecastSettings, heads: Sequence[Head]
) -> Iterator[tuple[str, QuantileModel]]:
    """Yield each model and what the names of its arrays begin with."""
    prefixes = _model_prefixes(settings, heads)
    models = (model for source in sources for row in source for model in row)
    yield from zip(prefixes, models, strict=True)


def below(arrays: Arrays, prefix: str) -> Arrays:
    """Return the arrays whose name begins with `prefix`, by the rest of it."""
    return {
        name.removeprefix(prefix): array
        for name, array in arrays.items()
        if name.startswith(prefix)
    }


def check_prefixes(
    arrays: Arrays, settings: ForecastSettings, heads: Sequence[Head], where: str
) -> None:
    """Refuse an array that no part of such a forecaster has.

    Raises:
        ArtifactError: Naming the file `where` and the first one.
    """
    known = (INPUTS, ONLINE, *_model_prefixes(settings, heads))
    strange = sorted(name for name in arrays if not name.startswith(known))
    if strange:
        raise ArtifactError(
            f"`{where}`: array `{strange[0]}` is of no part of this forecaster; retrain or re-point"
        )


def loaded_sources(
    settings: ForecastSettings,
    heads: Sequence[Head],
    inputs: ForecastInputs,
    arrays: Arrays,
    where: str,
) -> tuple[Models, ...]:
    """Return the models of every source, as their arrays say.

    Raises:
        ArtifactError: Naming the file `where` and the first array that does not fit.
    """
    sources = tuple(unfitted_models(one, heads, inputs) for one in source_settings(settings))
    for prefix, model in named_models(sources, settings, heads):
        model.load_arrays(below(arrays, prefix), f"{where}: {prefix}")
    return sources


def _model_prefixes(settings: ForecastSettings, heads: Sequence[Head]) -> tuple[str, ...]:
    """Return what the arrays of each model begin with, in order."""
    return tuple(
        f"{source}/h{horizon}/{head}/"
        for source in SOURCES[: len(source_settings(settings))]
        for horizon in settings.horizons
        for head in heads
    )
