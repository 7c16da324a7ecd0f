"""The end of every back-test: the trial is logged, weighed, and written down as a report."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from rich.text import Text

from backtest.assessed import Alternatives, Assessment
from backtest.assessment import NO_ALTERNATIVES, assess
from backtest.breakdown import breakdown_tables, breakdowns
from backtest.engine import BacktestEngine
from backtest.exports import EXPORT_FILES, write_exports
from backtest.report import REPORT_NAME, write_metrics_json, write_report
from backtest.result import BacktestResult
from backtest.tables import Table
from backtest.trial_log import TrialLog
from backtest.trials import LoggedTrials, trial_of, uses_of
from data.store import fingerprint
from models.artifacts import MANIFEST
from models.baselines import BASELINES
from models.predictor_dp import PREDICTOR_DP
from scripts.printing import console
from scripts.workflow import METRICS_NAME, PROVENANCE_NAME, first_free, kept_if_used
from utils import paths
from utils.clock import Clock, SystemClock
from utils.errors import ConfigError
from utils.files import check_writable, sha256_of_file, write_json_atomically
from utils.provenance import code_provenance

REPORT_FILES = frozenset({REPORT_NAME, METRICS_NAME, PROVENANCE_NAME}) | EXPORT_FILES
"""What `write_results` writes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackTested:
    """All that a report is made of.

    Attributes:
        engine: Made the results; None where no single one did.
        results: The tested ones, then their baselines, over one span.
        bars: That were traded.
        provenance: Where what was tested comes from, as JSON values.
        things: One for each tested result: what makes it what it is, as JSON values.
        is_synthetic: Whether the bars were made up.
        seed: Of every draw.
        is_quick: Leaves out the tests of significance.
        alternatives: Variants and seeds that the log does not know.
        further: Tables besides, before the breakdowns.
    """

    engine: BacktestEngine | None
    results: Sequence[BacktestResult]
    bars: pd.DataFrame
    provenance: Mapping[str, Any]
    things: Sequence[Any]
    is_synthetic: bool
    seed: int = 0
    is_quick: bool = False
    alternatives: Alternatives = NO_ALTERNATIVES
    further: tuple[Table, ...] = ()

    @property
    def n_tested(self) -> int:
        """How many of the results are no baselines."""
        return len(self.things)


@contextmanager
def report_directory(out: Path | None, usual: Path) -> Iterator[Path]:
    """Make sure, before anything is run, that a report can be written, and reserve its folder.

    It is `out`, or else `usual`, with a number behind it where that is taken already.

    Raises:
        ConfigError: If `out` cannot be written or holds anything but a report, or if the trial
            cannot be logged.
    """
    check_writable(paths.TRIALS_DIR)
    if out is None:
        folder = first_free(usual)
    else:
        folder = out
        _refuse_strangers(out)
        check_writable(out, f"--out {out}")
    with kept_if_used(folder):
        yield folder


def _refuse_strangers(out: Path) -> None:
    names = sorted(path.name for path in out.iterdir()) if out.is_dir() else []
    strangers = [name for name in names if name not in REPORT_FILES]
    if strangers:
        raise ConfigError(
            f"`--out {out}` holds `{strangers[0]}`, which is no part of a report; "
            f"choose a new folder, or one with an earlier report"
        )


def check_names(names: Sequence[str]) -> None:
    """Refuse, before anything is run, a name under which a baseline will stand beside it.

    Raises:
        ConfigError: If one is a baseline's.
    """
    taken = [name for name in names if name in BASELINES or name == PREDICTOR_DP]
    if taken:
        raise ConfigError(
            f"`{taken[0]}` is the name of a baseline of every report; "
            f"give what is tested, or its folder, another name"
        )


def write_results(folder: Path, done: BackTested, clock: Clock | None = None) -> Path:
    """Log the trials, weigh the first, write REPORT_FILES to `folder`; return the report's path.

    Prints the verdict. How often the sessions were looked at goes into provenance.json, so that
    metrics.json stays the same from run to run as long as nothing else is tried.
    """
    main, mark = done.results[0], fingerprint(done.bars)
    logged = log_trials(done, mark, clock or SystemClock())
    assessment = None if done.is_quick else _weighed(done, logged)
    uses = uses_of(logged.trials)
    provenance = {
        **done.provenance,
        "backtest": {**code_provenance(), "data_fingerprint": mark},
        "trials": {"n_looks": uses.n_looks, "n_things": uses.n_things},
    }
    report = write_report(
        folder / REPORT_NAME,
        done.results,
        done.bars,
        provenance,
        done.is_synthetic,
        assessment,
        (*done.further, *breakdown_tables(breakdowns(main, done.bars))),
        done.n_tested,
    )
    write_metrics_json(folder / METRICS_NAME, done.results, assessment)
    write_json_atomically(folder / PROVENANCE_NAME, provenance)
    write_exports(folder, done.results, done.n_tested)
    return report


def thing_of(models: Sequence[Path]) -> dict[str, list[str]]:
    """Return what makes saved models what they are: digests of their manifests, in order."""
    return {"models": [sha256_of_file(model / MANIFEST) for model in models]}


def log_trials(done: BackTested, mark: str, clock: Clock) -> LoggedTrials:
    """Log each tested result on bars that it had not seen; return all trials on its sessions.

    Args:
        done: The back-test.
        mark: Fingerprint of its bars.
        clock: Says when.
    """
    log = TrialLog(fingerprint=mark, folder=paths.TRIALS_DIR)
    trials = [
        trial_of(result, thing)
        for result, thing in zip(done.results, done.things, strict=False)
        if not result.is_in_sample
    ]
    for trial in trials:
        log.add(trial, clock)
    return log.trials_on(trials[0].span) if trials else LoggedTrials(trials=())


def _weighed(done: BackTested, logged: LoggedTrials) -> Assessment:
    """Return what the first result is worth, and print the verdict."""
    results = [done.results[0], *done.results[done.n_tested :]]
    with console.status("weighing the result"):
        assessment = assess(
            done.engine,
            results,
            like_trials=logged,
            alternatives=done.alternatives,
            seed=done.seed,
        )
    console.print(Text(f"verdict on {assessment.name}: {assessment.verdict}"), soft_wrap=True)
    return assessment
