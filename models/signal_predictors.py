"""The predictors there are, by name: learnt from a task, or made fresh for saved weights."""

from collections.abc import Callable
from dataclasses import dataclass

from config.settings import AgentSettings
from models.signal_boosting import fit_boosting, fresh_boosting
from models.signal_predictor import FittedPredictor, Predictor
from models.signal_ridge import fit_ridge, fresh_ridge
from models.signal_task import SignalTask
from models.signal_tower import fit_tower, fresh_tower


@dataclass(frozen=True, slots=True, kw_only=True)
class PredictorKind:
    """How one kind of predictor is made.

    Attributes:
        fit: Learns from a task with an agent's settings.
        fresh: From the settings, the rows of a window, its columns and the forecasts beside them,
            what `fit` would have learnt: it always says 0, until it is given saved weights.
    """

    fit: Callable[[SignalTask, AgentSettings], FittedPredictor]
    fresh: Callable[[AgentSettings, int, int, int], Predictor]


PREDICTORS: dict[str, PredictorKind] = {
    "ridge": PredictorKind(fit=fit_ridge, fresh=fresh_ridge),
    "lightgbm": PredictorKind(fit=fit_boosting, fresh=fresh_boosting),
    "tower": PredictorKind(fit=fit_tower, fresh=fresh_tower),
}
