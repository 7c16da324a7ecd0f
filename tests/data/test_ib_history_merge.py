"""Chunks that overlap: each bar once, its own chunk's value, and the others told."""

from datetime import date

import pandas as pd

from data.contracts import Contract
from data.ib_history_merge import merge_chunks
from data.ib_history_plan import Chunk
from tests.helpers.bars import make_bars

ROW = (20_000.0, 20_002.0, 19_999.0, 20_001.0)


def week(first, last):
    """Return a chunk of MNQH24."""
    start = pd.Timestamp(first, tz="UTC") - pd.Timedelta(hours=1)
    end = pd.Timestamp(last, tz="UTC") + pd.Timedelta(hours=23)
    return Chunk(
        contract=Contract("MNQ", 2024, 3),
        first=date.fromisoformat(first),
        last=date.fromisoformat(last),
        start=start,
        end=end,
        duration="1 W",
    )


FIRST, SECOND = week("2024-01-08", "2024-01-12"), week("2024-01-15", "2024-01-19")


def bars(start, n=3, volume=100.0):
    """Return so many bars from a time on."""
    return make_bars([ROW] * n, start=start, volume=volume)


def test_merge_keeps_each_bar_once_whatever_the_order():
    monday = bars("2024-01-08T10:00Z")
    merged = merge_chunks([(FIRST, pd.concat([monday.iloc[::-1], monday.iloc[:1]]))])

    assert merged.bars.index.tolist() == monday.index.tolist()
    assert (merged.n_repeated, merged.revised) == (1, ())


def test_merge_of_two_values_keeps_the_chunks_own_and_tells_the_other():
    friday = bars("2024-01-12T10:00Z")
    overlap = bars("2024-01-12T10:10Z", n=1, volume=101.0)
    later = pd.concat([overlap, bars("2024-01-15T10:00Z")])

    for parts in ([(FIRST, friday), (SECOND, later)], [(SECOND, later), (FIRST, friday)]):
        merged = merge_chunks(parts)
        assert merged.bars["volume"].tolist() == [100.0] * 6
        assert merged.revised == ("2024-01-12T10:10:00+00:00 volume 100, not 101",)
        assert merged.n_repeated == 0


def test_merge_of_two_values_in_one_answer_keeps_the_later_row():
    twice = pd.concat([bars("2024-01-08T10:00Z", n=1), bars("2024-01-08T10:00Z", 1, 102.0)])
    merged = merge_chunks([(FIRST, twice)])

    assert merged.bars["volume"].tolist() == [102.0]
    assert merged.revised == ("2024-01-08T10:00:00+00:00 volume 102, not 100",)


def test_merge_fills_a_hole_with_what_another_chunk_has():
    hole = bars("2024-01-12T10:00Z").drop(pd.Timestamp("2024-01-12T10:05Z"))
    merged = merge_chunks([(FIRST, hole), (SECOND, bars("2024-01-12T10:00Z"))])

    assert len(merged.bars) == 3
    assert merged.revised == ()


def test_merge_leaves_out_what_no_chunk_asked_for():
    merged = merge_chunks([(SECOND, bars("2024-01-12T10:00Z"))])

    assert merged.bars.empty
    assert merge_chunks([]).bars.empty
