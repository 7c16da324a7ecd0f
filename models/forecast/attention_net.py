"""The network of the family `transformer` as torch learns it: one token per input.

Each input's token passes one gated residual network that all share. What the whole row is like, by
another, asks which tokens matter: interpretable multi-head attention, whose heads share their
values, so that the mean of their weights says which inputs were looked at (Lim, Arik, Loeff and
Pfister, "Temporal Fusion Transformers", IJF 37, 2021). `models.compiled.token_attention` is the
same for forecasts.
"""

from typing import cast

import torch
from torch import Tensor, nn

from data.forecast_names import N_LEVELS
from models.compiled.token_attention import N_HEADS

WIDTH = 16
"""Of a token; a multiple of N_HEADS."""

DROPOUT = 0.1

TOKEN_SD = 0.3
"""Deviation of the fresh weights that make tokens."""


class GatedResidualNet(nn.Module):
    """Adds to a residual what gates let through of its inputs, and normalises the sum."""

    def __init__(self, n_inputs: int):
        """Create one of WIDTH with fresh weights."""
        super().__init__()
        self.inner = nn.Linear(n_inputs, WIDTH)
        self.gates = nn.Linear(WIDTH, 2 * WIDTH)
        self.norm = nn.LayerNorm(WIDTH)
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, inputs: Tensor, residual: Tensor) -> Tensor:
        """Return (..., WIDTH) of inputs (..., n_inputs) and a residual (..., WIDTH)."""
        hidden = self.dropout(nn.functional.elu(self.inner(inputs)))
        gates, values = self.gates(hidden).chunk(2, dim=-1)
        return cast(Tensor, self.norm(residual + torch.sigmoid(gates) * values))


class AttentionNetwork(nn.Module):
    """From standardised rows (n, k) to outputs (n, N_LEVELS): a median and gaps."""

    def __init__(self, n_inputs: int):
        """Create a network with fresh weights."""
        super().__init__()
        self.tokens = nn.Parameter(TOKEN_SD * torch.randn(n_inputs, WIDTH))
        self.places = nn.Parameter(TOKEN_SD * torch.randn(n_inputs, WIDTH))
        self.token_net = GatedResidualNet(WIDTH)
        self.start = nn.Linear(n_inputs, WIDTH)
        self.context_net = GatedResidualNet(n_inputs)
        self.query = nn.Linear(WIDTH, WIDTH)
        self.key = nn.Linear(WIDTH, WIDTH)
        self.value = nn.Linear(WIDTH, WIDTH)
        self.last_net = GatedResidualNet(WIDTH)
        self.output = nn.Linear(WIDTH, N_LEVELS)

    def forward(self, rows: Tensor) -> Tensor:
        """Return the outputs."""
        plain = rows[:, :, None] * self.tokens + self.places
        tokens = self.token_net(plain, plain)
        context = self.context_net(rows, self.start(rows))
        shares = self._shares(context, tokens)
        seen = (shares[:, :, None] * self.value(tokens)).sum(dim=1)
        return cast(Tensor, self.output(self.last_net(seen, context)))

    def _shares(self, context: Tensor, tokens: Tensor) -> Tensor:
        """Return the attention (n, k) that a row's context pays to its tokens."""
        size = WIDTH // N_HEADS
        queries = self.query(context).unflatten(-1, (N_HEADS, size))
        keys = self.key(tokens).unflatten(-1, (N_HEADS, size))
        scores = torch.einsum("nhs,nkhs->nhk", queries, keys) / size**0.5
        return scores.softmax(dim=-1).mean(dim=1)
