"""A forecast distribution as 199 atoms: moves at the levels 1/200 to 199/200, made of nine.

Between the nine levels a quantile is interpolated on the scale of normal scores, so that a normal
distribution is met exactly. Beyond the outer ones it follows a power of the level,

    median - Q(p) = (median - Q(.01)) (p / .01)^-xi,   xi = log((median - Q(.01)) / (median -
    Q(.05))) / log 5,

and its mirror above, with xi held in [0, 1/2], so that mean and variance are finite. The two
outermost atoms are the means of all that lies beyond.

Moves are simple returns, not logarithms: a sum in USD is a multiple of them, and a short's moves
are a long's with the other sign. All is elementwise: a row gives the same bits by itself as among
others.
"""

from statistics import NormalDist

import numpy as np

from data.forecast_names import LEVELS, N_LEVELS
from models.forecast.family import Floats
from utils.errors import ConfigError

N_ATOMS = 199
STEPS = N_ATOMS + 1

ATOM_LEVELS: Floats = np.arange(1, STEPS) / STEPS
"""(199,) level of each atom; all LEVELS are among them."""

ATOM_WEIGHTS: Floats = np.array([1.5, *[1.0] * (N_ATOMS - 2), 1.5]) / STEPS
"""(199,) probability of each atom; they sum to one."""

HEAVIEST_TAIL = 0.5
"""Largest xi: the variance is still finite below it, the mean at it."""

_OUTER_CELL = 1.5 / STEPS
"""Probability of all that an outermost atom stands for."""

_WORST = 10
"""Atoms up to the level .05; the last of them counts half."""

_WORST_WEIGHTS: Floats = np.array([1.5, *[1.0] * (_WORST - 2), 0.5]) / _WORST
_SCORES = np.array([NormalDist().inv_cdf(level) for level in LEVELS])
_ATOM_SCORES = np.array([NormalDist().inv_cdf(level) for level in ATOM_LEVELS])
_LEFT = np.clip(np.searchsorted(LEVELS, ATOM_LEVELS, side="right") - 1, 0, N_LEVELS - 2)
_SHARE = np.clip((_ATOM_SCORES - _SCORES[_LEFT]) / (_SCORES[_LEFT + 1] - _SCORES[_LEFT]), 0.0, 1.0)
_MEDIAN = LEVELS.index(0.5)
_TAILS = np.array([[0, 1], [N_LEVELS - 1, N_LEVELS - 2]])
_ENDS, _SIDES = np.array([0, N_ATOMS - 1]), np.array([-1.0, 1.0])
_LOG_STEP = float(np.log(LEVELS[1] / LEVELS[0]))
_LEAST_RATIO = float(np.exp(-HEAVIEST_TAIL * _LOG_STEP))


def atoms_of(quantiles: Floats) -> Floats:
    """Return the atoms (..., 199), simple returns, rising; never below -1.

    Args:
        quantiles: (..., N_LEVELS) at LEVELS, log returns, never falling; NaN gives NaN.
    """
    known = np.expm1(quantiles)
    atoms: Floats = known[..., _LEFT] * (1.0 - _SHARE) + known[..., _LEFT + 1] * _SHARE
    # arrays throughout: numpy's own numbers take another way to a power, with other last bits
    middle = known[..., _MEDIAN : _MEDIAN + 1]
    distances = np.abs(known[..., _TAILS] - middle[..., None])
    atoms[..., _ENDS] = middle + _SIDES * _tail_means(distances[..., 0], distances[..., 1])
    return np.maximum(atoms, -1.0, order="C")


def _tail_means(outer: Floats, inner: Floats) -> Floats:
    """Return how far beyond the median the outermost cells lie on average, >= `outer`.

    Args:
        outer: (..., 2) distance of the .01 and .99 quantiles from the median, >= 0.
        inner: (..., 2) distance of the .05 and .95 quantiles, <= `outer`.
    """
    least = np.maximum(inner, outer * _LEAST_RATIO)  # xi is at its bound below it
    ratio = np.divide(outer, least, out=np.ones_like(outer), where=least > 0.0)
    xi = np.minimum(np.log(ratio) / _LOG_STEP, HEAVIEST_TAIL)
    return np.asarray(outer * np.power(_OUTER_CELL / LEVELS[0], -xi) / (1.0 - xi))


def mean_of(atoms: Floats) -> Floats:
    """Return the mean of each row of atoms (..., 199), or of what is made of them, shape (...)."""
    return np.asarray(np.multiply(atoms, ATOM_WEIGHTS, order="C").sum(axis=-1))


def recentred(atoms: Floats, shrink: Floats | float) -> Floats:
    """Return the atoms moved so that their mean is `shrink` times what it was.

    Args:
        atoms: (..., 199).
        shrink: (...) in [0, 1]; at 0 neither side is expected to gain before costs.
    """
    return np.asarray(atoms - ((1.0 - shrink) * mean_of(atoms))[..., None])


def at_level(atoms: Floats, level: float) -> Floats:
    """Return the quantile at a level that is an atom's, shape (...).

    Raises:
        ConfigError: If there is no atom at that level.
    """
    step = round(level * STEPS)
    if not 1 <= step <= N_ATOMS or abs(step / STEPS - level) > 1e-12:
        raise ConfigError(
            f"`level` must be a whole number of 200ths between 0.005 and 0.995, was {level}; "
            "round it"
        )
    return np.asarray(atoms[..., step - 1])


def worst_mean(atoms: Floats) -> Floats:
    """Return the mean of the lowest 5 % of each row of atoms, shape (...)."""
    return np.asarray(np.multiply(atoms[..., :_WORST], _WORST_WEIGHTS, order="C").sum(axis=-1))


def share_above(atoms: Floats, bound: Floats | float) -> Floats:
    """Return the probability of more than `bound` in each row, shape (...), in [.005, .995].

    Linear between atoms.

    Args:
        atoms: (..., 199), rising.
        bound: (...), simple return.
    """
    limit = np.asarray(bound)[..., None]
    below = np.clip((atoms <= limit).sum(axis=-1, keepdims=True), 1, N_ATOMS - 1)
    left = np.take_along_axis(atoms, below - 1, axis=-1)
    gap = np.take_along_axis(atoms, below, axis=-1) - left
    inside = np.where(gap > 0.0, (limit - left) / np.where(gap > 0.0, gap, 1.0), limit > left)
    return np.asarray(1.0 - (below + np.clip(inside, 0.0, 1.0))[..., 0] / STEPS)
