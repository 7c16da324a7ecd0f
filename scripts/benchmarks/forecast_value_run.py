"""One training of the suite `forecast_value`, in a process of its own.

Run as a module it reads one JSON object, the fields of ValueTask, and prints its outcome as JSON.
A training has a fixed number of timesteps, so that a busy machine changes nothing.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from stable_baselines3.common.callbacks import BaseCallback

from env.simulation import Simulation
from models.decider import Decider
from models.evaluation import EvaluationSpan
from models.selection import Selection
from scripts.benchmarks.forecast_value_market import market_bars, value_market
from scripts.benchmarks.forecast_value_task import N_LOOKS, PLAIN, VALUE_DIR, ValueTask
from scripts.benchmarks.learning_clock import Examiner, Point, flat_at
from scripts.benchmarks.learning_market import EDGE, PLANTED, LearningMarket, Yardstick
from scripts.benchmarks.learning_run import METHODS, agent_of, significance_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What some weights did on the unseen bars.

    Attributes:
        point: In all.
        days_usd: Net PnL of each session, oldest first.
    """

    point: Point
    days_usd: tuple[float, ...]

    @classmethod
    def of(cls, record: dict[str, Any]) -> "Seen":
        """Return what `asdict` made a dictionary of."""
        return cls(point=Point(**record["point"]), days_usd=tuple(record["days_usd"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a training.

    Attributes:
        kept: Of the weights that validation chose, or of staying flat.
        last: Of the weights at the end, chosen or not.
        is_flat: Whether validation told nothing from luck, so that the agent was left flat.
    """

    kept: Seen
    last: Seen
    is_flat: bool

    @classmethod
    def of(cls, record: dict[str, Any]) -> "Outcome":
        """Return what `asdict` made a dictionary of."""
        return cls(
            kept=Seen.of(record["kept"]), last=Seen.of(record["last"]), is_flat=record["is_flat"]
        )


class Looker:
    """Looks at a training on the way; what is kept at its end is what a user would get."""

    def __init__(self, examiner: Examiner, decider: Decider, span: EvaluationSpan):
        """Start the clock, which stands still during looks."""
        self._examiner, self._decider, self._span = examiner, decider, span
        self._kept: Seen | None = None
        self._last: Seen | None = None
        self._elapsed, self._since = 0.0, time.perf_counter()

    def look(self, timesteps: int) -> None:
        """Look at the weights of the moment."""
        self._elapsed += time.perf_counter() - self._since
        point = self._examiner.look(self._decider, self._elapsed, timesteps)
        simulation = self._examiner.simulation
        assert simulation is not None
        self._last = Seen(point=point, days_usd=days_of(simulation, self._span))
        if point.is_kept:
            self._kept = self._last
        self._since = time.perf_counter()

    @property
    def outcome(self) -> Outcome:
        """What came of it, after one look at least."""
        last = self._last
        assert last is not None
        flat = Seen(point=flat_at(last.point), days_usd=(0.0,) * len(last.days_usd))
        return Outcome(kept=self._kept or flat, last=last, is_flat=self._kept is None)


class Counted(BaseCallback):
    """Have looks taken at given timesteps, or at the first rollout after each."""

    def __init__(self, look: Callable[[int], None], due: list[int]):
        """Take the numbers, rising; the look at the end of the training is not among them."""
        super().__init__()
        self._look, self._due = look, due

    def _on_rollout_start(self) -> None:
        if self._due and self.num_timesteps >= self._due[0]:
            self._look(self.num_timesteps)
            self._due = [each for each in self._due if each > self.num_timesteps]

    def _on_step(self) -> bool:
        return True


def days_of(simulation: Simulation, span: EvaluationSpan) -> tuple[float, ...]:
    """Return the net PnL of each session of a pass, USD, those after a ruin included as nothing."""
    steps = np.diff(simulation.equity)
    changes = np.zeros(span.n_decisions)
    changes[: len(steps)] = steps
    dates = span.market.trade_dates[span.first_decision + 1 :]
    starts = np.flatnonzero(np.r_[True, dates[1:] != dates[:-1]])
    return tuple(np.add.reduceat(changes, starts).round(2).tolist())


def market_of(task: ValueTask, folder: Path = VALUE_DIR) -> LearningMarket:
    """Return the market of a training, with the forecasts that its agent sees.

    Raises:
        DataError: If a store is missing, or of other bars.
    """
    bars = market_bars(task.preset, task.seed, task.share)
    stores = {family: store.folder(folder) for family, store in task.stores.items()}
    chosen = None if task.arm == PLAIN else stores[task.arm]
    return value_market(bars, task.terms.features, tuple(stores.values()), chosen)


def yardstick_of(task: ValueTask, folder: Path = VALUE_DIR) -> Yardstick | None:
    """Return what shares of the optimum are measured with; None without a planted edge.

    The optimum sees the signals, also where the agent does not.
    """
    if task.preset != PLANTED:
        return None
    bars = market_bars(task.preset, task.seed, task.share)
    stores = [store.folder(folder) for store in task.stores.values()]
    return Yardstick(value_market(bars, EDGE.signal_columns, stores, None))


def outcome_of(task: ValueTask, folder: Path = VALUE_DIR) -> Outcome:
    """Return what comes of a training; it runs on one thread."""
    split = market_of(task, folder)
    is_fitted = METHODS[task.method]["algorithm"] == "DP"
    selection = Selection(1 if is_fitted else N_LOOKS, significance_of(task.method))
    yardstick = yardstick_of(task, folder)
    agent = agent_of(task, split, {})
    learner = agent._learner
    assert learner is not None
    looker = Looker(Examiner(split, yardstick, selection), learner.decider, split.unseen)
    due = [] if is_fitted else [task.timesteps * i // N_LOOKS for i in range(1, N_LOOKS)]
    agent.train(task.timesteps, callbacks=[Counted(looker.look, due)])
    looker.look(task.timesteps)
    return looker.outcome


if __name__ == "__main__":
    asked = ValueTask(**json.loads(sys.argv[1]))
    print(json.dumps({"task": asdict(asked), "outcome": asdict(outcome_of(asked))}))
