"""An ordered selection of features: which they are, their hash, their values over a frame of bars.

How they run is left to data/feature_pass.py, one bar at a time to data/feature_stream.py, scaling
to data/preprocessor.py.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from data.bars import BAR_COLUMNS
from data.feature_names import SEE, find_feature
from data.feature_stream import FeatureStream
from data.features import FEATURES, FeatureSpec
from data.forecast_frame import (
    IDENTITY_PREFIX,
    forecast_values,
    refuse_forecasts,
    selected_forecasts,
)
from data.frame_columns import (
    EXTERNAL_PREFIX,
    ExternalColumn,
    check_library_columns,
    check_same_named,
    external_values,
)
from data.indicators.bar import Floats, feature_bars
from data.kernel_faults import run_pass
from data.library_columns import LibraryColumn, is_library_name, library_column, library_values
from data.recipes import RECIPES, expand_recipes
from data.second_frame import check_other
from utils.errors import ArtifactError, ConfigError
from utils.files import canonical_json, sha256_of_bytes


class FeatureSet:
    """Features in a fixed order. Equal hashes mean equal numbers for equal bars."""

    def __init__(
        self,
        names: Sequence[str],
        frame_columns: Sequence[str] = (),
        table: Mapping[str, FeatureSpec] = FEATURES,
        forecasts: Sequence[str] = (),
    ) -> None:
        """Select features by name.

        A recipe's name stands for its features, a name in `table` is computed here, also where the
        frame has such a column; any other name must be a column of the frame.

        Args:
            names: In the order of the columns that the agent sees.
            frame_columns: What the user's frame brings along.
            table: The features there are; other than FEATURES where a user's own are checked.
            forecasts: Columns of out-of-fold forecasts, in order, after all features.

        Raises:
            ConfigError: If the selection is empty, no list, has a repeated or unknown name, or one
                that a recipe and a column of the frame share; if a forecast is among the features,
                or something else among the forecasts.
        """
        own = dict.fromkeys(frame_columns)
        external = {name: ExternalColumn(name) for name in own}
        choices: dict[str, FeatureSpec | ExternalColumn] = {**external, **table}
        expanded = expand_recipes(_listed(names))
        refuse_forecasts(expanded)
        _check_not_recipes(names, frame_columns)
        self._features = tuple(
            library_column(name) if is_library_name(name) else find_feature(choices, name)
            for name in expanded
        )
        self._forecasts = selected_forecasts(forecasts)
        self._entries = (*self._features, *self._forecasts)
        _check_unique(self.columns)

    @property
    def names(self) -> tuple[str, ...]:
        """Selected features, in order; without forecasts."""
        return tuple(entry.name for entry in self._features)

    @property
    def forecasts(self) -> tuple[str, ...]:
        """Selected columns of forecasts, in order; they are the last of `columns`."""
        return tuple(entry.name for entry in self._forecasts)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the values, in order; a feature may have several."""
        return tuple(column for entry in self._entries for column in entry.columns)

    @property
    def specs(self) -> tuple[FeatureSpec, ...]:
        """The features that are computed, in order."""
        return tuple(entry for entry in self._entries if isinstance(entry, FeatureSpec))

    @property
    def external(self) -> tuple[str, ...]:
        """Columns of the user's frame that are used as they are, in order."""
        return tuple(entry.name for entry in self._entries if isinstance(entry, ExternalColumn))

    @property
    def library(self) -> tuple[str, ...]:
        """Columns that another library computes from all bars at once, in order."""
        return tuple(entry.name for entry in self._entries if isinstance(entry, LibraryColumn))

    @property
    def warm_up(self) -> int:
        """Rows in which at least one computed value is still NaN."""
        return max(entry.warm_up for entry in self._entries)

    @property
    def hash(self) -> str:
        """SHA-256 of the features' identities in order, in hexadecimal."""
        return sha256_of_bytes(canonical_json(self._identities()).encode())

    @property
    def nominal_centre(self) -> tuple[float, ...]:
        """Typical value of each column; 0 for external ones."""
        return tuple(entry.centre for entry in self._entries for _ in entry.columns)

    @property
    def nominal_spread(self) -> tuple[float, ...]:
        """Typical size of each column's departure from its centre; 1 for external ones."""
        return tuple(entry.spread for entry in self._entries for _ in entry.columns)

    def compute(self, frame: pd.DataFrame) -> Floats:
        """Return the features of all bars, and the forecasts after them, shape (n, n_columns).

        At bar t uses bars <= t; external columns are taken as given. NaN only where a feature is
        still warming up, or an external column or the forecasts have not begun.

        Args:
            frame: As `check_bars` returns it.

        Raises:
            DataError: If an external or a library's column has holes, or a column of the frame
                shares a feature's name only, or a feature needs the second instrument's columns, or
                forecasts were learnt too close to a row.
            ConfigError: If a kernel, as only a user's own does, cannot be compiled or raises.
        """
        specs = self.specs
        check_other(frame, specs)
        computed = np.empty((len(frame), sum(len(spec.columns) for spec in specs)))
        if specs:
            state = np.zeros(sum(spec.state_size for spec in specs))
            run_pass(specs, state, feature_bars(frame), computed)
        check_same_named(frame, specs, computed)
        if not self.external and not self.library and not self.forecasts:
            return computed
        values = np.empty((len(frame), len(self.columns)))
        is_external = np.isin(self.columns, self.external)
        is_library = np.isin(self.columns, self.library)
        is_forecast = np.isin(self.columns, self.forecasts)
        values[:, ~is_external & ~is_library & ~is_forecast] = computed
        values[:, is_external] = external_values(frame, self.external)
        values[:, is_library] = self._library_values(frame)
        if self.forecasts:
            values[:, is_forecast] = forecast_values(frame, self.forecasts)
        return values

    def _library_values(self, frame: pd.DataFrame) -> Floats:
        columns = [entry for entry in self._entries if isinstance(entry, LibraryColumn)]
        values = library_values(frame, columns)
        check_library_columns(frame, self.library, values)
        return values

    def stream(self) -> FeatureStream:
        """Return the same features for live bars, before the first bar.

        Forecasts are not among them: a stream of models/forecast makes those.

        Raises:
            ConfigError: If the set has external columns, which no bar carries, or columns of
                another library, which has no step for a single bar.
        """
        if self.external:
            raise ConfigError(
                f"columns of the user's frame cannot be computed live: {', '.join(self.external)}; "
                "select features of our own for live use"
            )
        if self.library:
            raise ConfigError(
                f"columns of other libraries are batch only, not live-safe: "
                f"{', '.join(self.library)}; select features of our own for live use"
            )
        return FeatureStream(self.specs, self.hash)

    def to_dict(self) -> dict[str, Any]:
        """Return what `from_dict` needs to find the same features again, ready for JSON."""
        return {"features": self._identities(), "hash": self.hash}

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "FeatureSet":
        """Return the stored selection, if this version still computes the same numbers.

        Raises:
            ArtifactError: If the record is damaged, or a feature is gone or has changed.
        """
        try:
            identities = [dict(identity) for identity in stored["features"]]
            names = [str(identity["name"]) for identity in identities]
            set_hash = str(stored["hash"])
        except (KeyError, TypeError, ValueError) as error:
            raise ArtifactError("the stored feature set is damaged; retrain the model") from error
        restored = _reselected(cls, names)
        for was, now in zip(identities, restored._identities(), strict=True):
            if was != now:
                raise ArtifactError(
                    f"feature `{was['name']}` has changed: stored as {was}, computed now as {now}; "
                    "retrain the model, or use the version that trained it"
                )
        if set_hash != restored.hash:
            raise ArtifactError("the stored feature set does not have its hash; retrain the model")
        return restored

    def _identities(self) -> list[dict[str, object]]:
        return [entry.identity() for entry in self._entries]


