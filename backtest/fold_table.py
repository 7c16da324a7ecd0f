"""What each fold and seed made of its bars: the rows of the fold table, for people and for CSV."""

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from backtest.fold_task import FoldJob
from backtest.result import BacktestResult
from backtest.stitching import Stitched, stitched
from backtest.tables import UNDEFINED, Row, Table
from backtest.walk_forward import WalkForward

SHOWN = {
    "train_to": ("learnt until", "{}"),
    "test_from": ("tested from", "{}"),
    "test_to": ("until", "{}"),
    "validation_net_usd": ("chosen, USD", "{:+,.2f}"),
    "net_profit_usd": ("tested, USD", "{:+,.2f}"),
    "total_return": ("return", "{:+.2%}"),
    "sharpe": ("Sharpe", "{:.2f}"),
    "max_drawdown": ("max drawdown", "{:.2%}"),
    "n_trades": ("trades", "{:,d}"),
}
"""Column of `fold_frame`: its heading and format in the table."""

METRICS = ("net_profit_usd", "total_return", "sharpe", "max_drawdown", "n_trades", "total_fees_usd")


def fold_frame(run: WalkForward, bars: pd.DataFrame) -> pd.DataFrame:
    """Return one row per fold and seed: its rows, their dates, and what it made of them.

    Args:
        run: Done.
        bars: Those that it was done on.

    Returns:
        fold, seed, the rows train_start to test_stop (stops excluded), the first and last UTC date
        of training, validation and test, then what validation and test made, USD and fractions;
        NaN where there is none. Of several test blocks the first one's start and the last's stop.
    """
    return pd.DataFrame(
        [
            {
                **_rows(job, bars),
                "validation_net_usd": _net(outcome.validation),
                "validation_sharpe": _metric(outcome.validation, "sharpe"),
                **_tested(outcome.results),
            }
            for job, outcome in zip(run.jobs, run.outcomes, strict=True)
        ]
    )


def fold_table(frame: pd.DataFrame) -> Table:
    """Return the table of the folds as people read it, from `fold_frame`."""
    rows = [
        Row(
            f"{record['fold']}, seed {record['seed']}",
            tuple(_text(record[name], style) for name, (_, style) in SHOWN.items()),
        )
        for record in frame.to_dict("records")
    ]
    return Table(
        heading="Folds",
        columns=("fold", *(heading for heading, _ in SHOWN.values())),
        rows=tuple(rows),
        note="Each fold begins with the initial balance. Its test bars come after all that it has "
        "learnt from; combinatorial splits learn from later bars too. Chosen: on validation bars.",
    )


def seed_table(found: Stitched) -> Table:
    """Return what each run of all folds made, and how far the runs lie apart."""
    profits = found.net_profits_usd
    rows = [
        Row(run.name, (f"{profit:+,.2f}", _text(run.metrics["sharpe"], "{:.2f}")))
        for run, profit in zip(found.runs, profits, strict=True)
    ]
    spread = float(np.std(profits, ddof=1)) if len(profits) > 1 else math.nan
    rows.append(Row("standard deviation", (_text(spread, "{:,.2f}"), "")))
    return Table(
        heading="Seeds",
        columns=("run", "net USD", "Sharpe"),
        rows=tuple(rows),
        note=f"The report is about {found.median.name}, the run of median net profit.",
    )


def _rows(job: FoldJob, bars: pd.DataFrame) -> dict[str, object]:
    fold = job.fold
    tested = slice(fold.tests[0].start, fold.tests[-1].stop)
    spans = {"train": fold.train, "validation": fold.validation, "test": tested}
    rows: dict[str, object] = {"fold": fold.number, "seed": job.seed}
    for name, span in spans.items():
        rows |= {f"{name}_{part}": value for part, value in _span(span, bars).items()}
    return rows


def _span(span: slice | None, bars: pd.DataFrame) -> dict[str, object]:
    if span is None:
        return dict.fromkeys(("start", "stop", "from", "to"))
    first, last = bars.index[span.start], bars.index[span.stop - 1]
    return {
        "start": span.start,
        "stop": span.stop,
        "from": f"{first:%Y-%m-%d}",
        "to": f"{last:%Y-%m-%d}",
    }


def _tested(results: Sequence[BacktestResult]) -> dict[str, float]:
    metrics = stitched(results, "tests").metrics
    return {name: metrics[name] for name in METRICS}


def _net(result: BacktestResult | None) -> float:
    return _metric(result, "net_profit_usd")


def _metric(result: BacktestResult | None, name: str) -> float:
    return math.nan if result is None else float(result.metrics[name])


def _text(value: object, style: str) -> str:
    is_missing = value is None or (isinstance(value, float) and math.isnan(value))
    return UNDEFINED if is_missing else style.format(value)
