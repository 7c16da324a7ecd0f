"""Run one test with one guard taken away: `python -m tests.helpers.unguarded GROUP`.

One line of JSON is printed for each guard of the group: how its test ended.
"""

import json
import os
import sys
from typing import Any

import pytest

from tests.helpers.guards import GROUPS, Guard
from utils.paths import PROJECT_ROOT


class Verdicts:
    """A pytest plugin that keeps how tests ended."""

    def __init__(self) -> None:
        self.outcomes: list[str] = []
        self.text = ""

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Keep what a test's call, or what went wrong around it, came to."""
        if report.when == "call" or report.failed:
            self.outcomes.append(f"{report.when} {report.outcome}")
            if report.failed:
                self.text = getattr(report.longrepr, "reprcrash", report.longrepr).message[:300]


def judge(guard: Guard | None, test: str) -> dict[str, Any]:
    """Return how a test ends without a guard."""
    verdicts = Verdicts()
    with pytest.MonkeyPatch.context() as patch:
        if guard is not None:
            guard.remove(patch)
        pytest.main(
            ["-q", "-x", "-p", "no:cacheprovider", f"tests/trading/{test}"], plugins=[verdicts]
        )
    return {"outcomes": verdicts.outcomes, "text": verdicts.text}


def main(names: list[str]) -> None:
    """Judge all guards of groups, each in a process of its own."""
    os.chdir(PROJECT_ROOT)
    for group in names or GROUPS:
        for name, guard in GROUPS[group].items():
            if os.fork() == 0:
                told = os.dup(1)
                os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # pytest's own words
                found = judge(guard, guard.test)
                os.write(told, f"{json.dumps({'guard': name, **found})}\n".encode())
                os._exit(0)
            os.wait()


if __name__ == "__main__":
    main(sys.argv[1:])
