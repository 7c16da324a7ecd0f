"""What happens beside learning: cost ramp, alarm, threads, divergence; the rest is imported here.

All are Stable-Baselines3 callbacks. None draws random numbers, so none but the cost ramp, whose
purpose it is, and the validation can change what is learnt. Trades are those of finished training
episodes, at the costs of the moment.
"""

from collections import Counter

import numpy as np
import torch
from gymnasium import spaces
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback

from models.actor_critic import first_broken
from models.callback_checkpoint import CheckpointPlan, CheckpointWriter
from models.callback_figures import TrainingFigures
from models.callback_progress import RichProgress
from models.callback_signals import StopOnSignal
from models.callback_trades import TradeStatistics, action_name
from models.callback_validation import Validation
from models.episode_totals import EpisodeTotals
from utils.errors import ConfigError
from utils.logger import get_logger

__all__ = [
    "CheckpointPlan",
    "CheckpointWriter",
    "CollapseAlarm",
    "CostRamp",
    "DivergenceStop",
    "EpisodeTotals",
    "RichProgress",
    "StopOnSignal",
    "TradeStatistics",
    "TrainingFigures",
    "UpdateThreads",
    "Validation",
    "divergence_error",
]

ALARM_STEPS = 4_096
"""Actions that CollapseAlarm looks at together, at least."""

ALARM_SHARE = 0.95
"""Share of one action among them above which it warns."""

COLLAPSE_HINT = (
    'the policy may have collapsed; try another `reward` ("pnl", "shaped"), `cost_ramp_steps`, or '
    "a larger `ent_coef`"
)


class CostRamp(BaseCallback):
    """Let the costs of the training environments grow linearly from zero to full.

    Under full costs from the start, an agent learns at once never to trade and stays there. Only
    training environments are touched; the scale is constant within a rollout and logged as
    `train/cost_scale`.
    """

    def __init__(self, ramp_steps: int):
        """Create the ramp over `ramp_steps` >= 1."""
        super().__init__()
        self._ramp_steps = ramp_steps

    def _on_rollout_start(self) -> None:
        scale = min(1.0, self.num_timesteps / self._ramp_steps)
        self.training_env.env_method("set_cost_scale", scale)
        self.logger.record("train/cost_scale", scale)

    def _on_step(self) -> bool:
        return True


class CollapseAlarm(BaseCallback):
    """Warn when a policy does but one thing, or trades no more: it learns nothing further then.

    That is how rewards that come with closed trades alone often end, where costs are met before an
    edge is. One line when it begins, another only after the policy has recovered. Actions that are
    not numbered are not counted, their trades are; a trade that only the end of its episode has
    closed is none of the policy's.
    """

    def __init__(self, n_actions: int = ALARM_STEPS):
        """Create an alarm that looks at whole rollouts of at least so many actions together."""
        super().__init__()
        self._n_actions = n_actions
        self._n_seen = 0
        self._counts: Counter[int] = Counter()
        self._totals = EpisodeTotals()
        self._has_warned = False

    def _on_step(self) -> bool:
        self._n_seen += len(self.locals["actions"])  # none where no action is drawn
        self._totals.add_finished(self.locals)
        if isinstance(self.model.action_space, spaces.Discrete):
            self._counts.update(np.ravel(self.locals["actions"]).tolist())
        return True

    def _on_rollout_end(self) -> None:
        if self._n_seen < self._n_actions:
            return
        findings = [*self._one_action(), *self._no_trade()]
        if findings and not self._has_warned:
            get_logger("training").warning("%s: %s", ", and ".join(findings), COLLAPSE_HINT)
        self._has_warned = bool(findings)
        self._n_seen = 0
        self._counts.clear()
        if self._totals.n_episodes > 0:
            self._totals = EpisodeTotals()

    def _one_action(self) -> list[str]:
        """Return what action crowds out the others, if one does."""
        space = self.model.action_space
        if not isinstance(space, spaces.Discrete):
            return []
        action, count = self._counts.most_common(1)[0]
        share = count / self._n_seen
        if share <= ALARM_SHARE:
            return []
        name = action_name(action, int(space.n))
        return [f"{share:.1%} of the last {self._n_seen:,} actions were {name}"]

    def _no_trade(self) -> list[str]:
        """Return that of the episodes that have ended none had closed a trade, if so."""
        n_episodes, n_own_exits = self._totals.n_episodes, self._totals.n_own_exits
        if n_episodes == 0 or n_own_exits > 0:
            return []
        return [f"no trade closed in the last {n_episodes:,} finished episodes"]


class UpdateThreads(BaseCallback):
    """Give torch its threads for the updates, and one for the rollouts.

    A rollout's batch is one window per environment: handing it to a second thread costs more than
    it saves. The numbers are fixed, so that the order of sums, and with it the result, is too.
    """

    def __init__(self, threads: int):
        super().__init__()
        self._threads = threads

    def _on_rollout_start(self) -> None:
        torch.set_num_threads(1)

    def _on_rollout_end(self) -> None:
        torch.set_num_threads(self._threads)

    def _on_step(self) -> bool:
        return True


class DivergenceStop(BaseCallback):
    """Stop with one clear line as soon as an update has left a weight that is not finite."""

    def _on_rollout_start(self) -> None:
        self._check()

    def _on_training_end(self) -> None:
        self._check()

    def _on_step(self) -> bool:
        return True

    def _check(self) -> None:
        divergence = divergence_error(self.model)
        if divergence is not None:
            raise divergence


def divergence_error(model: BaseAlgorithm) -> ConfigError | None:
    """Return the error to raise where a weight of `model` is NaN or infinite, else None."""
    broken = first_broken(dict(model.policy.named_parameters()))
    if broken is None:
        return None
    return ConfigError(
        f"training diverged before timestep {model.num_timesteps}: "
        f"weight `{broken}` is not finite; lower `learning_rate` (was {model.learning_rate:g})"
    )
