"""Parts of a result add up to the whole, and a regime is named from what was known by then."""

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from backtest.bar_labels import REGIMES, Ground, day_parts, hours, months, regimes, weekdays
from backtest.breakdown import breakdown_tables, breakdowns
from backtest.engine import BacktestEngine
from config.settings import EnvSettings
from data.calendar import calendar_of
from data.synthetic import synthetic_bars
from models.baselines import RandomTarget
from tests.helpers.results import flat_bars, hand_made_result, idle_result
from utils.errors import ConfigError

N_BARS = 14_000


def ground_of(stamps, closes=None, symbol="MNQ"):
    index = pd.DatetimeIndex(stamps, tz="UTC")
    dates = calendar_of(symbol).trade_dates(index)
    closes = np.full(len(index), 100.0) if closes is None else np.asarray(closes)
    return Ground(stamps=index, trade_dates=dates, symbol=symbol, closes=closes, close_dates=dates)


def names_of(labels):
    return [labels.names[code] for code in labels.codes]


@pytest.fixture(scope="module", params=["MNQ", "MCL"])
def run(request):
    bars = synthetic_bars(N_BARS, "default", seed=2, symbol=request.param)
    engine = BacktestEngine(
        bars, initial_capital=100_000.0, symbol=request.param, start=bars.index[4_000]
    )
    result = engine.run_with_policy(RandomTarget(1), settings=EnvSettings(symbol=request.param))
    assert result.metrics["n_trades"] > 100
    return bars, result, breakdowns(result, bars)


def test_breakdowns_parts_add_up_to_the_whole_to_the_cent(run):
    _, result, cut = run
    net_usd = result.metrics["net_profit_usd"]
    assert len(cut) == 7
    for each in cut:
        assert sum(part.n_trades for part in each.parts) == result.metrics["n_trades"]
        assert sum(part.trade_net_usd for part in each.parts) == pytest.approx(net_usd, abs=0.005)
        bars_net = [part.bar_net_usd for part in each.parts]
        if not math.isnan(bars_net[0]):
            assert sum(bars_net) == pytest.approx(net_usd, abs=0.005)


def test_breakdowns_by_direction_and_reason_are_those_of_the_trades(run):
    _, result, cut = run
    by = {each.by: {part.name: part for part in each.parts} for each in cut}
    trades = result.trades
    longs = trades[trades["direction"] == 1]["net_usd"]
    assert by["direction"]["long"].n_trades == len(longs)
    assert by["direction"]["long"].expectancy_usd == pytest.approx(longs.mean())
    stopped = trades[trades["reason"] == "stop"]["net_usd"]
    assert by["reason of the exit"]["stop"].trade_net_usd == pytest.approx(stopped.sum())


def test_breakdowns_exposure_is_the_share_of_held_bars(run):
    _, result, cut = run
    local = result.timestamps[1:].tz_convert("America/Chicago")
    at_nine = local.hour == 9
    (nine,) = [part for part in cut[1].parts if part.name == "09:00"]
    assert nine.exposure == pytest.approx((result.positions[1:] != 0)[at_nine].mean())
    assert nine.bar_net_usd == pytest.approx(np.diff(result.equity)[at_nine].sum())


def test_breakdowns_of_a_result_without_trades_have_dashes():
    bars = flat_bars()
    tables = breakdown_tables(breakdowns(idle_result(bars=bars), bars))
    assert [len(table.rows) for table in tables] == [1, 1, 1, 1, 1, 0, 0]
    assert tables[0].rows[0].cells == ("+0.00", "0%", "0", "+0.00", "–", "–", "–")


def test_breakdown_tables_by_hand():
    bars = flat_bars()  # from 09:00 Chicago on a Thursday
    tables = {
        each.heading: each
        for each in breakdown_tables(breakdowns(hand_made_result(bars=bars), bars))
    }
    (row,) = tables["By hour (Chicago)"].rows
    assert row.heading == "09:00"
    assert row.cells == ("+8.52", "40%", "1", "+8.52", "100%", "∞", "+8.52")
    assert [each.heading for each in tables["By weekday"].rows] == ["Thursday"]
    assert [each.heading for each in tables["By month"].rows] == ["2025-01"]
    assert [each.heading for each in tables["By direction"].rows] == ["long"]
    assert tables["By direction"].rows[0].cells[0] == "–"


def test_day_parts_are_told_by_the_trade_date():
    ground = ground_of(
        [
            "2025-01-06 00:00",
            "2025-01-06 14:25",
            "2025-01-06 14:30",
            "2025-01-06 20:55",
            "2025-01-06 21:00",
            "2025-01-06 23:00",
        ]
    )
    before, regular, after = "before regular hours", "regular hours", "after regular hours"
    assert names_of(day_parts(ground)) == [before, before, regular, regular, after, before]


def test_hours_and_weekdays_are_chicago_and_trade_date():
    ground = ground_of(["2025-01-05 23:00", "2025-01-06 05:00", "2025-07-07 05:00"])
    assert names_of(hours(ground)) == ["17:00", "23:00", "00:00"]
    assert names_of(weekdays(ground)) == ["Monday"] * 3
    assert names_of(months(ground)) == ["2025-01", "2025-01", "2025-07"]


def wild_ground(n_sessions, wild_from, closes_scale=1.0):
    """Return one bar at noon and one an hour later per weekday; wild ones move ten times as far."""
    days = pd.bdate_range("2025-01-06", periods=n_sessions)
    stamps = np.sort(np.concatenate([days + pd.Timedelta(hours=18), days + pd.Timedelta(hours=19)]))
    width = np.where(np.arange(n_sessions) >= wild_from, 0.1, 0.01)
    width = width * (1.0 + 0.1 * np.sin(np.arange(n_sessions)))
    closes = np.column_stack([np.full(n_sessions, 100.0), 100.0 * np.exp(width)]).ravel()
    return ground_of(stamps, closes * closes_scale)


def test_regimes_are_unknown_until_there_is_a_history_then_wild_after_wild_sessions():
    found = names_of(regimes(wild_ground(40, wild_from=30)))[::2]
    assert found[:25] == ["not known yet"] * 25
    assert "not known yet" not in found[25:]
    assert found[31:] == ["wild"] * 9


@pytest.mark.parametrize("wild_from", range(26, 38))
def test_regimes_do_not_see_their_own_session_or_a_later_one(wild_from):
    whole = regimes(wild_ground(40, wild_from=wild_from)).codes
    calm = regimes(wild_ground(40, wild_from=40)).codes
    n_same = 2 * (wild_from + 1)  # the first wild session is not expected to be one
    assert whole[:n_same].tolist() == calm[:n_same].tolist()
    assert whole[n_same] == REGIMES.index("wild")


def test_result_of_several_instruments_is_not_cut_up_over_the_bars_of_one():
    bars = synthetic_bars(300, seed=1)
    result = BacktestEngine(bars).run_with_policy(RandomTarget(5))
    both = replace(result, positions_by_symbol={"MNQ": result.positions, "MES": result.positions})
    with pytest.raises(ConfigError, match="bars of one instrument, was of MNQ, MES"):
        breakdowns(both, bars)
