"""Bars in a block: every type comes back as it was, over the same memory, and not to be changed."""

import numpy as np
import pandas as pd
import pytest

from backtest.packed_bars import PackedBars, pack, unpack
from tests.helpers.executor_tasks import walk
from utils.errors import DataError


def _packed(bars: pd.DataFrame) -> tuple[PackedBars, bytearray]:
    blocks: list[bytearray] = []

    def allocate(n_bytes: int) -> memoryview:
        blocks.append(bytearray(n_bytes))
        return memoryview(blocks[0])

    return pack(bars, allocate), blocks[0]


def _of_all_types() -> pd.DataFrame:
    bars = walk(6)
    return bars.assign(
        small=np.arange(6, dtype=np.float32),
        count=np.arange(6),
        is_rth=[True, False] * 3,
        contract=["MNQH4"] * 3 + ["MNQM4"] * 3,
        expiry=pd.date_range("2024-03-15", periods=6, tz="America/Chicago"),
        kind=pd.Categorical(list("aabbab")),
        maybe=pd.array([1, None, 3, 4, 5, 6], dtype="Int64"),
        gap=[np.nan, 1.0, 2.0, np.nan, 4.0, 5.0],
        anything=pd.Series(["x", 1, None, 2.5, (1,), "y"], index=bars.index, dtype=object),
    )


@pytest.mark.parametrize(
    "bars",
    [
        walk(6),
        walk(1),
        _of_all_types(),
        _of_all_types().iloc[1:4],
        _of_all_types()[::2],
        walk(6).iloc[:0],
    ],
    ids=["plain", "one", "all_types", "slice", "every_second", "none"],
)
def test_packed_bars_come_back_as_they_were(bars):
    packed, block = _packed(bars)
    pd.testing.assert_frame_equal(
        unpack(packed, memoryview(block)), bars, check_freq=False, check_exact=True
    )


def test_unpacked_bars_lie_over_the_block_and_cannot_be_changed():
    packed, block = _packed(walk(50))
    bars = unpack(packed, memoryview(block))
    here = np.frombuffer(block, dtype=np.uint8)
    for array in (bars.index.asi8, *(bars[name].to_numpy() for name in bars.columns)):
        assert np.shares_memory(array, here)
        assert not array.flags.writeable
    assert len(packed.header) < 2_000


def test_unpacked_bars_of_contracts_leave_their_text_in_the_block():
    few, many = (walk(n).assign(contract="MNQH4") for n in (10, 10_000))
    assert len(_packed(many)[0].header) < len(_packed(few)[0].header) + 100


def test_unpack_of_a_longer_block_ignores_what_follows():
    packed, block = _packed(walk(5))
    pd.testing.assert_frame_equal(
        unpack(packed, memoryview(block + b"more")), walk(5), check_freq=False
    )


@pytest.mark.parametrize("place", [0, -1, 64])
def test_unpack_of_a_changed_block_is_refused(place):
    packed, block = _packed(walk(8))
    block[place] ^= 1
    with pytest.raises(DataError, match="not those that were sent"):
        unpack(packed, memoryview(block))


@pytest.mark.parametrize(
    "index",
    [
        pd.RangeIndex(3, name="timestamp"),
        pd.date_range("2024-01-02", periods=3, name="timestamp", unit="ns"),
        pd.date_range("2024-01-02", periods=3, tz="UTC", unit="ns"),
        pd.date_range("2024-01-02", periods=3, tz="UTC", name="timestamp", unit="s"),
    ],
    ids=["rows", "naive", "unnamed", "seconds"],
)
def test_pack_of_unchecked_bars_is_refused(index):
    with pytest.raises(DataError, match=r"pass them through data\.bars\.check_bars"):
        _packed(walk(3).set_axis(index, axis=0))
