"""Bars on disk: written whole, read back equal, refused when damaged."""

from contextlib import suppress

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from config.instruments import get_instrument
from data import store
from data.store import (
    NOTES_KEY,
    bar_metadata,
    fingerprint,
    load_bars,
    load_metadata,
    locked_for_writing,
    read_unchecked,
    save_bars,
    save_contracts,
    size_to_note,
)
from tests.helpers.bars import make_bars, real_data
from utils.errors import ConfigError, DataError
from utils.files import atomic_path

MNQ = get_instrument("MNQ")
ROWS = [
    (20_000.0, 20_002.0, 19_998.0, 20_000.0),
    (20_001.0, 20_010.0, 19_999.0, 20_008.0),
    (20_009.0, 20_012.0, 20_005.0, 20_006.25),
]


def test_store_roundtrip_keeps_bars_columns_and_metadata(tmp_path):
    path = tmp_path / "new" / "bars.parquet"
    bars = make_bars(ROWS).assign(contract="MNQH24")

    save_bars(bars, path, {"source": "by hand"})

    pd.testing.assert_frame_equal(load_bars(path, MNQ), bars)
    assert load_metadata(path) == {"source": "by hand"}
    assert fingerprint(load_bars(path, MNQ)) == fingerprint(bars)


def test_save_bars_bad_bars_leave_the_old_file_alone(tmp_path):
    path = tmp_path / "bars.parquet"
    save_bars(make_bars(ROWS), path, {})

    with pytest.raises(DataError, match="negative volume"):
        save_bars(make_bars(ROWS).assign(volume=-1.0), path, {})

    assert len(load_bars(path, MNQ)) == 3
    assert [file.name for file in tmp_path.iterdir()] == ["bars.parquet"]


def test_save_bars_column_of_mixed_objects_is_refused_in_one_line_and_not_written(tmp_path):
    bars = make_bars(ROWS).assign(mixed=["a", 1, b"c"])

    with pytest.raises(DataError, match=r"a column cannot be stored \(.*mixed.*\)") as caught:
        save_bars(bars, tmp_path / "bars.parquet", {})

    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("notes", [b"[1]", b"null", b'{"metadata": [1]}', b"\xff", b"{"])
def test_load_bars_with_notes_that_are_not_ours_is_refused(tmp_path, notes):
    path = tmp_path / "bars.parquet"
    save_bars(make_bars(ROWS), path, {})
    table = pq.read_table(path)
    pq.write_table(table.replace_schema_metadata({NOTES_KEY: notes}), path)

    for load in (load_metadata, lambda path: load_bars(path, MNQ)):
        with pytest.raises(DataError, match=r"bars\.parquet` is no parquet file, or is damaged"):
            load(path)


def test_load_bars_foreign_file_with_timestamp_column_is_read(tmp_path):
    path = tmp_path / "foreign.parquet"
    make_bars(ROWS).reset_index().astype({"volume": "int64"}).to_parquet(path, index=False)

    pd.testing.assert_frame_equal(load_bars(path, MNQ), make_bars(ROWS))
    assert load_metadata(path) == {}


def test_load_bars_foreign_file_with_index_is_read(tmp_path):
    path = tmp_path / "year=2024" / "foreign.parquet"
    path.parent.mkdir()
    make_bars(ROWS).to_parquet(path)

    pd.testing.assert_frame_equal(load_bars(path, MNQ), make_bars(ROWS))


def test_load_bars_missing_file_is_refused(tmp_path):
    with pytest.raises(DataError, match=r"^no bar file `.*nowhere\.parquet`; check the path$"):
        load_bars(tmp_path / "nowhere.parquet", MNQ)


def test_load_bars_folder_is_refused(tmp_path):
    with pytest.raises(DataError, match="` is a folder; name one parquet file in it$"):
        load_bars(tmp_path, MNQ)


@pytest.mark.parametrize("kept_share", [0.0, 0.3, 0.9, 0.999])
def test_load_bars_truncated_file_is_refused_with_one_line(tmp_path, kept_share):
    path = tmp_path / "bars.parquet"
    save_bars(make_bars(ROWS * 100), path, {})
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept_share)])

    with pytest.raises(
        DataError, match=r"bars\.parquet` is no parquet file, or is damaged"
    ) as caught:
        load_bars(path, MNQ)

    assert "\n" not in str(caught.value)


def test_load_bars_csv_is_refused(tmp_path):
    path = tmp_path / "bars.csv"
    make_bars(ROWS).to_csv(path)

    with pytest.raises(DataError, match=r"bars\.csv` is no parquet file.*read_csv"):
        load_bars(path, MNQ)


