"""Whether a step costs more on long data: time per step on 5 M bars over that on 100 k."""

import statistics
import time
from collections.abc import Iterator

import numpy as np

from env.trading_env import TradingEnv
from scripts.benchmarks.env_batch import batch_steps_per_second
from scripts.benchmarks.env_markets import random_env
from scripts.benchmarks.line import BenchLine

SUITE = "env"
FEW_BARS, MANY_BARS = 100_000, 5_000_000
FEATURES = 2
STEPS, BATCH_STEPS = 50_000, 1_000
REPEATS = 5


def scaling_lines(share: int) -> Iterator[BenchLine]:
    """Yield the cost of a step on many bars over that on few, of one environment and of a batch."""
    few, many = random_env(FEW_BARS // share, FEATURES), random_env(MANY_BARS // share, FEATURES)
    pairs = [(_seconds(few, share), _seconds(many, share)) for _ in range(REPEATS)]
    yield _line("step_cost_5m_bars", *map(statistics.median, zip(*pairs, strict=True)))
    batch = [
        1.0 / batch_steps_per_second(env, BATCH_STEPS // share, "indices") for env in (few, many)
    ]
    yield _line("batch_step_cost_5m_bars", *batch)


def _line(name: str, few_seconds: float, many_seconds: float) -> BenchLine:
    return BenchLine(
        suite=SUITE, name=name, value=many_seconds / few_seconds, unit="x the cost at 100 k"
    )


def _seconds(env: TradingEnv, share: int) -> float:
    """Return the seconds of one step of random actions, spread over the whole of the bars."""
    n_steps = STEPS // share
    stretch = 1_000
    actions = np.random.default_rng(5).integers(0, 4, stretch).tolist()
    starts = np.linspace(1_000, env.market.n_bars - 2_000, n_steps // stretch).astype(int)
    started = time.perf_counter()
    for start in starts:
        env.reset(seed=0, options={"start": int(start)})
        for action in actions:
            env.step(action)
    return (time.perf_counter() - started) / (len(starts) * stretch)
