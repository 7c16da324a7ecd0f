"""How long to learn, and what forecasts of unseen rows are like: blocks held out in turn.

For predictors that learn in rounds, and get worse again when they learn for too long. All blocks
are held out side by side, round by round, so that one number of rounds is best for all of them
together; single blocks are far too noisy to say.
"""

from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from models.signal_task import Fold, SignalTask

Floats = NDArray[np.float64]


class Trainee(Protocol):
    """Something that learns in rounds."""

    def advance(self) -> None:
        """Learn for one round more."""
        ...

    def forecasts(self, start: int, stop: int) -> Floats:
        """Return its forecasts of windows `start` to `stop` of the task, (stop - start,) ticks."""
        ...


AnyTrainee = TypeVar("AnyTrainee", bound=Trainee)

Maker = Callable[[NDArray[np.bool_]], AnyTrainee]
"""From which windows may be learnt from, (n_windows,), to what has learnt nothing yet."""


class CrossFit(NamedTuple):
    """What holding blocks out has shown.

    Attributes:
        n_rounds: The best number of rounds, >= 1.
        held_out: (n_windows,) forecasts after as many, by who has not learnt from them; NaN in
            blocks that were not held out.
    """

    n_rounds: int
    held_out: Floats


def cross_fit(
    task: SignalTask, folds: list[Fold], make: Maker[Trainee], *, max_rounds: int, patience: int
) -> CrossFit:
    """Return the number of rounds after which forecasts of held-out blocks miss least.

    Args:
        task: Windows and labels.
        folds: Blocks to hold out.
        make: Makes a learner.
        max_rounds: Rounds at most.
        patience: Rounds without a better one after which to stop.
    """
    trainees = [make(task.is_free(fold)) for fold in folds]
    best = CrossFit(0, np.full(len(task.moves), np.nan))
    least = np.inf
    for n_rounds in range(1, max_rounds + 1):
        held_out = np.full(len(task.moves), np.nan)
        for fold, trainee in zip(folds, trainees, strict=True):
            trainee.advance()
            held_out[fold.start : fold.stop] = trainee.forecasts(fold.start, fold.stop)
        error = float(np.nansum((held_out - task.moves) ** 2))
        if error < least:
            least, best = error, CrossFit(n_rounds, held_out)
        elif n_rounds - best.n_rounds >= patience:
            break
    return best


def trained(make: Maker[AnyTrainee], task: SignalTask, n_rounds: int) -> AnyTrainee:
    """Return what has learnt from all labelled windows of a task for `n_rounds`."""
    trainee = make(task.has_label)
    for _ in range(n_rounds):
        trainee.advance()
    return trainee
