"""Blocks of a walk-forward run: which sessions each learns from and forecasts, counted by hand."""

import numpy as np
import pandas as pd
import pytest

from config.forecast_settings import ForecastSettings
from data.calendar import calendar_of
from models.forecast.walk_plan import plan_blocks
from tests.helpers.bars import make_bars
from utils.errors import ConfigError, DataError

PER_SESSION = 46
"""Half-hour bars of a session of 23 hours."""

SETTINGS = ForecastSettings(horizons=(2, 4), least_sessions=5, refit_sessions=2)


def bars_of(n_sessions: int) -> pd.DataFrame:
    """Return half-hour bars of whole sessions from Monday 2024-03-04 on, none of them short."""
    days = pd.bdate_range("2024-03-04", periods=n_sessions)
    opened = calendar_of("MNQ").expected_bars(str(days[0].date()), str(days[-1].date()), 1_800)
    bars = make_bars([(100.0, 101.0, 99.0, 100.0)] * len(opened), step="30min")
    bars.index = opened
    return bars


def sessions(rows: slice) -> tuple[float, float]:
    """Return where rows begin and end, in sessions."""
    return rows.start / PER_SESSION, rows.stop / PER_SESSION


def test_plan_blocks_expanding_leaves_out_a_session_and_that_of_the_last_label():
    # 10 sessions: 5 to learn from, 1 for the purge of 4 bars, 1 embargo, then two and one
    blocks = plan_blocks(bars_of(10), SETTINGS)
    found = [(block.number, sessions(block.train), sessions(block.test)) for block in blocks]
    assert found == [(1, (0, 5), (7, 9)), (2, (0, 7), (9, 10))]
    assert [block.name for block in blocks] == ["block_0001", "block_0002"]


def test_plan_blocks_of_last_sessions_learn_from_no_earlier_ones():
    settings = SETTINGS.model_copy(update={"train_sessions": 6})
    blocks = plan_blocks(bars_of(12), settings)
    assert [sessions(block.train) for block in blocks] == [(0, 5), (1, 7), (3, 9)]


def test_plan_blocks_with_later_bars_change_only_the_last():
    before, after = plan_blocks(bars_of(10), SETTINGS), plan_blocks(bars_of(11), SETTINGS)
    assert after[0] == before[0]
    assert (after[1].train, after[1].test.start) == (before[1].train, before[1].test.start)
    assert sessions(after[1].test) == (9, 11)


def test_plan_blocks_tests_every_row_once_after_the_labels_that_were_learnt():
    bars = bars_of(19)
    blocks = plan_blocks(bars, SETTINGS)
    tested = np.concatenate([np.arange(block.test.start, block.test.stop) for block in blocks])
    assert tested.tolist() == list(range(7 * PER_SESSION, len(bars)))
    for block in blocks:
        assert block.train.stop + 4 < block.test.start - PER_SESSION + 1


def test_plan_blocks_of_too_few_sessions_says_how_many_are_missing():
    with pytest.raises(DataError, match=r"8 sessions are needed .* had 7: 1 are missing"):
        plan_blocks(bars_of(7), SETTINGS)


def test_plan_blocks_of_a_horizon_longer_than_a_session_names_both():
    settings = SETTINGS.model_copy(update={"horizons": (46,)})
    with pytest.raises(ConfigError, match=r"horizon .* 46 bars of 1800 s, was 46"):
        plan_blocks(bars_of(10), settings)
