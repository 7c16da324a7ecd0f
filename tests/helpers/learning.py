"""Made-up trainings of the learning suite, and looks at them."""

from scripts.benchmarks.learning_clock import Point
from scripts.benchmarks.learning_market import PLANTED
from scripts.benchmarks.learning_run import Task


def look(
    seconds: float,
    share: float,
    *,
    is_kept: bool = True,
    cost_usd: float = 10.0,
    timesteps: int = 100,
) -> Point:
    """Return a look at a training that has reached a share of the optimum."""
    return Point(
        seconds=seconds, timesteps=timesteps, net_usd=1_000.0 * share, cost_usd=cost_usd,
        n_trades=3, exposure=0.4, sharpe=0.01, share=share, is_kept=is_kept,
    )  # fmt: skip


def training(method: str = "EPG", seed: int = 0, preset: str = PLANTED) -> Task:
    """Return a training of two minutes with the plain account."""
    return Task(method=method, extractor="lstm", preset=preset, seed=seed, seconds=120.0)
