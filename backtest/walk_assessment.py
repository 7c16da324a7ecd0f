"""What a walk-forward run is worth: the median run is the trial, the seeds are its scatter."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from backtest.assessment import Alternatives, Assessment, assess
from backtest.engine import BacktestEngine
from backtest.result import BacktestResult
from backtest.stitching import Stitched, returns_of
from backtest.trial_log import TrialLog
from backtest.trials import trial_of
from backtest.walk_forward import WalkForward
from utils.clock import Clock


def assess_walk(
    run: WalkForward,
    results: Sequence[BacktestResult],
    engine: BacktestEngine | None,
    log: TrialLog,
    clock: Clock,
) -> Assessment:
    """Log the run as a trial on its tested sessions, and return what its median run is worth.

    Seeds and paths are no trials of their own: the median is taken, not the best of them.

    Args:
        run: Done.
        results: Its median run, then the baselines.
        engine: Holds the bars of all of them; None where test blocks do not follow on one another.
        log: Of the bars.
        clock: Gives the time of the entry.
    """
    main = results[0]
    thing = {"walk_forward": run.settings.model_dump(mode="json")}
    trial = trial_of(main, thing)
    log.add(trial, clock)
    return assess(
        engine,
        results,
        like_trials=log.trials_on(trial.span),
        alternatives=Alternatives(seeds=_seeds(run.stitched)),
        seed=run.settings.folds.seeds[0],
    )


def _seeds(found: Stitched) -> dict[str, NDArray[np.float64]]:
    """Return the session returns of each run; of combinatorial splits each path is one."""
    return {one.name: returns_of(one) for one in found.runs}
