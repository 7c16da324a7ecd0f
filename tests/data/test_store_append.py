"""Adding to stored bars: overlaps collapse, revised bars are flagged, other series are refused."""

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


def test_append_bars_missing_values_of_further_columns_are_equal(tmp_path):
    path = tmp_path / "bars.parquet"
    bars = BARS.assign(rsi=float("nan"))
    save_bars(bars, path, NOTES)

    assert append_bars(path, bars, MNQ).n_identical == 30


@pytest.mark.parametrize(
    ("frame", "metadata", "message"),
    [
        (BARS, {"symbol": "NQ"}, "holds bars of symbol `MNQ`, the new ones are `NQ`"),
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
