"""The table of families that can be asked for by name, and how a model of each is made."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from models.forecast import learned
from models.forecast.family import FamilyTask, QuantileModel
from models.forecast.fhs import ColumnFhs
from models.forecast.harx_fhs import HarxFhs
from models.forecast.input_names import GARCH_COLUMN, SCALE_COLUMN
from utils.registry import lookup


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One family.

    Attributes:
        make: Returns an unfitted model of a task; what is heavy is imported there.
        needs_garch: Whether its inputs must have the column `garch_scale`.
        sees_features: Whether it looks at features; for one that does not none is computed.
    """

    make: Callable[[FamilyTask], QuantileModel]
    needs_garch: bool = False
    sees_features: bool = True


FAMILIES: dict[str, Family] = {
    "unconditional": Family(make=partial(ColumnFhs, column=None), sees_features=False),
    "ewma_fhs": Family(make=partial(ColumnFhs, column=SCALE_COLUMN), sees_features=False),
    "harx_fhs": Family(make=HarxFhs, sees_features=False),
    "garch_fhs": Family(
        make=partial(ColumnFhs, column=GARCH_COLUMN), needs_garch=True, sees_features=False
    ),
    "quantile_regression": Family(make=learned.quantile_regression),
    "random_forest": Family(make=learned.random_forest),
    "lightgbm": Family(make=learned.lightgbm),
    "neural_network": Family(make=learned.neural_network),
    "mixture_density": Family(make=learned.mixture_density),
    "transformer": Family(make=learned.transformer),
    "ensemble": Family(make=learned.ensemble),
}


def make_model(task: FamilyTask) -> QuantileModel:
    """Return an unfitted model of the task's family; a ConfigError names the choices."""
    return lookup(FAMILIES, task.settings.family, "forecast family").make(task)


def needs_garch(name: str) -> bool:
    """Return whether a family's inputs need GARCH; a ConfigError names the choices."""
    return lookup(FAMILIES, name, "forecast family").needs_garch


def sees_features(name: str) -> bool:
    """Return whether a family looks at features; a ConfigError names the choices."""
    return lookup(FAMILIES, name, "forecast family").sees_features
