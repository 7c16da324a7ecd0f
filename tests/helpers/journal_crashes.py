"""A session whose writer is killed at every point of every write: run as `python -m`.

One journal lives through it all. For each point a child is forked, so that nothing is imported
twice; it opens the journal as the last kill left it and is killed there, and what it leaves is
looked at from outside. One line of JSON is printed for each.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

from tests.helpers.journals import SESSION, open_journal
from trading.journal import Journal
from trading.journal_chain import Head, chain_report, stored_events
from trading.journal_codec import JournalEvent
from trading.journal_reader import JournalReader
from trading.journal_replay import differences

GROUPS = (1, 4, 1, 4, 3, 3, 1, 5, 2, 3, 3, 2, 5)
"""How many events of SESSION are written at a time."""

JOURNAL = "journal.db"
ABANDONED = "abandoned.db"
"""Of a writer that wrote all of it and was gone without closing, beside the other."""


def groups() -> list[tuple[JournalEvent, ...]]:
    """Return the events of SESSION as they are written, together or alone."""
    starts = [sum(GROUPS[:i]) for i in range(len(GROUPS) + 1)]
    assert starts[-1] == len(SESSION)
    return [SESSION[a:b] for a, b in pairwise(starts)]


def write(journal: Journal, group: tuple[JournalEvent, ...]) -> None:
    """Write a group of events together."""
    with journal.batch():
        for event in group:
            journal.append(event)


def killed_at(n_points: int, told: int) -> Callable[[str], None]:
    """Return a hook that tells a pipe where it is, and at its n-th call kills this process."""
    n_seen = 0

    def tell(point: str) -> None:
        nonlocal n_seen
        n_seen += 1
        if n_seen == n_points:
            os.write(told, point.encode())
            os.kill(os.getpid(), signal.SIGKILL)

    return tell


def kill_one(path: Path, some: list[tuple[JournalEvent, ...]], n_points: int) -> str:
    """Have a child write groups and be killed; return at which point, "" where it came through."""
    out, told = os.pipe()
    process = os.fork()
    if process == 0:
        journal = open_journal(path, on_write=killed_at(n_points, told))
        for group in some:
            write(journal, group)
        os._exit(0)  # like a kill: nothing is closed
    os.close(told)
    with os.fdopen(out, "rb") as pipe:
        point = pipe.read().decode()
    _, status = os.waitpid(process, 0)
    assert os.WIFSIGNALED(status) == bool(point)
    return point


def look_at(path: Path) -> dict[str, object]:
    """Return how many events there are, and what is wrong with them, if anything."""
    with JournalReader.open(path) as reader, reader.at_one_moment():
        report = chain_report(stored_events(reader.connection), Head())
        wrong = [str(found) for found in differences(reader.connection)]
    return {"n_events": report.n_events, "fault": report.fault, "differences": wrong}


def main(path: Path) -> None:
    """Kill writers of each group at its first point, the second, and so on to its last."""
    for number, group in enumerate([(), *groups()]):
        n_points, point = 0, "none yet"
        while point != "after commit":
            n_points += 1
            point = kill_one(path, [group], n_points)
            found = look_at(path) if number or point == "after commit" else {}
            sys.stdout.write(json.dumps({"group": number, "point": point, **found}) + "\n")
            sys.stdout.flush()  # or every child would have it in its buffer too
    kill_one(path.with_name(ABANDONED), groups(), 0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
