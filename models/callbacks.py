"""What happens beside learning: progress, cost ramp, trade figures, alarm, threads, divergence.

All are Stable-Baselines3 callbacks. None draws random numbers, so none but the cost ramp, whose
purpose it is, can change what is learnt. Trades are those of finished training episodes, at the
costs of the moment.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from gymnasium import spaces
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from stable_baselines3.common.base_class import BaseAlgorithm
from stable_baselines3.common.callbacks import BaseCallback

from env.actions import N_ACTIONS, Action
from models.actor_critic import first_broken
from utils.errors import ConfigError
from utils.logger import get_logger

PLAIN_LINES = 10
"""Lines that a whole training prints where the output is no terminal."""

ALARM_STEPS = 4_096
"""Actions that CollapseAlarm looks at together, at least."""

ALARM_SHARE = 0.95
"""Share of one action among them above which it warns."""

COLLAPSE_HINT = (
    'the policy may have collapsed; try another `reward` ("pnl", "shaped"), `cost_ramp_steps`, or '
    "a larger `ent_coef`"
)


class EpisodeTotals:
    """Trades, winners and net PnL (USD) over finished episodes."""

    def __init__(self) -> None:
        self.n_episodes = 0
        self.n_trades = 0
        self.n_wins = 0
        self.net_pnl_usd = 0.0

    def add_finished(self, step: Mapping[str, Any]) -> None:
        """Add the episodes that ended in this step.

        Args:
            step: The local variables of Stable-Baselines3's rollout loop: `dones` and `infos`, one
                per copy.
        """
        for info, is_done in zip(step["infos"], step["dones"], strict=True):
            if is_done:
                self.n_episodes += 1
                self.n_trades += info["n_trades"]
                self.n_wins += info["n_wins"]
                self.net_pnl_usd += info["net_pnl_usd"]


class RichProgress(BaseCallback):
    """Show steps, steps per second, time to go, and the trades of the training episodes so far.

    In a terminal this is a bar; elsewhere PLAIN_LINES lines at equal distances.
    """

    def __init__(
        self, total_timesteps: int, headline: str | None = None, console: Console | None = None
    ):
        """Create the display.

        Args:
            total_timesteps: Steps that the training is asked for.
            headline: A line to print when the training begins, i.e. once all is checked.
            console: Where to write; None takes standard error.
        """
        super().__init__()
        self._total = total_timesteps
        self._headline = headline
        self._console = console or Console(stderr=True, soft_wrap=True, highlight=False)
        self._totals = EpisodeTotals()
        self._progress = Progress(
            TextColumn("training"),
            BarColumn(),
            TextColumn("{task.completed:,.0f}/{task.total:,.0f} steps"),
            TextColumn("{task.fields[rate]:,.0f}/s"),
            TimeRemainingColumn(),
            TextColumn("{task.fields[trades]}"),
            console=self._console,
            disable=not self._console.is_terminal,
        )
        self._task: TaskID = self._progress.add_task(
            "training", total=total_timesteps, rate=0.0, trades=""
        )
        self._first_step = 0
        self._lines_printed = 0

    def _on_training_start(self) -> None:
        self._first_step = self.num_timesteps
        if self._headline is not None:
            self._console.print(self._headline, markup=False)
        self._progress.reset(self._task)
        self._progress.start()

    def _on_step(self) -> bool:
        self._totals.add_finished(self.locals)
        done = min(self.num_timesteps - self._first_step, self._total)
        elapsed = self._progress.tasks[0].elapsed or 0.0
        rate = done / elapsed if elapsed > 0 else 0.0
        self._progress.update(self._task, completed=done, rate=rate, trades=self._trades())
        if self._progress.disable and done * PLAIN_LINES >= (self._lines_printed + 1) * self._total:
            self._print_line(done, rate)
        return True

    def _on_training_end(self) -> None:
        self.close()

    def close(self) -> None:
        """Leave the last state on the screen and give the cursor back; more than once does no harm.

        A training that is interrupted, or fails, does not call `_on_training_end`.
        """
        self._progress.stop()

    def _print_line(self, done: int, rate: float) -> None:
        self._lines_printed = done * PLAIN_LINES // self._total
        self._console.print(
            f"training: {done:,}/{self._total:,} steps, {rate:,.0f}/s, {self._trades()}"
        )

    def _trades(self) -> str:
        if self._totals.n_episodes == 0:
            return "no episode finished yet"
        return (
            f"{self._totals.n_trades:,} trades in {self._totals.n_episodes:,} finished episodes, "
            f"net {self._totals.net_pnl_usd:+,.0f} USD"
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


class TradeStatistics(BaseCallback):
    """Log `trade/` n_trades, win_rate and net_pnl (USD) of the episodes ended in each rollout."""

    def _on_rollout_start(self) -> None:
        self._totals = EpisodeTotals()

    def _on_step(self) -> bool:
        self._totals.add_finished(self.locals)
        return True

    def _on_rollout_end(self) -> None:
        totals = self._totals
        self.logger.record("trade/n_trades", totals.n_trades)
        self.logger.record("trade/net_pnl", totals.net_pnl_usd)
        if totals.n_trades:
            self.logger.record("trade/win_rate", totals.n_wins / totals.n_trades)


class CollapseAlarm(BaseCallback):
    """Warn when a policy does but one thing, or trades no more: it learns nothing further then.

    That is how rewards that come with closed trades alone often end, where costs are met before an
    edge is. One line when it begins, another only after the policy has recovered. Actions that are
    not numbered are not counted, their trades are.
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
        self._n_seen += self.training_env.num_envs
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
        name = _action_name(action, int(space.n))
        return [f"{share:.1%} of the last {self._n_seen:,} actions were {name}"]

    def _no_trade(self) -> list[str]:
        """Return that of the episodes that have ended none had closed a trade, if so."""
        n_episodes, n_trades = self._totals.n_episodes, self._totals.n_trades
        if n_episodes == 0 or n_trades > 0:
            return []
        return [f"no trade closed in the last {n_episodes:,} finished episodes"]


def _action_name(action: int, n_actions: int) -> str:
    """Return what a numbered action means: one of four decisions, or else a position."""
    if n_actions == N_ACTIONS:
        return Action(action).name
    return f"position {action - n_actions // 2:+d}"


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
