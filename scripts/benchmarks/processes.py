"""Python run as a process of its own: what it printed, its seconds, and its peak of memory."""

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

from utils.errors import DataError
from utils.paths import PROJECT_ROOT

_PEAK_UNIT = 1 if sys.platform == "darwin" else 1_024
"""Bytes in which the system counts a peak."""

_PEAK_OF_CHILD = """
import json, resource, subprocess, sys
done = subprocess.run(sys.argv[1:], capture_output=True, text=True)
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print(json.dumps([done.returncode, done.stdout, done.stderr, peak]))
"""
"""A small process between us and the command: a child's peak begins with its parent's memory."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """A process that succeeded.

    Attributes:
        printed: On standard output.
        seconds: From its start to its end.
        peak_bytes: The most memory it held at a time.
    """

    printed: str
    seconds: float
    peak_bytes: int


def measured(words: Sequence[str], folder: str = str(PROJECT_ROOT)) -> Finished:
    """Run this Python with `words` in `folder`, from which `-c` imports.

    Raises:
        DataError: If it fails; the line says what it printed last.
    """
    command = [sys.executable, "-c", _PEAK_OF_CHILD, sys.executable, *words]
    started = time.perf_counter()
    outer = subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder)
    seconds = time.perf_counter() - started
    exit_code, printed, complaint, peak = json.loads(outer.stdout)
    if exit_code != 0:
        last = (complaint.strip().splitlines() or ["nothing"])[-1]
        raise DataError(f"a measured process ended with {exit_code}, saying last: {last}")
    return Finished(printed=printed, seconds=seconds, peak_bytes=peak * _PEAK_UNIT)
