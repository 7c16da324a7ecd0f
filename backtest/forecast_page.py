"""One self-contained HTML page that shows how honest a forecaster's distributions are.

The page loads nothing from anywhere. Its figures are made in `forecast_figures.py`, its tables in
`forecast_tables.py`, its sentences in `forecast_words.py`; the scores themselves come from
models/forecast. It has the look of a back-test's report, whose templates it shares.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.forecast_fan import fan_figure
from backtest.forecast_figures import (
    by_hour_figure,
    coverage_figure,
    pit_figure,
    reliability_figure,
)
from backtest.forecast_tables import hit_table, part_tables, score_table
from backtest.forecast_words import CAVEATS, forecast_tiles, forecast_warnings, summary_of
from backtest.page_code import page_code, rendered
from backtest.tables import Table, is_numeric, provenance_rows
from data.calendar import EXCHANGE_ZONE, calendar_of
from models.forecast.coverage import is_inside, rolling_shares
from models.forecast.forecast_scores import ForecastScores
from models.forecast.long_run import Days
from models.forecast.scoring import CENTRALS, check_forecasts, pinball_losses, scored_rows
from utils.errors import DataError
from utils.files import write_text_atomically

FORECAST_REPORT_NAME = "forecast.html"

WINDOW = 20
"""Sessions of the rolling coverage."""

WATCHED = ("central_90", "central_98")
"""Intervals whose coverage is drawn over time."""

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True)
class ForecastPage:
    """All that a page is made of; arrays have a row per bar, none left out.

    Attributes:
        name: Of the forecaster, e.g. its family.
        symbol: Key of INSTRUMENTS: whose sessions the bars have.
        horizon: Bars ahead that figures and tests are of; a key of `scores`.
        bars: (n) checked bars, index of UTC opens.
        y: (n,) log return over the horizon; NaN where there is none.
        quantiles: (n, N_LEVELS) forecasts of it; NaN rows where there is none.
        reference: (n, N_LEVELS) of what it is compared with.
        scores: What each horizon's forecasts were worth, against the reference.
        provenance: Where forecaster and bars come from; nested mappings are shown flat.
        reference_name: What the reference is called.
        raw: (n, N_LEVELS) as they were before the quantile tracker; None where there was none.
        is_fallback: (n,) whether the fallback's forecast stands in a row; None where it never does.
        verdict: What the gate says of all horizons, in one line; empty for nothing.
        is_synthetic: Whether the bars were made up, which the page then says loudly.
        further: Tables of a section of their own, such as the leaderboard.

    Raises:
        DataError: If an array has another length than the bars, or the horizon has no scores.
    """

    name: str
    symbol: str
    horizon: int
    bars: pd.DataFrame
    y: Floats
    quantiles: Floats
    reference: Floats
    scores: Mapping[int, ForecastScores]
    provenance: Mapping[str, Any]
    reference_name: str = "ewma_fhs"
    raw: Floats | None = None
    is_fallback: Bools | None = None
    verdict: str = ""
    is_synthetic: bool = False
    further: Sequence[Table] = field(default=())

    def __post_init__(self) -> None:
        for each in (
            self.quantiles,
            self.reference,
            self.quantiles if self.raw is None else self.raw,
        ):
            check_forecasts(self.y, each)
        n_flags = len(self.bars) if self.is_fallback is None else len(self.is_fallback)
        if not len(self.bars) == len(self.y) == n_flags:
            raise DataError(
                f"a forecast's page needs a row per bar: {len(self.bars):,} bars, "
                f"{len(self.y):,} labels and {n_flags:,} flags do not go together"
            )
        if self.horizon not in self.scores:
            known = ", ".join(map(str, sorted(self.scores))) or "none"
            raise DataError(f"no scores of horizon {self.horizon}; there are those of {known}")

    @property
    def main(self) -> ForecastScores:
        """Scores of the horizon that the page is about."""
        return self.scores[self.horizon]

    @cached_property
    def days(self) -> NDArray[np.datetime64]:
        """(n,) trade date of each bar."""
        return calendar_of(self.symbol).trade_dates(self.bars.index)

    @cached_property
    def is_scored(self) -> Bools:
        """(n,) whether a row has a label, a forecast and one of the reference."""
        return scored_rows(self.y, self.quantiles, self.reference)


def write_forecast_report(path: Path | str, page: ForecastPage) -> Path:
    """Write the page in one step and return where it lies.

    Args:
        path: The HTML file, or a folder that gets `forecast.html`.
        page: What it is made of.

    Raises:
        ConfigError: If the file cannot be written.
    """
    target = Path(path)
    target = target if target.suffix == ".html" else target / FORECAST_REPORT_NAME
    write_text_atomically(target, rendered("forecast.html.j2", _page_values(page)))
    return target


def _page_values(page: ForecastPage) -> dict[str, Any]:
    """Return the template's values."""
    figures = {name: figure for name, figure in _figures(page).items() if figure is not None}
    first, last = page.bars.index[0], page.bars.index[-1]
    return {
        "name": page.name,
        "symbol": page.symbol,
        "horizon": page.horizon,
        "reference_name": page.reference_name,
        "window": WINDOW,
        "span": f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC, {len(page.bars):,} bars, "
        f"{page.main.n_days:,} sessions scored",
        "warnings": forecast_warnings(page.is_synthetic, page.is_fallback),
        "verdict": page.verdict[:1].upper() + page.verdict[1:],
        "summary": summary_of(page.name, page.horizon, page.reference_name, page.main),
        "tiles": forecast_tiles(page.main),
        "score_table": score_table(page.scores, page.reference_name),
        "hit_table": hit_table(page.main),
        "part_tables": part_tables(page.main),
        "further": page.further,
        "drawn": set(figures),
        "pit": page.main.pit,
        "provenance_rows": provenance_rows(page.provenance),
        "caveats": CAVEATS,
        "is_numeric": is_numeric,
        **page_code(figures),
    }


