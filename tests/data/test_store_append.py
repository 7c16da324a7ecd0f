"""Adding to stored bars: overlaps collapse, revised bars are flagged, other series are refused."""

import pandas as pd
import pytest

from config.instruments import get_instrument
from data.store import load_bars, load_metadata, save_bars
from data.store_append import AppendReport, append_bars
from tests.helpers.bars import make_bars
from utils.errors import ConfigError, DataError

MNQ = get_instrument("MNQ")
ROWS = [(100.0 + i, 101.0 + i, 99.0 + i, 100.5 + i) for i in range(30)]
BARS = make_bars(ROWS)
NOTES = {"symbol": "MNQ", "source": "by hand", "adjustment": "none"}


@pytest.fixture
def path(tmp_path):
    """Return a file of bars 10 to 19 of 30."""
    path = tmp_path / "bars.parquet"
    save_bars(BARS.iloc[10:20], path, NOTES)
    return path


def revised(bars, *rows):
    """Return a copy with another close in the given rows."""
    changed = bars.copy()
    changed.iloc[list(rows), changed.columns.get_loc("close")] -= 0.25
    return changed


def test_append_bars_identical_overlap_collapses_and_new_bars_are_added(path):
    report = append_bars(path, BARS.iloc[15:25], MNQ)

    assert report == AppendReport(n_before=10, n_added=5, n_identical=5, n_revised=0)
    assert report.n_after == 15
    assert load_bars(path, MNQ).equals(BARS.iloc[10:25])
    assert load_metadata(path) == NOTES


def test_append_bars_that_change_the_file_clear_what_was_noted_of_its_quality(path):
    noted = {**NOTES, "quality": "0 errors, 1 warning"}
    save_bars(BARS.iloc[10:20], path, noted)

    append_bars(path, BARS.iloc[15:20], MNQ)
    append_bars(path, revised(BARS, 12).iloc[10:20], MNQ, revised="keep_old")
    assert load_metadata(path) == noted

    append_bars(path, BARS.iloc[15:25], MNQ)
    assert load_metadata(path) == {**NOTES, "quality": ""}

    save_bars(BARS.iloc[10:20], path, noted)
    append_bars(path, revised(BARS, 12).iloc[10:20], MNQ, revised="take_new")
    assert load_metadata(path) == {**NOTES, "quality": ""}


def test_append_bars_to_a_single_bar_notes_the_size_that_it_could_not_tell(path):
    save_bars(BARS.iloc[:1], path, {**NOTES, "bar_seconds": "0"})

    append_bars(path, BARS, MNQ, metadata={"bar_seconds": "300"})

    assert load_metadata(path)["bar_seconds"] == "300"


def test_append_bars_of_a_single_bar_of_unknown_size_is_no_other_series(path):
    save_bars(BARS.iloc[:20], path, {**NOTES, "bar_seconds": "300"})

    assert append_bars(path, BARS.iloc[20:21], MNQ, metadata={"bar_seconds": "0"}).n_added == 1
    assert load_metadata(path)["bar_seconds"] == "300"


def test_append_bars_before_and_within_the_span_are_added_in_order(tmp_path):
    path = tmp_path / "bars.parquet"
    save_bars(BARS.drop(BARS.index[14]).iloc[10:20], path, NOTES)

    report = append_bars(path, BARS, MNQ)

    assert (report.n_added, report.n_identical) == (20, 10)
    assert load_bars(path, MNQ).equals(BARS)


def test_append_bars_nothing_new_leaves_the_file_as_it_is(path):
    before = path.stat().st_mtime_ns

    assert append_bars(path, BARS.iloc[12:14], MNQ).n_added == 0
    assert path.stat().st_mtime_ns == before


def test_append_bars_revised_bars_are_refused_with_count_and_first(path):
    content = path.read_bytes()

    with pytest.raises(DataError) as caught:
        append_bars(path, revised(BARS, 12, 13, 14, 15), MNQ)

    message = str(caught.value)
    assert "4 of 10 bars that are there already have other values now" in message
    assert "first 2024-01-02T00:00:00+00:00 (close 112.5 -> 112.25); 2024-01-02T00:05" in message
    assert message.count("->") == 3
    assert '"keep_old" or "take_new"' in message
    assert path.read_bytes() == content


def test_append_bars_revised_keep_old_adds_only_what_is_new(path):
    report = append_bars(path, revised(BARS, 12).iloc[10:22], MNQ, revised="keep_old")

    assert (report.n_added, report.n_identical, report.n_revised) == (2, 9, 1)
    assert report.first_revised == ("2024-01-02T00:00:00+00:00 (close 112.5 -> 112.25)",)
    assert load_bars(path, MNQ).equals(BARS.iloc[10:22])


