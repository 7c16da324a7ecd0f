"""A trained forecaster: all horizons and heads of one family, the fallback, and what corrects them.

Fitting is left to models/forecast/forecaster_training.py, one bar at a time to forecast_stream.py,
the saved directory to forecaster_files.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from config.forecast_settings import ForecastSettings
from data.forecast_names import HEADS, N_LEVELS, Head
from models.forecast.family import Arrays, Floats, OnProgress
from models.forecast.forecast_stream import ForecastStream
from models.forecast.forecaster_arrays import (
    INPUTS,
    ONLINE,
    below,
    check_prefixes,
    loaded_sources,
    named_models,
)
from models.forecast.forecaster_base import base_forecasts
from models.forecast.forecaster_files import NUMBERS, read_forecaster, write_forecaster
from models.forecast.forecaster_identity import (
    fallback_settings,
    identity_of,
    model_name,
    source_settings,
    training_provenance,
)
from models.forecast.forecaster_manifest import ForecasterDescription, checked_heads
from models.forecast.forecaster_training import (
    FitWatch,
    Models,
    TrainingGround,
    check_ground,
    fit_models,
    unfitted_models,
)
from models.forecast.forecasts import Forecasts
from models.forecast.input_arrays import input_arrays, inputs_of_arrays
from models.forecast.inputs import ForecastInputs
from models.forecast.online import BaseForecasts, OnlineLayer, online_bars


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Forecaster:
    """A forecaster; make it with `fit` or `load`.

    Attributes:
        settings: How it was made.
        heads: What is forecast, in the order of HEADS, the return first.
        inputs: What rows are made of.
        sources: The family's models, and the fallback's if there is an alarm and it is another.
        online: Tracker and alarm as they stand after the last bar that has taught them something;
            never changed here.
        provenance: Where it comes from, JSON values.
    """

    settings: ForecastSettings
    heads: tuple[Head, ...]
    inputs: ForecastInputs
    sources: tuple[Models, ...]
    online: OnlineLayer
    provenance: Mapping[str, Any]

    @classmethod
    def fit(
        cls,
        bars: pd.DataFrame,
        settings: ForecastSettings,
        train: slice | None = None,
        on_progress: OnProgress | None = None,
        tensorboard: Path | None = None,
    ) -> "Forecaster":
        """Return a forecaster of all heads that has learnt from training rows.

        Bars after them are not seen.

        Args:
            bars: Checked bars, oldest first.
            settings: Family, horizons, features and seed.
            train: Rows to learn from, the bars of their labels included; rows before them only
                warm up. None: the last `train_sessions` sessions, or all.
            on_progress: Told what is being done and its share of all, in [0, 1].
            tensorboard: Folder for the curves of models that learn in epochs.

        Raises:
            ConfigError: If a setting fits neither the bars nor the features.
            DataError: If there are too few rows, or they do not vary.
        """
        ground = TrainingGround.of(bars, settings, train)
        watch = FitWatch(on_progress=on_progress, tensorboard=tensorboard)
        return cls.fit_on(ground, settings, HEADS, watch)

    @classmethod
    def fit_on(
        cls,
        ground: TrainingGround,
        settings: ForecastSettings,
        heads: Sequence[Head] = HEADS,
        watch: FitWatch | None = None,
    ) -> "Forecaster":
        """Return a forecaster that has learnt from ground that others may learn from too.

        Args:
            ground: Of settings that differ in the family at most, and in what it sees in nothing.
            settings: How to learn.
            heads: In the order of HEADS, the return first.
            watch: Who looks on.

        Raises:
            ConfigError: If `heads` are others, or the ground has no features for the family.
            DataError: If there are too few rows, or they do not vary.
        """
        chosen = checked_heads(tuple(heads))
        check_ground(ground, settings)
        watch = watch or FitWatch()
        sources = []
        for one in source_settings(settings):
            models = unfitted_models(one, chosen, ground.inputs, watch)
            fit_models(models, ground.rows, chosen, watch)
            sources.append(models)
        last = pd.DatetimeIndex(ground.bars.index)[-1]
        return cls(
            settings=settings,
            heads=chosen,
            inputs=ground.inputs,
            sources=tuple(sources),
            online=OnlineLayer(settings, last.as_unit("ns").value, chosen),
            provenance=training_provenance(ground.bars, settings.symbol),
        )

    @property
    def trained_until(self) -> pd.Timestamp:
        """Stamp of the last bar that it has learnt from, labels included."""
        return pd.Timestamp(self.provenance["training_last"])

    @property
    def model_id(self) -> str:
        """Family, settings and end of training, in one word."""
        return model_name(self.settings, self.trained_until)

    @property
    def fallback_id(self) -> str:
        """The same of the fallback."""
        return model_name(fallback_settings(self.settings), self.trained_until)

    @property
    def identity(self) -> str:
        """SHA-256 of settings, features and all fitted numbers but those of the online layer."""
        return identity_of(self.settings, self.inputs.features.hash, self.arrays())

    def _since(self, online: OnlineLayer) -> int:
        """Return the stamp, in nanoseconds, after which bars are forecast."""
        return max(online.until, self.trained_until.as_unit("ns").value)

    def predict(self, bars: pd.DataFrame, start: int = 0) -> Forecasts:
        """Return the forecasts of all rows, corrected by what has become known up to each.

        At row t uses bars <= t. A row whose session ends before a horizon does is forecast up to
        the session's close. NaN while inputs warm up, and in rows up to the last bar that training
        or the online layer have seen: of those nothing honest can be said.

        Args:
            bars: Checked bars of the size that it learnt from, oldest first; those before the first
                row to be forecast warm the inputs up.
            start: Rows before this one are NaN too.

        Raises:
            DataError: If bars are of another size.
        """
        return self.predict_on(self.online.copy(), bars, start)

    def predict_on(self, online: OnlineLayer, bars: pd.DataFrame, start: int = 0) -> Forecasts:
        """Do as `predict` with a layer that goes on from where it is, and is moved on.

        So the layer of one training is handed to the next one, block by block.
        """
        index = pd.DatetimeIndex(bars.index)
        stamps = index.as_unit("ns").asi8
        seen = int(np.searchsorted(stamps, self._since(online), side="right"))
        first = max(start, seen)
        shape = (len(bars), len(self.settings.horizons), len(self.heads), N_LEVELS)
        quantiles = np.full(shape, np.nan)
        is_fallback = np.zeros(shape[:2], dtype=np.bool_)
        if first < len(bars):
            base = self.base(bars, first)
            previous = int(stamps[first - 1]) if first else None
            ahead = online_bars(bars.iloc[first:], self.settings.symbol)
            quantiles[first:], is_fallback[first:] = online.run(ahead, base, previous)
        return Forecasts(
            index=index,
            horizons=self.settings.horizons,
            heads=self.heads,
            quantiles=quantiles,
            is_fallback=is_fallback,
            trained_until=self.trained_until,
            model_id=self.model_id,
            fallback_id=self.fallback_id,
        )

    def base(self, bars: pd.DataFrame, start: int = 0) -> BaseForecasts:
        """Return what the families forecast of the rows from `start` on, uncorrected."""
        return self.base_of([values[start:] for values in self.inputs.compute(bars)])

    def base_of(self, rows: Sequence[Floats]) -> BaseForecasts:
        """Return what the families forecast of rows of inputs, (n, k) for each horizon."""
        return base_forecasts(self.sources, rows)

    def with_online(self, online: OnlineLayer) -> "Forecaster":
        """Return the same forecaster with another state of tracker and alarm, copied."""
        return replace(self, online=online.copy())

    def stream(self) -> ForecastStream:
        """Return the same forecasts for live bars, before the first bar of history.

        Raises:
            ConfigError: If a feature cannot be computed live.
        """
        return ForecastStream(
            self.inputs.stream(),
            self.base_of,
            self.online.copy(),
            self.inputs.layer.clock,
            self._since(self.online),
            self.identity,
        )

    def arrays(self) -> Arrays:
        """Return all that was fitted, by name, but for the state of the online layer."""
        found = {INPUTS + name: array for name, array in input_arrays(self.inputs).items()}
        for prefix, model in named_models(self.sources, self.settings, self.heads):
            found.update({prefix + name: array for name, array in model.arrays().items()})
        return found

    def save(self, path: Path | str) -> None:
        """Write the forecaster into a new directory, the state of its online layer included.

        Raises:
            ConfigError: If the directory exists with content or cannot be written.
        """
        description = ForecasterDescription(
            settings=self.settings,
            heads=self.heads,
            features=self.inputs.features,
            provenance=self.provenance,
        )
        state = {ONLINE + name: array for name, array in self.online.arrays().items()}
        write_forecaster(Path(path), description, {**self.arrays(), **state})

    @classmethod
    def load(cls, path: Path | str) -> "Forecaster":
        """Return a saved forecaster: it goes on, to the bit, as the one that was saved would.

        Raises:
            ArtifactError: At the first thing that is missing, damaged, edited, or of other features
                or another version.
        """
        described, arrays = read_forecaster(Path(path))
        settings, heads, where = described.settings, described.heads, str(Path(path) / NUMBERS)
        check_prefixes(arrays, settings, heads, where)
        inputs = inputs_of_arrays(settings, described.features, below(arrays, INPUTS), where)
        sources = loaded_sources(settings, heads, inputs, arrays, where)
        last = pd.Timestamp(described.provenance["training_last"]).as_unit("ns").value
        online = OnlineLayer(settings, last, heads)
        online.load_arrays(below(arrays, ONLINE), where)
        return cls(
            settings=settings,
            heads=heads,
            inputs=inputs,
            sources=sources,
            online=online,
            provenance=described.provenance,
        )
