"""A market's features where the network is: windows gathered by row, encodings kept by row.

The window of row t holds rows <= t, that row last. What a tower makes of windows is left to
models/market_extractor.py.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


class MarketWindows:
    """The windows of all rows, as views of one copy of the features.

    Attributes:
        n_rows: Rows of the market.
    """

    def __init__(self, features: NDArray[np.float32], lookback: int, device: torch.device):
        """Put the features on a device.

        Args:
            features: (n_rows, n_features), C-contiguous; shared with the CPU, copied elsewhere.
            lookback: Rows in a window.
            device: Where windows are wanted.
        """
        self.n_rows, n_features = features.shape
        shared = np.require(features, np.float32, ["C", "W"])
        values = torch.from_numpy(shared).to(device)
        n_windows = max(0, self.n_rows + 1 - lookback)
        strides = (n_features, n_features, 1)
        self._windows = values.as_strided((n_windows, lookback, n_features), strides)
        self._first = lookback - 1

    def of(self, rows: Tensor) -> Tensor:
        """Return the windows that end with `rows` (n,), each >= lookback - 1: a copy."""
        return self._windows.index_select(0, rows - self._first)


class RowCache:
    """What has been computed for rows, until it is cleared."""

    def __init__(self) -> None:
        """Begin empty."""
        self.clear()

    def __len__(self) -> int:
        """Return how many rows are kept."""
        return 0 if self._values is None else len(self._values)

    def clear(self) -> None:
        """Forget everything."""
        self._rows: Tensor | None = None
        self._values: Tensor | None = None

    def missing(self, rows: Tensor) -> Tensor:
        """Return those of `rows` that are not there, in order."""
        if self._rows is None:
            return rows
        places = torch.searchsorted(self._rows, rows).clamp_(max=len(self._rows) - 1)
        return rows[self._rows[places] != rows]

    def add(self, rows: Tensor, values: Tensor) -> None:
        """Keep `values` (n, width) of `rows` (n,), each once and not there yet."""
        if self._rows is not None and self._values is not None:
            rows = torch.cat((self._rows, rows))
            values = torch.cat((self._values, values))
        self._rows, order = torch.sort(rows)
        self._values = values[order]

    def of(self, rows: Tensor) -> Tensor:
        """Return the values of `rows`, all of which must be there, (n, width)."""
        assert self._rows is not None
        assert self._values is not None
        return self._values[torch.searchsorted(self._rows, rows)]
