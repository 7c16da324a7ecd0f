"""The store of forecasts: read back as written, in order, and refused where it could leak."""

import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from data.feature_frames import walking_frame
from data.forecast_names import TRAINED_UNTIL
from data.forecast_store import MANIFEST, ForecastStore, with_forecasts
from tests.helpers.forecasts import SHORT_HORIZONS, block_of, make_store, terms
from utils.errors import ConfigError, DataError
from utils.files import sha256_of_file
from utils.sealed_json import sealed_text

BARS = walking_frame(120)
EDGES = (40, 80, 120)


def reseal(store, change):
    """Change the manifest as somebody would who knows how it is sealed."""
    content = json.loads((store.path / MANIFEST).read_text())
    change(content)
    (store.path / MANIFEST).write_text(sealed_text(content))


def forge(store, number, column, values):
    """Replace a column of a block, and list the new file in the manifest."""
    path = store.path / store.blocks()[number].file
    table = pq.read_table(path)
    place = table.schema.get_field_index(column)
    field = table.schema.field(place)
    array = pa.array(values(table.column(place).to_pylist()), field.type)
    pq.write_table(table.set_column(place, field, array), path)
    reseal(store, lambda content: content["blocks"][number].update(sha256=sha256_of_file(path)))


def test_store_read_back_holds_the_values_that_were_added(tmp_path):
    store = make_store(tmp_path / "store", BARS, EDGES)

    rows = ForecastStore(tmp_path / "store").read()

    blocks = [block_of(BARS, 40, 80), block_of(BARS, 80, 120)]
    assert rows.horizons == SHORT_HORIZONS
    assert rows.timestamps.equals(BARS.index[40:120])
    assert np.array_equal(rows.quantiles, np.concatenate([block.quantiles for block in blocks]))
    assert np.array_equal(rows.is_fallback, np.concatenate([own.is_fallback for own in blocks]))
    assert set(rows.trained_until[:40]) == {blocks[0].train_end}
    assert [(entry.n_rows, entry.model_id) for entry in store.blocks()] == [
        (40, "made_up-40"),
        (40, "made_up-80"),
    ]


def test_store_file_is_long_with_one_row_for_each_value(tmp_path):
    store = make_store(tmp_path / "store", BARS, EDGES)

    frame = pq.read_table(store.path / "block_00000.parquet").to_pandas()

    assert len(frame) == 40 * 2 * 3 * 9
    assert list(frame.columns) == [
        "timestamp",
        "horizon",
        "head",
        "level",
        "value",
        "model_id",
        "train_end",
        "refit_time",
    ]
    first = frame.iloc[0]
    assert (first["timestamp"], first["horizon"], first["level"]) == (BARS.index[40], 3, 0.01)
    # row 40 is the fallback's at the first horizon: 1.04 * -4e-4
    assert (first["head"], first["model_id"]) == ("return", "ewma_fhs-40")
    assert first["value"] == pytest.approx(-4.16e-4)
    assert frame["model_id"].iloc[27] == "made_up-40"


def test_with_forecasts_joins_columns_and_when_they_were_learnt(tmp_path):
    make_store(tmp_path / "store", BARS, EDGES)

    frame = with_forecasts(BARS, tmp_path / "store", ["forecast_h12_q50", "forecast_h3_fallback"])

    assert list(frame.columns[-3:]) == ["forecast_h12_q50", "forecast_h3_fallback", TRAINED_UNTIL]
    assert frame.index.equals(BARS.index)
    assert frame.iloc[:40, -3:].isna().all(axis=None)
    # the median of row 41 is 0, moved by 1e-5 at the second horizon and 2e-5 in an odd row
    assert frame["forecast_h12_q50"].iloc[41] == pytest.approx(3e-5)
    assert frame["forecast_h3_fallback"].iloc[40:46].tolist() == [1, 0, 0, 0, 0, 1]
    assert frame[TRAINED_UNTIL].iloc[40] == BARS.index[40] - pd.Timedelta("65min")


