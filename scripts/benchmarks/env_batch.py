"""How many steps per second a batch of environments makes, and in how much memory.

A figure is printed only after a batch was seen to leave the same accounts as single environments,
and to show the same windows.
"""

import statistics
import time
import tracemalloc
from collections.abc import Callable

import numpy as np

from env.trading_env import TradingEnv
from env.vector_env import TradingVectorEnv
from scripts.benchmarks.env_markets import LOOKBACK, SETTINGS, check_traded
from scripts.benchmarks.line import BenchLine
from utils.errors import SimulationError

SUITE = "env"
BATCH = 1_024
INDEX_STEPS, WINDOW_STEPS = 2_000, 200
EPISODE_BARS = 1_024
REPEATS = 5
CHECKED_ENVS, CHECKED_STEPS = 4, 500


def check_batch(env: TradingEnv) -> None:
    """Raise unless a batch does what single environments do, bit for bit."""
    actions = np.random.default_rng(3).integers(0, 4, (CHECKED_STEPS, CHECKED_ENVS))
    batch = TradingVectorEnv.over(env.market, SETTINGS, CHECKED_ENVS)
    singles = [env.clone() for _ in range(CHECKED_ENVS)]
    batch.reset(seed=7)
    for i, single in enumerate(singles):
        single.reset(seed=7 + i)
    for row in actions:
        observations = batch.step(row)[0]
        seen = [one.step(action)[0] for one, action in zip(singles, row.tolist(), strict=True)]
    windows = np.stack([observation["market_features"] for observation in seen])
    if not np.array_equal(windows, observations["market_features"]):
        raise SimulationError("the batch showed other windows than single environments")
    for account, single in zip(batch.accounts, singles, strict=True):
        if account.tobytes() != single.simulation.account.tobytes():
            raise SimulationError("the batch left other accounts than single environments")
    check_traded(int(batch.accounts["n_trades"].sum()))


def index_line(env: TradingEnv, share: int) -> BenchLine:
    """Return the steps per second of a batch that is shown the indices of its bars."""
    speed = batch_steps_per_second(env, INDEX_STEPS // share, "indices")
    return BenchLine(suite=SUITE, name="batch_index_step", value=speed, unit="steps/s")


def window_line(env: TradingEnv, share: int) -> BenchLine:
    """Return a batch's windows per second, steps included, beside copies of as many bytes."""
    n_steps = max(WINDOW_STEPS // share, 50)
    source = env.market.features.reshape(-1)[: BATCH * LOOKBACK * env.market.features.shape[1]]
    target = np.empty_like(source)
    limit = _median_speed(lambda: np.copyto(target, source), n_steps)
    limit *= source.size / (BATCH * LOOKBACK * env.market.features.shape[1])
    return BenchLine(
        suite=SUITE,
        name="batch_window_copy",
        value=batch_steps_per_second(env, n_steps, "windows"),
        unit="windows/s",
        reference="memcpy",
        reference_value=limit,
    )


def batch_steps_per_second(env: TradingEnv, n_steps: int, observations: str) -> float:
    """Return the median environment steps per second of random actions, new episodes included."""
    settings = SETTINGS.model_copy(update={"episode_bars": EPISODE_BARS})
    envs = TradingVectorEnv.over(env.market, settings, BATCH, observations)
    actions = np.random.default_rng(4).integers(0, 4, (n_steps, BATCH))
    envs.reset(seed=0)
    rows = iter(np.concatenate([actions] * (REPEATS + 1)))
    speed = _median_speed(lambda: envs.step(next(rows)), n_steps)
    check_traded(int(envs.accounts["n_trades"].sum()))
    return speed


def _median_speed(work: Callable[[], object], n_steps: int) -> float:
    """Return steps of the whole batch per second; the first round is for warming up."""
    speeds = []
    for _ in range(REPEATS + 1):
        started = time.perf_counter()
        for _ in range(n_steps):
            work()
        speeds.append(n_steps * BATCH / (time.perf_counter() - started))
    return statistics.median(speeds[1:])


def memory_line(env: TradingEnv) -> BenchLine:
    """Return the bytes that one more environment of a batch takes."""
    tracemalloc.start()
    small = TradingVectorEnv.over(env.market, SETTINGS, BATCH, "indices")
    small.reset(seed=0)
    before = tracemalloc.get_traced_memory()[0]
    large = TradingVectorEnv.over(env.market, SETTINGS, 2 * BATCH, "indices")
    large.reset(seed=0)
    taken = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return BenchLine(suite=SUITE, name="memory_per_env", value=taken / (2 * BATCH), unit="bytes")
