"""What finished training episodes came to, added up."""

import math
from collections.abc import Mapping
from typing import Any


class EpisodeTotals:
    """Sums over finished episodes.

    Attributes:
        n_episodes: How many.
        n_trades: Round trips.
        n_own_exits: Those of them that not just the end of the episode has closed.
        n_wins: Those that won.
        net_pnl_usd: Of all, at the costs of the moment.
        fees_usd: Commission.
        gains_usd: Net PnL of those that won.
    """

    def __init__(self) -> None:
        self.n_episodes = 0
        self.n_trades = 0
        self.n_own_exits = 0
        self.n_wins = 0
        self.net_pnl_usd = 0.0
        self.fees_usd = 0.0
        self.gains_usd = 0.0

    @property
    def win_rate(self) -> float:
        """Share of the trades that won; NaN without any."""
        return self.n_wins / self.n_trades if self.n_trades else math.nan

    @property
    def cost_share(self) -> float:
        """Commission over itself and the net gains of the winners; NaN where both are zero.

        1 means that nothing was won.
        """
        earned_usd = self.fees_usd + self.gains_usd
        return self.fees_usd / earned_usd if earned_usd > 0 else math.nan

    def add_finished(self, step: Mapping[str, Any]) -> None:
        """Add the episodes that ended in this step.

        Args:
            step: The local variables of Stable-Baselines3's rollout loop: `dones` and `infos`, one
                per copy, as `models.batched_env` gives them.
        """
        for info, is_done in zip(step["infos"], step["dones"], strict=True):
            if is_done:
                self._add(info)

    def _add(self, info: Mapping[str, Any]) -> None:
        self.n_episodes += 1
        self.n_trades += info["n_trades"]
        self.n_own_exits += info["n_trades"] - info["n_end_exits"]
        self.n_wins += info["n_wins"]
        self.net_pnl_usd += info["net_pnl_usd"]
        self.fees_usd += info["fees_usd"]
        self.gains_usd += info["gains_usd"]
