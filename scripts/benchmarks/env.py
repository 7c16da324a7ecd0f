"""How many steps per second the environment makes, alone beside its peers and in a batch.

What runs in a batch is left to scripts/benchmarks/env_batch.py.
"""

import statistics
import time
from collections.abc import Iterator

import numpy as np

from env.trading_env import TradingEnv
from scripts.benchmarks.env_batch import check_batch, index_line, memory_line, window_line
from scripts.benchmarks.env_markets import LOOKBACK, check_traded, random_env
from scripts.benchmarks.env_scaling import scaling_lines
from scripts.benchmarks.line import BenchLine
from scripts.benchmarks.peers import ask_peer

SUITE = "env"
BARS, FEATURES = 100_000, 40
STEPS = 100_000
REPEATS = 3
QUICK_SHARE = 10
"""A quick run makes one tenth of the steps, on one tenth of the bars."""

PEERS = {
    "public_env_step": "gym_anytrading",
    "public_env_step_2": "gym_trading_env",
}


def env_suite(quick: bool) -> Iterator[BenchLine]:
    """Yield one line after the other, each once its work has been checked."""
    share = QUICK_SHARE if quick else 1
    env = random_env(BARS // share, FEATURES)
    check_batch(env)
    ours = public_steps_per_second(env, STEPS // share)
    for name, peer in PEERS.items():
        yield _beside(name, peer, ours, share)
    yield index_line(env, share)
    yield window_line(env, share)
    yield memory_line(env)
    yield from scaling_lines(share)


def public_steps_per_second(env: TradingEnv, n_steps: int) -> float:
    """Return the median steps per second of random actions, ends of episodes included."""
    actions = np.random.default_rng(2).integers(0, 4, n_steps).tolist()
    env.reset(seed=0)
    env.step(1)
    speeds = []
    for _ in range(REPEATS):
        env.reset(seed=0)
        started = time.perf_counter()
        for action in actions:
            _, _, terminated, truncated, _ = env.step(action)
            if terminated or truncated:
                check_traded(env.simulation.n_trades)
                env.reset()
        speeds.append(n_steps / (time.perf_counter() - started))
    return statistics.median(speeds)


def _beside(name: str, peer: str, ours: float, share: int) -> BenchLine:
    """Return our steps per second beside a peer's on as many bars, features and steps."""
    question = {
        "n_bars": BARS // share,
        "n_features": FEATURES,
        "lookback": LOOKBACK,
        "n_steps": STEPS // share,
        "n_repeats": REPEATS,
        "seed": 1,
    }
    answer = ask_peer(f"{peer}_step", question)
    return BenchLine(
        suite=SUITE,
        name=name,
        value=ours,
        unit="steps/s",
        reference=peer.replace("_", "-"),
        reference_value=None if answer is None else answer["steps_per_second"],
    )
