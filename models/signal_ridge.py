"""The linear forecast: ridge regression on the averages of a window, in closed form.

Inputs are brought to variance one, so that one penalty is fair to all. It is chosen as the one
whose forecasts of held-out blocks miss least. Everything comes from sums over stretches of windows,
so that each window is looked at twice, however many folds and penalties there are. Products are
torch's, which keeps to the threads that it is given: sums depend on them in their last bit.
"""

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from config.settings import AgentSettings
from models.signal_inputs import input_blocks, n_inputs
from models.signal_predictor import FittedPredictor
from models.signal_task import Fold, SignalTask, held_out_folds
from models.signal_weights import as_tensor, check_names, floats_of

Floats = NDArray[np.float64]

PENALTIES = np.geomspace(1e-4, 1e2, 13)
"""In variances of a standardised input."""

LEAST_SD = 1e-9
"""Deviation of an input below which it counts as constant, and is left out."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sums:
    """What a linear regression needs to know of some windows.

    Attributes:
        count: How many there are.
        inputs: (d,) sum of the inputs.
        move: Sum of the labels.
        products: (d, d) sum of the inputs' products.
        cross: (d,) sum of inputs times label.
    """

    count: int
    inputs: Floats
    move: float
    products: Floats
    cross: Floats

    def __add__(self, other: "Sums") -> "Sums":
        return Sums(
            count=self.count + other.count,
            inputs=self.inputs + other.inputs,
            move=self.move + other.move,
            products=self.products + other.products,
            cross=self.cross + other.cross,
        )


class RidgePredictor:
    """A weighted sum of a window's inputs.

    Attributes:
        lookback: Rows in a window.
        coefficients: (n_inputs,) ticks per unit of each input.
        intercept: Ticks.
        n_forecasts: How many of a row's columns, the last ones, are forecasts.
    """

    def __init__(self, lookback: int, coefficients: Floats, intercept: float, n_forecasts: int = 0):
        self.lookback = lookback
        self.n_forecasts = n_forecasts
        self.coefficients = coefficients
        self.intercept = intercept

    def signals(self, features: NDArray[np.float32]) -> Floats:
        """Return the forecasts; see `models.signal_predictor`."""
        found = np.empty(len(features) - self.lookback + 1)
        blocks = input_blocks(features, self.lookback, n_forecasts=self.n_forecasts)
        for windows, inputs in blocks:
            found[windows] = product(inputs, self.coefficients) + self.intercept
        return found

    def weights(self) -> dict[str, Tensor]:
        """Return the coefficients and the intercept."""
        return {
            "coefficients": as_tensor(self.coefficients),
            "intercept": as_tensor(np.array([self.intercept])),
        }

    def load_weights(self, weights: Mapping[str, Tensor], where: str) -> None:
        """Take over coefficients and intercept; see `models.signal_predictor`."""
        check_names(weights, {"coefficients", "intercept"}, where)
        coefficients = floats_of(weights, "coefficients", self.coefficients.shape, where)
        self.intercept = float(floats_of(weights, "intercept", (1,), where)[0])
        self.coefficients = coefficients


def fresh_ridge(
    settings: AgentSettings, lookback: int, n_features: int, n_forecasts: int = 0
) -> RidgePredictor:
    """Return a predictor that always says 0."""
    nothing = np.zeros(n_inputs(lookback, n_features, n_forecasts))
    return RidgePredictor(lookback, nothing, 0.0, n_forecasts)


def fit_ridge(task: SignalTask, settings: AgentSettings) -> FittedPredictor:
    """Return the ridge regression of a task, with the penalty that forecasts held-out blocks best.

    Args:
        task: Windows and labels.
        settings: Not used: nothing is drawn, and no size is chosen.
    """
    folds = held_out_folds(len(task.moves), task.lookback)
    stretches = _sums_of_stretches(task, folds)
    paths = [_penalty_path(_sums_outside(stretches, fold)) for fold in folds]
    held_out = np.concatenate(
        [_forecasts(task, fold, *path) for fold, path in zip(folds, paths, strict=True)]
    )
    best = int(np.nansum((held_out - task.moves[:, None]) ** 2, axis=0).argmin())
    coefficients, intercepts = _penalty_path(reduce(Sums.__add__, stretches.values()))
    chosen = coefficients[:, best].copy(), float(intercepts[best])
    predictor = RidgePredictor(task.lookback, *chosen, task.n_forecasts)
    return FittedPredictor(predictor, held_out[:, best].copy())


def _sums_of_stretches(task: SignalTask, folds: Iterable[Fold]) -> dict[tuple[int, int], Sums]:
    """Return the sums of the stretches between all bounds of the folds and their gaps."""
    bounds = sorted({bound for fold in folds for bound in fold})
    return {(first, last): _sums(task, first, last) for first, last in itertools.pairwise(bounds)}


def _sums(task: SignalTask, start: int, stop: int) -> Sums:
    width = n_inputs(task.lookback, task.n_features, task.n_forecasts)
    total = Sums(
        count=0,
        inputs=np.zeros(width),
        move=0.0,
        products=np.zeros((width, width)),
        cross=np.zeros(width),
    )
    blocks = input_blocks(task.features, task.lookback, start, stop, task.n_forecasts)
    for windows, inputs in blocks:
        is_known = task.has_label[windows]
        moves, known = task.moves[windows][is_known], inputs[is_known]
        total += Sums(
            count=len(moves),
            inputs=known.sum(axis=0),
            move=float(moves.sum()),
            products=product(known.T, known),
            cross=product(known.T, moves),
        )
    return total


def _sums_outside(stretches: Mapping[tuple[int, int], Sums], fold: Fold) -> Sums:
    """Return the sums of all windows that may be learnt from for a fold."""
    outside = (
        sums
        for (first, last), sums in stretches.items()
        if last <= fold.gap_start or first >= fold.gap_stop
    )
    return reduce(Sums.__add__, outside)


def _penalty_path(sums: Sums) -> tuple[Floats, Floats]:
    """Return coefficients (d, n_penalties) and intercepts (n_penalties,) for all PENALTIES."""
    means, mean_move = sums.inputs / sums.count, sums.move / sums.count
    covariance = sums.products / sums.count - np.outer(means, means)
    sds = np.sqrt(np.maximum(np.diag(covariance), 0.0))
    scale = np.where(sds > LEAST_SD, 1.0 / np.maximum(sds, LEAST_SD), 0.0)
    correlations = torch.from_numpy(covariance * np.outer(scale, scale))
    variances, axes = (part.numpy() for part in torch.linalg.eigh(correlations))
    along = product(axes.T, scale * (sums.cross / sums.count - mean_move * means))
    shrunk = along[:, None] / (np.maximum(variances, 0.0)[:, None] + PENALTIES)
    coefficients = scale[:, None] * product(axes, shrunk)
    return coefficients, mean_move - product(means, coefficients)


def _forecasts(task: SignalTask, fold: Fold, coefficients: Floats, intercepts: Floats) -> Floats:
    """Return the forecasts of a fold's block by each penalty, (n_block, n_penalties)."""
    blocks = input_blocks(task.features, task.lookback, fold.start, fold.stop, task.n_forecasts)
    return np.concatenate([product(inputs, coefficients) + intercepts for _, inputs in blocks])


def product(left: Floats, right: Floats) -> Floats:
    """Return the matrix product, by torch."""
    return (torch.from_numpy(left) @ torch.from_numpy(right)).numpy()