def test_append_bars_revised_take_new_replaces_the_old_values(path):
    new = revised(BARS, 12).iloc[10:22]

    report = append_bars(path, new, MNQ, revised="take_new")

    assert (report.n_before, report.n_added, report.n_revised) == (10, 2, 1)
    assert load_bars(path, MNQ).equals(new)


def test_append_bars_change_in_a_further_column_is_a_revision(tmp_path):
    path = tmp_path / "bars.parquet"
    save_bars(BARS.assign(contract="MNQH24"), path, NOTES)

    with pytest.raises(DataError, match=r"first .* \(contract MNQH24 -> MNQM24\)"):
        append_bars(path, BARS.assign(contract="MNQM24"), MNQ)


def test_append_bars_categories_of_another_kind_or_order_are_compared_by_value(tmp_path):
    path = tmp_path / "bars.parquet"
    names = ["MNQH24"] * 15 + ["MNQM24"] * 15
    bars = BARS.assign(contract=names).astype({"contract": "category"})
    save_bars(bars.iloc[:20], path, NOTES)

    assert append_bars(path, bars.iloc[5:10], MNQ).n_identical == 5
    other_kind = bars.iloc[10:20].astype({"contract": "str"})
    assert append_bars(path, other_kind, MNQ).n_identical == 10
    fewer = bars.iloc[15:].assign(
        contract=bars["contract"].iloc[15:].cat.remove_unused_categories()
    )
    assert append_bars(path, fewer, MNQ).n_added == 10
    assert load_bars(path, MNQ)["contract"].tolist() == names


@pytest.mark.parametrize(("old", "new"), [(3, None), (None, 3)])
def test_append_bars_missing_value_against_a_number_is_a_revision(tmp_path, old, new):
    path = tmp_path / "bars.parquet"
    counts = pd.array([1] * 29 + [old], dtype="Int64")
    save_bars(BARS.assign(bar_count=counts, rsi=float("nan")), path, NOTES)
    counts[29] = new

    with pytest.raises(DataError, match=r"1 of 30 bars .* \(bar_count (3 -> <NA>|<NA> -> 3)\)"):
        append_bars(path, BARS.assign(bar_count=counts, rsi=float("nan")), MNQ)


def test_append_bars_all_revised_are_all_replaced(path):
    lower = BARS - 0.25

    assert append_bars(path, lower, MNQ, revised="take_new").n_revised == 10
    assert load_bars(path, MNQ).equals(lower)


def test_append_bars_missing_values_of_further_columns_are_equal(tmp_path):
    path = tmp_path / "bars.parquet"
    bars = BARS.assign(rsi=float("nan"))
    save_bars(bars, path, NOTES)

    assert append_bars(path, bars, MNQ).n_identical == 30


@pytest.mark.parametrize(
    ("frame", "metadata", "message"),
    [
        (BARS, {"symbol": "NQ"}, "holds bars of symbol `MNQ`, the new ones are `NQ`"),
        (BARS, {"source": "synthetic crisis"}, "from `by hand`, the new ones are from `synthetic"),
        (BARS, {"adjustment": "ratio"}, "of adjustment `none`, the new ones are `ratio`"),
        (make_bars(ROWS, step="15min"), {}, "bars of 300 s, the new ones are 900 s apart"),
        (BARS.assign(vwap=1.0), {}, "must have the same columns; only one has: vwap"),
        (BARS.iloc[::-1], {}, "29 of 30 bars earlier than the bar before"),
        (BARS + 0.1, {}, "30 of 30 bars off the MNQ tick grid"),
    ],
)
def test_append_bars_of_another_series_or_broken_is_refused(path, frame, metadata, message):
    content = path.read_bytes()

    with pytest.raises(DataError, match=message):
        append_bars(path, frame, MNQ, metadata=metadata)

    assert path.read_bytes() == content


def test_append_bars_few_bars_around_a_gap_are_not_taken_for_another_size(path):
    report = append_bars(path, BARS.iloc[[20, 26]], MNQ)

    assert report.n_added == 2


def test_append_bars_to_no_file_is_refused(tmp_path):
    with pytest.raises(DataError, match="no bar file"):
        append_bars(tmp_path / "bars.parquet", BARS, MNQ)
    assert list(tmp_path.iterdir()) == []


def test_append_bars_unknown_choice_is_refused(path):
    with pytest.raises(ConfigError, match="unknown choice for revised bars `newest`"):
        append_bars(path, BARS, MNQ, revised="newest")
