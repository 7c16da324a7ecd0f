"""Several processes on one file of bars: readers beside a writer, two writers, a killed writer."""

import subprocess
import sys

import pytest

from config.instruments import get_instrument
from data.store import load_bars, save_bars
from data.store_append import append_bars
from tests.helpers.bars import make_bars
from utils.paths import PROJECT_ROOT

MNQ = get_instrument("MNQ")
N_BARS = 2_000
BARS = make_bars([(100.0, 101.0, 99.0, 100.5)] * N_BARS)
PRELUDE = """
import sys, time
from pathlib import Path
import pyarrow.parquet as pq
from config.instruments import get_instrument
from data.store_append import append_bars
from tests.data.test_store_processes import BARS, MNQ
path = Path(sys.argv[1])
"""

KILLED_WRITER = """
write_table = pq.write_table
def write_half(table, target):
    write_table(table, target)
    content = Path(target).read_bytes()
    Path(target).write_bytes(content[: len(content) // 2])
    print("in mid-write", flush=True)
    time.sleep(60)
pq.write_table = write_half
append_bars(path, BARS, MNQ)
"""

APPENDER = """
first, last = int(sys.argv[2]), int(sys.argv[3])
print("ready", flush=True)
sys.stdin.readline()
for end in range(first + 100, last + 1, 100):
    append_bars(path, BARS.iloc[end - 100 : end], MNQ)
"""


def start(code, *arguments):
    """Start a Python process in the repository root that runs `code`."""
    return subprocess.Popen(
        [sys.executable, "-c", PRELUDE + code, *map(str, arguments)],
        cwd=PROJECT_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def path(tmp_path):
    """Return a file of the first 1,000 bars."""
    path = tmp_path / "bars.parquet"
    save_bars(BARS.iloc[:1_000], path, {"symbol": "MNQ"})
    return path


def test_append_bars_writer_killed_in_mid_write_leaves_the_old_file_whole(path):
    content = path.read_bytes()
    with start(KILLED_WRITER, path) as writer:
        assert writer.stdout.readline() == "in mid-write\n"
        writer.kill()

    assert path.read_bytes() == content
    assert load_bars(path, MNQ).equals(BARS.iloc[:1_000])
    assert len(list(path.parent.iterdir())) > 1  # half a file, and the lock's

    assert append_bars(path, BARS, MNQ).n_added == 1_000
    assert [file.name for file in path.parent.iterdir()] == ["bars.parquet"]


def test_load_bars_while_another_process_appends_sees_whole_files_only(path):
    with start(APPENDER, path, 1_000, N_BARS) as writer:
        writer.stdout.readline()
        writer.stdin.write("go\n")
        writer.stdin.flush()
        seen = set()
        while writer.poll() is None:
            seen.add(len(load_bars(path, MNQ)))

    assert writer.returncode == 0
    assert seen <= set(range(1_000, N_BARS + 1, 100))
    assert len(load_bars(path, MNQ)) == N_BARS


def test_append_bars_by_two_processes_loses_nothing(path):
    with start(APPENDER, path, 1_000, 1_500) as one, start(APPENDER, path, 1_500, N_BARS) as two:
        for writer in (one, two):
            writer.stdout.readline()
        for writer in (one, two):
            writer.stdin.write("go\n")
            writer.stdin.flush()

    assert (one.returncode, two.returncode) == (0, 0)
    assert load_bars(path, MNQ).equals(BARS)
    assert [file.name for file in path.parent.iterdir()] == ["bars.parquet"]