def test_load_bars_every_damaged_byte_of_the_footer_is_bars_or_data_error(tmp_path):
    path = tmp_path / "bars.parquet"
    save_bars(make_bars(ROWS), path, {"source": "by hand"})
    content = path.read_bytes()

    for position in range(len(content) - 600, len(content), 3):
        damaged = bytearray(content)
        damaged[position] ^= 0xFF
        path.write_bytes(bytes(damaged))
        with suppress(DataError):
            load_bars(path, MNQ)


def test_load_bars_other_columns_are_refused_naming_the_file(tmp_path):
    path = tmp_path / "prices.parquet"
    make_bars(ROWS)[["close"]].to_parquet(path)

    with pytest.raises(
        DataError, match=r"prices\.parquet`: 4 columns missing: open, high, low, volume"
    ):
        load_bars(path, MNQ)


def test_load_bars_changed_under_a_kept_fingerprint_is_refused(tmp_path):
    path = tmp_path / "bars.parquet"
    save_bars(make_bars(ROWS), path, {})
    table = pq.read_table(path)
    pq.write_table(table.slice(0, 2), path)

    with pytest.raises(DataError, match=r"bars\.parquet`: the bars do not match the fingerprint"):
        load_bars(path, MNQ)


def test_load_bars_any_value_changed_in_the_file_is_refused(tmp_path):
    path = tmp_path / "bars.parquet"
    save_bars(make_bars(ROWS), path, {"source": "by hand"})
    table = pq.read_table(path)
    closes = table.column("close").to_pylist()
    column = pa.array([*closes[:-1], closes[-1] + 0.25])
    pq.write_table(table.set_column(table.schema.get_field_index("close"), "close", column), path)

    with pytest.raises(DataError, match="do not match the fingerprint"):
        load_bars(path, MNQ)
    assert read_unchecked(path)[1:] == ({"source": "by hand"}, False)


def test_load_bars_without_an_instrument_takes_any_tick_grid(tmp_path):
    path = tmp_path / "ratio.parquet"
    bars = make_bars([(100.123, 100.4, 100.1, 100.2)])
    save_bars(bars, path, {"adjustment": "ratio"})

    pd.testing.assert_frame_equal(load_bars(path, None), bars)
    with pytest.raises(DataError, match="off the MNQ tick grid"):
        load_bars(path, MNQ)


def test_bar_metadata_has_the_keys_of_every_file_all_text():
    assert bar_metadata(make_bars(ROWS), symbol="MNQ", source="by hand") == {
        "symbol": "MNQ",
        "bar_seconds": "300",
        "adjustment": "none",
        "source": "by hand",
        "zone": "UTC",
        "quality": "",
    }


@pytest.mark.parametrize(
    ("metadata", "message"),
    [
        ({"seed": 1}, "metadata must be text, `seed` was 1"),
        ({"adjustment": "back"}, "must be one of none, difference, ratio, was `back`"),
    ],
)
def test_save_bars_metadata_that_nobody_can_read_are_refused(tmp_path, metadata, message):
    with pytest.raises(ConfigError, match=message):
        save_bars(make_bars(ROWS), tmp_path / "bars.parquet", metadata)
    assert list(tmp_path.iterdir()) == []


def test_save_bars_while_another_writer_has_the_lock_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "bars.parquet"
    monkeypatch.setattr(store, "LOCK_SECONDS", 0.05)

    with (
        locked_for_writing(path),
        pytest.raises(DataError, match=r"another process has been writing `.*bars\.parquet`"),
    ):
        save_bars(make_bars(ROWS), path, {})

    save_bars(make_bars(ROWS), path, {})
    assert [file.name for file in tmp_path.iterdir()] == ["bars.parquet"]


def test_save_bars_removes_what_a_killed_writer_left_and_nothing_else(tmp_path):
    path = tmp_path / "bars[1].parquet"
    for name in (".bars[1].parquet.k9.part", ".bars1.parquet.k9.part", ".other.parquet.k9.part"):
        (tmp_path / name).write_text("half")

    save_bars(make_bars(ROWS), path, {})

    assert sorted(file.name for file in tmp_path.iterdir()) == [
        ".bars1.parquet.k9.part",
        ".other.parquet.k9.part",
        "bars[1].parquet",
    ]


