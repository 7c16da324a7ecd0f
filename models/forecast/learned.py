"""The makers of learned families, which import what is heavy only when they are asked for."""

from collections.abc import Callable

from models.forecast.family import FamilyTask, QuantileModel
from models.forecast.harx_fhs import HarxFhs
from models.forecast.refined_scale import OnRefinedScale

# ruff: noqa: PLC0415 - torch takes seconds, and most forecasts need none of it


def quantile_regression(task: FamilyTask) -> QuantileModel:
    """Return linear quantiles."""
    from models.forecast.quantile_regression import QuantileRegression

    return OnRefinedScale(task, QuantileRegression(task))


def random_forest(task: FamilyTask) -> QuantileModel:
    """Return a quantile regression forest."""
    from models.forecast.random_forest import RandomForest

    return OnRefinedScale(task, RandomForest(task))


def lightgbm(task: FamilyTask) -> QuantileModel:
    """Return boosted trees."""
    from models.forecast.lightgbm_quantiles import LightgbmQuantiles

    return OnRefinedScale(task, LightgbmQuantiles(task))


def neural_network(task: FamilyTask) -> QuantileModel:
    """Return a network of quantiles."""
    from models.forecast.quantile_net import quantile_net

    return OnRefinedScale(task, quantile_net(task))


def mixture_density(task: FamilyTask) -> QuantileModel:
    """Return a network of mixtures."""
    from models.forecast.mixture_density import mixture_density as unscaled_mixture

    return OnRefinedScale(task, unscaled_mixture(task))


def transformer(task: FamilyTask) -> QuantileModel:
    """Return a network that attends to its inputs."""
    from models.forecast.transformer import Transformer

    return OnRefinedScale(task, Transformer(task))


def ensemble(task: FamilyTask) -> QuantileModel:
    """Return the weighted mean of MEMBERS."""
    from models.forecast.ensemble import Ensemble

    return Ensemble(task, MEMBERS)


MEMBERS: dict[str, Callable[[FamilyTask], QuantileModel]] = {
    "harx_fhs": HarxFhs,
    "quantile_regression": quantile_regression,
    "lightgbm": lightgbm,
    "mixture_density": mixture_density,
}
"""Of the ensemble: families that are quick to fit, and each of another kind."""
