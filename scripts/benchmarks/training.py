"""How many timesteps per second the training makes, beside Stable-Baselines3 as it comes.

Each is timed in a process of its own, ours and the other in turn, and with its best number of
threads: what one does to the memory allocator cannot help the other.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, replace

from stable_baselines3.common.buffers import DictRolloutBuffer

from config.settings import AgentSettings
from models.grouped_buffer import GroupedRolloutBuffer
from models.training_env import make_vec_env, window_space
from scripts.benchmarks.env_markets import random_env
from scripts.benchmarks.line import BenchLine
from scripts.benchmarks.policy_backtest import policy_backtest_line
from scripts.benchmarks.processes import measured
from scripts.benchmarks.training_speed import N_STEPS, STOCK, Task

SUITE = "training"
BARS, FEATURES = 100_000, 40
THREADS = (1, 2)
REPEATS = 2
N_ENVS = 8

EXACT = Task(kind="exact", n_envs=N_ENVS, threads=1, n_rollouts=4, n_bars=BARS)
SHARED = replace(EXACT, kind="shared paths", n_envs=64, shared_paths=8, batch_size=2_048)
PLAIN = replace(EXACT, kind=STOCK)
QUICK = {"n_rollouts": 1, "n_bars": BARS // 10, "n_epochs": 2}


def training_suite(quick: bool) -> Iterator[BenchLine]:
    """Yield one line after the other, each once its work has been checked."""
    changes = QUICK if quick else {}
    tasks = [replace(task, **changes) for task in (PLAIN, EXACT, SHARED)]
    stock, exact, shared = best_speeds(tasks, (1,) if quick else THREADS, 1 if quick else REPEATS)
    yield _speed_line("exact", exact, stock)
    yield _speed_line("shared_paths", shared, stock)
    yield rollout_memory_line()
    yield policy_backtest_line(quick)


def best_speeds(tasks: list[Task], threads: tuple[int, ...], n_repeats: int) -> list[float]:
    """Return the best timesteps per second of each of the `tasks`, taken in turn."""
    best = [0.0 for _ in tasks]
    for n_threads in threads * n_repeats:
        for i, task in enumerate(tasks):
            question = json.dumps(asdict(replace(task, threads=n_threads)))
            printed = measured(["-m", "scripts.benchmarks.training_speed", question]).printed
            best[i] = max(best[i], float(json.loads(printed)))
    return best


def rollout_memory_line() -> BenchLine:
    """Return the bytes of a rollout's observations as a share of those of as many windows."""
    env = random_env(BARS // 10, FEATURES)
    venv = make_vec_env(env, AgentSettings(n_envs=N_ENVS))
    n_bytes = [
        sum(values.nbytes for values in buffer.observations.values())
        for buffer in (
            GroupedRolloutBuffer(
                N_STEPS, venv.observation_space, venv.action_space, n_envs=N_ENVS, device="cpu"
            ),
            DictRolloutBuffer(
                N_STEPS, window_space(venv), venv.action_space, n_envs=N_ENVS, device="cpu"
            ),
        )
    ]
    return BenchLine(
        suite=SUITE,
        name="rollout_memory",
        value=n_bytes[0] / n_bytes[1],
        unit="of the bytes of windows",
    )


def _speed_line(name: str, ours: float, stock: float) -> BenchLine:
    return BenchLine(
        suite=SUITE,
        name=name,
        value=ours,
        unit="timesteps/s",
        reference="stable-baselines3",
        reference_value=stock,
    )
