"""Negative controls: whichever guard is taken away, a test that we have fails."""

import json
import subprocess
import sys

import pytest

from tests.helpers.guards import GROUPS
from trading.opening_checks import OPENING_CHECKS
from trading.order_checks import CHECKS
from trading.price_guards import PRICE_GUARDS
from utils.paths import PROJECT_ROOT

LEAST = 25
"""Guards there are to be at least."""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows cannot fork")
@pytest.mark.parametrize("group", GROUPS)
def test_every_guard_that_is_taken_away_is_missed_by_its_test(group):
    command = [sys.executable, "-m", "tests.helpers.unguarded", group]
    done = subprocess.run(
        command, cwd=PROJECT_ROOT, timeout=1_200, capture_output=True, text=True, check=True
    )
    judged = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["guard"] for one in judged] == list(GROUPS[group])
    unnoticed = [one for one in judged if one["outcomes"][-1:] != ["call failed"]]
    assert not unnoticed


def test_every_check_of_the_risk_guard_has_a_negative_control():
    checks = {name for group in GROUPS.values() for name in group if name.startswith("check_")}
    assert checks == {check.__name__ for check in (*CHECKS, *OPENING_CHECKS, *PRICE_GUARDS)}
    assert sum(map(len, GROUPS.values())) >= LEAST
