"""What finished trainings had learnt by when: shares of the optimum, after a time or timesteps.

Whatever is said of a training holds for the weights that its validation bars had chosen by then.
"""

import math
from collections.abc import Sequence

from scripts.benchmarks.learning_clock import Point, flat_at
from scripts.benchmarks.learning_market import ACCOUNT, PLANTED
from scripts.benchmarks.learning_run import METHODS, Task
from scripts.benchmarks.learning_store import Finished

Kind = tuple[str, str]
"""A method and its extractor."""


def kept_by(points: Sequence[Point], seconds: float) -> Point:
    """Return what the validation bars had chosen at a time: of the looks until then, the last kept.

    Nothing chosen is staying flat. A look falls behind its time by at most one rollout, which
    still counts; but a warm start that is not over yet has nothing.
    """
    n_seen = next(
        (i + 1 for i, point in enumerate(points) if point.seconds >= seconds), len(points)
    )
    last = points[n_seen - 1]
    if last.timesteps == 0 and last.seconds > seconds:
        return flat_at(last)
    return _last_kept(points[:n_seen])


def kept_within(points: Sequence[Point], timesteps: int) -> Point | None:
    """Return what had been chosen after that many timesteps at most.

    None for a training that was not looked at before them, or ended before them.
    """
    seen = [point for point in points if point.timesteps <= timesteps]
    return _last_kept(seen) if seen and points[-1].timesteps >= timesteps else None


def _last_kept(seen: Sequence[Point]) -> Point:
    return next((point for point in reversed(seen) if point.is_kept), flat_at(seen[-1]))


def seconds_to(points: Sequence[Point], share: float) -> float:
    """Return when the weights kept first reached a share of the optimum; infinite if never."""
    reached = (point.seconds for point in points if point.is_kept and (point.share or 0.0) >= share)
    return next(reached, math.inf)


def trainings(done: Finished, method: str, extractor: str = "lstm") -> Finished:
    """Return those of a method on the planted edge, with the plain account; seeds by number."""
    return {
        task: points
        for task, points in sorted(done.items(), key=lambda item: item[0].seed)
        if is_plain(task) and (task.method, task.extractor) == (method, extractor)
    }


def is_plain(task: Task) -> bool:
    """Whether it learns on the planted edge with the plain account."""
    return task.preset == PLANTED and task.account == ACCOUNT


def is_fitted(method: str) -> bool:
    """Whether it is fitted once, so that it has no curve."""
    return METHODS.get(method, {}).get("algorithm") == "DP"


def shares_by(done: Finished, method: str, seconds: float, extractor: str = "lstm") -> list[float]:
    """Return the share that each seed's training had reached at a time."""
    found = trainings(done, method, extractor).values()
    return [kept_by(points, seconds).share or 0.0 for points in found]


def shares_within(
    done: Finished, method: str, timesteps: int, extractor: str = "lstm"
) -> list[float]:
    """Return the share that each seed's training had reached, none where any has no figure yet."""
    found = trainings(done, method, extractor).values()
    kept = [kept_within(points, timesteps) for points in found]
    reached = [point.share or 0.0 for point in kept if point is not None]
    return reached if len(reached) == len(kept) else []
