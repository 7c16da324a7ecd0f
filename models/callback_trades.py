"""Log what the accounts do while they are learnt from, rollout by rollout.

A Stable-Baselines3 callback that changes nothing of what is learnt.
"""

import math
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray
from stable_baselines3.common.callbacks import BaseCallback

from env.actions import N_ACTIONS, Action
from models.episode_totals import EpisodeTotals


class TradeStatistics(BaseCallback):
    """Log `trade/` figures of each rollout.

    Of the episodes that ended in it: n_trades, win_rate, net_pnl (USD), cost_share. Of all its
    steps: exposure, the share of closes with an open position, and share_hold, share_buy and so on,
    the share of each numbered action. An algorithm that draws no actions has none of this.
    """

    def _on_rollout_start(self) -> None:
        self._totals = EpisodeTotals()
        self._n_closes = self._n_exposed = 0
        space = self.model.action_space
        n_actions = int(space.n) if isinstance(space, spaces.Discrete) else 0
        self._counts: NDArray[np.int64] = np.zeros(n_actions, np.int64)

    def _on_step(self) -> bool:
        self._totals.add_finished(self.locals)
        self._add_positions(self.locals.get("new_obs"))
        if len(self._counts) > 0:
            chosen = np.ravel(self.locals["actions"])
            self._counts += np.bincount(chosen, minlength=len(self._counts))
        return True

    def _add_positions(self, observations: dict[str, Any] | None) -> None:
        if observations is None:
            return
        positions = observations["position_info"][:, 0]
        self._n_closes += len(positions)
        self._n_exposed += int(np.count_nonzero(positions))

    def _on_rollout_end(self) -> None:
        if self._n_closes == 0:
            return
        totals = self._totals
        if totals.n_episodes:
            self.logger.record("trade/n_trades", totals.n_trades)
            self.logger.record("trade/net_pnl", totals.net_pnl_usd)
        self.logger.record("trade/exposure", self._n_exposed / self._n_closes)
        for name in ("win_rate", "cost_share"):
            value = getattr(totals, name)
            if not math.isnan(value):
                self.logger.record(f"trade/{name}", value)
        for action, count in enumerate(self._counts.tolist()):
            name = action_name(action, len(self._counts)).lower().replace(" ", "_")
            self.logger.record(f"trade/share_{name}", count / self._counts.sum())


def action_name(action: int, n_actions: int) -> str:
    """Return what a numbered action means: one of four decisions, or else a position."""
    if n_actions == N_ACTIONS:
        return Action(action).name
    return f"position {action - n_actions // 2:+d}"