def test_save_bars_leaves_the_half_written_file_of_a_longer_name_alone(tmp_path):
    path, account = tmp_path / "bars.parquet", tmp_path / "bars.parquet.repaired.csv"

    with atomic_path(account) as temporary:
        save_bars(make_bars(ROWS), path, {})
        temporary.write_text("row", encoding="utf-8")

    assert account.read_text(encoding="utf-8") == "row"


def test_save_contracts_keeps_bars_that_overlap_with_their_notes(tmp_path):
    path = tmp_path / "contracts.parquet"
    bars = make_bars(ROWS)
    both = pd.concat([bars.assign(contract="MNQH24"), bars.assign(contract="MNQM24")])

    save_contracts(both, path, {"source": "by hand"})

    frame, metadata, is_intact = read_unchecked(path)
    pd.testing.assert_frame_equal(frame.set_index("timestamp"), both, check_freq=False)
    assert (metadata, is_intact) == ({"source": "by hand"}, True)
    with pytest.raises(ConfigError, match="metadata must be text, `seed` was 1"):
        save_contracts(both, path, {"seed": 1})


@pytest.mark.parametrize(
    ("minutes", "noted", "seconds"),
    [
        ([0, 1, 2, 3], "60", "60"),
        ([0, 2, 4, 5], "60", "60"),  # thin: 120 s is usual, and not the size
        ([0, 5, 10, 20], "60", "300"),  # nothing is left that speaks for a minute
        ([0, 5, 10, 20], "0", "300"),
        ([0, 5, 10, 20], "five", "300"),
        ([0], "60", "60"),  # a single bar contradicts nothing
    ],
)
def test_size_to_note_is_the_noted_one_as_long_as_the_bars_bear_it_out(minutes, noted, seconds):
    stamps = pd.Timestamp("2024-01-02T23:00Z") + pd.to_timedelta(minutes, unit="min")

    assert size_to_note(stamps, noted) == seconds


def test_read_unchecked_foreign_file_that_breaks_invariants_is_read_as_it_is(tmp_path):
    path = tmp_path / "foreign.parquet"
    bars = make_bars(ROWS).iloc[::-1]
    bars.to_parquet(path)

    frame, metadata, is_intact = read_unchecked(path)

    pd.testing.assert_frame_equal(frame, bars, check_freq=False)
    assert (metadata, is_intact) == ({}, True)


def test_fingerprint_known_bars_stays_the_same_for_ever():
    assert fingerprint(make_bars(ROWS)) == (
        "c8894f8f5c632af99d60ac44964d45ee9aa14cc0c5e00e35ce6c7b47a6796c07"
    )


@pytest.mark.parametrize("column", ["open", "high", "low", "close", "volume"])
def test_fingerprint_any_value_changed_is_another(column):
    changed = make_bars(ROWS)
    changed.iloc[1, changed.columns.get_loc(column)] += 0.25

    assert fingerprint(changed) != fingerprint(make_bars(ROWS))


def test_fingerprint_other_time_is_another():
    later = make_bars(ROWS, start="2024-01-02T23:00:00Z")

    assert fingerprint(later) != fingerprint(make_bars(ROWS))


def test_fingerprint_further_columns_and_stamp_unit_do_not_count():
    bars = make_bars(ROWS)
    other = bars.set_axis(bars.index.as_unit("us"), axis=0).assign(contract="MNQH24")

    assert fingerprint(other) == fingerprint(bars)


@pytest.mark.parametrize(
    ("name", "symbol", "n_bars"),
    [
        ("NQ_5min_backadj", "MNQ", 92_010),
        ("NQ_5min", "NQ", 92_010),
        ("ES_5min", "MES", 92_010),
        ("MGC_5min", "MGC", 214_240),
        ("CL_30min", "CL", 59_217),
        ("MNQH24_1min", "MNQ", 72_194),
        ("MNQU25_5min", "MNQ", 13_351),
    ],
)
def test_load_bars_real_file_passes_the_check(name, symbol, n_bars):
    assert len(load_bars(real_data(f"{name}.parquet"), get_instrument(symbol))) == n_bars


def test_load_bars_real_crude_oil_as_nasdaq_is_refused():
    with pytest.raises(DataError, match=r"59216 of 59217 bars off the MNQ tick grid of 0\.25"):
        load_bars(real_data("CL_30min.parquet"), MNQ)


def test_load_bars_real_overlapping_contracts_are_refused():
    with pytest.raises(DataError, match="13594 of 105604 bars at the same time as the bar before"):
        load_bars(real_data("NQ_5min_contracts.parquet"), MNQ)
