"""Rows whose labels have a known distribution: what learned families must find in them."""

import math
from dataclasses import dataclass

import numpy as np

from config.forecast_settings import ForecastSettings
from data.forecast_names import LEVELS, Head
from models.forecast.family import Arrays, FamilyTask, Floats, Integers, QuantileModel
from models.forecast.learning_rows import mean_pinball

N_INPUTS = 6
SESSION_ROWS = 100
DEGREES = 4
T4_QUANTILES = np.array(
    [-3.746947, -2.131847, -1.533206, -0.740697, 0.0, 0.740697, 1.533206, 2.131847, 3.746947]
)
"""Of Student's t of four degrees of freedom at LEVELS, by any table; its variance is 2."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Law:
    """Rows, labels, and the quantiles that the labels truly have."""

    X: Floats
    y: Floats
    quantiles: Floats
    sessions: Integers

    def fit(self, model: QuantileModel) -> None:
        """Let a model learn the rows."""
        model.fit(self.X, self.y, realised=self.y**2, sessions=self.sessions)

    def skill(self, quantiles: Floats, train: "Law") -> float:
        """Return by what share of the loss quantiles beat the plain ones of another law's rows."""
        scale = train.X[:, :1]
        plain = np.quantile(train.y / scale[:, 0], LEVELS)[None] * self.X[:, :1]
        return 1.0 - self._loss(quantiles) / self._loss(plain)

    def _loss(self, quantiles: Floats) -> float:
        return mean_pinball(self.y / self.X[:, 0], quantiles / self.X[:, :1])


def law(n: int, *, seed: int = 0, spread: float = 0.5, place: float = 0.3) -> Law:
    """Return rows of z = exp(spread x1) t + place x2, in a scale of its own in each row."""
    random = np.random.default_rng(seed)
    rows = random.normal(size=(n, N_INPUTS))
    rows[:, 0] = 0.001 * np.exp(0.5 * rows[:, 0])
    width, centre = np.exp(spread * rows[:, 1]), place * rows[:, 2]
    labels = width * random.standard_t(DEGREES, size=n) / math.sqrt(2.0) + centre
    quantiles = width[:, None] * T4_QUANTILES / math.sqrt(2.0) + centre[:, None]
    return Law(
        X=rows,
        y=rows[:, 0] * labels,
        quantiles=rows[:, :1] * quantiles,
        sessions=np.arange(n) // SESSION_ROWS,
    )


def task_of(head: Head = Head.RETURN, horizon: int = 3, **others: object) -> FamilyTask:
    """Return the task of a law's rows."""
    columns = ("scale", *(f"input_{place}" for place in range(1, N_INPUTS)))
    settings = ForecastSettings()
    return FamilyTask(horizon=horizon, head=head, columns=columns, settings=settings, **others)


class Fixed:
    """A model that says 0 to 8 scales of every row, all shifted, and learns nothing.

    Attributes:
        noted: Labels that it was told.
    """

    def __init__(self, shift: float):
        self._shift = shift
        self.noted: list[float] = []

    def fit(self, X: Floats, y: Floats, *, realised: Floats, sessions: Integers) -> None:  # noqa: N803
        """Learn nothing."""

    def predict_quantiles(self, X: Floats) -> Floats:  # noqa: N803
        """Return the same of every row, in its scale."""
        return X[:, :1] * (np.arange(9.0) + self._shift)

    def update(self, y_delayed: float) -> None:
        """Take note."""
        self.noted.append(y_delayed)

    def arrays(self) -> Arrays:
        """Return nothing."""
        return {}

    def load_arrays(self, arrays: Arrays, where: str) -> None:
        """Take nothing."""
