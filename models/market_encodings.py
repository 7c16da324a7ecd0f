"""What a network makes of a market alone, row by row: known before any account has moved.

Warning:
    What is computed for row t uses rows <= t only: the window that ends with it.
"""

from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from env.market import Market
from models.determinism import torch_threads
from models.market_extractor import MarketExtractor

BLOCK_ROWS = 4_096
"""Rows that are kept at once, so that memory does not grow with the market."""


class MarketEncodings:
    """The encodings of the rows of a market, or what a linear layer behind gets of them.

    A block of rows is computed when its first is asked for, by the weights as they are then, and
    kept until a row outside is asked for: cheap where rows come in order.
    """

    def __init__(self, extractor: MarketExtractor, market: Market, layer: nn.Linear | None = None):
        """Prepare; nothing is computed yet.

        Args:
            extractor: Encodes windows. It may be in training mode: encoding never is.
            market: Of the features that the extractor was made for.
            layer: Follows on tower and account, which then counts as zeros; None is no layer.
        """
        self._extractor = extractor
        self._layer = layer
        self._features = market.features
        self._n_threads = torch.get_num_threads()
        self._first_window = market.first_decision(extractor.lookback)
        self._first = 0
        self._block = np.empty((0, 0), np.float32)

    def has(self, bar: int) -> bool:
        """Return whether row `bar` ends a complete window."""
        return self._first_window <= bar < len(self._features)

    def of(self, bar: int) -> NDArray[np.float32]:
        """Return row `bar`, (width,); its window must be complete."""
        place = bar - self._first
        if not 0 <= place < len(self._block):
            self._block = self._rows(bar, min(bar + BLOCK_ROWS, len(self._features)))
            self._first, place = bar, 0
        row: NDArray[np.float32] = self._block[place]
        return row

    def _rows(self, start: int, stop: int) -> NDArray[np.float32]:
        """Return rows `start` to `stop`, (stop - start, width)."""
        was_training = self._extractor.training
        self._extractor.train(False)
        with torch_threads(self._n_threads), torch.inference_mode():
            rows = self._through_layer(self._extractor.encode(self._windows(start, stop)))
        self._extractor.train(was_training)
        return np.asarray(rows.cpu().numpy())

    def _through_layer(self, encoded: Tensor) -> Tensor:
        if self._layer is None:
            return encoded
        n_account = self._extractor.features_dim - self._extractor.encoding_size
        no_account = encoded.new_zeros(len(encoded), n_account)
        return cast(Tensor, self._layer(self._extractor.join(encoded, no_account)))

    def _windows(self, start: int, stop: int) -> Tensor:
        """Return the windows of rows `start` to `stop`, (n, lookback, n_columns), as a view."""
        lookback = self._extractor.lookback
        device = next(self._extractor.parameters()).device
        rows = torch.tensor(self._features[start + 1 - lookback : stop], device=device)
        n_columns = rows.shape[1]
        return rows.as_strided((stop - start, lookback, n_columns), (n_columns, n_columns, 1))
