"""What is told of a file: sound, foreign, broken or damaged."""

import json

import pyarrow.parquet as pq
import pytest

from data.file_info import file_info
from data.store import fingerprint, save_bars
from tests.data.test_quality import ROWS
from utils.errors import DataError


def test_file_info_of_our_own_file_tells_all(tmp_path):
    path = tmp_path / "bars.parquet"
    save_bars(ROWS.assign(contract="MNQH24"), path, {"symbol": "MNQ"})

    info = file_info(path)

    assert info.problem is None
    assert info.metadata == {"symbol": "MNQ"}
    assert info.columns == ("open", "high", "low", "close", "volume", "contract")
    assert (info.n_rows, info.n_sessions, info.bar_seconds) == (552, 2, 300)
    assert (info.first, info.last) == ("2024-01-21T23:00:00+00:00", "2024-01-23T21:55:00+00:00")
    assert info.fingerprint == fingerprint(ROWS)
    assert info.n_bytes == path.stat().st_size
    assert json.loads(json.dumps(info.to_dict()))["n_rows"] == 552


def test_file_info_of_bars_that_break_an_invariant_says_which(tmp_path):
    path = tmp_path / "foreign.parquet"
    ROWS.iloc[::-1].to_parquet(path)

    info = file_info(path)

    assert "551 of 552 bars earlier than the bar before" in info.problem
    assert info.fingerprint is None
    assert (info.n_rows, info.first) == (552, "2024-01-21T23:00:00+00:00")


def test_file_info_of_bars_edited_under_their_fingerprint_says_so(tmp_path):
    path = tmp_path / "bars.parquet"
    save_bars(ROWS, path, {})
    table = pq.read_table(path)
    pq.write_table(table.slice(0, 500), path)

    assert "do not match the fingerprint" in file_info(path).problem


def test_file_info_of_a_truncated_file_says_so(tmp_path):
    path = tmp_path / "bars.parquet"
    save_bars(ROWS, path, {})
    path.write_bytes(path.read_bytes()[:-100])

    info = file_info(path)

    assert "is no parquet file, or is damaged" in info.problem
    assert (info.n_rows, info.columns, info.first) == (0, (), None)


def test_file_info_of_a_table_without_stamps_says_so(tmp_path):
    path = tmp_path / "table.parquet"
    ROWS.reset_index(drop=True).to_parquet(path)

    info = file_info(path)

    assert "`timestamp` must be an index or column of dates" in info.problem
    assert (info.first, info.n_sessions, info.bar_seconds) == (None, 0, 0)


def test_file_info_of_no_file_is_refused(tmp_path):
    with pytest.raises(DataError, match="no bar file"):
        file_info(tmp_path / "bars.parquet")
