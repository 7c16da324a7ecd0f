"""Random troubles, one upon the other: once all is mended, what must hold holds.

A schedule that fails is shrunk, and printed as a test that can be pasted here.
"""

import ast

import pytest

from tests.helpers.fault_schedules import live_through, shrunk
from tests.helpers.troubles import DEEDS, LIVES, SWITCHES, Trouble, as_test, schedule_of

pytestmark = pytest.mark.faults

N_SEEDS, N_QUICK = 200, 10
N_TRIES = 3
"""Of a smaller schedule: what fails depends on who is the quicker, too."""


def check(seed, tmp_path):
    """Live through the schedule of a seed; where it fails, say so by the smallest that does."""
    schedule = schedule_of(seed)
    try:
        live_through(schedule, tmp_path / "first", seed)
    except Exception as error:
        folders = (tmp_path / str(number) for number in range(10_000))

        def fails(smaller):
            for _ in range(N_TRIES):
                try:
                    live_through(smaller, next(folders), seed)
                except Exception:
                    return True
            return False

        smallest = shrunk(schedule, fails)
        raise AssertionError(f"{error!r}\n\n{as_test(seed, smallest)}") from error


@pytest.mark.parametrize("seed", range(N_QUICK))
def test_schedule_of_troubles_leaves_all_in_order(tmp_path, seed):
    check(seed, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(N_QUICK, N_SEEDS))
def test_each_schedule_of_troubles_leaves_all_in_order(tmp_path, seed):
    check(seed, tmp_path)


def test_schedules_have_every_trouble():
    drawn = {trouble.name for seed in range(N_SEEDS) for trouble in schedule_of(seed)}
    assert drawn == {*SWITCHES, *DEEDS, *LIVES}


def test_schedule_is_shrunk_to_what_fails():
    troubles = tuple(Trouble(bar, "kick") for bar in range(6))
    assert shrunk(troubles, lambda some: {troubles[1], troubles[4]} <= set(some)) == (
        troubles[1],
        troubles[4],
    )


def test_schedule_is_told_as_a_test_that_can_be_pasted():
    schedule = (Trouble(3, "drop_out", {"11": 2}, 1, 6), Trouble(4, "kill"))
    (function,) = ast.parse(as_test(7, schedule)).body
    call = function.body[0].value
    told = [eval(ast.unparse(one)) for one in call.args[0].elts]  # our own words
    assert tuple(told) == schedule
