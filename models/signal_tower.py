"""The network's forecast: a market tower with one linear output, learnt by regression.

Recurrent towers learn along chunks of bars, one step per bar, after enough bars to fill a window;
the others from windows. What is learnt forecasts from windows either way, and its tower is what EPG
may start from.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import cast

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from config.settings import AgentSettings
from env.observation import observation_space
from models.actor_critic import load_weights, policy_arguments, resolve_device, weights_of
from models.market_extractor import MarketExtractor
from models.market_windows import MarketWindows
from models.networks import RecurrentExtractor
from models.signal_batches import STEP_LABELS, Batches, Network, StretchBatches, WindowBatches
from models.signal_cross_fit import cross_fit, trained
from models.signal_predictor import FittedPredictor
from models.signal_task import SignalTask, held_out_folds

Floats = NDArray[np.float64]

MAX_ROUNDS = 40
PATIENCE = 5
"""Passes over the training rows at most, and without a better one."""

MAX_NORM = 1.0
"""Largest norm of a step's gradient."""

LEAST_SD = 1e-9
"""Ticks; moves that vary less are as good as constant."""


class SupervisedTower(nn.Module):
    """A tower and a linear output: (n, lookback, n_columns) to (n,), in units of `scale`.

    Attributes:
        extractor: The market tower.
        head: From its output to the forecast.
        centre: Mean move, ticks: one number.
        scale: Standard deviation of the moves, ticks: one number.
    """

    def __init__(
        self, settings: AgentSettings, lookback: int, n_features: int, n_forecasts: int = 0
    ):
        """Create a tower with fresh weights, from torch's generator."""
        super().__init__()
        arguments = policy_arguments(settings)
        space = observation_space(lookback, n_features, n_forecasts)
        options = arguments["features_extractor_kwargs"]
        self.extractor: MarketExtractor = arguments["features_extractor_class"](space, **options)
        self.head = nn.Linear(self.extractor.encoding_size, 1)
        self.centre = nn.Parameter(torch.zeros(1), requires_grad=False)
        self.scale = nn.Parameter(torch.zeros(1), requires_grad=False)

    def forward(self, windows: Tensor) -> Tensor:
        """Return the forecast of each window, in units of `scale`."""
        return cast(Tensor, self.head(self.extractor.encode(windows))[..., 0])

    def along(self, chunks: Tensor) -> Tensor:
        """Return the forecasts at each row of chunks (k, rows, n_columns), (k, rows)."""
        assert isinstance(self.extractor, RecurrentExtractor)
        return cast(Tensor, self.head(self.extractor.encode_sequence(chunks))[..., 0])


class TowerPredictor:
    """Forecasts by a supervised tower.

    Attributes:
        tower: The tower.
    """

    def __init__(self, tower: SupervisedTower):
        self.tower = tower

    def signals(self, features: NDArray[np.float32]) -> Floats:
        """Return the forecasts; see `models.signal_predictor`."""
        tower = self.tower
        tower.train(False)
        windows = MarketWindows(features, tower.extractor.lookback, tower.scale.device)
        with torch.inference_mode():
            rows = torch.arange(tower.extractor.lookback - 1, len(features))
            found = torch.cat([tower(windows.of(some)) for some in torch.split(rows, STEP_LABELS)])
            return _in_ticks(tower, found)

    def weights(self) -> dict[str, Tensor]:
        """Return the tower's weights by name."""
        return weights_of(self.tower)

    def load_weights(self, weights: Mapping[str, Tensor], where: str) -> None:
        """Take over a tower's weights; see `models.actor_critic.load_weights`."""
        load_weights(self.tower, weights, where)


def fresh_tower(
    settings: AgentSettings, lookback: int, n_features: int, n_forecasts: int = 0
) -> TowerPredictor:
    """Return a predictor that always says 0: its scale is zero."""
    return TowerPredictor(SupervisedTower(settings, lookback, n_features, n_forecasts))


def fit_tower(task: SignalTask, settings: AgentSettings) -> FittedPredictor:
    """Return a tower that has learnt from a task as long as helps forecasts of held-out blocks.

    Args:
        task: Windows and labels.
        settings: Which tower and how large, step size, dropout, decay of the weights, device, seed.

    Raises:
        ConfigError: If there is no such tower or device.
    """
    make = _maker(task, settings)
    folds = held_out_folds(len(task.moves), task.lookback)
    found = cross_fit(task, folds, make, max_rounds=MAX_ROUNDS, patience=PATIENCE)
    trainee = trained(make, task, found.n_rounds)
    return FittedPredictor(TowerPredictor(trainee.tower.cpu()), found.held_out)


class TowerTrainee:
    """A tower that learns one pass over its windows per round; see `models.signal_cross_fit`.

    Attributes:
        tower: The tower, as it is now.
    """

    def __init__(self, task: SignalTask, is_free: NDArray[np.bool_], settings: AgentSettings):
        """Begin with fresh weights.

        Args:
            task: Windows and labels.
            is_free: (n_windows,) which may be learnt from.
            settings: Of the tower and its learning.
        """
        device = resolve_device(settings.device)
        self._random = np.random.default_rng(settings.seed)
        shape = task.lookback, task.n_features, task.n_forecasts
        self.tower = SupervisedTower(settings, *shape).to(device)
        moves = np.where(is_free, task.moves, np.nan)
        centre, scale = float(np.nanmean(moves)), float(np.nanstd(moves))
        with torch.no_grad():
            self.tower.centre.fill_(centre)
            self.tower.scale.fill_(scale)
        targets = torch.tensor((moves - centre) / max(scale, LEAST_SD), dtype=torch.float32)
        self._network, self._batches = _learning_view(self.tower, task, targets.to(device))
        self._optimizer = torch.optim.AdamW(
            self.tower.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )

    def advance(self) -> None:
        """Learn from every free window once, in random order."""
        self.tower.train(True)
        for batch in self._batches.drawn(self._random):
            self._optimizer.zero_grad()
            self._batches.loss(self._network, batch).backward()
            nn.utils.clip_grad_norm_(self.tower.parameters(), MAX_NORM)
            self._optimizer.step()

    def forecasts(self, start: int, stop: int) -> Floats:
        """Return the forecasts of windows `start` to `stop`, in the way that they are learnt."""
        self.tower.train(False)
        with torch.inference_mode():
            return _in_ticks(self.tower, self._batches.outputs(self._network, start, stop))


def _learning_view(
    tower: SupervisedTower, task: SignalTask, targets: Tensor
) -> tuple[Network, Batches]:
    """Return what a tower learns by: along stretches of bars if it can, else by windows."""
    if isinstance(tower.extractor, RecurrentExtractor):
        return tower.along, StretchBatches(task, targets)
    return tower.forward, WindowBatches(task, targets)


def _maker(
    task: SignalTask, settings: AgentSettings
) -> Callable[[NDArray[np.bool_]], TowerTrainee]:
    return partial(TowerTrainee, task, settings=settings)


def _in_ticks(tower: SupervisedTower, outputs: Tensor) -> Floats:
    ticks = tower.centre + tower.scale * outputs
    return ticks.cpu().numpy().astype(np.float64)
