"""Months compound their sessions; hours and weekdays add up to the whole."""

import numpy as np
import pandas as pd
import pytest

from backtest.heatmaps import hourly_heatmap, hourly_pnl, monthly_heatmap, monthly_returns
from tests.helpers.results import flat_bars, hand_made_result, idle_result


def result_on(dates, equity):
    """Return a result with one bar per trade date, of which the first stands before the fills."""
    stamps = pd.DatetimeIndex([f"{date} 18:00" for date in dates], tz="UTC", name="timestamp")
    return hand_made_result(
        bars=flat_bars(len(dates)).set_axis(stamps, axis=0),
        timestamps=stamps,
        trade_dates=np.array(dates, dtype="datetime64[D]"),
        equity=np.array(equity, dtype=np.float64),
        positions=np.zeros(len(dates), dtype=np.int64),
    )


def test_monthly_returns_compound_sessions_and_leave_other_months_undefined():
    dates = ["2024-11-29", "2024-11-29", "2024-12-30", "2024-12-31", "2025-02-03"]
    years, table = monthly_returns(result_on(dates, [100.0, 110.0, 121.0, 110.0, 99.0]))
    assert years.tolist() == [2024, 2025]
    assert table[0, 10] == pytest.approx(0.10)
    assert table[0, 11] == pytest.approx(0.0)
    assert table[1, 1] == pytest.approx(-0.10)
    assert np.isnan(table).sum() == 21


def test_monthly_heatmap_ends_with_the_year_as_a_whole():
    dates = ["2024-11-29", "2024-11-29", "2024-12-30", "2024-12-31"]
    heatmap = monthly_heatmap(result_on(dates, [100.0, 110.0, 132.0, 132.0]))
    (row,) = heatmap.rows
    assert [cell.text for cell in row.cells[10:]] == ["+10.0%", "+20.0%", "+32.0%"]
    assert row.cells[0].text == ""
    assert row.cells[11].colour == "rgba(21,128,61,0.75)"  # the largest, a gain


def test_hourly_pnl_takes_chicago_hours_and_adds_up_to_the_net_profit():
    result = hand_made_result()  # bars from 15:00 UTC, 9 o'clock in Chicago, on a Thursday
    table = hourly_pnl(result)
    assert table[9, 3] == pytest.approx(8.52)
    assert np.isnan(table).sum() == 24 * 7 - 1
    heatmap = hourly_heatmap(result)
    assert heatmap.columns == ("Chicago", "Thu", "All")
    assert [row.heading for row in heatmap.rows] == ["09:00", "All"]
    assert [cell.text for cell in heatmap.rows[1].cells] == ["+9", "+9"]


def test_heatmaps_of_a_run_without_trades_are_colourless():
    for heatmap in (monthly_heatmap(idle_result()), hourly_heatmap(idle_result())):
        assert {cell.colour for row in heatmap.rows for cell in row.cells} == {"transparent"}
