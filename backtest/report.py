"""One self-contained HTML file, and one JSON file, that say what a back-test found.

The page loads nothing from anywhere: plotly.js, all bars and all scripts are inside it. What it is
filled with is left to `page.py`, other files of a report to `exports.py`.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from backtest.assessed import Assessment
from backtest.assessment_json import assessment_json
from backtest.page import ReportParts, page_values
from backtest.page_code import rendered
from backtest.result import BacktestResult
from backtest.tables import Table
from data.bars import check_bars
from utils.errors import ConfigError
from utils.files import write_json_atomically, write_text_atomically

REPORT_NAME = "report.html"


def write_report(  # noqa: PLR0913, PLR0917 - the interface that scripts and users share
    path: Path | str,
    results: Sequence[BacktestResult],
    bars: pd.DataFrame,
    provenance: Mapping[str, Any],
    is_synthetic: bool = False,
    assessment: Assessment | None = None,
    further: Sequence[Table] = (),
    n_tested: int = 1,
) -> Path:
    """Write the report in one step and return where it lies.

    Args:
        path: The HTML file, or a folder that gets `report.html`.
        results: At least one, over one span: what the report is about, then its baselines. Months,
            hours, risk and costs are those of the first.
        bars: The bars that were traded.
        provenance: Where model and bars come from; nested mappings are shown flat.
        is_synthetic: Whether the bars were made up, which the page then says loudly.
        assessment: What the first result is worth; the page begins with its verdict.
        further: Tables of a section of their own, such as folds, or a breakdown by hour.
        n_tested: How many of the results the report is about; the others are baselines.

    Raises:
        ConfigError: If the file cannot be written.
    """
    target = Path(path)
    target = target if target.suffix == ".html" else target / REPORT_NAME
    parts = ReportParts(
        results=results,
        bars=check_bars(bars),
        provenance=provenance,
        is_synthetic=is_synthetic,
        assessment=assessment,
        further=further,
        n_tested=n_tested,
    )
    write_text_atomically(target, rendered("report.html.j2", page_values(parts)))
    return target


def write_metrics_json(
    path: Path | str, results: Sequence[BacktestResult], assessment: Assessment | None = None
) -> None:
    """Write metrics, account and span of each result, and what the first one is worth.

    One seed gives the same bytes every time: no time of writing, path, version or number of looks
    is inside. Undefined and infinite values are null.

    Raises:
        ConfigError: If two results have one name, under which only one could be kept.
    """
    names = [result.name for result in results]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ConfigError(f"results need names of their own, repeated: {', '.join(repeated)}")
    values: dict[str, Any] = {"results": {result.name: _as_json(result) for result in results}}
    if assessment is not None:
        values["assessment"] = _lasting(assessment_json(assessment))
    write_json_atomically(Path(path), values)


def _lasting(figures: dict[str, Any]) -> dict[str, Any]:
    """Return an assessment without the number of looks, which another look changes."""
    deflation = figures["deflation"]
    kept = deflation and {name: value for name, value in deflation.items() if name != "uses"}
    return {**figures, "deflation": kept}


def _as_json(result: BacktestResult) -> dict[str, Any]:
    first, last = result.span
    return {
        "metrics": result.metrics,
        "settings": result.settings.model_dump(mode="json"),
        "denials": dict(result.denials),
        "agreement": result.agreement,
        "n_ambiguous": result.n_ambiguous,
        "features": list(result.feature_columns),
        "first_bar": first.isoformat(),
        "last_bar": last.isoformat(),
        "n_bars": len(result.timestamps),
        "is_in_sample": result.is_in_sample,
    }
