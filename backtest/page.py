"""What the report's page is filled with: sentences, tables and figures, by the template's names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup

from backtest.assessed import Assessment
from backtest.assessment_tables import assessment_tables
from backtest.candle_payload import candle_payload, drawn_trades
from backtest.figures import (
    MOST_SCATTERED,
    costs_of,
    distribution_of,
    equity_of,
    excursions_of,
    rolling_sharpe_of,
)
from backtest.heatmaps import hourly_heatmap, monthly_heatmap
from backtest.page_code import own_code, page_code
from backtest.page_words import caveats, span_text, summary, tiles, warnings
from backtest.result import BacktestResult
from backtest.rolling import window_for
from backtest.tables import (
    Table,
    cost_table,
    is_numeric,
    metric_table,
    provenance_rows,
    setting_rows,
)
from utils.wording import counted


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportParts:
    """All that a page is made of.

    Attributes:
        results: At least one, over one span: the tested ones, then their baselines.
        bars: Checked bars that were traded.
        provenance: Where model and bars come from; nested mappings are shown flat.
        is_synthetic: Whether the bars were made up.
        assessment: Of the first result; None where none was made.
        further: Tables of a section of their own.
        n_tested: How many of the results are no baselines.
    """

    results: Sequence[BacktestResult]
    bars: pd.DataFrame
    provenance: Mapping[str, Any]
    is_synthetic: bool = False
    assessment: Assessment | None = None
    further: Sequence[Table] = ()
    n_tested: int = 1


def page_values(parts: ReportParts) -> dict[str, Any]:
    """Return the template's values."""
    results, main = parts.results, parts.results[0]
    window = window_for(int(main.metrics["n_sessions"]))
    drawn = _figures(parts, window)
    n_trades = len(main.trades)
    return {
        "name": " and ".join(result.name for result in results[: parts.n_tested]),
        "traded": " and ".join(main.symbols),
        "span": span_text(main),
        "warnings": warnings(results, parts.is_synthetic),
        "verdict": "" if parts.assessment is None else _sentence(parts.assessment.verdict),
        "summary": summary(results, parts.n_tested),
        "tiles": tiles(main),
        "columns": [result.name for result in results],
        "n_tested": parts.n_tested,
        "metric_table": metric_table(results),
        "cost_table": cost_table(results),
        "assessment_tables": ()
        if parts.assessment is None
        else assessment_tables(parts.assessment),
        "further": parts.further,
        "heatmaps": (monthly_heatmap(main), hourly_heatmap(main)),
        "window": window,
        "drawn": drawn,
        "excursions_caption": _excursions_caption(n_trades),
        "setting_rows": setting_rows(main),
        "provenance_rows": provenance_rows(parts.provenance),
        "caveats": caveats(is_assessed=parts.assessment is not None),
        "candles": candle_payload(main, parts.bars),
        "candles_caption": _candles_caption(main),
        "is_numeric": is_numeric,
        **_code(drawn),
    }


def _figures(parts: ReportParts, window: int | None) -> dict[str, Any]:
    """Return the figures that there is enough for, by the name of their place in the page."""
    results, main = parts.results, parts.results[0]
    found = {
        "equity": equity_of(results, parts.n_tested),
        "rolling": None
        if window is None
        else rolling_sharpe_of(results[: parts.n_tested], window, parts.n_tested),
        "distribution": distribution_of(main),
        "excursions": excursions_of(main),
        "costs": costs_of(main),
    }
    return {name: figure for name, figure in found.items() if figure is not None}


PLACES = {"costs": "costs-chain"}
"""Figures whose place has another name than they have: the section has theirs."""


def _code(drawn: Mapping[str, Any]) -> dict[str, Markup]:
    """Return styles, scripts and figures, each figure under the name of its place."""
    figures = {PLACES.get(name, name): figure for name, figure in drawn.items()}
    return {**page_code(figures), "candles_js": own_code("candles.js")}


def _sentence(verdict: str) -> str:
    return verdict[:1].upper() + verdict[1:]


def _candles_caption(result: BacktestResult) -> str:
    which = f" in {result.instrument.symbol}" if result.positions_by_symbol else ""
    return (
        f"All bars, put together into as many candles as there is room for, and {result.name}'s "
        f"{counted(len(drawn_trades(result)), 'trade')}{which}. Triangles are entries (up: "
        "long), crosses exits; green won, red lost, after costs. Drag to move, pinch or use the "
        "wheel to zoom (click the candles first, or hold Ctrl); with the keyboard: arrows, + and "
        "-, n and p for the next and the previous trade. Closed hours take no room; times are UTC."
    )


def _excursions_caption(n_trades: int) -> str:
    shown = (
        ""
        if n_trades <= MOST_SCATTERED
        else f" {MOST_SCATTERED:,} of {n_trades:,} trades, evenly spaced from worst to best."
    )
    return (
        "MAE: how far the price went against the average entry while the trade was open; MFE: in "
        "its favour. Winners that first fell deep, or losers that were well ahead, tell where "
        f"stops and targets might lie, of this record.{shown}"
    )
