"""What a walk-forward run leaves beside its folds: tables, metrics, report; and what it prints."""

from dataclasses import replace

import pandas as pd
from rich import table as rich_table
from rich.text import Text

from backtest.engine import BacktestEngine
from backtest.fold_table import fold_frame, fold_table, seed_table
from backtest.report import REPORT_NAME, write_metrics_json, write_report
from backtest.result import BacktestResult
from backtest.tables import Table
from backtest.walk_forward import WalkForward
from data.store import fingerprint
from scripts.printing import console, print_results, shown
from scripts.training import TrainingFiles
from scripts.workflow import METRICS_NAME, PROVENANCE_NAME, is_synthetic
from utils.errors import ConfigError
from utils.files import write_json_atomically, write_text_atomically
from utils.provenance import code_provenance

FOLDS_NAME = "folds.csv"


def write_walk(run: WalkForward, bars: pd.DataFrame, files: TrainingFiles) -> None:
    """Write folds.csv, metrics.json, provenance.json and report.html; print tables and places."""
    folder, found = files.directory, run.stitched
    frame = fold_frame(run, bars)
    write_text_atomically(folder / FOLDS_NAME, frame.to_csv(index=False))
    results = [found.median, *_baselines(found.median, bars, run.settings.folds.seeds[0])]
    blocks = [block for outcome in run.outcomes for block in _named(outcome.name, outcome.results)]
    others = [one for one in found.runs if one.name != found.median.name]
    write_metrics_json(folder / METRICS_NAME, [*results, *others, *blocks])
    provenance = {
        "walk_forward": {
            **code_provenance(),
            "data_fingerprint": fingerprint(bars),
            "settings": run.settings.model_dump(mode="json"),
        }
    }
    write_json_atomically(folder / PROVENANCE_NAME, provenance)
    is_made_up = files.data is not None and is_synthetic(files.data)
    report = write_report(folder / REPORT_NAME, results, bars, provenance, is_made_up)
    _print_table(fold_table(frame))
    _print_table(seed_table(found))
    print_results(results)
    console.print(
        f"all {len({job.fold.number for job in run.jobs})} folds out of sample, "
        f"{found.median.name}: {found.median.metrics['net_profit_usd']:+,.2f} USD net"
    )
    console.print(f"report: {shown(report)}")
    console.print(f"models, metrics and folds: {shown(folder)}, a folder per fold and seed")


def _baselines(like: BacktestResult, bars: pd.DataFrame, seed: int) -> list[BacktestResult]:
    """Return the baselines over the tested bars; none where these do not follow on one another."""
    try:
        return BacktestEngine(bars).run_baselines(like=like, seed=seed)
    except ConfigError as error:
        console.print(f"no baselines: {error}", soft_wrap=True)
        return []


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
    shown_table.add_column("")
    for heading in table.columns:
        shown_table.add_column(heading, justify="right")
    for row in table.rows:
        shown_table.add_row(Text(row.heading), *row.cells)
    console.print(shown_table)
    console.print(table.note, soft_wrap=True)
