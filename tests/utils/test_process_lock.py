"""A lock that one process holds, and that a killed one loses."""

import signal
import subprocess
import sys

import pytest

from utils.errors import ConfigError
from utils.paths import PROJECT_ROOT
from utils.process_lock import ProcessLock

HOLD = """
import sys, time
from pathlib import Path
from utils.process_lock import ProcessLock
lock = ProcessLock.take(Path(sys.argv[1]))
print("held" if lock else "refused", flush=True)
time.sleep(60)
"""


def test_process_lock_is_held_by_one_until_it_is_released(tmp_path):
    path = tmp_path / "lock"
    first = ProcessLock.take(path)
    assert first is not None
    assert ProcessLock.take(path) is None
    first.release()
    first.release()
    second = ProcessLock.take(path)
    assert second is not None
    second.release()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signal")
def test_process_lock_of_a_killed_process_is_free(tmp_path):
    path = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "held\n"
        assert ProcessLock.take(path) is None
        holder.send_signal(signal.SIGKILL)
        holder.wait(timeout=10)
    lock = ProcessLock.take(path)
    assert lock is not None
    lock.release()


def test_process_lock_where_no_file_can_be_says_so(tmp_path):
    with pytest.raises(ConfigError, match="cannot lock"):
        ProcessLock.take(tmp_path / "nowhere" / "lock")
    (tmp_path / "text").write_text("no database at all, but long enough to be one" * 20)
    with pytest.raises(ConfigError, match="cannot lock"):
        ProcessLock.take(tmp_path / "text")
