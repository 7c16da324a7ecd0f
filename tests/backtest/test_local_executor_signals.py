"""A driver that is stopped, or killed, leaves neither workers nor shared memory behind."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backtest.shared_bars import SEGMENTS
from tests.helpers.executor_tasks import PATIENCE_SECONDS, signed, spans
from utils.paths import PROJECT_ROOT

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are those of POSIX")

DRIVER = """
import sys
from pathlib import Path
from backtest.local_executor import LocalExecutor
from tests.helpers.executor_tasks import linger, spans, walk
for _ in LocalExecutor(2).run(linger, spans(4, Path(sys.argv[1])), walk(7)):
    pass
"""


def _has_gone(process: int) -> bool:
    for _ in range(int(PATIENCE_SECONDS / 0.02)):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


def _segments_of(process: int) -> set[str]:
    """Return the names of the shared memory that a process has mapped."""
    maps = Path(f"/proc/{process}/maps").read_text(encoding="utf-8")
    return {word for word in maps.split() if word.startswith(f"{SEGMENTS}/psm_")}


@pytest.mark.skipif(not SEGMENTS.is_dir(), reason="shared memory is looked at in /dev/shm")
@pytest.mark.parametrize(
    ("number", "code", "last_words"),
    [
        (signal.SIGINT, -signal.SIGINT, "KeyboardInterrupt"),
        (signal.SIGTERM, 128 + signal.SIGTERM, ""),
        (signal.SIGKILL, -signal.SIGKILL, None),
    ],
)
def test_driver_that_is_stopped_leaves_nothing_behind(number, code, last_words, tmp_path):
    driver = subprocess.Popen(
        [sys.executable, "-c", DRIVER, str(tmp_path)],
        cwd=PROJECT_ROOT,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    workers = [signed(job) for job in spans(2, tmp_path)]
    segments = _segments_of(workers[0])
    assert len(segments) == 1
    assert segments == _segments_of(workers[1]) == _segments_of(driver.pid)
    if number == signal.SIGINT:
        os.killpg(driver.pid, number)  # as a terminal does: to driver, workers and tracker
    else:
        driver.send_signal(number)
    _, complaint = driver.communicate(timeout=PATIENCE_SECONDS)
    assert driver.returncode == code
    assert all(_has_gone(worker) for worker in workers)
    assert not any(Path(segment).exists() for segment in segments)
    if last_words is not None:
        assert "resource_tracker" not in complaint
        assert (complaint.strip().splitlines() or [""])[-1] == last_words
        assert complaint.count("Traceback") == (number == signal.SIGINT)
