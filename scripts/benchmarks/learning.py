"""How much agents learn, and how fast: shares of a known optimum on bars that they never saw.

Trainings are kept on disk, see scripts/benchmarks/learning_store.py.
"""

import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path

from models.baselines import BASELINES
from scripts.benchmarks.learning_clock import Point
from scripts.benchmarks.learning_curves import (
    Kind,
    is_fitted,
    is_plain,
    kept_by,
    seconds_to,
    shares_by,
    shares_within,
    trainings,
)
from scripts.benchmarks.learning_figure import TITLE, draw_learning
from scripts.benchmarks.learning_market import (
    MARTINGALE,
    PLANTED,
    QUICK_SHARE,
    file_market,
    learning_market,
    walk_policy,
)
from scripts.benchmarks.learning_plan import LONG, MIDDLE, QUICK_SECONDS, SHORT, tasks
from scripts.benchmarks.learning_run import STOCK, Task
from scripts.benchmarks.learning_store import Finished, finished
from scripts.benchmarks.line import BenchLine

SUITE = "learning"
HALF = 0.5
LEAST_SHARE = 0.01
"""What a share is taken as at least where another is divided by it: stock PPO may lose money."""

MINUTE = 60.0
SMOKE_TEST = f"SMOKE TEST: {QUICK_SECONDS:g} s each, one seed, a tenth of the bars"
EARLY = 8.0
TIMESTEPS = (30_000, 100_000, 200_000, 1_000_000)
"""At which methods are compared too, where all their seeds have got so far."""


def learning_suite(
    quick: bool, bars: Path | None = None, figure: Path | None = None
) -> Iterator[BenchLine]:
    """Yield the fixed lines, then one for each method and time.

    Args:
        quick: A smoke test.
        bars: A file of bars to learn on too.
        figure: PNG to draw the curves into.
    """
    done = finished(tasks(quick, bars))
    if figure is not None:
        draw_learning(done, figure, SMOKE_TEST if quick else TITLE)
    yield _beside_stock("planted_edge", done, "EPG", QUICK_SECONDS if quick else MINUTE)
    yield _beside_stock("planted_edge_ppo", done, "PPO", QUICK_SECONDS if quick else MIDDLE)
    if not quick:
        yield _time_to_half("time_to_half", done, "EPG")
        yield _time_to_half("time_to_half_sequence", done, "EPG-sequence")
    yield from _martingale_lines(done, QUICK_SHARE if quick else 1)
    yield from _table(done)
    yield from _sparse_lines(done)
    yield from _shared_lines(done)
    yield from _risk_lines(done)
    if bars is not None:
        yield from _file_lines(done, bars)


def _beside_stock(name: str, done: Finished, method: str, seconds: float) -> BenchLine:
    stock = statistics.median(shares_by(done, STOCK, seconds))
    return BenchLine(
        suite=SUITE,
        name=name,
        value=statistics.median(shares_by(done, method, seconds)),
        unit=f"of the optimum, {seconds:g} s",
        reference=f"stable-baselines3 PPO, at least {LEAST_SHARE:g}",
        reference_value=max(stock, LEAST_SHARE),
    )


def _time_to_half(name: str, done: Finished, method: str) -> BenchLine:
    """Return the median seconds to half the optimum; who never got there took at least LONG."""
    medians = []
    for each in (method, "PPO"):
        times = [seconds_to(points, HALF) for points in trainings(done, each).values()]
        medians.append(statistics.median(min(seconds, LONG) for seconds in times))
    return BenchLine(
        suite=SUITE,
        name=name,
        value=medians[0],
        unit="s",
        reference="our PPO",
        reference_value=medians[1],
    )


def _martingale_lines(done: Finished, share: int) -> Iterator[BenchLine]:
    """Yield what the worst seed's agent paid, beside random trading, and how it fared."""
    kept = [kept_by(points, LONG) for task, points in done.items() if task.preset == MARTINGALE]
    span = learning_market(MARTINGALE, 0, share).unseen
    account = walk_policy(BASELINES["random"](0), span).account
    paid = max(point.cost_usd for point in kept) / float(account.fees_usd + account.slippage_usd)
    yield _line("martingale_cost", paid, "of random trading's")
    stayed_flat = sum(point.n_trades == 0 for point in kept) / len(kept)
    yield _line("martingale_flat", stayed_flat, "of the agents")
    yield from _spread("martingale_exposure", [point.exposure for point in kept], "of closes")
    yield from _spread("martingale_net", [point.net_usd for point in kept], "USD")


