"""The market towers: each turns a window of features into one vector; position_info joins it.

All are Stable-Baselines3 feature extractors over the observation of `env.observation`; the policy
and value heads that follow are Stable-Baselines3's own. At bar t a tower sees the window of bars <=
t only.
"""

import math
from abc import ABC, abstractmethod
from typing import cast

import torch
from gymnasium import spaces
from stable_baselines3.common.torch_layers import BaseFeaturesExtractor
from torch import Tensor, nn

MAX_HEADS = 4


class MarketExtractor(BaseFeaturesExtractor, ABC):
    """Encode `market_features` by a tower and append `position_info`: (n, hidden_size + 4)."""

    def __init__(self, observation_space: spaces.Dict, hidden_size: int = 64):
        """Create the extractor; subclasses make their tower after this.

        Args:
            observation_space: Dict of `market_features` (lookback, n_features) and `position_info`
                (4,).
            hidden_size: Width of the tower's output.
        """
        n_position = _shape(observation_space, "position_info")[0]
        super().__init__(observation_space, features_dim=hidden_size + n_position)
        self.hidden_size = hidden_size
        self.lookback, self.n_features = _shape(observation_space, "market_features")

    @abstractmethod
    def encode(self, market: Tensor) -> Tensor:
        """Return (n, hidden_size) from windows (n, lookback, n_features), oldest bar first."""

    def forward(self, observations: dict[str, Tensor]) -> Tensor:
        """Return the tower's output with the position beside it: (n, hidden_size + 4)."""
        encoded = self.encode(observations["market_features"])
        return torch.cat((encoded, observations["position_info"]), dim=1)


class LstmExtractor(MarketExtractor):
    """An LSTM's hidden state after the window's last bar."""

    def __init__(self, observation_space: spaces.Dict, hidden_size: int = 64):
        super().__init__(observation_space, hidden_size)
        self.tower = nn.LSTM(self.n_features, hidden_size, batch_first=True)

    def encode(self, market: Tensor) -> Tensor:
        """Return the last hidden state, (n, hidden_size)."""
        _, (hidden, _) = self.tower(market)
        return cast(Tensor, hidden[-1])


class GruExtractor(MarketExtractor):
    """A GRU's hidden state after the window's last bar."""

    def __init__(self, observation_space: spaces.Dict, hidden_size: int = 64):
        super().__init__(observation_space, hidden_size)
        self.tower = nn.GRU(self.n_features, hidden_size, batch_first=True)

    def encode(self, market: Tensor) -> Tensor:
        """Return the last hidden state, (n, hidden_size)."""
        _, hidden = self.tower(market)
        return cast(Tensor, hidden[-1])


class AttentionExtractor(MarketExtractor):
    """One self-attention layer over the window, read at its last bar.

    With one layer only the last bar's output is read, so only its query is computed: the numbers
    are those of full self-attention, at a fraction 1 / lookback of its cost.
    """

    def __init__(self, observation_space: spaces.Dict, hidden_size: int = 64):
        super().__init__(observation_space, hidden_size)
        self.embedding = nn.Linear(self.n_features, hidden_size)
        n_heads = math.gcd(hidden_size, MAX_HEADS)
        self.attention = nn.MultiheadAttention(hidden_size, n_heads, batch_first=True)
        self.norm = nn.LayerNorm(hidden_size)
        encoding = positional_encoding(self.lookback, hidden_size)
        self.register_buffer("encoding", encoding, persistent=False)

    def encode(self, market: Tensor) -> Tensor:
        """Return the last bar plus what it attended to, normalised, (n, hidden_size)."""
        return self._attend(market)[0]

    def attention_weights(self, market: Tensor) -> Tensor:
        """Return how much the last bar looks at each, (n, lookback): rows sum to 1, heads' mean."""
        return self._attend(market)[1]

    def _attend(self, market: Tensor) -> tuple[Tensor, Tensor]:
        tokens = self.embedding(market) + self.encoding
        last = tokens[:, -1:]
        attended, weights = self.attention(last, tokens, tokens)
        return self.norm(last + attended)[:, 0], weights[:, 0]


def positional_encoding(length: int, width: int) -> Tensor:
    """Return the encoding of Vaswani et al. (2017), (length, width): sines, then cosines."""
    n_waves = math.ceil(width / 2)
    frequency = torch.exp(torch.arange(n_waves) * (-math.log(10_000.0) / n_waves))
    angle = torch.arange(length)[:, None] * frequency
    return torch.cat((angle.sin(), angle.cos()), dim=1)[:, :width]


def _shape(space: spaces.Dict, key: str) -> tuple[int, ...]:
    return cast(spaces.Box, space[key]).shape


EXTRACTORS: dict[str, type[MarketExtractor]] = {
    "lstm": LstmExtractor,
    "gru": GruExtractor,
    "attention": AttentionExtractor,
}