def test_with_forecasts_joined_twice_replaces_its_columns(tmp_path):
    make_store(tmp_path / "store", BARS, EDGES)
    once = with_forecasts(BARS, tmp_path / "store")

    pd.testing.assert_frame_equal(with_forecasts(once, tmp_path / "store"), once)


def test_with_forecasts_of_fewer_bars_gives_their_rows(tmp_path):
    make_store(tmp_path / "store", BARS, EDGES)
    whole = with_forecasts(BARS, tmp_path / "store")

    part = with_forecasts(BARS.iloc[10:90], tmp_path / "store")

    pd.testing.assert_frame_equal(part, whole.iloc[10:90])


def test_store_of_a_later_training_is_refused_with_the_offending_row(tmp_path):
    store = make_store(tmp_path / "store", BARS, EDGES)
    late = BARS.index[80] - pd.Timedelta("60min")  # exactly twelve bars before row 80
    forge(store, 1, "train_end", lambda values: [late] * len(values))

    with pytest.raises(DataError) as caught:
        with_forecasts(BARS, store.path)

    message = str(caught.value)
    assert BARS.index[80].isoformat() in message
    assert late.isoformat() in message
    assert "h12" in message
    assert "(1 of 80 rows)" in message
    assert "\n" not in message


def test_add_block_of_a_training_too_close_is_refused(tmp_path):
    store = make_store(tmp_path / "store", BARS, EDGES[:2])
    late = BARS.index[80] - pd.Timedelta("60min")

    with pytest.raises(DataError, match="must be learnt from bars more than h12"):
        store.add_block(block_of(BARS, 80, 120, train_end=late))

    assert len(store.blocks()) == 1
    assert [file.name for file in store.path.glob("*.parquet")] == ["block_00000.parquet"]


def test_add_block_that_overlaps_the_last_one_is_refused(tmp_path):
    store = make_store(tmp_path / "store", BARS, EDGES[:2])

    with pytest.raises(DataError, match="must begin after the last one"):
        store.add_block(block_of(BARS, 79, 120))


def test_read_blocks_that_overlap_are_refused(tmp_path):
    store = make_store(tmp_path / "store", BARS, EDGES)

    def swap(content):
        content["blocks"].reverse()

    reseal(store, swap)

    with pytest.raises(DataError, match="blocks overlap at"):
        store.read()


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        (lambda q: q.__setitem__((3, 1, 0, 4), np.nan), "NaN or infinite quantiles"),
        (lambda q: q.__setitem__((3, 1, 2, 4), 1.0), "crossing quantiles"),
        (lambda q: q.__setitem__((3, 1, 0), 0.0), "equal .05 and .95 quantiles"),
    ],
)
def test_add_block_of_what_are_no_quantiles_is_refused_with_row_and_horizon(
    tmp_path, spoil, problem
):
    store = ForecastStore.create(tmp_path / "store", terms())
    block = block_of(BARS, 40, 80)
    quantiles = block.quantiles.copy()
    spoil(quantiles)

    with pytest.raises(DataError) as caught:
        store.add_block(replace(block, quantiles=quantiles))

    assert problem in str(caught.value)
    assert f"{BARS.index[43].isoformat()}, horizon 12" in str(caught.value)


def test_read_a_block_that_is_missing_or_changed_is_refused(tmp_path):
    store = make_store(tmp_path / "store", BARS, EDGES)
    second = store.path / "block_00001.parquet"
    second.write_bytes(second.read_bytes()[:-1] + b"?")

    with pytest.raises(DataError, match="block_00001.parquet` was changed or damaged"):
        store.read()
    second.unlink()
    with pytest.raises(DataError, match="block_00001.parquet` is missing"):
        store.read()


