"""From a run to a store: the rows, what they were learnt from, and what is added later."""

import numpy as np
import pandas as pd
import pytest

from data.forecast_names import TRAINED_UNTIL, quantile_column
from data.forecast_store import ForecastStore, with_forecasts
from models.forecast.walk import plan_walk
from models.forecast.walk_online import ServedWalk
from models.forecast.walk_store import add_served, check_stored, store_terms
from tests.helpers.forecast_walks import SETTINGS, forecast_bars, run_silently
from utils.errors import DataError
from utils.files import sha256_of_file

BARS = forecast_bars()


def filled(bars, folder, settings=SETTINGS):
    """Return a store of the served forecasts of some bars, and how many rows each block added."""
    walk = plan_walk(bars, settings, (settings.family, "ewma_fhs"), folder / "walk")
    store = ForecastStore.create(folder, store_terms(bars, settings))
    check_stored(store, bars)
    run_silently(walk)
    served = ServedWalk(walk, settings.family)
    return store, [add_served(store, walk, settings.family, each) for each in served.advance()]


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Return the folder of a store that was made at one go."""
    folder = tmp_path_factory.mktemp("store")
    filled(BARS, folder)
    return folder


def hashes(folder):
    """Return the SHA-256 of a store's own files."""
    return {path.name: sha256_of_file(path) for path in folder.iterdir() if path.is_file()}


def test_walk_store_gives_bars_a_forecast_from_the_first_block_on(whole):
    frame = with_forecasts(BARS, whole)
    block = plan_walk(BARS, SETTINGS, ("ewma_fhs",), whole).blocks[0]
    column = frame[quantile_column(12, 0.05)]
    assert np.isnan(column.to_numpy()[: block.test.start]).all()
    assert np.isfinite(column.to_numpy()[block.test.start :]).all()
    first = frame[TRAINED_UNTIL].iloc[block.test.start]
    assert first == BARS.index[block.train.stop - 1]


def test_walk_store_done_again_adds_nothing_and_changes_no_byte(whole):
    before = hashes(whole)
    _, added = filled(BARS, whole)
    assert (added, hashes(whole)) == ([0, 0, 0], before)


def test_walk_store_of_fewer_bars_grows_to_the_forecasts_of_all(whole, tmp_path):
    n_first = 3_700
    filled(BARS.iloc[:n_first], tmp_path)
    _, added = filled(BARS, tmp_path)
    assert sum(added) == len(BARS) - n_first
    one, other = ForecastStore(whole).read(), ForecastStore(tmp_path).read()
    assert np.array_equal(one.quantiles, other.quantiles)
    assert one.timestamps.equals(other.timestamps)
    assert one.trained_until.equals(other.trained_until)


def test_walk_store_of_other_bars_is_refused(whole):
    other = BARS.assign(volume=BARS["volume"] + 1.0)
    with pytest.raises(DataError, match="was made of other bars: those from 2024"):
        filled(other, whole)


def test_walk_store_says_when_each_block_could_be_trained_at_the_latest(whole):
    table = pd.read_parquet(whole / "block_00000.parquet", columns=["timestamp", "refit_time"])
    assert (table["refit_time"] == table["timestamp"].iloc[0]).all()


def test_walk_store_of_the_fallback_itself_names_it_as_the_family(tmp_path):
    store, _ = filled(BARS, tmp_path, SETTINGS.model_copy(update={"family": "ewma_fhs"}))
    entry = store.blocks()[0]
    assert entry.model_id.startswith("ewma_fhs-")
    assert entry.fallback_id.startswith("fallback-ewma_fhs-")
    assert not store.read().is_fallback.any()


def test_walk_store_that_holds_other_forecasts_than_are_made_now_is_refused(whole):
    changed = BARS.copy()
    changed.iloc[10, changed.columns.get_loc("high")] += 50.0
    before = hashes(whole)
    with pytest.raises(DataError, match="holds other forecasts of the bars from 2024-01-11"):
        filled(changed, whole)
    assert hashes(whole) == before


def test_walk_store_of_other_settings_says_which_alone(whole):
    with pytest.raises(DataError, match="is of other settings: `seed`: 0, asked for 1; go on"):
        filled(BARS, whole, SETTINGS.model_copy(update={"seed": 1}))
