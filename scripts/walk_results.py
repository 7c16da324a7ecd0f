"""What a walk-forward run leaves beside its folds: tables, metrics, report; and what it prints."""

import itertools
from dataclasses import replace

import pandas as pd
from rich import table as rich_table
from rich.text import Text

from backtest.assessment import Assessment
from backtest.engine import BacktestEngine
from backtest.exports import write_exports
from backtest.fold_table import fold_frame, fold_table, seed_table
from backtest.report import REPORT_NAME, write_metrics_json, write_report
from backtest.result import BacktestResult
from backtest.stitching import Stitched
from backtest.tables import Table
from backtest.trial_log import TrialLog
from backtest.walk_assessment import assess_walk
from backtest.walk_forward import WalkForward
from data.store import fingerprint
from scripts.printing import console, print_results, shown
from scripts.training import TrainingFiles
from scripts.workflow import METRICS_NAME, PROVENANCE_NAME, is_synthetic
from utils.clock import SystemClock
from utils.errors import ConfigError
from utils.files import write_json_atomically, write_text_atomically
from utils.paths import TRIALS_DIR
from utils.provenance import code_provenance

FOLDS_NAME = "folds.csv"


def write_walk(run: WalkForward, bars: pd.DataFrame, files: TrainingFiles) -> None:
    """Write report, exports, folds.csv, metrics.json and provenance.json; print what they say.

    The median run is logged as a trial, and assessed beside the baselines.
    """
    folder, found = files.directory, run.stitched
    frame = fold_frame(run, bars)
    write_text_atomically(folder / FOLDS_NAME, frame.to_csv(index=False))
    results, assessment = _assessed(run, found.median, bars)
    write_metrics_json(folder / METRICS_NAME, [*results, *_further(run, found)], assessment)
    write_exports(folder, results)
    provenance = {
        "walk_forward": {
            **code_provenance(),
            "data_fingerprint": fingerprint(bars),
            "settings": run.settings.model_dump(mode="json"),
        }
    }
    write_json_atomically(folder / PROVENANCE_NAME, provenance)
    is_made_up = files.data is not None and is_synthetic(files.data)
    tables = (fold_table(frame), seed_table(found))
    report = write_report(
        folder / REPORT_NAME, results, bars, provenance, is_made_up, assessment, tables
    )
    for table in tables:
        _print_table(table)
    print_results(results)
    console.print(f"verdict: {assessment.verdict}", soft_wrap=True)
    n_folds = len({job.fold.number for job in run.jobs})
    is_mixed = run.settings.folds.combinatorial
    what = "splits, most of them learnt from later bars" if is_mixed else "folds out of sample"
    console.print(
        f"all {n_folds} {what}, "
        f"{found.median.name}: {found.median.metrics['net_profit_usd']:+,.2f} USD net"
    )
    console.print(f"report: {shown(report)}")
    console.print(f"models, metrics and folds: {shown(folder)}, a folder per fold and seed")


def _assessed(
    run: WalkForward, main: BacktestResult, bars: pd.DataFrame
) -> tuple[list[BacktestResult], Assessment]:
    """Return the median run with its baselines, and what it is worth beside them."""
    engine, results = BacktestEngine(bars), [main]
    seed = run.settings.folds.seeds[0]
    with console.status("baselines and significance"):
        try:
            results += engine.run_baselines(like=main, seed=seed)
        except ConfigError as error:  # test blocks that do not follow on one another
            console.print(f"no baselines: {error}", soft_wrap=True)
        at_hand = engine if len(results) > 1 else None
        log = TrialLog(fingerprint=fingerprint(bars), folder=TRIALS_DIR)
        return results, assess_walk(run, results, at_hand, log, SystemClock())


def _further(run: WalkForward, found: Stitched) -> list[BacktestResult]:
    """Return all other runs, and each test block under a name of its own."""
    others = [one for one in found.runs if one.name != found.median.name]
    blocks = [_named(outcome.name, outcome.results) for outcome in run.outcomes]
    return [*others, *itertools.chain.from_iterable(blocks)]


def _named(name: str, results: tuple[BacktestResult, ...]) -> list[BacktestResult]:
    """Return the results of a job's test blocks under names of their own."""
    if len(results) == 1:
        return [replace(results[0], name=name)]
    return [
        replace(result, name=f"{name}_test_{number}")
        for number, result in enumerate(results, start=1)
    ]


def _print_table(table: Table) -> None:
    shown_table = rich_table.Table(title=table.heading, title_justify="left")
    for number, heading in enumerate(table.columns):
        shown_table.add_column(heading, justify="right" if number else "left")
    for row in table.rows:
        shown_table.add_row(Text(row.heading), *row.cells)
    console.print(shown_table)
    console.print(table.note, soft_wrap=True)
