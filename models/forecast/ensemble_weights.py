"""How much each member of an ensemble counts: non-negative weights that add up to one.

The mean pinball loss of weighted quantiles is convex in the weights. It is gone down by multiplying
steps (Kivinen and Warmuth, "Exponentiated gradient versus gradient descent", Information and
Computation 132, 1997), a fixed number of them from equal weights: what differs little on held-out
rows, and so perhaps by chance, stays near equal. A step that leads up is not taken, and the later
ones are half as long. Where nothing is lost there is nothing to learn.
"""

import numpy as np

from data.forecast_names import LEVELS
from models.forecast.family import Floats

STEPS, RATE = 100, 10.0
"""A member whose loss is steeper by one per cent of the loss loses that times both, in logs."""


def best_weights(said: Floats, labels: Floats) -> Floats:
    """Return the weights of members, (n_members,), >= 0, of sum 1.

    Args:
        said: (n_members, n, N_LEVELS) quantiles.
        labels: (n,) in the same unit.
    """
    logs, rate = np.zeros(len(said)), RATE
    loss, slopes = _loss_and_slopes(said, labels, _shares(logs))
    for _ in range(STEPS):
        if loss == 0.0:
            break
        tried = logs - rate * (slopes - slopes @ _shares(logs)) / loss
        new_loss, new_slopes = _loss_and_slopes(said, labels, _shares(tried))
        if new_loss < loss:
            logs, loss, slopes = tried, new_loss, new_slopes
        else:
            rate /= 2.0
    return _shares(logs)


def _loss_and_slopes(said: Floats, labels: Floats, weights: Floats) -> tuple[float, Floats]:
    """Return the mean loss, and by how much it rises with each weight, (n_members,)."""
    levels = np.array(LEVELS)
    mean = sum(weight * quantiles for weight, quantiles in zip(weights, said, strict=True))
    above = labels[:, None] - mean
    pull = np.where(above > 0.0, -levels, 1.0 - levels)
    slopes = np.array([float(np.mean(pull * quantiles)) for quantiles in said])
    return float(np.mean(-pull * above)), slopes


def _shares(logs: Floats) -> Floats:
    grown = np.exp(logs - logs.max())
    return np.asarray(grown / grown.sum())
