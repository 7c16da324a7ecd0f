"""Scale features to what a network likes: centred, of size one, clipped.

Constants come either from the feature table (nominal: nothing is fitted, so nothing can leak) or
from training rows. Cleaning and resampling of bars are not in this version.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from data.feature_set import FeatureSet
from data.indicators.bar import Floats
from utils.errors import ArtifactError, ConfigError, DataError

DEFAULT_CLIP = 5.0
KINDS = ("nominal", "standard")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaler:
    """(value - centre) / spread per column, clipped to [-clip, clip].

    Attributes:
        columns: Names of the columns, in order.
        centre: One per column.
        spread: One per column, > 0.
        clip: Largest scaled size, in spreads.
        kind: "nominal", from the feature table, or "standard", fitted on training rows.
    """

    columns: tuple[str, ...]
    centre: tuple[float, ...]
    spread: tuple[float, ...]
    clip: float = DEFAULT_CLIP
    kind: Literal["nominal", "standard"]

    def __post_init__(self) -> None:
        """Refuse constants that could not scale."""
        if not len(self.columns) == len(self.centre) == len(self.spread):
            raise ConfigError(
                f"a scaler needs one centre and one spread per column ({len(self.columns)}), "
                f"had {len(self.centre)} and {len(self.spread)}"
            )
        constants = np.array([*self.centre, *self.spread, self.clip])
        if not np.isfinite(constants).all() or (constants[len(self.centre) :] <= 0).any():
            raise ConfigError("a scaler needs finite centres, spreads > 0 and clip > 0")
        if self.kind not in KINDS:
            raise ConfigError(
                f"`kind` of a scaler must be one of {', '.join(KINDS)}, was `{self.kind}`"
            )

    @classmethod
    def nominal(cls, feature_set: FeatureSet) -> "Scaler":
        """Return the scaling of the feature table; it only clips external columns."""
        return cls(
            columns=feature_set.columns,
            centre=feature_set.nominal_centre,
            spread=feature_set.nominal_spread,
            kind="nominal",
        )

    @classmethod
    def fit(cls, rows: Floats, columns: Sequence[str], clip: float = DEFAULT_CLIP) -> "Scaler":
        """Return the scaling that gives `rows` mean 0 and standard deviation 1.

        Warning:
            Pass training rows only: fitted on rows that are tested later, it tells the agent about
            them.

        Args:
            rows: Unscaled values, shape (n, n_columns); rows with a NaN (warm-up) are left out.
            columns: Their names, in order.
            clip: Largest scaled size, in spreads.

        Raises:
            ConfigError: If the names do not fit the rows.
            DataError: If no row is complete, or the values of a column are too large to square.
        """
        _check_width(rows, columns)
        complete = rows[np.isfinite(rows).all(axis=1)]
        if len(complete) == 0:
            raise DataError(
                f"none of {len(rows)} rows has all features: "
                "the scaler needs more bars than their warm-up"
            )
        with np.errstate(over="ignore", under="ignore", invalid="ignore"):
            centre, deviation = complete.mean(axis=0), complete.std(axis=0)
        _check_size(centre, deviation, columns)
        # The deviation of equal values may be dust, that of minute differences may vanish.
        is_constant = (complete == complete[0]).all(axis=0) | (deviation == 0.0)
        spread = np.where(is_constant, 1.0, deviation)
        return cls(
            columns=tuple(columns),
            centre=tuple(centre.tolist()),
            spread=tuple(spread.tolist()),
            clip=clip,
            kind="standard",
        )

    def transform(self, rows: Floats) -> NDArray[np.float32]:
        """Return scaled rows, same shape, C-contiguous; NaN stays NaN.

        Args:
            rows: Unscaled values, shape (n, n_columns), or one row (n_columns,).
        """
        _check_width(rows, self.columns)
        scaled = (rows - np.array(self.centre)) / np.array(self.spread)
        return np.ascontiguousarray(np.clip(scaled, -self.clip, self.clip), dtype=np.float32)

    def check_columns(self, columns: Sequence[str]) -> None:
        """Raise a ConfigError unless the scaler is for exactly these columns, in this order."""
        if tuple(columns) != self.columns:
            raise ConfigError(
                f"the scaler is for columns {', '.join(self.columns)}, "
                f"the features are {', '.join(columns)}"
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the constants, ready for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "Scaler":
        """Return the scaler of `to_dict`, after JSON or not.

        Raises:
            ArtifactError: If the record is damaged.
        """
        try:
            return cls(
                columns=tuple(str(name) for name in stored["columns"]),
                centre=tuple(float(value) for value in stored["centre"]),
                spread=tuple(float(value) for value in stored["spread"]),
                clip=float(stored["clip"]),
                kind=stored["kind"],
            )
        except (KeyError, TypeError, ValueError, ConfigError) as error:
            raise ArtifactError(f"the stored scaler is damaged ({error}); retrain") from error


def _check_size(centre: Floats, deviation: Floats, columns: Sequence[str]) -> None:
    for name, is_finite in zip(columns, np.isfinite(centre + deviation), strict=True):
        if not is_finite:
            raise DataError(
                f"the values of column `{name}` are too large to scale: their mean or standard "
                "deviation overflows; correct the column or leave it out"
            )


def _check_width(rows: Floats, columns: Sequence[str]) -> None:
    if rows.shape[-1] != len(columns):
        raise ConfigError(f"rows have {rows.shape[-1]} columns, the scaler is for {len(columns)}")
