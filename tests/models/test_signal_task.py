"""Labels: what they are, when they are known, which are left out; folds and their gaps."""

import numpy as np
import pytest

from config.settings import EnvSettings
from env.market import build_market
from models.signal_task import MIN_LABELS, held_out_folds, next_moves, signal_task
from tests.helpers.agents import told_bars
from tests.helpers.markets import plain_market
from tests.helpers.signals import ACCOUNT, planted_market
from utils.errors import DataError

OPENS = (20_000.0, 20_001.0, 20_004.0, 20_002.0, 20_003.0)
MARKET = plain_market([(at, at + 9, at - 9, at + row) for row, at in enumerate(OPENS)])


def test_next_moves_go_from_the_fill_of_a_decision_to_that_of_the_next():
    # decided at the close of bar 0, filled at 20,001, and 12 ticks later at 20,004
    found = next_moves(MARKET, EnvSettings(), 5)
    np.testing.assert_array_equal(found, [12.0, -8.0, 4.0, np.nan, np.nan])


def test_next_moves_are_those_that_are_known_before_the_last_row():
    np.testing.assert_array_equal(next_moves(MARKET, EnvSettings(), 4), [12, -8, np.nan, np.nan])


def test_next_moves_do_not_know_a_row_that_is_not_to_be_used():
    bars = told_bars(60)
    later = bars.copy()
    later.iloc[40:, :4] += 500.0
    markets = [build_market(frame, ["hint"]) for frame in (bars, later)]
    plain, poisoned = (next_moves(market, EnvSettings(), 40) for market in markets)
    np.testing.assert_array_equal(plain, poisoned)


def test_next_moves_into_a_new_contract_are_none():
    bars = told_bars(10).assign(contract=["H"] * 6 + ["M"] * 4)
    found = next_moves(build_market(bars, ["hint"]), EnvSettings(), 10)
    # the move into the open of bar 6 belongs to row 4
    assert np.flatnonzero(np.isnan(found)).tolist() == [4, 8, 9]


def test_next_moves_over_a_session_are_none_for_an_account_that_is_flat_by_then():
    bars = told_bars(400)
    market = build_market(bars, ["hint"])
    first = int(market.session_bounds[1, 0])
    carried = next_moves(market, EnvSettings(), 400)
    flat = next_moves(market, EnvSettings(flatten_minutes_before_close=10), 400)
    assert np.isfinite(carried[first - 2])
    missing = np.flatnonzero(np.isnan(flat) & np.isfinite(carried))
    assert missing.tolist() == [int(row) - 2 for row in market.session_bounds[1:, 0]]


def test_signal_task_has_one_label_per_window():
    market = planted_market(600)
    task = signal_task(market, ACCOUNT, 500)
    assert task.features.shape == (500, 2)
    assert len(task.moves) == 489
    assert task.has_label.sum() == 487
    moves = next_moves(market, ACCOUNT, 500)
    np.testing.assert_array_equal(task.moves, moves[11:])


def test_signal_task_of_too_few_bars_is_refused():
    # 69 windows, of which a block of 14 and 14 either side are held out, and 2 have no label
    with pytest.raises(DataError, match=rf"at least {MIN_LABELS} windows .* had 25 in 80 bars"):
        signal_task(planted_market(300), ACCOUNT, 80)
    signal_task(planted_market(300), ACCOUNT, 90)


def test_signal_task_shorter_than_a_window_is_refused():
    with pytest.raises(DataError, match="had 0 in 10 bars"):
        signal_task(planted_market(300), ACCOUNT, 10)


def test_held_out_folds_cover_all_windows_and_keep_their_distance():
    folds = held_out_folds(1_000, 50, 4)
    assert [(fold.start, fold.stop) for fold in folds] == [
        (0, 250),
        (250, 500),
        (500, 750),
        (750, 1_000),
    ]
    # 50 rows of a window and 2 of a label
    assert [(fold.gap_start, fold.gap_stop) for fold in folds] == [
        (0, 302),
        (198, 552),
        (448, 802),
        (698, 1_000),
    ]
