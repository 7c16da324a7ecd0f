"""The market towers: each turns a window of features into one vector.

What is around a tower, row numbers, dropout, the account beside its output, is left to
models/market_extractor.py; the policy and value heads that follow are Stable-Baselines3's own. At
bar t a tower sees the window of bars <= t only.
"""

import math
from abc import abstractmethod
from typing import Any, cast

import torch
from gymnasium import spaces
from torch import Tensor, nn
from torch.nn import functional

from models.market_extractor import MarketExtractor

MAX_HEADS = 4


class RecurrentExtractor(MarketExtractor):
    """A tower that goes from bar to bar, so that it can also run along many bars at once."""

    tower: nn.RNNBase

    @abstractmethod
    def read(self, windows: Tensor) -> Tensor:
        """Return the last hidden state, (n, hidden_size)."""

    def encode_sequence(self, features: Tensor) -> Tensor:
        """Return the hidden state after each row, begun afresh with each chunk.

        Row t of a chunk has seen that chunk's rows <= t, which may be less or more than a window.

        Args:
            features: (n_chunks, n_rows, n_columns), forecasts among them, oldest row first.

        Returns:
            (n_chunks, n_rows, encoding_size).
        """
        return self.dropped(self.beside_forecasts(self._along, features, features))

    def _along(self, features: Tensor) -> Tensor:
        return cast(Tensor, self.tower(features)[0])


class LstmExtractor(RecurrentExtractor):
    """An LSTM's hidden state after the window's last bar."""

    def __init__(self, observation_space: spaces.Dict, hidden_size: int = 64, **options: Any):
        super().__init__(observation_space, hidden_size, **options)
        self.tower = nn.LSTM(self.n_features, hidden_size, batch_first=True)

    def read(self, windows: Tensor) -> Tensor:
        """Return the last hidden state, (n, hidden_size)."""
        _, (hidden, _) = self.tower(windows)
        return cast(Tensor, hidden[-1])


class GruExtractor(RecurrentExtractor):
    """A GRU's hidden state after the window's last bar."""

    def __init__(self, observation_space: spaces.Dict, hidden_size: int = 64, **options: Any):
        super().__init__(observation_space, hidden_size, **options)
        self.tower = nn.GRU(self.n_features, hidden_size, batch_first=True)

    def read(self, windows: Tensor) -> Tensor:
        """Return the last hidden state, (n, hidden_size)."""
        _, hidden = self.tower(windows)
        return cast(Tensor, hidden[-1])


class AttentionExtractor(MarketExtractor):
    """One self-attention layer over the window, read at its last bar.

    With one layer only the last bar's output is read, so only its query is computed: the numbers
    are those of full self-attention, at a fraction 1 / lookback of its cost.
    """

    def __init__(self, observation_space: spaces.Dict, hidden_size: int = 64, **options: Any):
        super().__init__(observation_space, hidden_size, **options)
        self.embedding = nn.Linear(self.n_features, hidden_size)
        n_heads = math.gcd(hidden_size, MAX_HEADS)
        self.attention = nn.MultiheadAttention(hidden_size, n_heads, batch_first=True)
        self.norm = nn.LayerNorm(hidden_size)
        encoding = positional_encoding(self.lookback, hidden_size)
        self.register_buffer("encoding", encoding, persistent=False)

    def read(self, windows: Tensor) -> Tensor:
        """Return the last bar plus what it attended to, normalised, (n, hidden_size)."""
        return self._attend(windows)[0]

    def attention_weights(self, windows: Tensor) -> Tensor:
        """Return how much the last bar looks at each, (n, lookback): rows sum to 1, heads' mean."""
        return self._attend(windows)[1]

    def _attend(self, windows: Tensor) -> tuple[Tensor, Tensor]:
        tokens = self.embedding(windows) + self.encoding
        last = tokens[:, -1:]
        attended, weights = self.attention(last, tokens, tokens)
        return self.norm(last + attended)[:, 0], weights[:, 0]


class TcnExtractor(MarketExtractor):
    """Dilated causal convolutions over the window (Bai et al. 2018), read at its last bar.

    Each level looks two taps back, the next at twice the distance, with a residual around it, until
    the whole window is seen. Of a level only what the last bar will need is computed, which is
    every second of the outputs below: pairs of neighbours, halved level by level.
    """

    def __init__(self, observation_space: spaces.Dict, hidden_size: int = 64, **options: Any):
        super().__init__(observation_space, hidden_size, **options)
        n_levels = (self.lookback - 1).bit_length()
        self.embedding = nn.Linear(self.n_features, hidden_size)
        self.levels = nn.ModuleList(
            nn.Linear(2 * hidden_size, hidden_size) for _ in range(n_levels)
        )
        self.norm = nn.LayerNorm(hidden_size)
        self._n_before = 2**n_levels - self.lookback

    def read(self, windows: Tensor) -> Tensor:
        """Return the last bar's output of the last level, normalised, (n, hidden_size)."""
        tokens = functional.pad(self.embedding(windows), (0, 0, self._n_before, 0))
        for level in self.levels:
            pairs = tokens.reshape(len(tokens), -1, 2 * self.hidden_size)
            tokens = tokens[:, 1::2] + functional.relu(level(pairs))
        return cast(Tensor, self.norm(tokens[:, 0]))


def positional_encoding(length: int, width: int) -> Tensor:
    """Return the encoding of Vaswani et al. (2017), (length, width): sines, then cosines."""
    n_waves = math.ceil(width / 2)
    frequency = torch.exp(torch.arange(n_waves) * (-math.log(10_000.0) / n_waves))
    angle = torch.arange(length)[:, None] * frequency
    return torch.cat((angle.sin(), angle.cos()), dim=1)[:, :width]


EXTRACTORS: dict[str, type[MarketExtractor]] = {
    "lstm": LstmExtractor,
    "gru": GruExtractor,
    "attention": AttentionExtractor,
    "tcn": TcnExtractor,
}
