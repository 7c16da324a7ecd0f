"""Whether forecasts help an agent: the same one with and without forecast columns, on unseen bars.

Stores and trainings are kept on disk, see scripts/benchmarks/learning_store.py. Names of lines are
market/method/arm/figure; of a gain also which weights: those kept, or the last ones.
"""

import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path

from models.baselines import BASELINES
from scripts.benchmarks.forecast_value_gain import Gain, days_interval
from scripts.benchmarks.forecast_value_market import FILE, MARKETS
from scripts.benchmarks.forecast_value_plan import arms_of, store_tasks, value_tasks
from scripts.benchmarks.forecast_value_run import Outcome, Seen, market_of
from scripts.benchmarks.forecast_value_task import PLAIN, VALUE_DIR, ValueTask
from scripts.benchmarks.learning_market import PLANTED, walk_policy
from scripts.benchmarks.learning_store import make_missing, record_of
from scripts.benchmarks.line import BenchLine

SUITE = "forecast_value"

WEIGHTS = ("kept", "last")
"""Whose figures are told: what validation chose, or flat; and the weights at the end."""

Outcomes = dict[ValueTask, Outcome]


def forecast_value_suite(quick: bool, bars: Path | None = None) -> Iterator[BenchLine]:
    """Make what is missing, then yield the lines of each market.

    Args:
        quick: A smoke test.
        bars: A file of bars to compare on too.

    Raises:
        DataError: If the file cannot be used, or a store or training fails.
    """
    tasks = value_tasks(quick, bars)
    make_missing(store_tasks(tasks), VALUE_DIR)
    make_missing(tasks, VALUE_DIR)
    done = {task: Outcome.of(record_of(task, VALUE_DIR)["outcome"]) for task in tasks}
    for market in dict.fromkeys(task.market for task in tasks):
        yield from market_lines(market, done)
    if bars is not None:
        yield from _baseline_lines(next(task for task in tasks if task.market == FILE))


def market_lines(market: str, done: Outcomes) -> Iterator[BenchLine]:
    """Yield what each arm came to on a market, by each method, and what forecasts changed."""
    own = {task: outcome for task, outcome in done.items() if task.market == market}
    for method in dict.fromkeys(task.method for task in own):
        arms = {arm: _of_arm(own, method, arm) for arm in arms_of(market)}
        for arm, outcomes in arms.items():
            yield from _arm_lines(f"{market}/{method}/{arm}", market, outcomes)
        for family in MARKETS[market].families if PLAIN in arms else ():
            for weights in WEIGHTS:
                gain = gain_of(market, weights, arms[family], arms[PLAIN])
                yield from _gain_lines(f"{market}/{method}/{family}", weights, market, gain)


def _of_arm(own: Outcomes, method: str, arm: str) -> list[Outcome]:
    """Return the outcomes of an arm, seeds by number."""
    ordered = sorted(own.items(), key=lambda item: item[0].seed)
    return [outcome for task, outcome in ordered if (task.method, task.arm) == (method, arm)]


def _arm_lines(name: str, market: str, outcomes: Sequence[Outcome]) -> Iterator[BenchLine]:
    is_flat = [float(outcome.is_flat) for outcome in outcomes]
    yield _line(f"{name}/left_flat", statistics.fmean(is_flat), "of the agents")
    for weights in WEIGHTS:
        seen = [_seen(outcome, weights) for outcome in outcomes]
        points = [each.point for each in seen]
        yield from _spread(
            f"{name}/{weights}", [_worth(each, market) for each in seen], _unit(market)
        )
        if _has_optimum(market):
            yield from _spread(f"{name}/{weights}_net", [each.net_usd for each in points], "USD")
        ratios = [each.sharpe or 0.0 for each in points]
        yield from _spread(f"{name}/{weights}_sharpe", ratios, "per bar")
        trades = [float(each.n_trades) for each in points]
        yield from _spread(f"{name}/{weights}_trades", trades, "round trips")


def gain_of(
    market: str, weights: str, with_forecasts: Sequence[Outcome], without: Sequence[Outcome]
) -> Gain:
    """Return what forecasts changed, pairing outcomes of the same seed."""
    pairs = [
        (_seen(ours, weights), _seen(theirs, weights))
        for ours, theirs in zip(with_forecasts, without, strict=True)
    ]
    days = None
    if market == FILE:
        ours, theirs = zip(*((own.days_usd, other.days_usd) for own, other in pairs), strict=True)
        days = days_interval(ours, theirs)
    differences = [_worth(own, market) - _worth(other, market) for own, other in pairs]
    return Gain(differences=tuple(differences), days=days)


def _gain_lines(name: str, weights: str, market: str, gain: Gain) -> Iterator[BenchLine]:
    """Yield the difference, seed by seed, and what may be said of it."""
    yield from _spread(f"{name}/{weights}_gain", gain.differences, _unit(market))
    if gain.days is not None:
        yield _line(f"{name}/{weights}_gain_days_low", gain.days.low, "USD")
        yield _line(f"{name}/{weights}_gain_days_high", gain.days.high, "USD")
    n_better = sum(each > 0.0 for each in gain.differences)
    said = f"chance of luck: {gain.verdict}, {n_better} of {len(gain.differences)} seeds better"
    yield _line(f"{name}/{weights}_gain_chance", gain.chance, said)


def _baseline_lines(task: ValueTask) -> Iterator[BenchLine]:
    """Yield what simple rules make of the file's unseen bars."""
    unseen = market_of(task).unseen
    for name in ("buy_and_hold", "random"):
        simulation = walk_policy(BASELINES[name](0), unseen)
        net_usd = simulation.equity_usd - unseen.settings.initial_balance
        yield _line(f"{FILE}/{name}", net_usd, "USD")


def _seen(outcome: Outcome, weights: str) -> Seen:
    return outcome.kept if weights == "kept" else outcome.last


def _has_optimum(market: str) -> bool:
    return MARKETS[market].preset == PLANTED


def _worth(seen: Seen, market: str) -> float:
    """Return the share of the optimum where there is one, net PnL elsewhere."""
    return (seen.point.share or 0.0) if _has_optimum(market) else seen.point.net_usd


def _unit(market: str) -> str:
    return "of the optimum" if _has_optimum(market) else "USD"


def _spread(name: str, values: Sequence[float], unit: str) -> Iterator[BenchLine]:
    """Yield the seeds' median, worst and best."""
    yield _line(name, statistics.median(values), unit)
    yield _line(f"{name}_min", min(values), unit)
    yield _line(f"{name}_max", max(values), unit)


def _line(name: str, value: float, unit: str) -> BenchLine:
    return BenchLine(suite=SUITE, name=name, value=value, unit=unit)
