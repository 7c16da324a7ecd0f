"""How much agents learn, and how fast: shares of a known optimum on bars that they never saw.

Whatever is said of a training holds for the weights that its validation bars had chosen by then.
Trainings are kept on disk, see scripts/benchmarks/learning_store.py.
"""

import math
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path

from models.baselines import BASELINES
from scripts.benchmarks.learning_clock import Point
from scripts.benchmarks.learning_market import (
    MARTINGALE,
    PLANTED,
    QUICK_SHARE,
    learning_market,
    walk_policy,
)
from scripts.benchmarks.learning_plan import LONG, MIDDLE, SHORT, tasks
from scripts.benchmarks.learning_run import METHODS, STOCK, Task
from scripts.benchmarks.learning_store import Finished, finished
from scripts.benchmarks.line import BenchLine

SUITE = "learning"
HALF = 0.5
LEAST_SHARE = 0.01
"""What a share is taken as at least where another is divided by it: stock PPO may lose money."""

MINUTE = 60.0


def learning_suite(quick: bool, bars: Path | None = None) -> Iterator[BenchLine]:
    """Yield the fixed lines, then one for each method and time.

    Args:
        quick: A smoke test.
        bars: A file of bars to learn on too.
    """
    done = finished(tasks(quick, bars))
    yield _beside_stock("planted_edge", done, "EPG", MINUTE)
    yield _beside_stock("planted_edge_ppo", done, "PPO", MIDDLE)
    yield _time_to_half(done)
    yield _martingale_cost(done, QUICK_SHARE if quick else 1)
    yield from _table(done)
    if bars is not None:
        yield from _file_lines(done, bars)


def kept_by(points: Sequence[Point], seconds: float) -> Point:
    """Return what the validation bars had chosen at a time: of the looks until then, the last kept.

    A look falls behind its time by at most one rollout, which still counts.
    """
    n_seen = next(
        (i + 1 for i, point in enumerate(points) if point.seconds >= seconds), len(points)
    )
    return next(point for point in reversed(points[:n_seen]) if point.is_kept)


def seconds_to(points: Sequence[Point], share: float) -> float:
    """Return when the weights kept first reached a share of the optimum; infinite if never."""
    reached = (point.seconds for point in points if point.is_kept and (point.share or 0.0) >= share)
    return next(reached, math.inf)


def shares(done: Finished, method: str, seconds: float, extractor: str = "lstm") -> list[float]:
    """Return the share that each seed's training had reached at a time, on the plain account."""
    return [
        point.share or 0.0
        for task, points in done.items()
        if _is_of(task, method, extractor)
        for point in [kept_by(points, seconds)]
    ]


def _is_of(task: Task, method: str, extractor: str = "lstm") -> bool:
    is_plain = task.preset == PLANTED and not task.has_stop
    return is_plain and (task.method, task.extractor) == (method, extractor)


def _beside_stock(name: str, done: Finished, method: str, seconds: float) -> BenchLine:
    stock = statistics.median(shares(done, STOCK, seconds))
    return BenchLine(
        suite=SUITE,
        name=name,
        value=statistics.median(shares(done, method, seconds)),
        unit=f"of the optimum, {seconds:g} s",
        reference="stable-baselines3 PPO",
        reference_value=max(stock, LEAST_SHARE),
    )


def _time_to_half(done: Finished) -> BenchLine:
    """Return the median seconds to half the optimum; who never got there took at least LONG."""
    medians = {}
    for method in ("EPG", "PPO"):
        times = [seconds_to(points, HALF) for task, points in done.items() if _is_of(task, method)]
        medians[method] = statistics.median(min(each, LONG) for each in times)
    return BenchLine(
        suite=SUITE,
        name="time_to_half",
        value=medians["EPG"],
        unit="s",
        reference="our PPO",
        reference_value=medians["PPO"],
    )


def _martingale_cost(done: Finished, share: int) -> BenchLine:
    """Return the most that any seed's agent paid, as a share of what random trading pays."""
    costs = [
        kept_by(points, LONG).cost_usd for task, points in done.items() if task.preset == MARTINGALE
    ]
    span = learning_market(MARTINGALE, 0, share).unseen
    account = walk_policy(BASELINES["random"](0), span).account
    return BenchLine(
        suite=SUITE,
        name="martingale_cost",
        value=max(costs) / float(account.fees_usd + account.slippage_usd),
        unit="of random trading's",
    )


def _table(done: Finished) -> Iterator[BenchLine]:
    """Yield medians, worst and best seeds at each time, and what a stop and a view of risk do."""
    kinds = dict.fromkeys((task.method, task.extractor) for task in done if task.preset == PLANTED)
    for method, extractor in kinds:
        for seconds in (SHORT, MINUTE, MIDDLE, LONG):
            yield from _row(done, (method, extractor), seconds)
    yield from _risk_lines(done)


def _row(done: Finished, kind: tuple[str, str], seconds: float) -> Iterator[BenchLine]:
    method, extractor = kind
    longest = max((task.seconds for task in done if _is_of(task, method, extractor)), default=0.0)
    reached = shares(done, method, seconds, extractor)
    is_fitted = METHODS.get(method, {}).get("algorithm") == "DP"
    if not reached or seconds > longest or (is_fitted and seconds != SHORT):
        return
    figures = {"": statistics.median(reached), "_min": min(reached), "_max": max(reached)}
    for ending, value in figures.items():
        name = f"{method}_{extractor}_{seconds:g}s{ending}"
        yield BenchLine(suite=SUITE, name=name, value=value, unit="of the optimum")


def _risk_lines(done: Finished) -> Iterator[BenchLine]:
    stopped = [task for task in done if task.has_stop]
    for method in dict.fromkeys(task.method for task in stopped):
        kept = [kept_by(done[task], LONG) for task in stopped if task.method == method]
        yield BenchLine(
            suite=SUITE,
            name=f"{method}_stopped_net",
            value=statistics.median(point.net_usd for point in kept),
            unit="USD",
        )
    for method in ("EPG", "EPG-sharpe", "DP-ridge"):
        ratios = [
            kept_by(points, SHORT).sharpe or 0.0
            for task, points in done.items()
            if _is_of(task, method)
        ]
        if ratios:
            name, value = f"{method}_sharpe_per_bar", statistics.median(ratios)
            yield BenchLine(suite=SUITE, name=name, value=value, unit="per bar")


def _file_lines(done: Finished, bars: Path) -> Iterator[BenchLine]:
    """Yield net PnL on a file's unseen bars: the seeds' median, worst and best."""
    own = [task for task in done if task.preset == str(bars.resolve())]
    for method in dict.fromkeys(task.method for task in own):
        nets = [kept_by(done[task], LONG).net_usd for task in own if task.method == method]
        figures = {"": statistics.median(nets), "_min": min(nets), "_max": max(nets)}
        for ending, value in figures.items():
            yield BenchLine(suite=SUITE, name=f"{method}_file{ending}", value=value, unit="USD")
