"""Which trainings the learning suite is made of."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from scripts.benchmarks.learning_market import MARTINGALE, PLANTED, QUICK_SHARE
from scripts.benchmarks.learning_run import METHODS, STOCK, Task

SEEDS = range(5)
FEW_SEEDS = range(3)
QUICK_SECONDS = 3.0
SHORT, MIDDLE, LONG = 30.0, 120.0, 300.0
"""Seconds at which methods are compared; each training is looked at on the way as well."""

LEARNT_WITHIN = {
    "EPG": MIDDLE,
    "EPG-sequence": MIDDLE,
    "PPO": LONG,
    STOCK: LONG,
    "A2C": LONG,
}
"""Seconds of each training; predictors take what they take."""

OTHER_EXTRACTORS = ("gru", "attention", "tcn")


def tasks(quick: bool, bars: Path | None = None) -> list[Task]:
    """Return all trainings, those that matter most first.

    Args:
        quick: A smoke test of six short ones.
        bars: A file of bars to learn on too.
    """
    if quick:
        return list(_quick_tasks())
    own = [] if bars is None else list(_file_tasks(bars))
    return [
        *_planted_tasks(),
        *_martingale_tasks(),
        *own,
        *_risk_tasks(),
        *_extractor_tasks(),
        *_choice_tasks(),
    ]


def _planted_tasks() -> Iterator[Task]:
    for method, seconds in LEARNT_WITHIN.items():
        for seed in SEEDS:
            yield _task(method, seed, seconds)
    for method, chosen in METHODS.items():
        if chosen["algorithm"] == "DP":
            for seed in SEEDS:
                yield _task(method, seed, SHORT)


def _martingale_tasks() -> Iterator[Task]:
    for method in ("EPG", "PPO"):
        for seed in SEEDS:
            yield _task(method, seed, MIDDLE if method == "PPO" else 60.0, preset=MARTINGALE)


def _file_tasks(bars: Path) -> Iterator[Task]:
    for method, seconds in {"EPG": 60.0, "PPO": MIDDLE, "DP-ridge": SHORT}.items():
        for seed in SEEDS:
            yield _task(method, seed, seconds, preset=str(bars.resolve()))


def _risk_tasks() -> Iterator[Task]:
    """Yield what dynamic programming on a forecast does not know of: a stop, and a view of risk."""
    for method in ("EPG", "DP-ridge"):
        for seed in SEEDS:
            yield replace(_task(method, seed, SHORT), has_stop=True)
    for seed in SEEDS:
        yield _task("EPG-sharpe", seed, SHORT)


def _extractor_tasks() -> Iterator[Task]:
    for extractor in OTHER_EXTRACTORS:
        for method in ("EPG", "EPG-warm", "PPO"):
            yield _task(method, 0, MIDDLE, extractor=extractor)


def _choice_tasks() -> Iterator[Task]:
    """Yield what two defaults are chosen by: the reward, and paths of one account each."""
    for seed in FEW_SEEDS:
        for method, seconds in (("EPG", 60.0), ("PPO", MIDDLE)):
            yield replace(_task(method, seed, seconds), reward="sparse")
        yield _task("PPO-shared", seed, MIDDLE)


def _quick_tasks() -> Iterator[Task]:
    for method in ("EPG", "PPO", STOCK, "DP-ridge"):
        yield _task(method, 0, QUICK_SECONDS, share=QUICK_SHARE)
    for method in ("EPG", "PPO"):
        yield _task(method, 0, QUICK_SECONDS, preset=MARTINGALE, share=QUICK_SHARE)


def _task(
    method: str,
    seed: int,
    seconds: float,
    *,
    extractor: str = "lstm",
    preset: str = PLANTED,
    share: int = 1,
) -> Task:
    return Task(
        method=method, extractor=extractor, preset=preset, seed=seed, seconds=seconds, share=share
    )