def _figures(page: ForecastPage) -> dict[str, Any]:
    """Return the figures by the id of their place; None where there is not enough for one."""
    prices = page.bars[["open", "high", "low", "close"]].to_numpy(np.float64)
    return {
        "fan": fan_figure(page.bars.index, prices, page.quantiles, page.days, page.horizon),
        "pit": pit_figure(page.main.pit),
        "reliability": reliability_figure(page.main.levels),
        "coverage": coverage_figure(
            coverage_lines(page), [CENTRALS[name].share for name in WATCHED]
        ),
        "hours": _hours_figure(page),
    }


def coverage_lines(page: ForecastPage) -> dict[str, tuple[Days, Floats]]:
    """Return the coverage over time of a page's forecasts, and of what they were made of.

    Returns:
        Name to the last day and the share of each WINDOW of days; empty arrays where there are
        fewer.
    """
    lines = {}
    for suffix, quantiles in (("", page.quantiles), (" before the tracker", page.raw)):
        if quantiles is None:
            continue
        rows = page.is_scored & scored_rows(page.y, quantiles)
        for name in WATCHED:
            inside = is_inside(page.y[rows], quantiles[rows], name)
            label = f"{100 * CENTRALS[name].share:g} %{suffix}"
            lines[label] = rolling_shares(inside, page.days[rows], WINDOW)
    return lines


def _hours_figure(page: ForecastPage) -> Any:
    rows = page.is_scored
    hours = np.asarray(page.bars.index[rows].tz_convert(EXCHANGE_ZONE).hour, dtype=np.int64)
    losses = {
        name: pinball_losses(page.y[rows], quantiles[rows]).mean(axis=1)
        for name, quantiles in (
            (page.name, page.quantiles),
            (page.reference_name, page.reference),
        )
    }
    return by_hour_figure(losses, hours)
