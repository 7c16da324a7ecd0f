"""How the torch families learn: AdamW in epochs, until held-out sessions are forecast no better.

The draws are the model's own, and so is the number of threads: the same seed gives the same
weights, whatever else runs. The best weights so far are kept, those before the first epoch
included.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from models.forecast.family import FamilyTask, Floats

Loss = Callable[[Tensor, Tensor], Tensor]
"""From outputs (n, m) and labels (n,) to their mean loss."""

MAX_NORM = 1.0
"""Largest norm of a step's gradient."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingPlan:
    """How long and how fast to learn.

    Attributes:
        epochs: Passes over the rows at most.
        patience: Epochs without a better one after which to stop.
        batch: Rows of one step.
        learning_rate: Of AdamW.
        weight_decay: Of AdamW.
    """

    epochs: int = 30
    patience: int = 4
    batch: int = 256
    learning_rate: float = 1e-3
    weight_decay: float = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TorchRows:
    """Rows as torch takes them, in float32.

    Attributes:
        inputs: (n, k) standardised.
        labels: (n,) in units of scale.
    """

    inputs: Tensor
    labels: Tensor

    @classmethod
    def of(cls, inputs: Floats, labels: Floats) -> "TorchRows":
        """Return copies of both."""
        return cls(
            inputs=torch.tensor(inputs, dtype=torch.float32),
            labels=torch.tensor(labels, dtype=torch.float32),
        )


def train_network(
    network: nn.Module, loss: Loss, parts: tuple[TorchRows, TorchRows], task: FamilyTask
) -> None:
    """Let a network learn, and leave it with the weights that did best on held-out rows.

    Draws are from torch's generator.

    Args:
        network: From inputs to outputs; learns in place.
        loss: Of its outputs.
        parts: Rows to learn from, and those held out.
        task: Whom to tell, and where curves go.
    """
    plan, (learnt, held_out) = TrainingPlan(), parts
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=plan.learning_rate, weight_decay=plan.weight_decay
    )
    best, least, best_epoch = _weights(network), _mean_loss(network, loss, held_out), 0
    with _curves(task) as note:
        note("held_out", least, 0)
        for epoch in range(1, plan.epochs + 1):
            note("learnt", _one_epoch(network, loss, learnt, optimizer), epoch)
            found = _mean_loss(network, loss, held_out)
            note("held_out", found, epoch)
            if task.on_progress is not None:
                task.on_progress(f"epoch {epoch} of at most {plan.epochs}", epoch / plan.epochs)
            if found < least:
                best, least, best_epoch = _weights(network), found, epoch
            elif epoch - best_epoch >= plan.patience:
                break
    network.load_state_dict(best)


def _one_epoch(
    network: nn.Module, loss: Loss, rows: TorchRows, optimizer: torch.optim.Optimizer
) -> float:
    """Learn from every row once, in random order, and return the mean loss meanwhile."""
    network.train(True)
    total = 0.0
    for some in torch.randperm(len(rows.labels)).split(TrainingPlan().batch):
        optimizer.zero_grad()
        found = loss(network(rows.inputs[some]), rows.labels[some])
        found.backward()
        nn.utils.clip_grad_norm_(network.parameters(), MAX_NORM)
        optimizer.step()
        total += float(found.detach()) * len(some)
    return total / len(rows.labels)


def _mean_loss(network: nn.Module, loss: Loss, rows: TorchRows) -> float:
    network.train(False)
    with torch.inference_mode():
        return float(loss(network(rows.inputs), rows.labels))


def _weights(network: nn.Module) -> dict[str, Tensor]:
    return {name: weight.detach().clone() for name, weight in network.state_dict().items()}


@contextmanager
def _curves(task: FamilyTask) -> Iterator[Callable[[str, float, int], None]]:
    """Give a function that notes the loss of some rows after an epoch, where curves are wanted."""
    if task.tensorboard is None:
        yield _no_note
        return
    writer = _writer(task.tensorboard)
    try:
        yield lambda rows, value, epoch: writer.add_scalar(f"loss/{rows}", value, epoch)
    finally:
        writer.close()


def _no_note(rows: str, value: float, epoch: int) -> None:
    """Note nothing."""


def _writer(folder: Path) -> Any:
    from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 - few want curves

    return SummaryWriter(log_dir=str(folder))
