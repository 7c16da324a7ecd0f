"""What all market towers share: windows or row numbers in, one vector out, the account beside it.

Stable-Baselines3's feature extractor over the observations of `env.observation` and of
`env.batch_observation`. At bar t a tower sees the window of bars <= t only. The towers themselves
are in models/networks.py.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import cast

import numpy as np
import torch
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor, nn

from env.batch_observation import BAR_INDEX, FORECAST, MARKET_FEATURES, POSITION_INFO
from models.market_windows import MarketWindows, RowCache
from utils.errors import ConfigError

ACCOUNT_VIEWS = {"position": 1, "trade": 3, "account": 4}
"""How many of the entries of position_info are seen; the others are zero."""

CHUNK = 256
"""Windows that a tower takes at a time on a CPU, whose cache a larger batch would not fit in."""

AHEAD = 32
"""Rows that are encoded at once along a path: with eight paths these make one chunk."""

MAX_CACHE_BYTES = 2**26


class MarketExtractor(BaseFeaturesExtractor, ABC):
    """Encode the market and append `position_info`: (n, encoding_size + 4).

    The encoding is a tower's, (hidden_size,), and the forecasts of the window's last row where
    there are any: they go by the tower.

    An observation holds windows, or the rows that windows of the attached features end with. Rows
    that several observations share go through the tower once. Without gradients, and not in
    training mode, rows are encoded ahead along the path, since the market does not depend on what
    is done in it; such encodings hold until a forward pass with gradients, or other weights.

    Attributes:
        window_space: Dict of `market_features` (lookback, n_features), `position_info` (4,) and
            `forecast` (n_forecasts,) where there are any.
        hidden_size: Width of the tower's output.
        lookback: Rows in a window.
        n_features: Columns of a window that the tower sees.
        n_forecasts: Columns that follow on them in a market.
        seen: (4,) ones for the entries of position_info that are seen, zeros for the others.
    """

    seen: Tensor

    def __init__(
        self,
        observation_space: spaces.Dict,
        hidden_size: int = 64,
        *,
        window_space: spaces.Dict | None = None,
        account_view: str = "account",
        dropout: float = 0.0,
        bf16: bool = False,
    ):
        """Create the extractor; subclasses make their tower after this.

        Args:
            observation_space: Of windows, or of indices.
            hidden_size: Width of the tower's output.
            window_space: What the windows are like; None: as `observation_space` says.
            account_view: Key of ACCOUNT_VIEWS.
            dropout: Share of the encoding that each sample goes without in training mode.
            bf16: Whether the tower computes in bfloat16 in training mode.
        """
        space = observation_space if window_space is None else window_space
        n_position = _shape(space, POSITION_INFO)[0]
        n_forecasts = _shape(space, FORECAST)[0] if FORECAST in space.spaces else 0
        width = hidden_size + n_forecasts + n_position
        super().__init__(observation_space, features_dim=width)
        self.window_space = space
        self.hidden_size = hidden_size
        self.lookback, self.n_features = _shape(space, MARKET_FEATURES)
        self.n_forecasts = n_forecasts
        seen = torch.arange(n_position) < ACCOUNT_VIEWS[account_view]
        self.register_buffer("seen", seen.float(), persistent=False)
        self._dropout = nn.Dropout(dropout)
        self._bf16 = bf16
        self._market: MarketWindows | None = None
        self._cache = RowCache()
        self._cached_of: tuple[int, ...] = ()

    @property
    def encoding_size(self) -> int:
        """Width of what is known of the market: the tower's output, and the forecasts."""
        return self.hidden_size + self.n_forecasts

    @abstractmethod
    def read(self, windows: Tensor) -> Tensor:
        """Return the tower's output (n, hidden_size) for (n, lookback, n_features), oldest first.

        What `encode` puts around it, types, chunks and dropout, is not asked here.
        """

    def attach(self, features: NDArray[np.float32]) -> None:
        """Let row numbers mean windows of `features`, (n_rows, n_columns), from now on.

        They are no part of the weights.

        Raises:
            ConfigError: If they have another number of columns than the windows.
        """
        n_columns = self.n_features + self.n_forecasts
        if features.shape[1] != n_columns:
            raise ConfigError(
                f"the features of the market must have {n_columns} columns, as the network's "
                f"windows do, had {features.shape[1]}; build the network for this market"
            )
        self._market = MarketWindows(features, self.lookback, self.seen.device)
        self.forget()

    def forget(self) -> None:
        """Drop what was encoded ahead."""
        self._cache.clear()

    def forward(self, observations: dict[str, Tensor]) -> Tensor:
        """Return the encoding with the account beside it: (n, encoding_size + 4)."""
        if BAR_INDEX in observations:
            encoded = self.encode_rows(observations[BAR_INDEX].flatten().long())
        else:
            windows = observations[MARKET_FEATURES]
            tower = self._chunked(windows)
            beside = (observations[FORECAST],) if self.n_forecasts > 0 else ()
            encoded = self.dropped(torch.cat((tower, *beside), dim=-1))
        return self.join(encoded, observations[POSITION_INFO])

    def encode(self, windows: Tensor) -> Tensor:
        """Return (n, encoding_size) from a market's windows, oldest bar first.

        Args:
            windows: (n, lookback, n_columns): features, and forecasts behind them.
        """
        chunks = torch.split(windows, self._chunk(windows.device))
        return self.dropped(torch.cat([self._read(chunk) for chunk in chunks]))

    def encode_rows(self, rows: Tensor) -> Tensor:
        """Return (n, encoding_size) of the attached features' windows that end with `rows` (n,).

        Raises:
            ConfigError: If no features are attached.
        """
        distinct, places = torch.unique(rows, return_inverse=True)
        if self.training or torch.is_grad_enabled():
            encoded = self._read_rows(distinct)
        else:
            encoded = self._read_ahead(distinct)
        return self.dropped(encoded.index_select(0, places))

    def dropped(self, encoded: Tensor) -> Tensor:
        """Return encodings (..., encoding_size) after dropout, which spares the forecasts."""
        if self.n_forecasts == 0:
            return cast(Tensor, self._dropout(encoded))
        tower, forecasts = encoded.split((self.hidden_size, self.n_forecasts), dim=-1)
        return torch.cat((self._dropout(tower), forecasts), dim=-1)

    def join(self, encoded: Tensor, position_info: Tensor) -> Tensor:
        """Return the extractor's output: `encoded` (n, encoding_size), what is seen of (n, 4)."""
        return torch.cat((encoded, position_info * self.seen), dim=-1)

    def _read_rows(self, rows: Tensor) -> Tensor:
        market, chunks = self._attached(), torch.split(rows, self._chunk(rows.device))
        return torch.cat([self._read(market.of(chunk)) for chunk in chunks])

    def _attached(self) -> MarketWindows:
        if self._market is None:
            raise ConfigError(
                "a network without a market cannot look up bar indices; give it windows, or "
                "attach the features that they count"
            )
        return self._market

    def _read_ahead(self, distinct: Tensor) -> Tensor:
        """Return the encodings of `distinct` rows, and keep those of the rows that will follow."""
        room = MAX_CACHE_BYTES // (4 * self.encoding_size)
        self._drop_what_is_stale(room - AHEAD * len(distinct))
        missing = self._cache.missing(distinct)
        if len(missing) > 0:
            n_ahead = max(1, min(AHEAD, room // len(distinct)))
            steps = torch.arange(n_ahead, device=missing.device)
            ahead = (missing[:, None] + steps).clamp_(max=self._attached().n_rows - 1)
            wanted = self._cache.missing(torch.unique(ahead))
            self._cache.add(wanted, self._read_rows(wanted))
        return self._cache.of(distinct)

    def _drop_what_is_stale(self, n_kept: int) -> None:
        """Empty the cache if the weights have changed in place, or it holds more than `n_kept`."""
        versions = tuple(parameter._version for parameter in self.parameters())
        if versions != self._cached_of or len(self._cache) > n_kept:
            self.forget()
        self._cached_of = versions

    def _chunked(self, windows: Tensor) -> Tensor:
        """Return the tower's output for windows of its own columns, (n, hidden_size)."""
        chunks = torch.split(windows, self._chunk(windows.device))
        return torch.cat([self._computed(self.read, chunk) for chunk in chunks])

    def _read(self, windows: Tensor) -> Tensor:
        return self.beside_forecasts(self.read, windows, windows[:, -1])

    def beside_forecasts(
        self, run: Callable[[Tensor], Tensor], values: Tensor, rows: Tensor
    ) -> Tensor:
        """Return what the tower's `run` makes of its columns, and the forecasts of `rows`.

        Args:
            run: From (..., n_features) to (..., hidden_size).
            values: (..., n_columns) that it is given the first columns of.
            rows: (..., n_columns) that the forecasts are taken from, one for each output.
        """
        if self.n_forecasts == 0:
            return self._computed(run, values)
        # Contiguous, as windows of the tower's columns alone are: the same kernels, the same bits.
        tower = self._computed(run, values[..., : self.n_features].contiguous())
        return torch.cat((tower, rows[..., self.n_features :]), dim=-1)

    def _computed(self, run: Callable[[Tensor], Tensor], values: Tensor) -> Tensor:
        """Return what the tower's `run` makes of `values`, in bfloat16 where that is asked for."""
        if torch.is_grad_enabled():
            self.forget()  # an optimiser that fuses its steps changes weights unseen
        if not (self._bf16 and self.training):
            return run(values)
        with torch.autocast(values.device.type, torch.bfloat16):
            return run(values).float()

    def _chunk(self, device: torch.device) -> int:
        return CHUNK if device.type == "cpu" else 2**62


def _shape(space: spaces.Dict, key: str) -> tuple[int, ...]:
    return cast(spaces.Box, space[key]).shape
