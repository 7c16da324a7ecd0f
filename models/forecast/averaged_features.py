"""Features and what they were of late: exponential averages that a family may see beside them.

The newest value of a noisy feature says little, its average may say much. Averages go on over the
breaks between sessions; without half-lives there are none.
"""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from data.feature_set import FeatureSet
from data.feature_stream import FeatureStream
from data.indicators.bar import Bar
from models.compiled.running_averages import average_rows
from models.forecast.family import Floats
from utils.errors import ConfigError

AVERAGE = "_ema"
"""`rsi_ema8`: the average of half-life 8 bars of column `rsi`."""

_STATE_TYPE = np.dtype("<f8")


class AveragedFeatures:
    """The features of one set, then their averages by each half-life."""

    def __init__(self, features: FeatureSet, half_lives: Sequence[int] = (), is_seen: bool = True):
        """Name the columns.

        Args:
            features: What is averaged, every column of them.
            half_lives: In bars, rising, each >= 1.
            is_seen: Whether anybody looks at them: otherwise there are no columns, and nothing is
                computed.

        Raises:
            ConfigError: If a feature has the name of an average.
        """
        self._features, self._is_seen = features, is_seen
        self._averages = RunningAverages(features.columns, half_lives if is_seen else ())
        taken = sorted(set(features.columns) & set(self._averages.columns))
        if taken:
            raise ConfigError(
                f"feature `{taken[0]}` has the name of an average that `averages` adds: rename "
                f"the column, or leave it out"
            )

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the values, in order."""
        own = self._features.columns if self._is_seen else ()
        return (*own, *self._averages.columns)

    def compute(self, frame: pd.DataFrame) -> Floats:
        """Return features and averages of all bars, (n, n_columns).

        At bar t uses bars <= t; averages begin with the first value in `frame`, and are NaN while
        their feature is. Errors are those of `FeatureSet.compute`.
        """
        if not self._is_seen:
            return np.empty((len(frame), 0))
        values = self._features.compute(frame)
        return self._averages.beside(values, self._averages.birth())

    def stream(self) -> "AveragedStream":
        """Return the same for live bars, before the first bar.

        Raises:
            ConfigError: If a feature cannot be computed live.
        """
        if not self._is_seen:
            return AveragedStream(FeatureStream((), self._features.hash), self._averages)
        return AveragedStream(self._features.stream(), self._averages)


class RunningAverages:
    """Which averages there are of some columns, and how they are taken.

    Attributes:
        columns: Their names: all columns by the first half-life, then by the second.
    """

    def __init__(self, columns: Sequence[str], half_lives: Sequence[int]):
        """Name the averages of `columns` by half-lives in bars."""
        self.columns = tuple(f"{name}{AVERAGE}{life}" for life in half_lives for name in columns)
        self._shape = (len(half_lives), len(columns))
        self._weights = np.array([1.0 - 0.5 ** (1.0 / life) for life in half_lives])

    def birth(self) -> Floats:
        """Return the state before the first row: no average has begun."""
        return np.full(self._shape, np.nan)

    def beside(self, values: Floats, state: Floats) -> Floats:
        """Take rows (n, m) into `state`; return them with the averages to their right."""
        if not self.columns:
            return values
        out = np.empty((len(values), len(self.columns)))
        average_rows(state, self._weights, np.ascontiguousarray(values), out)
        return np.hstack([values, out])


class AveragedStream:
    """Features and averages bar by bar: bit for bit the rows of `AveragedFeatures.compute`."""

    def __init__(self, features: FeatureStream, averages: RunningAverages):
        """Start before the first bar.

        Args:
            features: Before their first bar.
            averages: Of their columns.
        """
        self._features, self._averages = features, averages
        self._state = averages.birth()

    def update(self, bar: Bar) -> Floats:
        """Take in one closed bar and return its row, (n_columns,).

        Raises:
            DataError: If it is not finite; the state is then as it was.
        """
        return self._averages.beside(self._features.update(bar)[None], self._state)[0]

    def snapshot(self) -> bytes:
        """Return the state after the last bar; `restore` in another process goes on from there."""
        return self._features.snapshot() + self._state.astype(_STATE_TYPE).tobytes()

    def restore(self, snapshot: bytes) -> None:
        """Go back, or on, to the state of a snapshot.

        Raises:
            ArtifactError: If it is of other features or averages, or damaged; the state is then as
                it was.
        """
        end = max(len(snapshot) - self._state.nbytes, 0)
        self._features.restore(snapshot[:end])  # which also refuses a length that does not fit
        own = np.frombuffer(snapshot[end:], dtype=_STATE_TYPE)
        self._state = own.reshape(self._state.shape).astype(np.float64)