def _listed(names: Sequence[str]) -> Sequence[str]:
    """Return `names`, or raise a ConfigError where it cannot be a selection."""
    if isinstance(names, str):
        raise ConfigError(f"features must be a list of names, was the text `{names}`")
    if not isinstance(names, list | tuple):
        raise ConfigError(f"features must be a list of names, was {type(names).__name__}")
    for name in names:
        if not isinstance(name, str):
            raise ConfigError(f"the name of a feature must be text, was {name!r}; rename it")
    if len(names) == 0:
        raise ConfigError(f"select at least one feature: {SEE}")
    return names


def _check_not_recipes(names: Sequence[str], frame_columns: Sequence[str]) -> None:
    """Refuse a name that means a recipe and a column of the user's; bars have a `volume`."""
    for name in names:
        if name in RECIPES and name in frame_columns and name not in BAR_COLUMNS:
            raise ConfigError(
                f"`{name}` is a recipe and a column of the bars: rename the column, or drop it"
            )


def _check_unique(columns: Sequence[str]) -> None:
    repeated = sorted({name for name in columns if columns.count(name) > 1})
    if repeated:
        raise ConfigError(f"select each feature once, repeated: {', '.join(repeated)}")


def _reselected(cls: type[FeatureSet], names: Sequence[str]) -> FeatureSet:
    """Select stored names again; ones that were external, or forecasts, stay so."""
    forecasts = [
        name.removeprefix(IDENTITY_PREFIX) for name in names if name.startswith(IDENTITY_PREFIX)
    ]
    names = [name for name in names if not name.startswith(IDENTITY_PREFIX)]
    own = [name.removeprefix(EXTERNAL_PREFIX) for name in names if name.startswith(EXTERNAL_PREFIX)]
    recipes = [name for name in names if name.removeprefix(EXTERNAL_PREFIX) in RECIPES]
    if recipes:
        raise ArtifactError(
            f"the stored features have `{recipes[0]}`, which is the name of a recipe now; "
            "retrain the model"
        )
    try:
        return cls(
            [name.removeprefix(EXTERNAL_PREFIX) for name in names],
            frame_columns=own,
            forecasts=forecasts,
        )
    except ConfigError as error:
        raise ArtifactError(
            f"the stored features are not all in this version: {error}; retrain"
        ) from error
