"""From which rows learned families learn, and by which they are chosen: labels in units of scale.

What is chosen by its error on held-out rows is held out by whole sessions, the last ones, with a
session between them and those learnt from: no label crosses a session, but volatility does.
"""

import math
from dataclasses import dataclass

import numpy as np

from data.forecast_names import Head
from models.forecast.family import SCALE, FamilyTask, Floats, Integers
from models.forecast.fhs import check_training
from models.forecast.scoring import pinball_losses
from utils.errors import DataError

LEAST_SESSIONS = 4
"""Sessions that learned families need at least."""

HELD_OUT_SHARE = 0.15
"""Share of the sessions that is held out."""

LABEL_STEPS = 3
"""Rows that are learnt from per horizon: labels that overlap by more say nearly the same."""

LEAST_KEPT = 300
"""Rows that are left where there are as many: few sessions of a long horizon have few to spare."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LearningRows:
    """Rows to learn from, oldest first.

    Attributes:
        inputs: (n, k) as families get them.
        labels: (n,) in units of the row's scale.
        sessions: (n,) number of each row's session.
    """

    inputs: Floats
    labels: Floats
    sessions: Integers

    def thinned(self, horizon: int, most: int) -> "LearningRows":
        """Return every so-many-th row: LABEL_STEPS of them per horizon, and `most` at most.

        Only as many are left out that LEAST_KEPT remain.
        """
        n_rows = len(self.labels)
        apart = min(horizon // LABEL_STEPS, n_rows // LEAST_KEPT)
        return self._part(slice(None, None, max(1, apart, math.ceil(n_rows / most))))

    def split(self) -> tuple["LearningRows", "LearningRows"]:
        """Return the rows to learn from and those of the last sessions, held out."""
        learnt, held_out = split_rows(self.sessions)
        return self._part(learnt), self._part(held_out)

    def _part(self, rows: slice) -> "LearningRows":
        return LearningRows(
            inputs=self.inputs[rows], labels=self.labels[rows], sessions=self.sessions[rows]
        )


def split_rows(sessions: Integers) -> tuple[slice, slice]:
    """Return which rows to learn from, and which to hold out: those of the last sessions.

    Args:
        sessions: (n,) number of each row's session, never falling; LEAST_SESSIONS or more.
    """
    known = np.unique(sessions)
    first = known[-math.ceil(HELD_OUT_SHARE * len(known))]
    before = known[known < first][-1]
    stop, start = np.searchsorted(sessions, [before, first])
    return slice(0, int(stop)), slice(int(start), len(sessions))


def learning_rows(task: FamilyTask, inputs: Floats, y: Floats, sessions: Integers) -> LearningRows:
    """Return the rows of a task, all of them.

    Args:
        task: What is learnt, for messages.
        inputs: (n, k) as for `QuantileModel.fit`.
        y: (n,) as for `QuantileModel.fit`.
        sessions: (n,) as for `QuantileModel.fit`.

    Raises:
        DataError: If there are too few rows or sessions, or all labels are the same.
    """
    check_training(task, y)
    n_sessions = len(np.unique(sessions))
    if n_sessions < LEAST_SESSIONS:
        raise DataError(
            f"`{task.settings.family}` at horizon {task.horizon}, head {task.head} needs at least "
            f"{LEAST_SESSIONS} training sessions, had {n_sessions}: give more"
        )
    return LearningRows(inputs=inputs, labels=y / inputs[:, SCALE], sessions=sessions)


def unscaled(quantiles: Floats, inputs: Floats, head: Head) -> Floats:
    """Return quantiles of labels in units of scale (n, N_LEVELS) as log returns.

    They are put in order (Chernozhukov, Fernández-Val and Galichon, 2010, on why that never
    makes them worse), and kept to the sign that the head has.
    """
    found = np.sort(quantiles, axis=1) * inputs[:, SCALE : SCALE + 1]
    if head == Head.MAE:
        return np.minimum(found, 0.0)
    return np.maximum(found, 0.0) if head == Head.MFE else found


def mean_pinball(labels: Floats, quantiles: Floats) -> float:
    """Return the mean pinball loss of quantiles (n, N_LEVELS) of labels (n,)."""
    return float(pinball_losses(labels, quantiles).mean())
