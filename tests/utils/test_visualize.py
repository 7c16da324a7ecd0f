"""Figures hold what they were given, thinned where a screen could not show it."""

import numpy as np

from utils.visualize import equity_figure, rolling_figure, thinned_rows

STAMPS = np.datetime64("2025-01-02T15:00", "s") + np.arange(4) * np.timedelta64(300, "s")


def test_thinned_rows_short_line_keeps_all():
    assert thinned_rows(np.zeros(7), max_points=7).tolist() == [0, 1, 2, 3, 4, 5, 6]


def test_thinned_rows_long_line_keeps_ends_and_extremes_within_the_limit():
    values = np.sin(np.arange(100_000) / 500.0)
    values[54_321], values[76_543] = 9.0, -9.0
    rows = thinned_rows(values, max_points=1_000)
    assert len(rows) <= 1_000
    assert (np.diff(rows) > 0).all()
    assert {0, 54_321, 76_543, 99_999} <= set(rows.tolist())


def test_equity_figure_shows_equity_and_drawdown_in_per_cent_of_each_line():
    equity = np.array([100.0, 120.0, 90.0, 130.0])
    figure = equity_figure({"model": (STAMPS, equity), "flat": (STAMPS, np.full(4, 100.0))})
    assert [trace.name for trace in figure.data] == ["model", "model", "flat", "flat"]
    assert list(figure.data[0].y) == [100.0, 120.0, 90.0, 130.0]
    assert list(figure.data[1].y) == [0.0, 0.0, -25.0, 0.0]
    assert figure.data[0].zorder > figure.data[2].zorder  # in front of the other


def test_equity_figure_long_lines_are_thinned():
    stamps = STAMPS[0] + np.arange(50_000) * np.timedelta64(300, "s")
    figure = equity_figure({"model": (stamps, np.linspace(1.0, 2.0, 50_000))})
    assert all(len(trace.x) <= 5_000 for trace in figure.data)


def test_rolling_figure_has_a_line_per_name_and_one_at_zero():
    figure = rolling_figure({"model": (STAMPS, np.array([1.0, np.nan, 2.0, 0.5]))}, "Sharpe")
    assert [trace.name for trace in figure.data] == ["model"]
    assert figure.layout.shapes[0].y0 == 0


def test_figure_of_a_name_with_tags_shows_them_as_text():
    lines = {'<a href="https://evil.example">up</a>': (np.arange(3), np.arange(1.0, 4.0))}
    for figure in (rolling_figure(lines, "ratio"), equity_figure(lines)):
        assert figure.data[0].name == '&lt;a href="https://evil.example"&gt;up&lt;/a&gt;'
