"""Finished trainings of long suites, a file each, so that a long proof is made in parts.

A training that is there is not made again; delete the folder, or single files, for fresh ones.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from rich.console import Console

from scripts.benchmarks.learning_clock import Point
from scripts.benchmarks.learning_run import Task
from utils.errors import DataError
from utils.files import write_json_atomically
from utils.paths import PROJECT_ROOT, VAR_DIR
from utils.provenance import code_provenance
from utils.threads import n_processors

LEARNING_DIR = VAR_DIR / "learning"

Finished = dict[Task, list[Point]]


class Work(Protocol):
    """What a process of its own makes, a dataclass of JSON values."""

    @property
    def name(self) -> str:
        """What tells it from all others."""

    @property
    def program(self) -> str:
        """Module that is given the fields as JSON and prints a JSON object."""


def finished(tasks: Sequence[Task], folder: Path = LEARNING_DIR) -> Finished:
    """Return the points of all tasks, made now where they are not there yet."""
    make_missing(tasks, folder)
    return {task: [Point(**each) for each in record_of(task, folder)["points"]] for task in tasks}


def make_missing(tasks: Sequence[Work], folder: Path) -> None:
    """Make what is not in the folder yet.

    As many run side by side as there are processors, each on one thread. The order in which they
    are kept is that in which they end.

    Raises:
        DataError: If one fails; the line says what it printed last.
    """
    missing = [task for task in tasks if not _file(task, folder).exists()]
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    for count, task in enumerate(_made(missing, folder), start=1):
        console.print(f"{folder.name}: {count} of {len(missing)} trainings, {task.name}")


def record_of(task: Work, folder: Path) -> dict[str, Any]:
    """Return what was kept of a task that is there."""
    record: dict[str, Any] = json.loads(_file(task, folder).read_text(encoding="utf-8"))
    return record


def _made(tasks: Sequence[Work], folder: Path) -> Iterator[Work]:
    """Make the trainings and yield each when it is kept."""
    with ThreadPoolExecutor(max_workers=n_processors()) as pool:
        asked = {pool.submit(_make, task, folder): task for task in tasks}
        try:
            for done in as_completed(asked):
                done.result()
                yield asked[done]
        finally:
            for each in asked:
                each.cancel()


def _make(task: Work, folder: Path) -> None:
    """Make one training in a process of its own and keep it.

    Raises:
        DataError: If it fails; the line says what it printed last.
    """
    words = [sys.executable, "-m", task.program, json.dumps(asdict(task))]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=PROJECT_ROOT)
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["nothing"])[-1]
        raise DataError(f"the training {task.name} failed, saying last: {last}")
    record: dict[str, Any] = {**json.loads(done.stdout), "code": code_provenance()}
    write_json_atomically(_file(task, folder), record)


def _file(task: Work, folder: Path) -> Path:
    return folder / f"{task.name}.json"
