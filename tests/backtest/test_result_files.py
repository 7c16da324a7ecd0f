"""A result as files, and back."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from backtest.result_files import ARRAYS, VALUES, read_result, result_files
from tests.helpers.results import hand_made_result, idle_result
from utils.errors import ArtifactError


def assert_same(one, other):
    for field in dataclasses.fields(one):
        mine, theirs = getattr(one, field.name), getattr(other, field.name)
        if isinstance(mine, pd.DataFrame):
            texts = dict.fromkeys(mine.columns.intersection(["reason"]), "object")
            pd.testing.assert_frame_equal(mine.astype(texts), theirs)
        elif isinstance(mine, pd.DatetimeIndex):
            assert mine.equals(theirs)
            assert (mine.dtype, mine.name) == (theirs.dtype, theirs.name)
        elif isinstance(mine, np.ndarray):
            np.testing.assert_array_equal(mine, theirs)
            assert mine.dtype == theirs.dtype
        else:
            assert mine == theirs, field.name


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"denials": {"margin": 2}, "remarks": ("a", "b"), "agreement": 0.5, "n_ambiguous": 3},
        {"decisions": np.array([0, 1, 0, 3, 0]), "is_in_sample": True},
        {"decisions": None},
    ],
)
def test_result_read_back_is_the_same(changes):
    result = hand_made_result(**changes)
    assert_same(result, read_result(result_files(result), "here"))


def test_result_without_fills_and_trades_is_read_back():
    result = idle_result()
    assert_same(result, read_result(result_files(result), "here"))


def test_result_gives_the_same_bytes_every_time():
    assert result_files(hand_made_result()) == result_files(hand_made_result())


@pytest.mark.parametrize("name", [ARRAYS, VALUES, "trades.parquet"])
@pytest.mark.parametrize("content", [None, b"", b"\x80\x04K\x01."])
def test_result_with_a_missing_or_damaged_file_is_refused(name, content):
    files = result_files(hand_made_result())
    broken = {key: value for key, value in files.items() if key != name}
    broken |= {} if content is None else {name: content}
    with pytest.raises(ArtifactError, match="`here` holds no whole result .*; remove it"):
        read_result(broken, "here")


def test_result_with_pickled_arrays_is_refused(tmp_path):
    np.savez(tmp_path / "x.npz", equity=np.array([{"a": 1}], dtype=object))
    files = {**result_files(hand_made_result()), ARRAYS: (tmp_path / "x.npz").read_bytes()}
    with pytest.raises(ArtifactError, match="holds no whole result"):
        read_result(files, "here")
