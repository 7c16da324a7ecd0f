"""Quantiles of mixtures of Student-t distributions of four degrees of freedom.

With four, the distribution function has a closed form, and tails are about as heavy as those of
returns over minutes.
"""

import math

import numpy as np
from numpy.typing import NDArray

from utils.jit import inner_jit, lean_jit

Floats = NDArray[np.float64]

HALVINGS = 60
"""Of the interval in which a quantile lies: down to the last bits of its width."""


@inner_jit
def t4_cdf(value: float) -> float:
    """Return the probability below a value of a standard t of four degrees of freedom."""
    share = value / math.sqrt(4.0 + value * value)
    return 0.5 + 0.25 * share * (3.0 - share * share)


@inner_jit
def _mixture_cdf(value: float, parts: Floats) -> float:
    """Return the probability below a value of a mixture; parts are shares, centres, spreads."""
    total = 0.0
    for part in range(parts.shape[1]):
        total += parts[0, part] * t4_cdf((value - parts[1, part]) / parts[2, part])
    return total


@inner_jit
def _read(outputs: Floats, least_spread: float, parts: Floats) -> None:
    """Set `parts` (3, K) to shares, centres and spreads of a network's outputs (3 K,)."""
    n_parts = parts.shape[1]
    highest = outputs[0]
    for part in range(n_parts):
        highest = max(highest, outputs[part])
    total = 0.0
    for part in range(n_parts):
        parts[0, part] = math.exp(outputs[part] - highest)
        total += parts[0, part]
    for part in range(n_parts):
        parts[0, part] /= total
        parts[1, part] = outputs[n_parts + part]
        parts[2, part] = least_spread + math.exp(outputs[2 * n_parts + part])


@inner_jit
def _quantile(level: float, standard: float, parts: Floats) -> float:
    """Return a mixture's quantile: between the lowest and the highest of its parts' own."""
    low = high = parts[1, 0] + parts[2, 0] * standard
    for part in range(1, parts.shape[1]):
        own = parts[1, part] + parts[2, part] * standard
        low, high = min(low, own), max(high, own)
    for _ in range(HALVINGS):
        middle = 0.5 * (low + high)
        if _mixture_cdf(middle, parts) < level:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)


@lean_jit
def mixture_quantiles(
    outputs: Floats, least_spread: float, levels: Floats, work: Floats, quantiles: Floats
) -> None:
    """Set the quantiles of mixtures.

    Args:
        outputs: (n, 3 K) of a network: log weights, centres, log spreads.
        least_spread: Added to each spread.
        levels: (2, m) probabilities, and the standard t's quantiles of them.
        work: (3, K) memory to work in.
        quantiles: (n, m)
    """
    for row in range(len(outputs)):
        _read(outputs[row], least_spread, work)
        for j in range(levels.shape[1]):
            quantiles[row, j] = _quantile(levels[0, j], levels[1, j], work)


@lean_jit
def mixture_ranks(
    outputs: Floats, least_spread: float, values: Floats, work: Floats, ranks: Floats
) -> None:
    """Set `ranks` (n,) to the probabilities below `values` (n,); the rest as above."""
    for row in range(len(outputs)):
        _read(outputs[row], least_spread, work)
        ranks[row] = _mixture_cdf(values[row], work)
