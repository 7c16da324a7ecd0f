"""One run of an algorithm: checked beforehand, watched, and tidied up however it ends."""

import math
from collections.abc import Sequence
from pathlib import Path

from sb3_contrib import MaskablePPO, RecurrentPPO
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm

from config.settings import AgentSettings
from models.allocator import keep_freed_memory
from models.callbacks import (
    CheckpointWriter,
    CollapseAlarm,
    CostRamp,
    DivergenceStop,
    RichProgress,
    TradeStatistics,
    TrainingFigures,
    UpdateThreads,
    Validation,
    divergence_error,
)
from utils.errors import ConfigError

MAX_OWN_RAMP = 200_000
"""Timesteps of the longest cost ramp that was not asked for; see docs/training.md."""


def run_training(
    learner: OnPolicyAlgorithm,
    settings: AgentSettings,
    total_timesteps: int,
    callbacks: Sequence[BaseCallback] = (),
    tensorboard: Path | str | None = None,
    validation: Validation | None = None,
) -> None:
    """Let `learner` learn for `total_timesteps` more steps.

    Args:
        learner: Changed in place.
        settings: Those that it was made of.
        total_timesteps: Environment steps, rounded up to whole rollouts, >= 1.
        callbacks: Further callbacks; a RichProgress is closed also where the run fails, and a
            CheckpointWriter may let the run go on from where an earlier one was interrupted.
        tensorboard: Folder for TensorBoard's files; None writes none.
        validation: What chooses the weights that are kept; None keeps the last.

    Raises:
        ArtifactError: If it is to go on from a checkpoint that is damaged or of another training.
        ConfigError: If the run is too short for its settings, or diverges.
    """
    check_run(learner, settings, total_timesteps)
    keep_freed_memory()
    own = _own_callbacks(settings, ramp_of(settings, total_timesteps), validation)
    first_step = _first_step(learner, callbacks, validation)
    if validation is not None:
        validation.first_step = first_step
    displays = [callback for callback in callbacks if isinstance(callback, RichProgress)]
    for display in displays:
        display.follow(first_step, validation)
    left = first_step + total_timesteps - learner.num_timesteps
    learner.tensorboard_log = None if tensorboard is None else str(tensorboard)
    try:
        # displays end before the others say what has come of it
        others = [callback for callback in callbacks if callback not in displays]
        _learn(learner, settings, left, [*displays, *own, *others])
    finally:
        for display in displays:
            display.close()


def _first_step(
    learner: OnPolicyAlgorithm, callbacks: Sequence[BaseCallback], validation: Validation | None
) -> int:
    """Return the timestep at which the run began, after going on from a checkpoint if asked to."""
    for callback in callbacks:
        if isinstance(callback, CheckpointWriter):
            return callback.begin(learner, validation)
    return int(learner.num_timesteps)


def check_run(learner: OnPolicyAlgorithm, settings: AgentSettings, total_timesteps: int) -> None:
    """Refuse a run too short for a single optimiser step, or for its cost ramp.

    Steps of earlier runs count: the accumulated gradient and the ramp go on from where they were.

    Raises:
        ConfigError: Naming the setting, its bound and its value.
    """
    if total_timesteps < 1:
        raise ConfigError(f"`total_timesteps` must be >= 1, was {total_timesteps}")
    timesteps = learner.num_timesteps + total_timesteps
    if (settings.cost_ramp_steps or 0) > timesteps:
        raise ConfigError(
            f"`cost_ramp_steps` must be <= the timesteps ({timesteps}), "
            f"was {settings.cost_ramp_steps}: full costs would never be met"
        )
    rollouts = math.ceil(timesteps / (learner.n_envs * learner.n_steps))
    batches = batches_per_rollout(learner) * rollouts
    if settings.grad_accumulation > batches:
        raise ConfigError(
            f"`grad_accumulation` must be <= the batches of the training ({batches}), "
            f"was {settings.grad_accumulation}: nothing would be learnt; lower it or train longer"
        )


def batches_per_rollout(learner: OnPolicyAlgorithm) -> int:
    """Return how many batches, all epochs together, the learner takes from each rollout."""
    if isinstance(learner, PPO | MaskablePPO | RecurrentPPO):
        return learner.n_envs * learner.n_steps // learner.batch_size * learner.n_epochs
    return 1


def ramp_of(settings: AgentSettings, total_timesteps: int) -> int:
    """Return the timesteps over which the costs grow, for a first training of so many."""
    if settings.cost_ramp_steps is not None:
        return settings.cost_ramp_steps
    return 0 if settings.warm_start else min(total_timesteps // 2, MAX_OWN_RAMP)


def _own_callbacks(
    settings: AgentSettings, ramp: int, validation: Validation | None
) -> list[BaseCallback]:
    """Return what every run has, in order: weights that are not finite are not evaluated."""
    first: list[BaseCallback] = [DivergenceStop()]
    if validation is not None:
        first.append(validation)
    first.append(TrainingFigures(settings, validation))
    if ramp:
        first.append(CostRamp(ramp))
    return [*first, UpdateThreads(settings.threads), TradeStatistics(), CollapseAlarm()]


def _learn(
    learner: OnPolicyAlgorithm,
    settings: AgentSettings,
    total_timesteps: int,
    callbacks: list[BaseCallback],
) -> None:
    try:
        learner.learn(
            total_timesteps,
            callback=callbacks,
            tb_log_name=f"{settings.algorithm}-{settings.feature_extractor}",
            reset_num_timesteps=False,
        )
    except ValueError as error:
        # torch refuses NaN logits in mid-update, before a callback can see them
        divergence = divergence_error(learner)
        if divergence is None:
            raise
        raise divergence from error
