"""What a model sees of live bars: its window of scaled features, and forecasts of the last bar.

Each number is made by the code that made it in training: step kernels, the model's own scaler, the
columns of forecasts. At bar t uses bars <= t. A window counts once all of its rows are complete, as
in an episode, which begins where features and forecasts are all there.
"""

from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.feature_stream import REVISABLE_BARS
from data.forecast_columns import column_values
from env.observation import Observation
from trading.bar_verdicts import LiveBar
from trading.model_loading import LoadedModel
from trading.sealed_arrays import Array, as_bytes
from utils.errors import DataError
from utils.files import sha256_of_bytes

_FEATURES, _FORECASTS, _ROWS, _NEXT, _HASH = "features", "forecasts", "rows", "next", "hash"


class SeenBars:
    """The bars of one model, one by one."""

    def __init__(self, model: LoadedModel) -> None:
        """Start before the first bar.

        Raises:
            ConfigError: If a feature cannot be computed live.
        """
        policy = model.policy
        self._columns = policy.feature_set.columns
        self._forecast_columns = policy.feature_set.forecasts
        self._scaler = policy.scaler
        self._lookback = policy.env_settings.lookback_window
        self._features = policy.feature_set.stream()
        self._forecaster = model.forecaster
        self._forecasts = None if model.forecaster is None else model.forecaster.stream()
        self._rows: deque[NDArray[np.float32]] = deque(maxlen=self._lookback + REVISABLE_BARS)
        self._is_complete: deque[bool] = deque(maxlen=self._rows.maxlen)
        self._next: int | None = None
        self.features_hash = ""

    def update(self, bar: LiveBar) -> None:
        """Take in one bar.

        Raises:
            DataError: If it is not the one that comes next, or cannot be used; nothing has changed
                then, and no later bar will do.
        """
        self._check_next(bar.row)
        values = [self._features.update(bar.features)]
        if self._forecasts is not None:
            values.append(self._forecast_values(bar))
        self._add(np.concatenate(values), bar)
        self._next = bar.row + 1

    def revise(self, n_back: int, bars: Sequence[LiveBar]) -> None:
        """Take the last bars back, and these in instead; see `LiveBars.take`.

        Raises:
            DataError: If they lie too far back, or the model sees forecasts, whose stream cannot go
                back: warm up anew from history. Nothing has changed then.
        """
        if self._forecasts is not None:
            raise DataError(
                f"the bar at {bars[0].opened} was corrected, and forecasts cannot take it back: "
                "warm up anew from history"
            )
        if self._next is None or bars[0].row != self._next - n_back:
            raise DataError(
                f"bars from row {bars[0].row} on cannot stand for the last {n_back} before row "
                f"{self._next}: warm up anew from history"
            )
        records = np.array([bar.features for bar in bars]).view(np.recarray)
        values = self._features.revise(n_back, records)
        for _ in range(min(n_back, len(self._rows))):
            self._rows.pop()
            self._is_complete.pop()
        for row, bar in zip(values, bars, strict=True):
            self._add(row, bar)
        self._next = bars[-1].row + 1

    def problem(self) -> str | None:
        """Return why no decision can be made on what is seen; None where one can."""
        n_complete = sum(list(self._is_complete)[-self._lookback :])
        if self._is_complete and not self._is_complete[-1]:
            column = self._columns[int(np.isfinite(self._rows[-1]).argmin())]
            return f"`{column}` is NaN at the last bar"
        if n_complete < self._lookback:
            return f"the window has {n_complete} complete rows of {self._lookback}"
        return None

    def observation(self, position_info: NDArray[np.float32]) -> Observation:
        """Return what the model sees now; the arrays belong to the receiver.

        Args:
            position_info: (4,) of the account at the last close.
        """
        rows = np.array(list(self._rows)[-self._lookback :])
        n_windowed = len(self._columns) - len(self._forecast_columns)
        seen: Observation = {
            "market_features": np.ascontiguousarray(rows[:, :n_windowed]),
            "position_info": position_info.copy(),
        }
        if self._forecast_columns:
            seen["forecast"] = rows[-1, n_windowed:].copy()
        return seen

    def arrays(self) -> dict[str, Array]:
        """Return the state by name."""
        found: dict[str, Any] = {
            _FEATURES: as_bytes(self._features.snapshot()),
            _ROWS: np.array(self._rows, np.float32).reshape(-1, len(self._columns)),
            _NEXT: np.array([] if self._next is None else [self._next], np.int64),
            _HASH: as_bytes(self.features_hash.encode()),
        }
        if self._forecasts is not None:
            found[_FORECASTS] = as_bytes(self._forecasts.snapshot())
        return found

    def load_arrays(self, arrays: dict[str, Array]) -> None:
        """Take over what `arrays` returned for the same model.

        Raises:
            ArtifactError: If it is of other features or another forecaster.
        """
        if self._forecasts is not None:
            self._forecasts.restore(arrays[_FORECASTS].tobytes())
        self._features.restore(arrays[_FEATURES].tobytes())
        self._rows.clear()
        self._is_complete.clear()
        for row in arrays[_ROWS]:
            self._keep(row.copy())
        following = arrays[_NEXT].tolist()
        self._next = following[0] if following else None
        self.features_hash = arrays[_HASH].tobytes().decode()

    def _check_next(self, row: int) -> None:
        if self._next is not None and row != self._next:
            raise DataError(
                f"bar {row} does not follow on bar {self._next - 1}: hand in every bar, or warm up "
                "anew from history"
            )

    def _forecast_values(self, bar: LiveBar) -> NDArray[np.float64]:
        """Return the columns of forecasts that the model sees, (n_forecasts,)."""
        assert self._forecasts is not None
        assert self._forecaster is not None
        quantiles = self._forecasts.update(bar.features, bar.opened)
        values = column_values(
            self._forecast_columns,
            self._forecaster.settings.horizons,
            quantiles[None],
            self._forecasts.is_fallback[None],
            self._forecaster.heads,
        )
        found: NDArray[np.float64] = values[0]
        return found

    def _add(self, values: NDArray[np.float64], bar: LiveBar) -> None:
        """Keep one row of values, scaled."""
        self.features_hash = sha256_of_bytes(values.tobytes())
        self._keep(self._scaler.transform(values, bool(bar.features.is_rth)))

    def _keep(self, row: NDArray[np.float32]) -> None:
        self._rows.append(row)
        self._is_complete.append(bool(np.isfinite(row).all()))
