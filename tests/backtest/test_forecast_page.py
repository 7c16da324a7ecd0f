"""The page of a forecaster: what it says, what it draws, and what it refuses."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from backtest import page_code
from backtest.forecast_fan import fan_figure, fan_rows
from backtest.forecast_figures import coverage_figure, pit_figure
from backtest.forecast_page import ForecastPage, write_forecast_report
from backtest.forecast_tables import hit_table, part_tables, score_table
from backtest.forecast_words import forecast_tiles, summary_of
from backtest.tables import Row, Table
from data.forecast_names import LEVELS
from models.forecast.calibration import PitHistogram
from models.forecast.diebold_mariano import DieboldMariano
from tests.helpers.forecast_pages import forecast_page
from utils.errors import ConfigError, DataError

FIGURES = {"fan", "pit", "reliability", "coverage", "hours"}


@pytest.fixture(autouse=True)
def without_plotly_js(monkeypatch):
    """Leave the 5 MB library out: no test here looks at it."""
    monkeypatch.setattr(page_code, "get_plotlyjs", lambda: "/* plotly */")


@pytest.fixture(scope="module")
def page():
    return forecast_page()


def with_parts(page, **changed):
    """Return the page with other parts; `replace` takes no class with cached values."""
    names = ForecastPage.__dataclass_fields__
    return ForecastPage(**{**{name: getattr(page, name) for name in names}, **changed})


def figures_in(html):
    """Return the figures of a page by the id of their place."""
    found = re.search(r'id="figures">(.*?)</script>', html, re.DOTALL)
    return json.loads(found.group(1))


def test_write_forecast_report_of_a_folder_writes_a_page_that_loads_nothing(page, tmp_path):
    path = write_forecast_report(tmp_path / "out", page)
    html = path.read_text(encoding="utf-8")
    assert path == tmp_path / "out" / "forecast.html"
    assert not re.search(r'(src|href)="(?!#)', html)
    assert set(figures_in(html)) == FIGURES
    assert all(f'<figure id="{name}"' in html for name in FIGURES)


def test_write_forecast_report_gives_the_same_bytes_twice(page, tmp_path):
    one, other = (write_forecast_report(tmp_path / f"{n}.html", page) for n in "ab")
    assert one.read_bytes() == other.read_bytes()


def test_write_forecast_report_shows_warnings_verdict_and_what_is_added(page, tmp_path):
    table = Table(heading="Leaderboard", columns=("Family", "Skill"), rows=(Row("<b>", ("1",)),))
    is_fallback = np.arange(len(page.bars)) % 4 == 0
    full = with_parts(
        page, verdict="not promoted: no significant gain", is_synthetic=True,
        is_fallback=is_fallback, further=(table,), name="<script>x",
    )  # fmt: skip
    html = write_forecast_report(tmp_path / "a.html", full).read_text(encoding="utf-8")
    assert "SYNTHETIC MARKET" in html
    assert "FALLBACK: in 25.0% of the rows" in html
    assert "Not promoted: no significant gain." in html
    assert "&lt;b&gt;" in html
    assert "<script>x" not in html


def test_write_forecast_report_without_a_tracker_or_enough_sessions_leaves_figures_out(tmp_path):
    short = forecast_page(n_bars=3_000, raw=None)
    html = write_forecast_report(tmp_path / "a.html", short).read_text(encoding="utf-8")
    assert set(figures_in(html)) == FIGURES - {"coverage"}
    assert "Fewer than 20 sessions, so no coverage over time." in html
    blind = short.quantiles.copy()
    blind[-400:] = np.nan
    blind_page = with_parts(short, quantiles=blind)
    html = write_forecast_report(tmp_path / "a.html", blind_page).read_text(encoding="utf-8")
    assert "No forecast within the last bars, so no fan." in html


def test_write_forecast_report_where_nothing_can_be_written_is_one_line(page, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigError, match="cannot write"):
        write_forecast_report(tmp_path / "file" / "a.html", page)


def test_forecast_page_refuses_what_does_not_go_together(page):
    with pytest.raises(DataError, match="needs a row per bar: 8,999 bars, 9,000 labels"):
        with_parts(page, bars=page.bars.iloc[1:])
    with pytest.raises(DataError, match="no scores of horizon 36; there are those of 3, 12"):
        with_parts(page, horizon=36)
    with pytest.raises(DataError, match=r"quantiles \(n, 9\)"):
        with_parts(page, raw=page.quantiles[:, :3])


def test_fan_rows_are_a_horizon_apart_within_their_sessions_and_the_last_is_the_last():
    days = np.repeat(np.arange(2), 10)
    quantiles = np.zeros((20, 9))
    # back from row 19: 16, 13, 10, and 7, whose end is in the next session
    assert fan_rows(quantiles, days, 3, first=0).tolist() == [1, 4, 10, 13, 16, 19]
    quantiles[13, 4] = np.nan
    assert fan_rows(quantiles, days, 3, first=5).tolist() == [10, 16, 19]


def test_fan_figure_ends_at_the_forecast_prices(page):
    prices = page.bars[["open", "high", "low", "close"]].to_numpy()
    widest, *_, candles = fan_figure(
        page.bars.index, prices, page.quantiles, page.days, page.horizon
    ).data
    last, close = len(prices) - 1, prices[-1, 3]
    ends = close * np.exp(page.quantiles[-1, [8, 0]])
    assert widest.name == "98 %"
    assert list(widest.x[-4:]) == [last, last + 12, last + 12, last]
    assert widest.y[-4:] == pytest.approx([close, *ends, close], abs=1e-3)
    assert np.isnan(widest.x[-5])
    assert len(candles.x) == 288


def test_pit_figure_draws_shares_over_what_was_promised():
    pit = PitHistogram(
        counts=tuple(range(10)), density=tuple(np.linspace(0.5, 1.5, 10)), low=(0.8,) * 10,
        high=(1.2,) * 10, p_value=0.5,
    )  # fmt: skip
    bars = pit_figure(pit).data[2]
    assert (bars.x[0], bars.x[9]) == ("0–1", "99–100")
    assert (bars.y[0], bars.y[9]) == (0.5, 1.5)


def test_coverage_figure_is_in_per_cent_beside_what_was_promised():
    days = np.arange("2025-01-01", "2025-01-03", dtype="datetime64[D]")
    figure = coverage_figure({"90 %": (days, np.array([0.88, 0.91]))}, [0.9])
    assert list(figure.data[0].y) == [88.0, 91.0]
    assert [line.y0 for line in figure.layout.shapes] == [90.0]
    assert coverage_figure({"90 %": (days[:0], np.empty(0))}, [0.9]) is None


def test_tables_have_a_row_per_horizon_level_interval_and_part(page):
    found = page.main
    assert [row.heading for row in score_table(page.scores, "ewma_fhs").rows] == ["3", "12"]
    hits = hit_table(found)
    assert len(hits.rows) == len(LEVELS) + 4
    assert hits.rows[1].heading == "at or below 5 %"
    assert hits.rows[1].cells[0] == f"{found.levels[1].observed:.2%}"
    session, volatility, month = part_tables(found)
    assert {row.heading for row in session.rows} == {"regular hours", "outside regular hours"}
    assert month.columns == ("Month", "Rows", "Inside 50 %", "Inside 90 %", "Inside 98 %")
    assert "terciles of all sessions before" in volatility.note
    assert len(part_tables(replace(found, by_month={}))) == 2


def test_summary_says_no_significant_gain_where_there_is_none(page):
    test = DieboldMariano(mean_difference=1e-9, t=1.2, p_value=0.2, n_days=30, n_lags=3)
    found = replace(page.main, skill=0.004, against_reference=test)
    said = summary_of("harx_fhs", 12, "ewma_fhs", found)
    assert "0.40% below that of ewma_fhs (no significant gain, t +1.20 by day)" in said
    short = replace(test, t=None, p_value=None, reason="needs >= 12 days, was 3 days")
    untested = replace(found, skill=-0.01, against_reference=short)
    said = summary_of("harx_fhs", 12, "ewma_fhs", untested)
    assert "1.00% above that of ewma_fhs (untested: needs >= 12 days, was 3 days)" in said
    assert [tile.text for tile in forecast_tiles(untested)][:2] == ["-1.00%", "–"]
