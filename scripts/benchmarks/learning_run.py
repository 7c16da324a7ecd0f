"""One training of the learning suite, in a process of its own.

Run as a module it reads one JSON object, the fields of Task, and prints its points as JSON.
"""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

from stable_baselines3 import PPO
from stable_baselines3.common.vec_env import DummyVecEnv

from config.settings import AgentSettings, EnvSettings
from models.agent import TradingAgent
from models.algorithms import ALGORITHMS
from models.determinism import torch_threads
from models.evaluation import DECAY
from models.network_decider import NetworkDecider
from models.selection import MAX_ERRORS, Selection
from scripts.benchmarks.learning_clock import Clocked, Examiner, Point, looks_within
from scripts.benchmarks.learning_market import (
    ACCOUNT,
    MARTINGALE,
    PLANTED,
    STOPPED,
    LearningMarket,
    Yardstick,
    file_market,
    learning_market,
)
from scripts.benchmarks.stock_network import stock_arguments
from utils.files import canonical_json, sha256_of_bytes

STOCK = "stock"
STOCK_ENVS, EPISODE_BARS, HIDDEN = 8, 1_024, 64
ENDLESS = 10**9
"""Timesteps of a training that the clock ends."""

RAMP = {"PPO": 200_000, "A2C": 200_000, "EPG": 200_000}
"""Timesteps until costs are full: that of a training is a share of its length, which is not known
beforehand where the clock ends it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One training.

    Attributes:
        method: "stock", or an algorithm and what else is to be set, see METHODS.
        extractor: Key of EXTRACTORS.
        preset: Of the synthetic market, or a file of bars.
        seed: Of market and agent.
        seconds: Of training.
        share: 1, or QUICK_SHARE.
        has_stop: Whether the account has a stop, see learning_market.STOPPED.
        reward: Of the account, which learning follows.
    """

    method: str
    extractor: str
    preset: str
    seed: int
    seconds: float
    share: int = 1
    has_stop: bool = False
    reward: str = ACCOUNT.reward

    @property
    def program(self) -> str:
        """Module that makes it."""
        return "scripts.benchmarks.learning_run"

    @property
    def account(self) -> EnvSettings:
        """Settings of the account."""
        plain = STOPPED if self.has_stop else ACCOUNT
        return plain.model_copy(update={"reward": self.reward})

    @property
    def significance(self) -> float:
        """That of the choice: our algorithms' own; 1 for who knows of none."""
        return significance_of(self.method)

    @property
    def name(self) -> str:
        """What tells this training from all others."""
        market = Path(self.preset).stem + ("-stopped" if self.has_stop else "")
        market += "" if self.reward == ACCOUNT.reward else f"-{self.reward}"
        size = "" if self.share == 1 else "-quick"
        kind = f"{market}-{self.method}-{self.extractor}"
        return f"{kind}-{self.seed}-{self.seconds:g}s{size}-{self.edition}"

    @property
    def edition(self) -> str:
        """Eight digits that change with the task, its settings, or what chooses its weights."""
        chosen = METHODS.get(self.method, {})
        settings = AgentSettings(**chosen).model_dump(mode="json") if chosen else {}
        content = [asdict(self), settings, RAMP, MAX_ERRORS, DECAY]
        return sha256_of_bytes(canonical_json(content).encode())[:8]


METHODS: dict[str, dict[str, Any]] = {
    "PPO": {"algorithm": "PPO"},
    "PPO-shared": {"algorithm": "PPO", "shared_paths": 4},
    "A2C": {"algorithm": "A2C"},
    "EPG": {"algorithm": "EPG"},
    "EPG-sequence": {"algorithm": "EPG", "tower_mode": "sequence"},
    "EPG-sharpe": {"algorithm": "EPG", "objective": "sharpe"},
    "EPG-warm": {"algorithm": "EPG", "warm_start": True},
    "DP-ridge": {"algorithm": "DP", "predictor": "ridge"},
    "DP-lightgbm": {"algorithm": "DP", "predictor": "lightgbm"},
    "DP-tower": {"algorithm": "DP", "predictor": "tower"},
}


