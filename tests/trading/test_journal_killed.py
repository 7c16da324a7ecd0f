"""Killed at every point of every write, or left with a torn log: what was told to be there is."""

import json
import shutil
import subprocess
import sys
from itertools import accumulate

import pytest

from tests.helpers.journal_crashes import ABANDONED, GROUPS, JOURNAL, groups, look_at, write
from tests.helpers.journals import SESSION, open_journal
from trading.journal_replay import table_rows
from trading.journal_schema import TABLES
from utils.paths import PROJECT_ROOT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")

N_KILLS = 3 + len(SESSION) + 2 * len(GROUPS)
"""Inside each event, before and after each commit; the first three make the journal."""

N_EVENTS = [1, *(1 + n for n in accumulate(GROUPS))]
"""How many events there may be: the one that makes a journal, and whole groups after it."""

HEADER_BYTES = 32
FRAME_BYTES = 24 + 4_096


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """Return a journal that lived through a kill at every point, and what was seen after each."""
    path = tmp_path_factory.mktemp("killed") / JOURNAL
    command = [sys.executable, "-m", "tests.helpers.journal_crashes", str(path)]
    done = subprocess.run(
        command, cwd=PROJECT_ROOT, check=True, timeout=120, stdout=subprocess.PIPE, text=True
    )
    return path, [json.loads(line) for line in done.stdout.splitlines()]


def test_journal_killed_at_any_point_has_all_of_a_write_or_none_of_it(killed):
    _, seen = killed
    assert len(seen) == N_KILLS
    for kill in seen[2:]:
        n_whole = kill["group"] + (kill["point"] == "after commit")
        assert kill["n_events"] == N_EVENTS[n_whole - 1], kill
        assert (kill["fault"], kill["differences"]) == (None, []), kill


def test_journal_after_all_kills_has_the_tables_of_one_that_nobody_killed(killed, tmp_path):
    path, _ = killed
    copy = copied(path, tmp_path / "killed")
    with open_journal(tmp_path / JOURNAL) as whole, open_journal(copy) as survivor:
        for group in groups():
            write(whole, group)
        assert survivor.head() == whole.head()
        for table in TABLES:
            assert table_rows(survivor.reader.connection, table) == table_rows(
                whole.reader.connection, table
            )


def log_of(path):
    """Return the write-ahead log of a journal."""
    return path.with_name(f"{path.name}-wal")


def copied(path, folder, n_bytes=None):
    """Copy a journal that was not closed into `folder`, of its log the first `n_bytes`."""
    folder.mkdir(mode=0o700)
    shutil.copy(path, folder / JOURNAL)
    log_of(folder / JOURNAL).write_bytes(log_of(path).read_bytes()[:n_bytes])
    return folder / JOURNAL


def test_journal_with_a_torn_log_has_a_whole_beginning_of_it(killed, tmp_path):
    path = killed[0].with_name(ABANDONED)
    n_bytes = log_of(path).stat().st_size
    frames = range(HEADER_BYTES, n_bytes, FRAME_BYTES)
    cuts = {0, 1, HEADER_BYTES - 1, n_bytes - 1, n_bytes, *frames[::3]}
    cuts |= {start + 2_000 for start in frames[1::3]}
    found = []
    for cut in sorted(cuts):
        seen = look_at(copied(path, tmp_path / str(cut), cut))
        assert (seen["fault"], seen["differences"]) == (None, [])
        found.append(seen["n_events"])
    assert found == sorted(found)
    assert (found[0], found[-1]) == (1, N_EVENTS[-1])
    assert set(found) <= set(N_EVENTS)
    assert len(set(found)) > len(GROUPS) // 2


def test_journal_with_a_log_that_changed_in_the_middle_goes_on_from_what_stands_before(
    killed, tmp_path
):
    copy = copied(killed[0].with_name(ABANDONED), tmp_path / "killed")
    log = log_of(copy)
    content = bytearray(log.read_bytes())
    content[len(content) // 2] ^= 1
    log.write_bytes(content)
    with open_journal(copy) as journal:
        n_whole = N_EVENTS.index(journal.head().seq)
        assert 0 < n_whole < len(GROUPS)
        for group in groups()[n_whole:]:
            write(journal, group)
    assert look_at(copy) == {"n_events": N_EVENTS[-1], "fault": None, "differences": []}
