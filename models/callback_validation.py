"""Evaluate now and then on rows that are not learnt from, and keep the weights that did well there.

A Stable-Baselines3 callback. It draws no random numbers; what it changes is which weights remain
when the training ends, and, where patience is set, when that is.
"""

import logging
import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray
from stable_baselines3.common.callbacks import BaseCallback
from torch import Tensor

from env.simulation import Simulation
from models.decider import Decider
from models.evaluation import Evaluation, EvaluationSpan, changes_usd, evaluation_of, walked
from models.selection import Selection
from utils.logger import get_logger

WHERE = "the weights kept in memory"


class Validation(BaseCallback):
    """Evaluate at equal distances and at the end; put the kept weights back when training ends.

    Which those are says `models.selection`.

    Evaluations are made between rollouts, where an update has just been completed.

    Attributes:
        evaluations: Those made so far, oldest first.
        kept: The one whose weights are kept; None before the first.
        kept_weights: Those.
        selection: What has chosen it.
        last_pass: The account after the last one; None before it.
        ran_out: Whether patience ended the training.
    """

    def __init__(
        self,
        decider: Decider,
        span: EvaluationSpan,
        *,
        total_timesteps: int,
        n_evaluations: int,
        patience: int | None = None,
    ):
        """Plan the evaluations.

        Args:
            decider: Evaluated as it is at the time, and given the kept weights at the end.
            span: Where it is evaluated.
            total_timesteps: Of the whole training.
            n_evaluations: At equal distances over it; the last one is at its end.
            patience: Evaluations in a row without a larger net PnL than ever before that end the
                training; None: never.
        """
        super().__init__()
        self._decider = decider
        self._span = span
        self._total = total_timesteps
        self._n_planned = n_evaluations
        self._patience = patience
        self.first_step = 0
        self.evaluations: list[Evaluation] = []
        self.kept: Evaluation | None = None
        self.kept_weights: dict[str, Tensor] = {}
        self.selection = Selection()
        self.last_pass: Simulation | None = None
        self.ran_out = False

    def to_dict(self) -> dict[str, Any]:
        """Return what was evaluated, where, and what was kept, as JSON values."""
        return {
            **self._span.to_dict(),
            "kept": None if self.kept is None else as_json(self.kept),
            "evaluations": [as_json(each) for each in self.evaluations],
        }

    def restore(
        self,
        told: Mapping[str, Any],
        kept_weights: Mapping[str, Tensor],
        best_changes_usd: NDArray[np.float64] | None,
    ) -> None:
        """Go on from an interrupted training.

        Args:
            told: As `to_dict` had it.
            kept_weights: As they were.
            best_changes_usd: Of `selection`, as it was.
        """
        self.evaluations = [from_json(each) for each in told["evaluations"]]
        self.kept = None if told["kept"] is None else from_json(told["kept"])
        self.kept_weights = dict(kept_weights)
        self.selection.best_changes_usd = best_changes_usd
        self.selection.kept_usd = 0.0 if self.kept is None else self.kept.net_pnl_usd
        self.ran_out = self._is_out_of_patience()

    def _on_rollout_start(self) -> None:
        if self._number_at(self.num_timesteps) > self._number_at(self._last_timestep):
            self._evaluate()
            self.ran_out = self._is_out_of_patience()

    def _on_step(self) -> bool:
        return not self.ran_out

    def _on_training_end(self) -> None:
        is_whole = self.num_timesteps - self.first_step >= self._total
        if not self.evaluations or (is_whole and self._last_timestep < self.num_timesteps):
            self._evaluate()
        assert self.kept is not None
        self._decider.load_weights(self.kept_weights, WHERE)
        _log_line(self.kept, len(self.evaluations), self.ran_out)

    @property
    def _last_timestep(self) -> int:
        return self.evaluations[-1].timestep if self.evaluations else self.first_step

    def _number_at(self, timestep: int) -> int:
        """Return how many evaluations should have been made by then."""
        return (timestep - self.first_step) * self._n_planned // self._total

    def _evaluate(self) -> None:
        self.last_pass = walked(self._decider, self._span)
        found = evaluation_of(self.last_pass, self._span.n_decisions, self.num_timesteps)
        self.evaluations.append(found)
        if self.selection.offer(changes_usd(self.last_pass, self._span.n_decisions)):
            self.kept = found
            self.kept_weights = self._decider.weights()
        for name, value in asdict(found).items():
            if name != "timestep" and not math.isnan(value):
                self.logger.record(f"eval/{name}", value)
        self.logger.dump(self.num_timesteps)

    def _is_out_of_patience(self) -> bool:
        """Return whether the evaluation of largest net PnL is too long ago."""
        if self._patience is None or not self.evaluations:
            return False
        nets = [each.net_pnl_usd for each in self.evaluations]
        return len(nets) - 1 - nets.index(max(nets)) >= self._patience


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """Return an evaluation with None for what is undefined."""
    values = asdict(evaluation).items()
    return {name: None if math.isnan(value) else value for name, value in values}


def from_json(values: Mapping[str, Any]) -> Evaluation:
    """Return the evaluation that `as_json` made the values of."""
    return Evaluation(
        **{name: math.nan if value is None else value for name, value in values.items()}
    )


def _log_line(kept: Evaluation, n_evaluations: int, ran_out: bool) -> None:
    """Say which weights were kept, and what they do; warn where they do nothing."""
    traded = (
        f"which made {kept.n_trades:,} trades and {kept.net_pnl_usd:+,.2f} USD net"
        if kept.n_trades
        else "which made no trade"
    )
    patience = "; stopped early, out of patience" if ran_out else ""
    level = logging.INFO if kept.n_trades else logging.WARNING
    get_logger("training").log(
        level,
        "validation kept the weights of timestep %s, %s, of %d evaluations%s",
        f"{kept.timestep:,}",
        traded,
        n_evaluations,
        patience,
    )