@pytest.mark.parametrize(
    ("column", "values", "problem"),
    [
        ("value", lambda own: [*own[:-1], float("nan")], "NaN or infinite"),
        ("level", lambda own: [0.02, *own[1:]], "column `level` is not as it is written"),
        ("horizon", lambda own: [5] * len(own), "column `horizon` is not as it is written"),
        ("head", lambda own: ["mae", *own[1:]], "column `head` is not as it is written"),
        ("head", lambda own: ["low", *own[1:]], "'low' is not a valid Head"),
        ("model_id", lambda own: ["x"] * len(own), "forecasts of `x`"),
        ("timestamp", lambda own: own[::-1], "column `timestamp` is not as it is written"),
    ],
)
def test_read_a_forged_block_is_refused_in_one_line(tmp_path, column, values, problem):
    store = make_store(tmp_path / "store", BARS, EDGES)
    forge(store, 0, column, values)

    with pytest.raises(DataError) as caught:
        store.read()

    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)


def test_with_forecasts_of_other_bars_is_refused(tmp_path):
    make_store(tmp_path / "store", BARS, EDGES)
    other = BARS.copy()
    other.iloc[100, other.columns.get_loc("volume")] += 1.0

    with pytest.raises(DataError, match="was made of other bars"):
        with_forecasts(other, tmp_path / "store")
    with pytest.raises(DataError, match="was made of other bars"):
        with_forecasts(BARS.drop(BARS.index[50]), tmp_path / "store")


def test_with_forecasts_of_bars_after_the_last_forecast_is_refused(tmp_path):
    make_store(tmp_path / "store", BARS, EDGES[:2])

    with pytest.raises(DataError, match=r"no forecast for the bar at .* \(40 bars after"):
        with_forecasts(BARS, tmp_path / "store")
    with pytest.raises(DataError, match="no forecast for any of 40 bars"):
        with_forecasts(BARS.iloc[:40], tmp_path / "store")


def test_with_forecasts_of_an_unknown_column_is_refused_before_the_store_is_read(tmp_path):
    store = make_store(tmp_path / "store", BARS, EDGES)
    (store.path / "block_00000.parquet").unlink()

    with pytest.raises(ConfigError, match="did you mean `forecast_h12_skew`"):
        with_forecasts(BARS, store.path, ["forecast_h12_scew"])


def test_create_of_a_store_that_is_there_goes_on_with_it_or_refuses_other_terms(tmp_path):
    store = make_store(tmp_path / "store", BARS, EDGES[:2])

    again = ForecastStore.create(store.path, terms())
    again.add_block(block_of(BARS, 80, 120))

    assert len(store.blocks()) == 2
    with pytest.raises(DataError, match="is of other horizons"):
        ForecastStore.create(store.path, terms((3,)))


def test_open_what_is_no_store_is_refused_in_one_line(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")

    with pytest.raises(DataError, match="is no store of forecasts"):
        ForecastStore(tmp_path)
    with pytest.raises(ConfigError, match="exists and is no store"):
        ForecastStore.create(tmp_path, terms())


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"digest": 1}', "nonsense"])
def test_open_a_damaged_manifest_is_refused_in_one_line(tmp_path, text):
    store = make_store(tmp_path / "store", BARS, EDGES)
    (store.path / MANIFEST).write_text(text)

    with pytest.raises(DataError, match=r"was edited, or is damaged or of another version"):
        ForecastStore(store.path)


def test_open_an_edited_manifest_is_refused(tmp_path):
    store = make_store(tmp_path / "store", BARS, EDGES)
    path = store.path / MANIFEST
    path.write_text(path.read_text().replace('"bar_seconds": 300', '"bar_seconds": 3'))

    with pytest.raises(DataError, match="its digest is not that of its content"):
        ForecastStore(store.path)


def test_add_block_killed_before_the_manifest_leaves_a_store_that_goes_on(tmp_path):
    store = make_store(tmp_path / "store", BARS, EDGES[:2])
    (store.path / "block_00001.parquet").write_bytes(b"half of a block")

    store.add_block(block_of(BARS, 80, 120))

    assert len(store.read().timestamps) == 80
