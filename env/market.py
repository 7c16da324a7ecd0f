"""One span of bars as the simulation needs it: prices in ticks, features scaled, nothing else.

Forecasts are further columns of the features, the last ones; an observation tells the two apart.

A market does not change, so that any number of environments and back-tests share one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.instruments import Instrument, get_instrument
from data.bars import PRICE_COLUMNS, bar_seconds, check_bars
from data.calendar import Calendar, calendar_of, is_rth
from data.feature_set import FeatureSet
from data.preprocessor import Scaler
from env.bar_places import is_regular, minutes_left
from env.contract_changes import GAP_COLUMN, contract_changes, roll_gaps
from env.kernel.types import BAR_TICKS
from utils.errors import ConfigError, DataError

MOSTLY = 0.5
"""Share of a column's values that may lie beyond the clip before it is refused."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Market:
    """Bars and features of one instrument, oldest first. Row t of each is known at its close.

    Attributes:
        instrument: What is traded.
        timestamps: (n,) UTC, open time of each bar.
        bars: (n,) BAR_TICKS records; read by name, e.g. `bars.close`. Prices and roll gaps only:
            what depends on an account's settings is added by env/account_bars.py.
        features: (n, n_features + n_forecasts) float32, scaled, C-contiguous; NaN in warm-up rows
            only, which those before the first forecast are.
        feature_set: Which features, in order, and which forecasts after them.
        scaler: How they were scaled.
        trade_dates: (n,) datetime64[D], by the instrument's own clock.
        is_roll: (n,) whether a bar is the first of a new contract.
        has_roll_gaps: Whether the frame says how far apart the contracts were.
    """

    instrument: Instrument
    timestamps: pd.DatetimeIndex
    bars: np.recarray[Any, np.dtype[np.void]]
    features: NDArray[np.float32]
    feature_set: FeatureSet
    scaler: Scaler
    trade_dates: NDArray[np.datetime64]
    is_roll: NDArray[np.bool_]
    has_roll_gaps: bool

    @property
    def n_bars(self) -> int:
        """Rows in all."""
        return len(self.timestamps)

    @property
    def n_forecasts(self) -> int:
        """Columns of forecasts, the last ones of `features`."""
        return len(self.feature_set.forecasts)

    @property
    def n_features(self) -> int:
        """Columns of `features` before those."""
        return int(self.features.shape[1]) - self.n_forecasts

    @cached_property
    def windowed(self) -> NDArray[np.float32]:
        """What windows are made of: (n, n_features), C-contiguous."""
        return np.ascontiguousarray(self.features[:, : self.n_features])

    @cached_property
    def forecasts(self) -> NDArray[np.float32] | None:
        """What is seen of a row's forecasts: (n, n_forecasts), C-contiguous; None without."""
        if self.n_forecasts == 0:
            return None
        return np.ascontiguousarray(self.features[:, self.n_features :])

    @cached_property
    def bar_seconds(self) -> int:
        """Usual time from one bar to the next, seconds."""
        return bar_seconds(self.timestamps)

    @property
    def calendar(self) -> Calendar:
        """The sessions of the instrument."""
        return calendar_of(self.instrument.symbol)

    @cached_property
    def session_bounds(self) -> NDArray[np.int64]:
        """First and last row of each trade date that has bars, shape (n_sessions, 2)."""
        starts = np.flatnonzero(self.trade_dates[1:] != self.trade_dates[:-1]) + 1
        firsts = np.concatenate([[0], starts])
        lasts = np.concatenate([starts, [self.n_bars]]) - 1
        return np.stack([firsts, lasts], axis=1)

    @cached_property
    def is_regular(self) -> NDArray[np.bool_]:
        """Whether each bar opens in the instrument's regular hours, shape (n,).

        By the time of day on a weekday; a holiday has them too.
        """
        return is_regular(self.calendar, self.timestamps)

    def minutes_left(self) -> NDArray[np.float64]:
        """Return the minutes from each bar's close to its session's, shape (n,).

        By the calendar, so that half days count, and no later bar is asked. Below zero for bars
        that lie beyond the close, or on a day without a session.
        """
        return minutes_left(self.calendar, self.timestamps, self.bar_seconds)

    @cached_property
    def first_valid(self) -> int:
        """First row whose features are all there; so are those of every later row.

        Raises:
            DataError: If there is no such row, or a later one has NaN.
        """
        is_complete = np.asarray(np.isfinite(self.features).all(axis=1))
        if not is_complete.any():
            raise DataError(
                f"none of {self.n_bars} bars has all features: {self.feature_set.warm_up} bars "
                "warm them up; give more bars or choose shorter features"
            )
        first = int(is_complete.argmax())
        if not is_complete[first:].all():
            row = first + int(is_complete[first:].argmin())
            column = self.scaler.columns[int(np.isfinite(self.features[row]).argmin())]
            raise DataError(
                f"feature `{column}` is NaN at {self.timestamps[row]}, after its warm-up; "
                "correct the column or leave it out"
            )
        return first

    def head(self, stop: int) -> "Market":
        """Return the market of the rows before `stop`, as views: nothing later can be seen there.

        Raises:
            ConfigError: If `stop` is no number of rows in [1, n_bars].
        """
        if not 1 <= stop <= self.n_bars:
            raise ConfigError(
                f"`stop` must be in [1, {self.n_bars}], the market's rows, was {stop}"
            )
        if stop == self.n_bars:
            return self
        return replace(
            self,
            timestamps=self.timestamps[:stop],
            bars=self.bars[:stop].view(np.recarray),
            features=self.features[:stop],
            trade_dates=self.trade_dates[:stop],
            is_roll=self.is_roll[:stop],
        )

    def first_decision(self, lookback: int) -> int:
        """Return the first row whose window of `lookback` rows is complete; it may not exist."""
        return self.first_valid + lookback - 1