def significance_of(method: str) -> float:
    """Return that of the choice among a method's evaluations; 1 for who knows of none."""
    chosen = METHODS.get(method, {})
    is_chosen = bool(chosen) and chosen["algorithm"] != "DP"
    return AgentSettings(**chosen).significance if is_chosen else 1.0


def points_of(task: Task) -> list[Point]:
    """Return what a training had learnt by when; it trains on one thread."""
    if task.preset in {PLANTED, MARTINGALE}:
        split = learning_market(task.preset, task.seed, task.share, task.account)
    else:
        split = file_market(Path(task.preset), task.account)
    yardstick = Yardstick(split) if task.preset == PLANTED else None
    selection = Selection(max(len(looks_within(task.seconds)), 1), task.significance)
    return train(task, split, Examiner(split, yardstick, selection))


def train(task: Task, split: LearningMarket, examiner: Examiner) -> list[Point]:
    """Return the points of a training on a split that is there already."""
    if task.method == STOCK:
        return _stock_points(task, split, examiner)
    chosen = METHODS[task.method]
    if chosen["algorithm"] == "DP":
        return [_fitted_point(task, split, examiner)]
    ramp = 0 if chosen.get("warm_start") else RAMP[chosen["algorithm"]]
    agent = agent_of(task, split, {"cost_ramp_steps": ramp})
    learner = agent._learner
    assert learner is not None
    clocked = Clocked(examiner, learner.decider, task.seconds)
    clocked.begin()  # a warm start comes before the first rollout
    agent.train(ENDLESS, callbacks=[clocked])
    return clocked.points


def agent_of(task: Task, split: LearningMarket, more: dict[str, Any]) -> TradingAgent:
    """Return the untrained agent of a task: its method, extractor and seed, on one thread."""
    return TradingAgent(
        split.training_env,
        feature_extractor=task.extractor,
        seed=task.seed,
        validation_fraction=0.0,
        threads=1,
        **METHODS[task.method],
        **more,
    )


def _fitted_point(task: Task, split: LearningMarket, examiner: Examiner) -> Point:
    """Return the one point of a predictor with dynamic programming: when it has been fitted."""
    agent = agent_of(task, split, {})
    learner = agent._learner
    assert learner is not None
    started = time.perf_counter()
    agent.train(1)
    return examiner.look(learner.decider, time.perf_counter() - started, split.n_training)


def _stock_points(task: Task, split: LearningMarket, examiner: Examiner) -> list[Point]:
    """Return the points of Stable-Baselines3's PPO as it comes, on single environments."""
    env = split.training_env
    clones: list[Callable[[], Any]] = [
        lambda: env.clone(episode_bars=EPISODE_BARS, episode_mode="window")
    ] * STOCK_ENVS
    learner = PPO(
        "MultiInputPolicy",
        DummyVecEnv(clones),
        policy_kwargs=stock_arguments(HIDDEN),
        seed=task.seed,
        device="cpu",
    )
    decider = _TwinOfStock(learner, len(split.market.feature_set.columns))
    clocked = Clocked(examiner, decider, task.seconds)
    clocked.begin()
    with torch_threads(1):
        learner.learn(ENDLESS, callback=clocked)
    return clocked.points


class _TwinOfStock(NetworkDecider):
    """The stock network's weights in our own network of the same shape, to look at it fast."""

    def __init__(self, learner: PPO, n_columns: int, account: EnvSettings = ACCOUNT):
        settings = AgentSettings(hidden_size=HIDDEN, account_view="account")
        twin = ALGORITHMS["PPO"].make_decider(settings, account, n_columns)
        super().__init__(cast(NetworkDecider, twin).network)
        self._stock = learner.policy

    def begin(self, market: Any, settings: Any) -> None:
        """Take over the weights of the moment, then prepare."""
        weights = {
            name.replace(".lstm.", ".tower."): each.detach().clone()
            for name, each in self._stock.named_parameters()
        }
        self.load_weights(weights, "the stock network")
        super().begin(market, settings)


if __name__ == "__main__":
    asked = Task(**json.loads(sys.argv[1]))
    print(json.dumps({"task": asdict(asked), "points": [p.to_dict() for p in points_of(asked)]}))
