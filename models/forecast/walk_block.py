"""One training of a walk-forward run: several families learn from one block's past and forecast it.

They share what is costly and the same for all: features, the seasonal volatility layer and labels.
What the online layer makes of base forecasts is left to models/forecast/walk_online.py.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from config.forecast_settings import ForecastSettings
from data.forecast_names import HEADS, Head
from models.forecast.families import needs_garch, sees_features
from models.forecast.family import Floats
from models.forecast.forecaster import Forecaster
from models.forecast.forecaster_training import FitWatch, TrainingGround
from models.forecast.walk_files import BlockForecasts
from models.forecast.walk_plan import WalkBlock

MICROSECONDS = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockJob:
    """What is to be forecast of one block; it can be sent to another process.

    Attributes:
        block: Its rows.
        settings: Of all families alike; which family they name is of no account.
        families: Who forecasts it, by their keys in FAMILIES.
        heads: What of it, in the order of HEADS.
        tensorboard: Folder for the curves of families that learn in epochs; None writes none.
    """

    block: WalkBlock
    settings: ForecastSettings
    families: tuple[str, ...]
    heads: tuple[Head, ...] = HEADS
    tensorboard: Path | None = None

    @property
    def name(self) -> str:
        """What errors call it."""
        return self.block.name


def forecast_block(bars: pd.DataFrame, job: BlockJob) -> dict[str, BlockForecasts]:
    """Return what each family forecasts of a block, by its key.

    Learns from the block's training rows alone. At row t of the block uses bars <= t.

    Args:
        bars: Checked bars, oldest first; those after the block are not looked at.
        job: What is to be done.

    Raises:
        DataError: If the training rows are too few, do not vary, or lack what a feature needs.
    """
    known = bars.iloc[: job.block.test.stop]
    found: dict[str, BlockForecasts] = {}
    for families in _alike(job.families):
        settings = job.settings.model_copy(update={"family": families[0]})
        ground = TrainingGround.of(known, settings, job.block.train)
        rows = [values[job.block.test] for values in ground.inputs.compute(known)]
        found |= {name: _forecast(name, job, ground, rows) for name in families}
    return found


def _alike(families: Sequence[str]) -> list[list[str]]:
    """Return families by what they need: one sees the same whoever is asked beside it."""
    groups: dict[tuple[bool, bool], list[str]] = {}
    for name in families:
        groups.setdefault((needs_garch(name), sees_features(name)), []).append(name)
    return list(groups.values())


def _forecast(
    family: str, job: BlockJob, ground: TrainingGround, rows: Sequence[Floats]
) -> BlockForecasts:
    """Return what one family learns from the ground and forecasts of rows of inputs."""
    settings = job.settings.model_copy(update={"family": family, "alarm": False})
    folder = job.tensorboard
    watch = FitWatch(tensorboard=None if folder is None else folder / f"{family}_{job.name}")
    started = time.perf_counter()
    forecaster = Forecaster.fit_on(ground, settings, job.heads, watch)
    fitted = time.perf_counter()
    base = forecaster.base_of(rows)
    seconds = time.perf_counter() - fitted
    return BlockForecasts(
        quantiles=np.asarray(base.sources[0]),
        scale=base.scales,
        fit_seconds=fitted - started,
        row_microseconds=MICROSECONDS * seconds / len(rows[0]),
    )
