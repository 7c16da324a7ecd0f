"""What a forecast is made from: one row of inputs per bar and horizon, all known at its close.

First the scale, then what the volatility layer knows beside it, then features. All but the scales
are brought to mean zero and deviation one by training rows, and clipped. Rows of live bars are left
to models/forecast/input_stream.py.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from config.forecast_settings import ForecastSettings
from data.bars import bar_seconds
from data.feature_set import FeatureSet
from data.indicators.bar import feature_bars
from data.preprocessor import Scaler
from models.forecast.averaged_features import AveragedFeatures
from models.forecast.clock import SessionClock, check_horizons
from models.forecast.families import needs_garch, sees_features
from models.forecast.family import Floats
from models.forecast.input_checks import check_volume
from models.forecast.input_rows import joined, layer_rows, scale_columns, standardised_columns
from models.forecast.input_stream import InputStream
from models.forecast.scale import VolatilityLayer
from models.forecast.scale_fit import fit_layer
from utils.errors import DataError

SETTLED_HALF_LIVES = 3
"""After so many, where an average began is an eighth of it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ForecastInputs:
    """Fitted inputs.

    Attributes:
        layer: The volatility layer.
        features: What there is beside it.
        scalers: One per horizon, of all columns but the scales.
        averages: Half-lives in bars of the features' averages, seen beside them.
        sees_features: Whether features and averages are in the rows: some families need none.
    """

    layer: VolatilityLayer
    features: FeatureSet
    scalers: tuple[Scaler, ...]
    averages: tuple[int, ...] = ()
    sees_features: bool = True

    @classmethod
    def fit(
        cls,
        bars: pd.DataFrame,
        settings: ForecastSettings,
        train: slice,
        has_garch: bool | None = None,
    ) -> "ForecastInputs":
        """Return the inputs that training rows give.

        Rows after `train` are not looked at, rows before it only warm up.

        Args:
            bars: Checked bars, oldest first.
            settings: Symbol, horizons, features and averages are used, and what the family needs.
            train: Rows to learn from, by number.
            has_garch: Whether there is a column `garch_scale`; None: if the family needs one.

        Raises:
            ConfigError: If a horizon is longer than a session, or a feature unknown.
            DataError: If there are too few sessions or bars, prices stand still, or there is no
                volume where a feature needs one.
        """
        first, stop, _ = train.indices(len(bars))
        known = bars.iloc[:stop]
        clock = SessionClock.of(settings.symbol, bar_seconds(pd.DatetimeIndex(bars.index)))
        check_horizons(settings, clock)
        features = FeatureSet(settings.features, tuple(bars.columns))
        is_seen = sees_features(settings.family)
        if is_seen:
            check_volume(known.iloc[first:], features)
        garch = needs_garch(settings.family) if has_garch is None else has_garch
        layer = fit_layer(known, settings, first, clock, garch)
        seen = AveragedFeatures(features, settings.averages, is_seen)
        rows = _unscaled(layer, seen, known)
        scalers = tuple(
            Scaler.fit(values[first:], standardised_columns(layer, seen.columns, place))
            for place, (_, values) in enumerate(rows)
        )
        return cls(
            layer=layer,
            features=features,
            scalers=scalers,
            averages=settings.averages,
            sees_features=is_seen,
        )

    @property
    def horizons(self) -> tuple[int, ...]:
        """Bars ahead, in the order of `compute`."""
        return self.layer.horizons

    @property
    def settled(self) -> int:
        """Bars after which all averages are as good as settled: where they began counts little."""
        longest = max((*self.layer.half_lives, *(self.averages if self.sees_features else ())))
        return SETTLED_HALF_LIVES * longest

    def columns(self, horizon: int) -> tuple[str, ...]:
        """Return the names of the columns of one horizon, in order; the first is `scale`."""
        place = self.horizons.index(horizon)
        return (*scale_columns(self.layer), *self.scalers[place].columns)

    def compute(self, bars: pd.DataFrame) -> list[Floats]:
        """Return the inputs of all bars for each horizon, (n, k); NaN where a row is not complete.

        At bar t uses bars <= t; the first row of `bars` is where all averages begin.

        Raises:
            DataError: If the bars are of another size than those learnt from, or have no volume
                where a feature that is seen needs one.
        """
        self._check_size(bars)
        if self.sees_features:
            check_volume(bars, self.features)
        rows = _unscaled(self.layer, self._seen, bars)
        return [
            joined(scales, values, scaler)
            for (scales, values), scaler in zip(rows, self.scalers, strict=True)
        ]

    def stream(self) -> InputStream:
        """Return the same inputs for live bars, before the first bar.

        Raises:
            ConfigError: If a feature cannot be computed live.
        """
        return InputStream(self.layer, self._seen.stream(), self.scalers)

    @property
    def _seen(self) -> AveragedFeatures:
        """What stands beside the layer's columns."""
        return AveragedFeatures(self.features, self.averages, self.sees_features)

    def _check_size(self, bars: pd.DataFrame) -> None:
        """Refuse bars of another size; a single one has none."""
        seconds = bar_seconds(pd.DatetimeIndex(bars.index))
        if seconds not in (0, self.layer.clock.bar_seconds):
            raise DataError(
                f"the forecast was learnt from bars of {self.layer.clock.bar_seconds} s, these "
                f"have {seconds} s: give bars of that size, or train anew"
            )


def _unscaled(
    layer: VolatilityLayer, features: AveragedFeatures, bars: pd.DataFrame
) -> list[tuple[Floats, Floats]]:
    """Return scales and unscaled other columns of all bars, for each horizon."""
    places = layer.clock.places(pd.DatetimeIndex(bars.index))
    out = layer.run(feature_bars(bars), places.slots, layer.birth())
    outlook = layer.outlook(places.is_open)
    values = features.compute(bars)
    return [
        (scales, np.hstack([own, values]))
        for scales, own in layer_rows(layer, out, outlook, places.patterns, places.slots)
    ]
