"""Write checkpoints between rollouts, and let an interrupted training go on from the newest.

A Stable-Baselines3 callback that changes nothing of what is learnt: a training that went on from a
checkpoint ends in the same weights, to the last bit, as one that was never interrupted.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm

from models.callback_validation import Validation
from models.checkpoint import (
    Checkpoint,
    checkpoints_of,
    first_difference,
    read_checkpoint,
    write_checkpoint,
)
from models.training_state import arrays_named, put_state, state_of, tensors_named
from utils.errors import ArtifactError, ConfigError
from utils.files import canonical_json
from utils.logger import get_logger
from utils.sealed_json import parsed_strictly

KEPT = "kept."
"""What the names of the kept weights begin with."""

BEST_CHANGES = "best_changes"

N_PER_RUN = 10
"""Checkpoints of a training that is not told how many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckpointPlan:
    """Where checkpoints lie, and when they are written.

    Attributes:
        folder: Of this training alone; made when it is needed.
        every: Timesteps from one to the next, >= 1; None: a tenth of the training.
        resume: Whether to go on from the newest one there; where there is none, from the beginning.
    """

    folder: Path
    every: int | None = None
    resume: bool = False

    def __post_init__(self) -> None:
        """Refuse a distance that is none."""
        if self.every is not None and self.every < 1:
            raise ConfigError(f"`every` must be >= 1 timesteps, was {self.every}")


class CheckpointWriter(BaseCallback):
    """Write a checkpoint whenever so many timesteps have passed, at the next end of an update.

    One that cannot be written is told of in a line; the training goes on.
    """

    def __init__(self, plan: CheckpointPlan, identity: Mapping[str, Any], total_timesteps: int):
        """Prepare the writing.

        Args:
            plan: Where and when.
            identity: JSON values of all that decides what is learnt, by which a checkpoint of
                another training is refused.
            total_timesteps: Of the whole training.
        """
        super().__init__()
        self._plan = plan
        whole = {**identity, "total_timesteps": total_timesteps}
        self._identity = parsed_strictly(canonical_json(whole).encode())
        self._every = plan.every or max(1, total_timesteps // N_PER_RUN)
        self._validation: Validation | None = None
        self._first_step = 0
        self._last_written = 0

    def begin(self, algorithm: OnPolicyAlgorithm, validation: Validation | None) -> int:
        """Go on from the newest checkpoint if that is planned; return where the training began.

        Args:
            algorithm: Of this training, as it was made.
            validation: Of this training.

        Raises:
            ArtifactError: If the checkpoint is damaged, or of another training; names the first
                thing that differs.
        """
        self._validation = validation
        self._first_step = self._last_written = algorithm.num_timesteps
        if self._plan.resume:
            self._resume(algorithm)
        return self._first_step

    def _on_rollout_start(self) -> None:
        done, before = self.num_timesteps - self._first_step, self._last_written - self._first_step
        if done // self._every > before // self._every:
            self._write()

    def _on_step(self) -> bool:
        return True

    def _write(self) -> None:
        arrays, values = state_of(self._algorithm())
        values["first_step"] = self._first_step
        if self._validation is not None:
            arrays |= arrays_named(KEPT, self._validation.kept_weights)
            best = self._validation.selection.best
            arrays |= {} if best is None else {BEST_CHANGES: best}
            values["validation"] = self._validation.to_dict()
        self._last_written = self.num_timesteps
        try:
            write_checkpoint(
                self._plan.folder,
                Checkpoint(
                    timesteps=self.num_timesteps,
                    identity=self._identity,
                    arrays=arrays,
                    values=values,
                ),
            )
        except ConfigError as error:
            get_logger("training").warning("no checkpoint written, training goes on: %s", error)

    def _algorithm(self) -> OnPolicyAlgorithm:
        assert isinstance(self.model, OnPolicyAlgorithm)
        return self.model

    def _resume(self, algorithm: OnPolicyAlgorithm) -> None:
        paths = checkpoints_of(self._plan.folder)
        if not paths:
            get_logger("training").info("no checkpoint yet: training begins anew")
            return
        checkpoint = read_checkpoint(paths[-1])
        self._check_identity(checkpoint, paths[-1])
        self._restore_validation(checkpoint)
        put_state(algorithm, checkpoint.arrays, checkpoint.values)
        self._first_step = int(checkpoint.values["first_step"])
        self._last_written = checkpoint.timesteps
        get_logger("training").info(
            "training goes on from timestep %s", f"{checkpoint.timesteps:,}"
        )

    def _check_identity(self, checkpoint: Checkpoint, path: Path) -> None:
        difference = first_difference(checkpoint.identity, self._identity)
        if difference is not None:
            name, stored, here = difference
            raise ArtifactError(
                f"`{path}` is of another training: `{name}` was {_shown(stored)} there, is "
                f"{_shown(here)} here; give what it was, or train anew"
            )

    def _restore_validation(self, checkpoint: Checkpoint) -> None:
        if self._validation is None:
            return
        self._validation.restore(
            checkpoint.values["validation"],
            tensors_named(KEPT, checkpoint.arrays),
            checkpoint.arrays.get(BEST_CHANGES),
        )


def _shown(value: Any) -> str:
    text = "not set" if value is None else repr(value)
    return text if len(text) <= 60 else f"{text[:60]}..."
