"""The forecast of boosted trees: LightGBM on the averages of a window.

Small trees of large leaves and few thresholds: where moves are nearly all noise, what is sought
among many finds the noise. A model lies in a file as LightGBM's own text, in bytes; it is checked
and parsed, never executed.
"""

from collections.abc import Mapping
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from config.settings import AgentSettings
from models.boosting_text import checked_trees
from models.signal_cross_fit import cross_fit, trained
from models.signal_inputs import input_blocks, n_inputs
from models.signal_predictor import FittedPredictor
from models.signal_task import SignalTask, held_out_folds
from models.signal_weights import check_names
from utils.errors import ArtifactError

Floats = NDArray[np.float64]

TREES_PER_ROUND = 10
MAX_ROUNDS = 100
PATIENCE = 4
"""Rounds of trees at most, and without a better one."""

MIN_LEAF_SHARE = 0.1
"""Share of the labels that each leaf holds at least."""

PARAMETERS: dict[str, Any] = {
    "objective": "l2",
    "learning_rate": 0.05,
    "num_leaves": 4,
    "feature_fraction": 0.2,
    "bagging_fraction": 0.5,
    "bagging_freq": 1,
    "lambda_l2": 10.0,
    "max_bin": 15,
    "deterministic": True,
    "force_row_wise": True,
    "verbosity": -1,
}


class BoostedPredictor:
    """Forecasts by a LightGBM model.

    Attributes:
        lookback: Rows in a window.
        n_features: Columns of a window.
        n_forecasts: Further columns, of which the last row's are seen.
    """

    def __init__(self, lookback: int, n_features: int, text: bytes = b"", n_forecasts: int = 0):
        """Take a model over.

        Args:
            lookback: Rows in a window.
            n_features: Columns of a window.
            text: The model; nothing always says 0.
            n_forecasts: Further columns.

        Raises:
            ValueError: If it is no model of such windows.
        """
        self.lookback = lookback
        self.n_features = n_features
        self.n_forecasts = n_forecasts
        self._text = text
        width = n_inputs(lookback, n_features, n_forecasts)
        self._booster = _parsed(text, width) if text else None

    def signals(self, features: NDArray[np.float32]) -> Floats:
        """Return the forecasts; see `models.signal_predictor`."""
        found = np.zeros(len(features) - self.lookback + 1)
        if self._booster is not None:
            blocks = input_blocks(features, self.lookback, n_forecasts=self.n_forecasts)
            for windows, inputs in blocks:
                found[windows] = self._booster.predict(as_shown(inputs), num_threads=1)
        return found

    def weights(self) -> dict[str, Tensor]:
        """Return the model's text as bytes."""
        return {"model": torch.tensor(list(self._text), dtype=torch.uint8)}

    def load_weights(self, weights: Mapping[str, Tensor], where: str) -> None:
        """Take over a model's text; see `models.signal_predictor`."""
        check_names(weights, {"model"}, where)
        found = weights["model"]
        if found.dtype != torch.uint8 or found.ndim != 1:
            raise ArtifactError(f"`{where}`: weight `model` must be a row of bytes; re-train")
        try:
            text = bytes(found.numpy())
            loaded = BoostedPredictor(self.lookback, self.n_features, text, self.n_forecasts)
        except ValueError as error:
            raise ArtifactError(f"`{where}`: weight `model` {error}; re-train") from error
        self._text, self._booster = loaded._text, loaded._booster


class BoostingTrainee:
    """Trees that grow by TREES_PER_ROUND; see `models.signal_cross_fit`."""

    def __init__(self, data: Any, inputs: NDArray[np.float32], is_free: NDArray[np.bool_]):
        """Begin without trees.

        Args:
            data: LightGBM's data set of all windows, with the parameters.
            inputs: (n_windows, n_inputs) that it was made of.
            is_free: (n_windows,) which may be learnt from.
        """
        import lightgbm  # noqa: PLC0415 - takes half a second, and few need it

        self._inputs = inputs
        self._sums = np.zeros(len(inputs))
        self._n_trees = 0
        self._n_threads = data.params["num_threads"]
        self.booster = lightgbm.Booster(data.params, data.subset(np.flatnonzero(is_free)))

    def advance(self) -> None:
        """Grow some trees more."""
        for _ in range(TREES_PER_ROUND):
            self.booster.update()

    def forecasts(self, start: int, stop: int) -> Floats:
        """Return the forecasts of windows `start` to `stop`; the same ones each time."""
        n_trees = self.booster.current_iteration()
        fresh = self.booster.predict(
            self._inputs[start:stop],
            start_iteration=self._n_trees,
            num_iteration=n_trees - self._n_trees,
            num_threads=self._n_threads,
        )
        self._sums[start:stop] += fresh
        self._n_trees = n_trees
        return self._sums[start:stop].copy()


def fresh_boosting(
    settings: AgentSettings, lookback: int, n_features: int, n_forecasts: int = 0
) -> BoostedPredictor:
    """Return a predictor that always says 0."""
    return BoostedPredictor(lookback, n_features, n_forecasts=n_forecasts)


def fit_boosting(task: SignalTask, settings: AgentSettings) -> FittedPredictor:
    """Return trees that have learnt from a task, as many as help forecasts of held-out blocks.

    Args:
        task: Windows and labels.
        settings: Seed and threads.
    """
    import lightgbm  # noqa: PLC0415 - as above

    blocks = input_blocks(task.features, task.lookback, n_forecasts=task.n_forecasts)
    inputs = np.concatenate([as_shown(block) for _, block in blocks])
    n_labels = int(task.has_label.sum())
    own = {
        "seed": settings.seed,
        "num_threads": settings.threads,
        "min_data_in_leaf": max(round(MIN_LEAF_SHARE * n_labels), 1),
    }
    labels = np.nan_to_num(task.moves)
    data = lightgbm.Dataset(inputs, labels, params=PARAMETERS | own, free_raw_data=False)
    make = partial(BoostingTrainee, data.construct(), inputs)
    folds = held_out_folds(len(task.moves), task.lookback)
    found = cross_fit(task, folds, make, max_rounds=MAX_ROUNDS, patience=PATIENCE)
    text = trained(make, task, found.n_rounds).booster.model_to_string().encode()
    predictor = BoostedPredictor(task.lookback, task.n_features, text, task.n_forecasts)
    return FittedPredictor(predictor, found.held_out)


def as_shown(inputs: Floats) -> NDArray[np.float32]:
    """Return inputs as the trees learn them and are asked: in single precision."""
    return inputs.astype(np.float32)


def _parsed(text: bytes, width: int) -> Any:
    """Return the model of a text.

    Raises:
        ValueError: If it is none, or of other inputs.
    """
    import lightgbm  # noqa: PLC0415 - as above

    checked = checked_trees(text, width)
    try:
        return lightgbm.Booster(model_str=checked)
    except lightgbm.basic.LightGBMError as error:
        raise ValueError("is no LightGBM model") from error