def _table(done: Finished) -> Iterator[BenchLine]:
    """Yield medians, worst and best seeds of each method at each time, and after timesteps."""
    for kind in dict.fromkeys((task.method, task.extractor) for task in done if is_plain(task)):
        yield from _by_seconds(done, kind)
        if not is_fitted(kind[0]):
            yield from _by_timesteps(done, kind)


def _by_seconds(done: Finished, kind: Kind) -> Iterator[BenchLine]:
    method, extractor = kind
    longest = max(task.seconds for task in trainings(done, method, extractor))
    if is_fitted(method):
        found = trainings(done, method, extractor).values()
        yield from _spread(f"{method}_fit", [points[0].seconds for points in found], "s")
    for seconds in (SHORT,) if is_fitted(method) else (EARLY, SHORT, MINUTE, MIDDLE, LONG):
        if seconds <= longest:
            reached = shares_by(done, method, seconds, extractor)
            yield from _spread(f"{method}_{extractor}_{seconds:g}s", reached, "of the optimum")


def _by_timesteps(done: Finished, kind: Kind) -> Iterator[BenchLine]:
    method, extractor = kind
    for timesteps in TIMESTEPS:
        reached = shares_within(done, method, timesteps, extractor)
        if reached:
            name = f"{method}_{extractor}_{timesteps}steps"
            yield from _spread(name, reached, "of the optimum")


def _sparse_lines(done: Finished) -> Iterator[BenchLine]:
    """Yield what is learnt from the sparse reward in as long."""
    sparse = [task for task in done if task.preset == PLANTED and task.reward == "sparse"]
    for method in dict.fromkeys(task.method for task in sparse):
        kept = _kept(done, [task for task in sparse if task.method == method])
        reached = [point.share or 0.0 for point in kept]
        yield from _spread(f"{method}_sparse", reached, "of the optimum")


def _shared_lines(done: Finished) -> Iterator[BenchLine]:
    """Yield what PPO reaches without shared paths on the seeds that were trained with them."""
    few = {task.seed for task in trainings(done, "PPO-shared")}
    plain = {task: each for task, each in trainings(done, "PPO").items() if task.seed in few}
    if few and plain:
        yield from _spread(
            f"PPO_unshared_{MIDDLE:g}s", shares_by(plain, "PPO", MIDDLE), "of the optimum"
        )


def _risk_lines(done: Finished) -> Iterator[BenchLine]:
    """Yield what a stop and a view of risk do."""
    stopped = [task for task in done if task.has_stop]
    for method in dict.fromkeys(task.method for task in stopped):
        kept = _kept(done, [task for task in stopped if task.method == method])
        yield from _spread(f"{method}_stopped_net", [point.net_usd for point in kept], "USD")
    for method in ("EPG", "EPG-sharpe", "DP-ridge"):
        found = trainings(done, method).values()
        ratios = [kept_by(points, SHORT).sharpe or 0.0 for points in found]
        if ratios:
            yield from _spread(f"{method}_sharpe_per_bar", ratios, "per bar")


def _file_lines(done: Finished, bars: Path) -> Iterator[BenchLine]:
    """Yield net PnL and exposure on a file's unseen bars, without the choice too, and baselines."""
    own = [task for task in done if task.preset == str(bars.resolve())]
    for method in dict.fromkeys(task.method for task in own):
        kept = _kept(done, [task for task in own if task.method == method])
        yield from _spread(f"{method}_file", [point.net_usd for point in kept], "USD")
        yield from _spread(f"{method}_file_exposure", [each.exposure for each in kept], "of closes")
        last = [done[task][-1].net_usd for task in own if task.method == method]
        yield from _spread(f"{method}_file_last_weights", last, "USD")
    unseen = file_market(bars).unseen
    for name in ("buy_and_hold", "random"):
        simulation = walk_policy(BASELINES[name](0), unseen)
        net_usd = simulation.equity_usd - unseen.settings.initial_balance
        yield _line(f"{name}_file", net_usd, "USD")


def _kept(done: Finished, chosen: Sequence[Task]) -> list[Point]:
    """Return what each training had kept at its end."""
    return [kept_by(done[task], LONG) for task in chosen]


def _spread(name: str, values: Sequence[float], unit: str) -> Iterator[BenchLine]:
    """Yield the seeds' median, worst and best."""
    yield _line(name, statistics.median(values), unit)
    yield _line(f"{name}_min", min(values), unit)
    yield _line(f"{name}_max", max(values), unit)


def _line(name: str, value: float, unit: str) -> BenchLine:
    return BenchLine(suite=SUITE, name=name, value=value, unit=unit)