def build_market(
    df: pd.DataFrame,
    feature_columns: Sequence[str],
    *,
    symbol: str = "MNQ",
    scaler: Scaler | None = None,
    forecast_columns: Sequence[str] = (),
) -> Market:
    """Return the market of a bar frame.

    Args:
        df: Bars, as for `check_bars`; further columns may serve as features.
        feature_columns: Features by name, in order: ours, or columns of `df`.
        symbol: Key of INSTRUMENTS; its tick grid must fit the prices.
        scaler: Fitted on training rows; None scales by the fixed constants of the feature table,
            which cannot leak.
        forecast_columns: Columns of `df` that `data.forecast_store.with_forecasts` has joined.

    Raises:
        ConfigError: For an unknown symbol or feature, a forecast among the features, a scaler of
            other columns, or none where a column of `df` is mostly beyond the clip.
        DataError: For bars that break an invariant, gaps of rolls off the tick grid, too few bars
            for the features, or forecasts that were learnt from bars too close to a row.
    """
    instrument = get_instrument(symbol)
    if not isinstance(df, pd.DataFrame):
        raise ConfigError(f"`df` must be a pandas DataFrame of bars, was {type(df).__name__}")
    bars = check_bars(df, instrument)
    ticks = _in_ticks(bars, instrument)
    feature_set = FeatureSet(feature_columns, tuple(bars.columns), forecasts=forecast_columns)
    scaling = Scaler.nominal(feature_set) if scaler is None else scaler
    scaling.check_columns(feature_set.columns)
    values = feature_set.compute(bars)
    if scaler is None:
        _check_own_columns(feature_set, values, scaling.clip)
    stamps = pd.DatetimeIndex(bars.index)
    market = Market(
        instrument=instrument,
        timestamps=stamps,
        bars=ticks,
        features=scaling.transform(values, is_rth(stamps) if scaling.is_session_aware else None),
        feature_set=feature_set,
        scaler=scaling,
        trade_dates=calendar_of(symbol).trade_dates(stamps),
        is_roll=contract_changes(bars, ticks.roll_gap),
        has_roll_gaps=GAP_COLUMN in bars.columns,
    )
    _ = market.first_valid  # refuses incomplete features here, not in the first episode
    return market


def _check_own_columns(feature_set: FeatureSet, values: NDArray[np.float64], clip: float) -> None:
    """Refuse columns of unknown size that clipping alone would make nearly constant."""
    for name in (*feature_set.external, *feature_set.library):
        column = values[:, feature_set.columns.index(name)]
        finite = column[np.isfinite(column)]
        if np.mean(np.abs(finite) > clip) > MOSTLY:
            raise ConfigError(
                f"column `{name}` ranges from {finite.min():.6g} to {finite.max():.6g}, mostly "
                f"beyond the clip of +-{clip:g}: pass scaler=Scaler.fit(train_rows, columns), or "
                "scale the column"
            )


def _in_ticks(bars: pd.DataFrame, instrument: Instrument) -> np.recarray[Any, np.dtype[np.void]]:
    """Return prices and roll gaps as BAR_TICKS records."""
    ticks = np.zeros(len(bars), dtype=BAR_TICKS).view(np.recarray)
    for name in PRICE_COLUMNS:
        ticks[name] = instrument.to_ticks(bars[name].to_numpy())
    ticks["roll_gap"] = roll_gaps(bars, instrument)
    ticks["average_range"] = np.nan
    return ticks
