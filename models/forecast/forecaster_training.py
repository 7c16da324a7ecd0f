"""From training bars to the models of all horizons and heads.

Labels are computed of the training bars alone, so that none reaches beyond the last of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from config.forecast_settings import ForecastSettings
from data.calendar import calendar_of
from data.forecast_names import HEADS, Head
from models.forecast.families import make_model, sees_features
from models.forecast.family import FamilyTask, Floats, Integers, OnProgress, QuantileModel
from models.forecast.inputs import ForecastInputs
from models.forecast.targets import forecast_targets
from utils.errors import ConfigError

Models = tuple[tuple[QuantileModel, ...], ...]
"""One per horizon and head, in this order."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainingRows:
    """What the models of one horizon learn from; all rows complete, oldest first.

    Attributes:
        X: (n, k) inputs.
        y: (n, n_heads) labels, in the order of HEADS, log returns.
        realised: (n,) variance of the bars of the label.
        sessions: (n,) number of each row's session.
    """

    X: Floats
    y: Floats
    realised: Floats
    sessions: Integers


@dataclass(frozen=True, slots=True, kw_only=True)
class FitWatch:
    """Who looks on while models learn.

    Attributes:
        on_progress: Told what is being done and its share of all models, in [0, 1].
        tensorboard: Folder for the curves of models that learn in epochs.
    """

    on_progress: OnProgress | None = None
    tensorboard: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TrainingGround:
    """What forecasters of any family learn from; several may share one.

    Attributes:
        inputs: Fitted on the training rows.
        rows: One per horizon.
        bars: The training bars, those that only warm up left out.
    """

    inputs: ForecastInputs
    rows: tuple[TrainingRows, ...]
    bars: pd.DataFrame

    @classmethod
    def of(
        cls,
        bars: pd.DataFrame,
        settings: ForecastSettings,
        train: slice | None = None,
    ) -> "TrainingGround":
        """Return what training rows give; bars after them are not seen.

        Args:
            bars: Checked bars, oldest first.
            settings: Symbol, horizons and features are used, `train_sessions`, and what the
                family needs.
            train: Rows to learn from, the bars of their labels included; rows before them only
                warm up. None: the last `train_sessions` sessions, or all.

        Raises:
            ConfigError: If a setting fits neither the bars nor the features.
            DataError: If there are too few bars or sessions, or prices stand still.
        """
        first, stop = _span(bars, settings, train)
        known = bars.iloc[:stop]
        inputs = ForecastInputs.fit(known, settings, slice(first, stop))
        rows = _training_rows(known, settings, inputs, first)
        return cls(inputs=inputs, rows=rows, bars=known.iloc[first:])


def check_ground(ground: TrainingGround, settings: ForecastSettings) -> None:
    """Refuse the ground of a family that sees something else.

    Raises:
        ConfigError: Naming the family that was to learn from it.
    """
    if ground.inputs.sees_features != sees_features(settings.family):
        has, needs = ("has", "none") if ground.inputs.sees_features else ("has no", "them")
        raise ConfigError(
            f"the training ground {has} features and family `{settings.family}` must see {needs}: "
            f"make one with TrainingGround.of and this family's settings"
        )


def _span(bars: pd.DataFrame, settings: ForecastSettings, train: slice | None) -> tuple[int, int]:
    """Return the first training row and the row after the last."""
    if train is not None:
        first, stop, _ = train.indices(len(bars))
        return first, stop
    if settings.train_sessions is None:
        return 0, len(bars)
    dates = calendar_of(settings.symbol).trade_dates(pd.DatetimeIndex(bars.index))
    starts = np.flatnonzero(np.r_[True, dates[1:] != dates[:-1]])
    return int(starts[-settings.train_sessions :][0]) if len(bars) else 0, len(bars)


def _training_rows(
    bars: pd.DataFrame, settings: ForecastSettings, inputs: ForecastInputs, first: int
) -> tuple[TrainingRows, ...]:
    """Return the rows from `first` on that have inputs and labels."""
    targets = forecast_targets(bars, settings.symbol, settings.horizons)
    found = []
    for place, values in enumerate(inputs.compute(bars)):
        y, realised = targets.y[:, place], targets.realised[:, place]
        is_used = np.isfinite(values).all(axis=1) & np.isfinite(y).all(axis=1)
        is_used &= np.isfinite(realised)
        is_used[:first] = False
        rows = TrainingRows(
            X=values[is_used],
            y=y[is_used],
            realised=realised[is_used],
            sessions=targets.sessions[is_used],
        )
        found.append(rows)
    return tuple(found)


def unfitted_models(
    settings: ForecastSettings,
    heads: Sequence[Head],
    inputs: ForecastInputs,
    watch: FitWatch | None = None,
) -> Models:
    """Return a model for each horizon and head that has learnt nothing yet."""
    watch = watch or FitWatch()
    n_models = len(settings.horizons) * len(heads)
    models = []
    for i, horizon in enumerate(settings.horizons):
        tasks = (
            FamilyTask(
                horizon=horizon,
                head=head,
                columns=inputs.columns(horizon),
                settings=settings,
                tensorboard=_folder(watch, horizon, head),
                on_progress=_part(watch, i * len(heads) + k, n_models),
            )
            for k, head in enumerate(heads)
        )
        models.append(tuple(make_model(task) for task in tasks))
    return tuple(models)


def fit_models(
    models: Models, rows: Sequence[TrainingRows], heads: Sequence[Head], watch: FitWatch
) -> None:
    """Let every model learn from the rows of its horizon.

    Raises:
        DataError: If there are too few rows, or they do not vary.
    """
    n_models, n_done = len(models) * len(heads), 0
    for of_horizon, row in zip(models, rows, strict=True):
        for model, head in zip(of_horizon, heads, strict=True):
            y = np.ascontiguousarray(row.y[:, HEADS.index(head)])
            model.fit(row.X, y, realised=row.realised, sessions=row.sessions)
            n_done += 1
            if watch.on_progress is not None:
                watch.on_progress(f"{n_done} of {n_models} models", n_done / n_models)


def _folder(watch: FitWatch, horizon: int, head: Head) -> Path | None:
    """Return where one model's curves go."""
    return None if watch.tensorboard is None else watch.tensorboard / f"h{horizon}_{head}"


def _part(watch: FitWatch, place: int, n_models: int) -> OnProgress | None:
    """Return what one model tells of its own fit, as a share of all."""
    told = watch.on_progress
    if told is None:
        return None
    return lambda what, share: told(what, (place + share) / n_models)
