"""Scale features to what a network likes: centred, of size one, clipped.

Constants come either from the feature table (nominal: nothing is fitted, so nothing can leak) or
from training rows, by one of the fits of data/scaler_fits.py; then from all rows alike, or apart
from those in regular hours and those outside. A row is scaled from itself alone, so that one live
row gives the bits that it gives among all rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.feature_set import FeatureSet
from data.indicators.bar import Floats
from data.scaler_fits import FITS, N_KNOTS, normal_scores
from utils.errors import ArtifactError, ConfigError, DataError
from utils.logger import get_logger
from utils.registry import lookup

DEFAULT_CLIP = 5.0
NOMINAL = "nominal"
RANKS = "rank_normal"
KINDS = (NOMINAL, *FITS)

BLOCK_ROWS = 4_096
"""Rows that are scaled at once, so that what is needed in between stays small."""

CLIPPED_SHARE = 0.05
ROWS_TO_JUDGE = 500
"""Nominal scaling is warned of from this share beyond the clip on, of so many rows or more."""

MAX_NAMED = 5
"""Columns that are named in full in one line."""

_log = get_logger("scaler")


@dataclass(frozen=True, kw_only=True)  # no slots: the constants are kept as arrays too
class Scaler:
    """(value - centre) / spread per column, clipped to [-clip, clip].

    Attributes:
        columns: Names of the columns, in order.
        centre: One per column.
        spread: One per column, > 0.
        clip: Largest scaled size, in spreads.
        kind: "nominal", from the feature table, or what was fitted on training rows: "standard"
            (mean and deviation), "robust" (median and quartiles) or "rank_normal" (normal scores).
        knots: For "rank_normal" the training quantiles of each column, which turn a value into its
            normal score before it is centred; else empty.
        regular_hours: What rows in regular hours are scaled by, where those are scaled apart; this
            one is then for all other rows.
    """

    columns: tuple[str, ...]
    centre: tuple[float, ...]
    spread: tuple[float, ...]
    clip: float = DEFAULT_CLIP
    kind: str
    knots: tuple[tuple[float, ...], ...] = ()
    regular_hours: "Scaler | None" = None

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
        _check_knots(self.knots, len(self.columns) if self.kind == RANKS else 0)
        if self.regular_hours is not None:
            _check_twin(self, self.regular_hours)

    @property
    def is_session_aware(self) -> bool:
        """Whether `transform` must be told which rows lie in regular hours."""
        return self.regular_hours is not None

    @classmethod
    def nominal(cls, feature_set: FeatureSet) -> "Scaler":
        """Return the scaling of the feature table; it only clips external columns."""
        return cls(
            columns=feature_set.columns,
            centre=feature_set.nominal_centre,
            spread=feature_set.nominal_spread,
            kind=NOMINAL,
        )

    @classmethod
    def fit(
        cls,
        rows: Floats,
        columns: Sequence[str],
        clip: float = DEFAULT_CLIP,
        kind: str = "standard",
        is_rth: NDArray[np.bool_] | None = None,
    ) -> "Scaler":
        """Return the scaling that gives `rows` centre 0 and size 1.

        Warning:
            Pass training rows only: fitted on rows that are tested later, it tells the agent about
            them.

        Args:
            rows: Unscaled values, shape (n, n_columns); rows with a NaN (warm-up) are left out.
            columns: Their names, in order.
            clip: Largest scaled size, in spreads.
            kind: Key of FITS.
            is_rth: Which rows lie in regular hours, shape (n,), to scale them apart; None scales
                all alike.

        Raises:
            ConfigError: If the names do not fit the rows, or there is no such kind.
            DataError: If no row is complete, or the values of a column are too large to square.
        """
        _check_width(rows, columns)
        if is_rth is None:
            return cls._fitted(rows, columns, clip, kind, None)
        regular = cls._fitted(rows[is_rth], columns, clip, kind, None, "of regular hours ")
        return cls._fitted(rows[~is_rth], columns, clip, kind, regular, "outside regular hours ")

    @classmethod
    def _fitted(
        cls,
        rows: Floats,
        columns: Sequence[str],
        clip: float,
        kind: str,
        regular_hours: "Scaler | None",
        which: str = "",
    ) -> "Scaler":
        complete = rows[np.isfinite(rows).all(axis=1)]
        if len(complete) == 0:
            raise DataError(
                f"none of {len(rows)} rows {which}has all features: "
                "the scaler needs more bars than their warm-up"
            )
        centre, spread, knots = lookup(FITS, kind, "scaler")(complete, columns)
        return cls(
            columns=tuple(columns),
            centre=tuple(centre.tolist()),
            spread=tuple(spread.tolist()),
            clip=clip,
            kind=kind,
            knots=() if knots is None else tuple(map(tuple, knots.tolist())),
            regular_hours=regular_hours,
        )

    def transform(
        self, rows: Floats, is_rth: NDArray[np.bool_] | bool | None = None
    ) -> NDArray[np.float32]:
        """Return scaled rows, same shape, C-contiguous; NaN stays NaN, infinities are clipped.

        Columns of which nominal scaling clips much are named in the log: their values are not as
        the feature table has them, e.g. on bars of another size, or it knows nothing of them.

        Args:
            rows: Unscaled values, shape (n, n_columns), or one row (n_columns,).
            is_rth: Whether each row lies in regular hours, shape (n,), or one value for all; needed
                where these are scaled apart, else ignored.

        Raises:
            ConfigError: If the rows have another width, or `is_rth` is needed and missing.
        """
        _check_width(rows, self.columns)
        if self.regular_hours is not None and is_rth is None:
            raise ConfigError(
                "this scaler scales regular hours apart: say with `is_rth` which rows lie in them"
            )
        table = rows.reshape(-1, len(self.columns))
        flags = np.broadcast_to(np.asarray(is_rth, dtype=np.bool_), len(table))
        scaled = np.empty(table.shape, dtype=np.float32)
        for start in range(0, len(table), BLOCK_ROWS):
            block = slice(start, start + BLOCK_ROWS)
            scaled[block] = self._scaled(table[block])
            if self.regular_hours is not None:
                own = start + np.flatnonzero(flags[block])
                scaled[own] = self.regular_hours._scaled(table[own])
        if self.kind == NOMINAL and len(table) >= ROWS_TO_JUDGE:
            self._warn_of_clipping(scaled)
        return scaled.reshape(rows.shape)

    def _scaled(self, rows: Floats) -> Floats:
        centre, spread, knots = self._constants
        values = np.ascontiguousarray(rows, dtype=np.float64)
        if self.kind == RANKS:
            scores = np.empty_like(values)
            normal_scores(values, knots, scores)
            values = scores
        return np.clip((values - centre) / spread, -self.clip, self.clip)

    @cached_property
    def _constants(self) -> tuple[Floats, Floats, Floats]:
        """Centres, spreads and knots as arrays."""
        return np.array(self.centre), np.array(self.spread), np.array(self.knots)

    def _warn_of_clipping(self, scaled: NDArray[np.float32]) -> None:
        """Name the columns of which much lies beyond the clip."""
        shares = np.mean(np.abs(scaled) >= self.clip, axis=0)
        clipped = np.flatnonzero(shares > CLIPPED_SHARE)
        if len(clipped):
            named = ", ".join(f"{self.columns[i]} {shares[i]:.0%}" for i in clipped[:MAX_NAMED])
            _log.warning(
                "nominal scaling clips %d of %d columns in many of %d rows (%s%s): fit a scaler "
                "on training rows, e.g. Scaler.fit(rows, columns)",
                len(clipped),
                len(self.columns),
                len(scaled),
                named,
                ", ..." if len(clipped) > MAX_NAMED else "",
            )

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
            regular = stored.get("regular_hours")
            return cls(
                columns=tuple(str(name) for name in stored["columns"]),
                centre=tuple(float(value) for value in stored["centre"]),
                spread=tuple(float(value) for value in stored["spread"]),
                clip=float(stored["clip"]),
                kind=stored["kind"],
                # Models from before there were these two have neither.
                knots=tuple(tuple(float(x) for x in own) for own in stored.get("knots", ())),
                regular_hours=None if regular is None else cls.from_dict(regular),
            )
        except (KeyError, TypeError, ValueError, AttributeError, ConfigError) as error:
            raise ArtifactError(f"the stored scaler is damaged ({error}); retrain") from error


def _check_knots(knots: tuple[tuple[float, ...], ...], n_columns: int) -> None:
    """Refuse knots that could not rank: one ascending row per column, none for other kinds."""
    if len(knots) != n_columns or any(len(own) != N_KNOTS for own in knots):
        raise ConfigError(f"the scaler needs {N_KNOTS} knots for each of {n_columns} columns")
    values = np.array(knots)
    if not np.isfinite(values).all() or (n_columns and (np.diff(values, axis=1) < 0).any()):
        raise ConfigError("the knots of a scaler must be finite and ascend")


def _check_twin(scaler: Scaler, twin: Scaler) -> None:
    """Refuse a scaler of regular hours that is not for the same columns, in the same way."""
    same = (twin.columns, twin.kind, twin.clip) == (scaler.columns, scaler.kind, scaler.clip)
    if not same or twin.regular_hours is not None:
        raise ConfigError("the scaler of regular hours must be of the same columns, kind and clip")


def _check_width(rows: Floats, columns: Sequence[str]) -> None:
    if rows.shape[-1] != len(columns):
        raise ConfigError(f"rows have {rows.shape[-1]} columns, the scaler is for {len(columns)}")
