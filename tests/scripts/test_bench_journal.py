"""scripts/benchmarks/journal.py: a decision in the journal costs little more than one bare sync."""

import numpy as np
import pytest

from scripts.benchmarks.journal import measure
from trading.journal_reader import JournalReader


def test_bench_journal_writes_whole_decisions(tmp_path):
    waits = measure(tmp_path, 3)
    assert (waits.journal > 0).all()
    assert (waits.bare > 0).all()
    with JournalReader.open(tmp_path / "journal.db") as reader:
        assert len(reader.refs()) == 6
        assert reader.max_order_id() == 6


@pytest.mark.slow
def test_bench_journal_decision_takes_little_more_than_the_disk(tmp_path, record_property):
    waits = measure(tmp_path, 500)
    for name, taken in (("journal", waits.journal), ("bare", waits.bare)):
        record_property(f"{name}_p50_p99_ms", np.percentile(taken, [50, 99]).tolist())
    assert np.median(waits.journal) < 2 * np.median(waits.bare) + 5
