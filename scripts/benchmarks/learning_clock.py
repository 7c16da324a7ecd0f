"""What a training has learnt by when: evaluations at given seconds of its own time.

The clock stands still while it evaluates, so that looking costs the training nothing.
"""

import math
import time
from dataclasses import asdict, dataclass, replace
from typing import Any

from stable_baselines3.common.callbacks import BaseCallback

from env.simulation import Simulation
from models.decider import Decider
from models.evaluation import changes_of, evaluation_of, walked
from models.selection import Selection
from scripts.benchmarks.learning_market import LearningMarket, Yardstick

SECONDS = (1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 30.0, 45.0, 60.0, 90.0, 120.0, 180.0, 240.0, 300.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One look at a training.

    Attributes:
        seconds: Of training until then.
        timesteps: Likewise.
        net_usd: On the unseen bars, by the weights of the moment.
        cost_usd: What that paid in commission and slippage.
        n_trades: Round trips on them.
        exposure: Share of their closes with an open position.
        sharpe: Mean over standard deviation of the PnL per bar there, not annualised; None where
            nothing was traded.
        share: Of the optimum there, without the luck of the shocks; None without an optimum.
        is_kept: Whether the validation bars would keep these weights rather than any before, and
            rather than doing nothing.
    """

    seconds: float
    timesteps: int
    net_usd: float
    cost_usd: float
    n_trades: int
    exposure: float
    sharpe: float | None
    share: float | None
    is_kept: bool

    def to_dict(self) -> dict[str, Any]:
        """Return JSON values."""
        return asdict(self)


def flat_at(point: Point) -> Point:
    """Return what staying flat comes to at a point."""
    share = None if point.share is None else 0.0
    nothing = {"net_usd": 0.0, "cost_usd": 0.0, "n_trades": 0, "exposure": 0.0, "sharpe": None}
    return replace(point, **nothing, share=share, is_kept=True)


def looks_within(seconds: float) -> list[float]:
    """Return the times at which a training of so many seconds is looked at."""
    return [each for each in SECONDS if each <= seconds]


class Examiner:
    """Looks at what a decider would do, on validation and unseen bars.

    Attributes:
        simulation: The last pass over the unseen bars; None before the first.
    """

    def __init__(self, split: LearningMarket, yardstick: Yardstick | None, selection: Selection):
        self._split = split
        self._yardstick = yardstick
        self._selection = selection
        self.simulation: Simulation | None = None

    def look(self, decider: Decider, seconds: float, timesteps: int) -> Point:
        """Return the point of this moment."""
        validation, unseen = self._split.validation, self._split.unseen
        is_kept = self._selection.offer(changes_of(walked(decider, validation), validation))
        simulation = walked(decider, unseen)
        self.simulation = simulation
        account = simulation.account
        found = evaluation_of(simulation, changes_of(simulation, unseen), timesteps)
        return Point(
            seconds=round(seconds, 3),
            timesteps=timesteps,
            net_usd=round(found.net_pnl_usd, 2),
            cost_usd=round(float(account.fees_usd + account.slippage_usd), 2),
            n_trades=found.n_trades,
            exposure=round(found.exposure, 6),
            sharpe=None if math.isnan(found.sharpe_per_bar) else found.sharpe_per_bar,
            share=None if self._yardstick is None else self._yardstick.share_of(simulation),
            is_kept=is_kept,
        )


class Clocked(BaseCallback):
    """Let an examiner look at SECONDS of training time, and stop when the time is up.

    Attributes:
        points: What it saw.
    """

    def __init__(self, examiner: Examiner, decider: Decider, seconds: float):
        super().__init__()
        self._examiner = examiner
        self._decider = decider
        self._times = looks_within(seconds)
        self.points: list[Point] = []
        self._elapsed = 0.0
        self._since = 0.0

    def begin(self) -> None:
        """Start the clock."""
        self._since = time.perf_counter()

    def _on_rollout_start(self) -> None:
        now = time.perf_counter()
        self._elapsed += now - self._since
        if self._times and self._elapsed >= self._times[0]:
            self.points.append(
                self._examiner.look(self._decider, self._elapsed, self.num_timesteps)
            )
            self._times = [each for each in self._times if each > self._elapsed]
        self._since = time.perf_counter()

    def _on_step(self) -> bool:
        return bool(self._times)
