"""What many agents see at once: their windows, or only the row that each window ends with.

A network that reads windows can gather them itself, from one copy of the features on its own
device: `market.features[bar_index + 1 - lookback : bar_index + 1]` is the window of an index, with
the forecasts of row `bar_index` in the last columns of its last row.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from env.batch import Integers, gather_windows
from env.market import Market
from env.observation import N_POSITION_INFO, observation_space
from utils.errors import ConfigError
from utils.registry import unknown_name_message

WINDOWS, INDICES = "windows", "indices"
OBSERVATION_KINDS = (WINDOWS, INDICES)

MARKET_FEATURES, BAR_INDEX, POSITION_INFO = "market_features", "bar_index", "position_info"
FORECAST = "forecast"

BatchObservation = dict[str, NDArray[Any]]
"""position_info, (n, 4) float32, beside market_features, (n, lookback, n_features) float32, and
forecast, (n, n_forecasts) float32, where there are any; or beside bar_index, (n, 1) int64. The
arrays belong to the receiver."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchObserver:
    """How the observations of one batch are made.

    Attributes:
        market: Its features are looked at.
        lookback: Rows in a window.
        kind: One of OBSERVATION_KINDS.
    """

    market: Market
    lookback: int
    kind: str

    def __post_init__(self) -> None:
        """Refuse a kind that there is not."""
        if self.kind not in OBSERVATION_KINDS:
            raise ConfigError(unknown_name_message(self.kind, "observations", OBSERVATION_KINDS))

    @property
    def space(self) -> spaces.Dict:
        """The space of one environment's observations."""
        if self.kind == WINDOWS:
            market = self.market
            return observation_space(self.lookback, market.n_features, market.n_forecasts)
        return spaces.Dict(
            {
                BAR_INDEX: spaces.Box(0, self.market.n_bars - 1, (1,), np.int64),
                POSITION_INFO: spaces.Box(-np.inf, np.inf, (N_POSITION_INFO,), np.float32),
            }
        )

    def observe(self, rows: Integers, position_info: NDArray[np.float32]) -> BatchObservation:
        """Return the observations at the closes of `rows`.

        Args:
            rows: (n,), becomes part of an index observation.
            position_info: (n, 4), becomes part of the observation.
        """
        if self.kind == INDICES:
            return {BAR_INDEX: rows.reshape(-1, 1), POSITION_INFO: position_info}
        features, forecasts = self.market.windowed, self.market.forecasts
        windows = np.empty((len(rows), self.lookback, features.shape[1]), dtype=np.float32)
        gather_windows(features, rows, self.lookback, windows)
        seen = {MARKET_FEATURES: windows, POSITION_INFO: position_info}
        return seen if forecasts is None else {**seen, FORECAST: forecasts[rows]}


def each_of(observations: BatchObservation) -> list[BatchObservation]:
    """Return the observations one by one, in order."""
    rows = zip(*observations.values(), strict=True)
    return [dict(zip(observations, row, strict=True)) for row in rows]
