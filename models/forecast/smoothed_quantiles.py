"""Linear quantile regression by a smoothed pinball loss, which Newton's steps take seconds for.

The kink of the pinball loss is rounded by a logistic density of a small bandwidth (Fernandes,
Guerre and Horta, "Smoothing quantile regressions", JBES 39, 2021; He, Pan, Tan and Zhou, "Smoothed
quantile regression with large-scale inference", Journal of Econometrics 232, 2023): level r + h
log(1 + exp(-r / h)) for a residual r. The loss is convex and has two derivatives everywhere.
Products are torch's, which keeps to the threads that it is given: sums depend on them in their last
bit.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from models.forecast.family import Floats

BANDWIDTHS = (0.5, 0.15, 0.05)
"""In deviations of the labels; each begins where the one before has ended."""

MAX_STEPS = 30
TOLERANCE = 1e-8
"""Newton's steps of one bandwidth at most, and the share of the loss that is no gain."""

MAX_HALVINGS = 12
"""Of one step, until the loss falls."""

STEEPNESS = 1e-9
"""Added to the curvature, so that there is a step where inputs say the same."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class QuantileProblem:
    """Rows of one regression.

    Attributes:
        inputs: (n, 1 + k) with a first column of ones.
        labels: (n,)
        penalty: Half of it times the squared slopes is added to the mean loss.
    """

    inputs: Tensor
    labels: Tensor
    penalty: float

    @classmethod
    def of(cls, inputs: Floats, labels: Floats, penalty: float) -> "QuantileProblem":
        """Return the problem of inputs (n, k) and labels (n,)."""
        ones = np.ones((len(labels), 1))
        rows = torch.tensor(np.hstack([ones, inputs]), dtype=torch.float64)
        return cls(inputs=rows, labels=torch.tensor(labels, dtype=torch.float64), penalty=penalty)

    def slope_penalties(self) -> Tensor:
        """Return the penalty of each coefficient, (1 + k,): none of the first."""
        found = torch.full((self.inputs.shape[1],), self.penalty, dtype=torch.float64)
        found[0] = 0.0
        return found


def fit_level(problem: QuantileProblem, level: float, start: Floats) -> Floats:
    """Return intercept and slopes (1 + k,) of one level's quantile.

    Args:
        problem: The rows.
        level: In (0, 1).
        start: (1 + k,) from where to begin.
    """
    found = torch.tensor(start, dtype=torch.float64)
    deviation = float(problem.labels.std())
    for bandwidth in BANDWIDTHS:
        found = _descend(problem, level, bandwidth * deviation, found)
    return np.asarray(found.numpy())


def _descend(problem: QuantileProblem, level: float, width: float, start: Tensor) -> Tensor:
    """Return the coefficients of least loss at one bandwidth."""
    found, loss = start, _loss(problem, level, width, start)
    for _ in range(MAX_STEPS):
        step = _newton_step(problem, level, width, found)
        share = 1.0
        for _ in range(MAX_HALVINGS):
            tried = _loss(problem, level, width, found - share * step)
            if tried < loss:
                break
            share /= 2.0
        gain = loss - tried
        if gain <= 0.0:
            break
        found, loss = found - share * step, tried
        if gain <= TOLERANCE * loss:
            break
    return found


def _loss(problem: QuantileProblem, level: float, width: float, coefficients: Tensor) -> float:
    residuals = problem.labels - problem.inputs @ coefficients
    rounded = level * residuals + width * torch.nn.functional.softplus(-residuals / width)
    slopes = problem.slope_penalties() @ coefficients**2
    return float(rounded.mean() + slopes / 2.0)


def _newton_step(
    problem: QuantileProblem, level: float, width: float, coefficients: Tensor
) -> Tensor:
    residuals = problem.labels - problem.inputs @ coefficients
    below = torch.sigmoid(-residuals / width)
    curvature = below * (1.0 - below) / width
    penalties, n_rows = problem.slope_penalties(), len(residuals)
    gradient = problem.inputs.T @ (below - level) / n_rows + penalties * coefficients
    hessian = problem.inputs.T @ (problem.inputs * curvature[:, None]) / n_rows
    return torch.linalg.solve(hessian + torch.diag(penalties + STEEPNESS), gradient)
