"""One self-contained HTML file, and one JSON file, that say what a back-test found.

The page loads nothing from anywhere: plotly.js is inside it. Figures come from `figures.py`,
tables from `tables.py`.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import plotly.io
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from backtest.figures import candles_of, equity_of
from backtest.remarks import account_remarks
from backtest.result import BacktestResult
from backtest.tables import metric_rows, provenance_rows, setting_rows
from data.bars import check_bars
from utils.errors import ConfigError
from utils.files import write_json_atomically, write_text_atomically

TEMPLATES = Path(__file__).resolve().parent / "templates"
REPORT_NAME = "report.html"

CAVEATS = (
    "Simulated results. Nothing here promises a profit, and it is no investment advice.",
    "One pass over one stretch of bars, without a significance test: a difference between two "
    "columns may be chance.",
    "All columns trade the same bars with the same capital, commission, slippage and protective "
    "stop. Buy and hold therefore buys again after a stop took it out.",
    "Orders fill in full, at the next bar's open or at their stop, with the slippage shown; what "
    "is open at the end is closed at the last close. Inside a bar only open, high, low and close "
    "are known. Margin calls are not simulated.",
    "Ratios use session-daily returns and 252 sessions a year. Drawdown and value at risk are "
    "negative: a loss.",
)


def write_report(
    path: Path | str,
    results: Sequence[BacktestResult],
    bars: pd.DataFrame,
    provenance: Mapping[str, Any],
    is_synthetic: bool = False,
) -> Path:
    """Write the report in one step and return where it lies.

    Args:
        path: The HTML file, or a folder that gets `report.html`.
        results: At least one, over one span: what the report is about, then its baselines.
        bars: The bars that were traded.
        provenance: Where model and bars come from; nested mappings are shown flat.
        is_synthetic: Whether the bars were made up, which the page then says loudly.

    Raises:
        ConfigError: If the file cannot be written.
    """
    target = Path(path)
    target = target if target.suffix == ".html" else target / REPORT_NAME
    write_text_atomically(target, _html(results, check_bars(bars), provenance, is_synthetic))
    return target


def write_metrics_json(path: Path | str, results: Sequence[BacktestResult]) -> None:
    """Write metrics, account and span of each result; one seed gives the same bytes every time.

    No time of writing, path or version is inside; undefined and infinite values are null.

    Raises:
        ConfigError: If two results have one name, under which only one could be kept.
    """
    names = [result.name for result in results]
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ConfigError(f"results need names of their own, repeated: {', '.join(repeated)}")
    write_json_atomically(
        Path(path), {"results": {result.name: _as_json(result) for result in results}}
    )


def _as_json(result: BacktestResult) -> dict[str, Any]:
    first, last = result.span
    return {
        "metrics": result.metrics,
        "settings": result.settings.model_dump(mode="json"),
        "denials": dict(result.denials),
        "agreement": result.agreement,
        "features": list(result.feature_columns),
        "first_bar": first.isoformat(),
        "last_bar": last.isoformat(),
        "n_bars": len(result.timestamps),
        "is_in_sample": result.is_in_sample,
    }


def _html(
    results: Sequence[BacktestResult],
    bars: pd.DataFrame,
    provenance: Mapping[str, Any],
    is_synthetic: bool,
) -> str:
    main = results[0]
    candles, caption = candles_of(main, bars)
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    return environment.get_template("report.html.j2").render(
        name=main.name,
        instrument=main.instrument,
        span=_span_text(main),
        warnings=_warnings(results, is_synthetic),
        summary=_summary(results),
        equity=_fragment(equity_of(results), "equity"),
        candles=_fragment(candles, "candles"),
        candles_caption=caption,
        columns=[result.name for result in results],
        metric_rows=metric_rows(results),
        setting_rows=setting_rows(main),
        provenance_rows=provenance_rows(provenance),
        caveats=CAVEATS,
        plotly_js=Markup(get_plotlyjs()),  # noqa: S704 - the library's own code, meant to run
    )


def _fragment(figure: Any, name: str) -> Markup:
    """Return a figure as HTML that finds plotly.js on its page."""
    html = plotly.io.to_html(
        figure,
        include_plotlyjs=False,
        full_html=False,
        div_id=name,
        config={"responsive": True, "displaylogo": False},
    )
    return Markup(html)  # noqa: S704 - plotly escapes the strings inside it


def _span_text(result: BacktestResult) -> str:
    first, last = result.span
    n_sessions = result.metrics["n_sessions"]
    return (
        f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC, "
        f"{len(result.timestamps):,} bars, {n_sessions:,} sessions"
    )


def _warnings(results: Sequence[BacktestResult], is_synthetic: bool) -> list[str]:
    """Return what a reader must know before the first number."""
    warnings = []
    if is_synthetic:
        warnings.append(
            "SYNTHETIC MARKET: these bars are made up. The result says nothing about real trading."
        )
    if any(result.is_in_sample for result in results):
        warnings.append(
            "IN-SAMPLE: the model was trained on some of these bars, or on later ones. It may have "
            "memorised what they show."
        )
    return warnings + [remark for result in results for remark in account_remarks(result)]


def _summary(results: Sequence[BacktestResult]) -> str:
    """Say in a sentence what the first result made, and which baseline did best."""
    main, baselines = results[0], results[1:]
    sentence = f"{main.name} {_made(main)} in {main.metrics['n_trades']:,} trades after costs"
    if not baselines:
        return sentence + "."
    best = max(baselines, key=lambda result: result.metrics["net_profit_usd"])
    return f"{sentence}; the best baseline, {best.name}, {_made(best)}."


def _made(result: BacktestResult) -> str:
    profit = result.metrics["net_profit_usd"]
    share = abs(result.metrics["total_return"])
    if profit == 0:
        return "neither made nor lost anything"
    return f"{'made' if profit > 0 else 'lost'} {abs(profit):,.2f} USD ({share:.1%})"
