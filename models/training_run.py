"""One run of an algorithm: checked beforehand, watched, and tidied up however it ends."""

import math
from collections.abc import Sequence
from pathlib import Path

from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from stable_baselines3.common.on_policy_algorithm import OnPolicyAlgorithm

from config.settings import AgentSettings
from models.callbacks import (
    CollapseAlarm,
    CostRamp,
    DivergenceStop,
    RichProgress,
    TradeStatistics,
    UpdateThreads,
    divergence_error,
)
from utils.errors import ConfigError

MAX_OWN_RAMP = 100_000
"""Timesteps of the longest cost ramp that was not asked for; see docs/training.md."""


def run_training(
    learner: OnPolicyAlgorithm,
    settings: AgentSettings,
    total_timesteps: int,
    callbacks: Sequence[BaseCallback] = (),
    tensorboard: Path | str | None = None,
) -> None:
    """Let `learner` learn for `total_timesteps` more steps.

    Args:
        learner: Changed in place.
        settings: Those that it was made of.
        total_timesteps: Environment steps, rounded up to whole rollouts, >= 1.
        callbacks: Further callbacks; a RichProgress is closed also where the run fails.
        tensorboard: Folder for TensorBoard's files; None writes none.

    Raises:
        ConfigError: If the run is too short for its settings, or diverges.
    """
    check_run(learner, settings, total_timesteps)
    ramp = ramp_of(settings, total_timesteps)
    learner.tensorboard_log = None if tensorboard is None else str(tensorboard)
    try:
        _learn(learner, settings, total_timesteps, [*_own_callbacks(settings, ramp), *callbacks])
    finally:
        for callback in callbacks:
            if isinstance(callback, RichProgress):
                callback.close()


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
    if isinstance(learner, PPO):
        return learner.n_envs * learner.n_steps // learner.batch_size * learner.n_epochs
    return 1


def ramp_of(settings: AgentSettings, total_timesteps: int) -> int:
    """Return the timesteps over which the costs grow, for a first training of so many."""
    asked = settings.cost_ramp_steps
    return min(total_timesteps // 3, MAX_OWN_RAMP) if asked is None else asked


def _own_callbacks(settings: AgentSettings, ramp: int) -> list[BaseCallback]:
    always = [
        UpdateThreads(settings.threads),
        DivergenceStop(),
        TradeStatistics(),
        CollapseAlarm(),
    ]
    return [CostRamp(ramp), *always] if ramp else always


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
