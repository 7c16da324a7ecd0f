"""Denials of a trading day by code: counted as they are written down, and again after a restart."""

from datetime import UTC, datetime, timedelta

from tests.helpers.journals import NOON, open_journal
from trading.denial_counts import DenialCounts
from trading.journal_events import Denial

BEGUN = datetime(2025, 11, 19, 23, 0, tzinfo=UTC)


def counted(*denials: tuple[str, float]) -> DenialCounts:
    """Return the counts of codes, so many minutes after BEGUN each."""
    counts = DenialCounts()
    for code, minutes in denials:
        counts.note(code, BEGUN + timedelta(minutes=minutes))
    return counts


def test_denial_counts_of_a_day_leave_out_what_was_before_it():
    counts = counted(("margin", -0.5), ("margin", 0), ("stale_data", 0.1), ("margin", 90))
    assert counts.since(BEGUN) == {"margin": 2, "stale_data": 1}
    assert counts.since(BEGUN + timedelta(hours=1)) == {"margin": 1}
    assert counts.since(None) == {"margin": 3, "stale_data": 1}


def test_denial_counts_of_nothing_are_empty():
    assert DenialCounts().since(BEGUN) == {}


def test_denial_counts_forget_what_is_older_than_two_days():
    counts = counted(("margin", 0), ("margin", 2), ("halted", 2 * 24 * 60 + 1))
    assert counts.since(None) == {"margin": 1, "halted": 1}


def test_denial_counts_of_a_desk_that_is_denied_all_the_time_stay_small():
    counts = counted(*(("halted", number / 240) for number in range(10_000)))
    assert counts.since(None) == {"halted": 10_000}
    assert len(counts._minutes) == 42


def test_denial_counts_of_a_new_process_are_those_of_the_journal(tmp_path):
    with open_journal(tmp_path / "sim.db") as journal:
        for code in ("margin", "margin", "halted"):
            journal.append(Denial(code=code, reason="x"))
        counts = DenialCounts()
        counts.recall(journal.reader, NOON - timedelta(hours=1))
        assert counts.since(None) == {"margin": 2, "halted": 1}
        later = DenialCounts()
        later.recall(journal.reader, NOON + timedelta(hours=1))
        assert later.since(None) == {}
