"""Evaluate now and then on rows that are not learnt from, and keep the weights that did well there.

Where luck alone explains what all of them did, the agent is left with weights that stay flat. A
Stable-Baselines3 callback. It draws no random numbers; what it changes is which weights remain
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
from models.evaluation import Evaluation, EvaluationSpan, changes_of, evaluation_of, walked
from models.flat_reason import flat_reason
from models.flat_weights import flat_weights
from models.selection import Selection
from utils.logger import get_logger
from utils.wording import counted

WHERE = "the weights kept in memory"
REMEDY = (
    "train longer or on more bars, or keep some weights all the same with a `significance` of 1"
)


class Validation(BaseCallback):
    """Evaluate at equal distances and at the end; put the kept weights back when training ends.

    Which those are says `models.selection`.

    Evaluations are made between rollouts, where an update has just been completed.

    Attributes:
        evaluations: Those made so far, oldest first.
        kept: The one whose weights are kept; None where luck explains all of them.
        kept_weights: Those; empty without.
        learnt_weights: The last ones of an agent that is left flat, for who trains it further; else
            None.
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
        significance: float,
        patience: int | None = None,
    ):
        """Plan the evaluations.

        Args:
            decider: Evaluated as it is at the time, and given the kept weights at the end.
            span: Where it is evaluated.
            total_timesteps: Of the whole training.
            n_evaluations: At equal distances over it; the last one is at its end.
            significance: See `Selection`.
            patience: Evaluations in a row without more evidence than ever before that end the
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
        self.learnt_weights: dict[str, Tensor] | None = None
        self.selection = Selection(n_evaluations, significance)
        self.last_pass: Simulation | None = None
        self.ran_out = False

    def to_dict(self) -> dict[str, Any]:
        """Return what was evaluated, where, and what was kept, as JSON values."""
        return {
            **self._span.to_dict(),
            "kept": None if self.kept is None else as_json(self.kept),
            "errors_needed": self.selection.least_errors,
            "evaluations": [as_json(each) for each in self.evaluations],
        }

    def restore(
        self,
        told: Mapping[str, Any],
        kept_weights: Mapping[str, Tensor],
        best: NDArray[np.float64] | None,
    ) -> None:
        """Go on from an interrupted training.

        Args:
            told: As `to_dict` had it.
            kept_weights: As they were.
            best: Of `selection`, as it was.
        """
        self.evaluations = [from_json(each) for each in told["evaluations"]]
        self.kept = None if told["kept"] is None else from_json(told["kept"])
        self.kept_weights = dict(kept_weights)
        self.selection.best = best
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
        if self.kept is None:
            self.learnt_weights = self._decider.weights()
            weights = flat_weights(self.learnt_weights, self._span.settings)
        else:
            weights = self.kept_weights
        self._decider.load_weights(weights, WHERE)
        self._log_outcome()

    @property
    def _last_timestep(self) -> int:
        return self.evaluations[-1].timestep if self.evaluations else self.first_step

    def _number_at(self, timestep: int) -> int:
        """Return how many evaluations should have been made by then."""
        return (timestep - self.first_step) * self._n_planned // self._total

    def _evaluate(self) -> None:
        self.last_pass = walked(self._decider, self._span)
        changes = changes_of(self.last_pass, self._span)
        found = evaluation_of(self.last_pass, changes, self.num_timesteps)
        self.evaluations.append(found)
        if self.selection.offer(changes):
            self.kept = found
            self.kept_weights = self._decider.weights()
        for name, value in asdict(found).items():
            if name != "timestep" and not math.isnan(value):
                self.logger.record(f"eval/{name}", value)
        self.logger.dump(self.num_timesteps)

    def _log_outcome(self) -> None:
        """Say which weights were kept, and what they do; warn where they do nothing."""
        logger = get_logger("training")
        patience = "; stopped early, out of patience" if self.ran_out else ""
        if self.kept is None:
            reason = flat_reason(self.to_dict())
            logger.warning("the agent is left flat: %s%s; %s", reason, patience, REMEDY)
            return
        logger.log(
            logging.INFO if self.kept.n_trades > 0 else logging.WARNING,
            "validation kept %s, of %s%s",
            _what_it_did(self.kept),
            counted(len(self.evaluations), "evaluation"),
            patience,
        )

    def _is_out_of_patience(self) -> bool:
        """Return whether the evaluation of largest evidence is too long ago."""
        if self._patience is None or not self.evaluations:
            return False
        seen = [0.0 if math.isnan(each.evidence) else each.evidence for each in self.evaluations]
        return len(seen) - 1 - seen.index(max(seen)) >= self._patience


def as_json(evaluation: Evaluation) -> dict[str, Any]:
    """Return an evaluation with None for what is undefined."""
    values = asdict(evaluation).items()
    return {name: None if math.isnan(value) else value for name, value in values}


def from_json(values: Mapping[str, Any]) -> Evaluation:
    """Return the evaluation that `as_json` made the values of."""
    return Evaluation(
        **{name: math.nan if value is None else value for name, value in values.items()}
    )


def _what_it_did(kept: Evaluation) -> str:
    traded = (
        f"which made {counted(kept.n_trades, 'trade')} and {kept.net_pnl_usd:+,.2f} USD net"
        if kept.n_trades
        else "which made no trade"
    )
    return f"the weights of timestep {kept.timestep:,}, {traded}"
