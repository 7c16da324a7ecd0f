"""What a tower is shown while it learns to forecast: stretches of bars, or windows one by one.

Both stand for the same windows of a task, and know which of them may be learnt from.
"""

from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from models.market_windows import MarketWindows
from models.signal_task import SignalTask

STEP_LABELS = 1_024
"""Labels that one step of the optimiser learns from, at most."""

CHUNK_LABELS = 64
"""Labels of one stretch of bars."""

HUBER_SDS = 3.0
"""Misses beyond so many standard deviations count by their size, not its square."""

Network = Callable[[Tensor], Tensor]


class Batches(Protocol):
    """The windows of a task as a network takes them."""

    def drawn(self, random: np.random.Generator) -> Iterator[Tensor]:
        """Yield all that may be learnt from once, in random order, some for each step."""
        ...

    def loss(self, network: Network, batch: Tensor) -> Tensor:
        """Return the mean Huber loss of a batch."""
        ...

    def outputs(self, network: Network, start: int, stop: int) -> Tensor:
        """Return the network's outputs for windows `start` to `stop`, (stop - start,)."""
        ...


class WindowBatches:
    """Windows one by one, for a network of (n, lookback, n_features)."""

    def __init__(self, task: SignalTask, targets: Tensor):
        """Prepare.

        Args:
            task: Its windows.
            targets: (n_windows,) what to learn, NaN where nothing is; says on which device.
        """
        self._windows = MarketWindows(task.features, task.lookback, targets.device)
        self._first = task.lookback - 1
        self._targets = targets

    def drawn(self, random: np.random.Generator) -> Iterator[Tensor]:
        """Yield numbers of windows."""
        free = torch.isfinite(self._targets).nonzero()[:, 0].cpu().numpy()
        yield from torch.split(torch.from_numpy(random.permutation(free)), STEP_LABELS)

    def loss(self, network: Network, batch: Tensor) -> Tensor:
        """Return the mean Huber loss of some windows."""
        targets = self._targets[batch.to(self._targets.device)]
        return huber(network(self._of(batch)), targets)

    def outputs(self, network: Network, start: int, stop: int) -> Tensor:
        """Return the outputs of windows `start` to `stop`."""
        parts = torch.split(torch.arange(start, stop), STEP_LABELS)
        return torch.cat([network(self._of(part)) for part in parts])

    def _of(self, numbers: Tensor) -> Tensor:
        return self._windows.of(numbers.to(self._targets.device) + self._first)


class StretchBatches:
    """Stretches of CHUNK_LABELS windows, for a network that goes along (n, rows, n_features).

    A stretch begins `lookback - 1` rows before the end of its first window, so that its first
    output has seen exactly one window, and later ones a little more.
    """

    def __init__(self, task: SignalTask, targets: Tensor):
        """Prepare; arguments as for WindowBatches."""
        self._features = torch.from_numpy(np.require(task.features, requirements=["C", "W"])).to(
            targets.device
        )
        self._targets = targets
        self._lead = task.lookback - 1
        self._length = min(CHUNK_LABELS, len(targets))

    def drawn(self, random: np.random.Generator) -> Iterator[Tensor]:
        """Yield first windows of stretches in which something may be learnt."""
        starts = self._starts(0, len(self._targets))
        is_free = torch.isfinite(self._targets[self._span(starts)]).any(dim=1).cpu().numpy()
        shuffled = torch.from_numpy(random.permutation(starts.cpu().numpy()[is_free]))
        yield from torch.split(shuffled, STEP_LABELS // CHUNK_LABELS)

    def loss(self, network: Network, batch: Tensor) -> Tensor:
        """Return the mean Huber loss of the windows of some stretches."""
        starts = batch.to(self._targets.device)
        return huber(self._along(network, starts), self._targets[self._span(starts)])

    def outputs(self, network: Network, start: int, stop: int) -> Tensor:
        """Return the outputs of windows `start` to `stop`."""
        found = torch.empty(len(self._targets), device=self._targets.device)
        for starts in torch.split(self._starts(start, stop), STEP_LABELS // CHUNK_LABELS):
            found[self._span(starts)] = self._along(network, starts)
        return found[start:stop]

    def _starts(self, start: int, stop: int) -> Tensor:
        """Return the first windows of stretches over windows `start` to `stop`, and beyond."""
        last = len(self._targets) - self._length
        starts = torch.arange(start, stop, self._length, device=self._targets.device)
        return starts.clamp(max=last)

    def _span(self, starts: Tensor, extra: int = 0) -> Tensor:
        steps = torch.arange(self._length + extra, device=starts.device)
        return starts[:, None] + steps

    def _along(self, network: Network, starts: Tensor) -> Tensor:
        rows = self._features[self._span(starts, self._lead)]
        return network(rows)[:, self._lead :]


def huber(outputs: Tensor, targets: Tensor) -> Tensor:
    """Return the mean Huber loss where the targets are numbers."""
    is_known = torch.isfinite(targets)
    return functional.huber_loss(outputs[is_known], targets[is_known], delta=HUBER_SDS)
