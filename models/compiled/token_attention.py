"""A network that attends to its inputs, one token each, for one row at a time, in float64."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.compiled.dense_layers import (
    GatedResidual,
    Layer,
    dense,
    gated_residual,
    rising,
)
from utils.jit import inner_jit, lean_jit

Floats = NDArray[np.float64]


class AttentionNet(NamedTuple):
    """Weights of the network of `attention_rows`, of width d, for k inputs.

    Attributes:
        tokens: (k, d) what a unit of each input adds to its token.
        places: (k, d) what the token of each input is without it.
        token_net: Of each token, the same for all.
        start: (k, d) layer from the whole row to the residual of its context.
        context_net: From the whole row to its context.
        query: (d, d) layer of the context; the heads lie side by side.
        key: (d, d) layer of each token; the heads lie side by side.
        value: (d, d) layer of each token, the same for all heads.
        last_net: Of what the row's context has become.
        output: (d, m) layer: a middle quantile and gaps.
    """

    tokens: Floats
    places: Floats
    token_net: GatedResidual
    start: Layer
    context_net: GatedResidual
    query: Layer
    key: Layer
    value: Layer
    last_net: GatedResidual
    output: Layer


@lean_jit
def attention_rows(
    rows: Floats, net: AttentionNet, work: Floats, shares: Floats, outputs: Floats
) -> None:
    """Set the quantiles of each row, and to which inputs it attends.

    Args:
        rows: (n, k) inputs.
        net: The weights.
        work: (work_rows(k), max(k, 3 d)) memory to work in.
        shares: (n, k) attention, mean over the heads: >= 0, sum 1. Its rows are heads' scores.
        outputs: (n, m) quantiles, rising.
    """
    n_inputs, width = net.tokens.shape
    inner = work[0, : 3 * width]
    context, query, seen = work[1, :width], work[2, :width], work[3, :width]
    scores = work[4, :n_inputs]
    for row in range(len(rows)):
        _embed(rows[row], net, work)
        dense(rows[row], net.start, context)
        gated_residual(rows[row], context, net.context_net, inner)
        dense(context, net.query, query)
        _attend(query, net, work, scores, shares[row])
        for j in range(width):
            seen[j] = 0.0
        for token in range(n_inputs):
            values = work[FIXED_ROWS + n_inputs + token, :width]
            for j in range(width):
                seen[j] += shares[row, token] * values[j]
        gated_residual(seen, context, net.last_net, inner)
        dense(context, net.output, outputs[row])
        rising(outputs[row])


FIXED_ROWS = 6
"""Rows of the working memory before those of keys and values."""

N_HEADS = 4
"""Ways of attending, side by side."""


def work_rows(n_inputs: int) -> int:
    """Return how many rows of memory `attention_rows` works in."""
    return FIXED_ROWS + 2 * n_inputs


@inner_jit
def _embed(inputs: Floats, net: AttentionNet, work: Floats) -> None:
    """Write keys of all tokens, then their values, into the rows after the fixed ones."""
    n_inputs, width = net.tokens.shape
    inner, token = work[0, : 3 * width], work[5, :width]
    plain = work[3, :width]
    for number in range(n_inputs):
        for j in range(width):
            plain[j] = inputs[number] * net.tokens[number, j] + net.places[number, j]
            token[j] = plain[j]
        gated_residual(plain, token, net.token_net, inner)
        dense(token, net.key, work[FIXED_ROWS + number, :width])
        dense(token, net.value, work[FIXED_ROWS + n_inputs + number, :width])


@inner_jit
def _attend(query: Floats, net: AttentionNet, work: Floats, scores: Floats, shares: Floats) -> None:
    """Set `shares` (k,) to the attention of a query, mean over the heads.

    Source: Lim et al. (2021), equations 14 to 16: heads differ in where they look, not in what they
    take from there, so that their mean says where the network looked.
    """
    size = len(query) // N_HEADS
    for token in range(len(shares)):
        shares[token] = 0.0
    for head in range(N_HEADS):
        for token in range(len(scores)):
            keys = work[FIXED_ROWS + token]
            total = 0.0
            for j in range(head * size, (head + 1) * size):
                total += query[j] * keys[j]
            scores[token] = total / math.sqrt(size)
        _add_softmax(scores, shares)


@inner_jit
def _add_softmax(scores: Floats, shares: Floats) -> None:
    """Add one head's part of the softmax of its scores to `shares`."""
    highest = scores[0]
    for token in range(len(scores)):
        highest = max(highest, scores[token])
    total = 0.0
    for token in range(len(scores)):
        scores[token] = math.exp(scores[token] - highest)
        total += scores[token]
    for token in range(len(scores)):
        shares[token] += scores[token] / (total * N_HEADS)
