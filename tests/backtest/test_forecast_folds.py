"""Folds of bars with forecasts: what trains on one part knows nothing of the forecasts after it."""

import numpy as np
import pandas as pd
import pytest

from backtest.packed_bars import pack, unpack
from config.settings import load_profile
from data.bars import check_bars
from data.forecast_frame import content_fingerprint
from data.store import fingerprint
from models.training import make_training_env
from tests.helpers.forecasts import TOLD_COLUMNS, told_forecasts
from utils.errors import DataError

BARS = told_forecasts(300)
STOP = 200


def settings_with(columns=TOLD_COLUMNS):
    base = load_profile("smoke")
    changes = {"features": ("noise",), "forecast_columns": columns}
    env = base.env.model_copy(update={"lookback_window": 5})
    train = base.train.model_copy(update=changes)
    return base.model_copy(update={"train": train, "env": env})


def test_scaler_of_a_fold_does_not_see_the_forecasts_of_its_test_rows():
    poisoned = BARS.copy()
    poisoned.loc[poisoned.index[STOP:], list(TOLD_COLUMNS)] *= 1_000.0

    clean, dirty = (
        make_training_env(each.iloc[:STOP], settings_with()).scaler for each in (BARS, poisoned)
    )
    whole = make_training_env(poisoned, settings_with()).scaler

    assert clean == dirty
    assert clean.columns == ("noise", *TOLD_COLUMNS)
    assert whole != clean


def test_training_env_has_the_forecasts_that_the_settings_name():
    env = make_training_env(BARS, settings_with(TOLD_COLUMNS[:1]))

    assert env.feature_set.forecasts == TOLD_COLUMNS[:1]
    assert env.market.first_valid == 3


def test_fold_that_ends_before_the_first_forecast_is_refused_in_one_line():
    late = BARS.copy()
    late.loc[late.index[:250], list(TOLD_COLUMNS)] = np.nan

    with pytest.raises(DataError, match="forecasts begin later"):
        make_training_env(late.iloc[:STOP], settings_with())


def test_packed_bars_carry_forecasts_and_when_they_were_learnt():
    block = bytearray()

    def allocate(size):
        block.extend(bytes(size))
        return memoryview(block)

    bars = check_bars(BARS)
    packed = pack(bars, allocate)

    pd.testing.assert_frame_equal(unpack(packed, memoryview(block)), bars, check_freq=False)


def test_content_fingerprint_changes_with_a_forecast_and_is_that_of_bars_without():
    changed = BARS.copy()
    changed.iloc[100, changed.columns.get_loc(TOLD_COLUMNS[0])] += 1e-9

    assert content_fingerprint(BARS, ()) == fingerprint(BARS)
    assert content_fingerprint(changed, ()) == fingerprint(BARS)
    assert content_fingerprint(changed, TOLD_COLUMNS) != content_fingerprint(BARS, TOLD_COLUMNS)
    assert content_fingerprint(changed, TOLD_COLUMNS[1:]) == content_fingerprint(
        BARS, TOLD_COLUMNS[1:]
    )
