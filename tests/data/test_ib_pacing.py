"""How often history may be asked for, by a clock that moves when somebody sleeps."""

import json
import os

import pytest

from data.ib_pacing import BackOff, Pacer, PacingLimits
from tests.helpers.history import MovedClock

LIMITS = PacingLimits(
    n_requests=4, window_seconds=100.0, identical_seconds=15.0, n_burst=2, burst_seconds=2.0
)


def paced(path=None, limits=LIMITS):
    """Return a pacer and its clock."""
    clock = MovedClock("2024-03-27T14:00:00+00:00")
    return Pacer(limits, clock, path), clock


def test_pacer_identical_request_waits_fifteen_seconds():
    pacer, clock = paced()
    pacer.note("MNQH24", "a week")
    clock.move(5.0)

    assert pacer.seconds_to_wait("MNQH24", "a week") == 10.0
    assert pacer.seconds_to_wait("MNQH24", "another week") == 0.0


def test_pacer_third_request_for_one_contract_within_two_seconds_waits():
    pacer, clock = paced()
    pacer.note("MNQH24", "1")
    clock.move(0.5)
    pacer.note("MNQH24", "2")

    assert pacer.seconds_to_wait("MNQH24", "3") == 1.5
    assert pacer.seconds_to_wait("MNQM24", "3") == 0.0


def test_pacer_window_slides_so_that_no_ten_minutes_hold_more():
    pacer, clock = paced()
    for number, pause in enumerate((0.0, 30.0, 30.0, 30.0)):
        clock.move(pause)
        assert pacer.seconds_to_wait("MNQH24", str(number)) == 0.0
        pacer.note("MNQH24", str(number))

    assert pacer.seconds_to_wait("MNQH24", "5") == 10.0
    clock.move(10.0)
    assert pacer.seconds_to_wait("MNQH24", "5") == 0.0
    pacer.note("MNQH24", "5")
    assert pacer.seconds_to_wait("MNQH24", "6") == 30.0


def test_pacer_remembers_what_an_earlier_process_asked_for(tmp_path):
    path = tmp_path / "requests.json"
    pacer, _ = paced(path)
    for number in range(4):
        pacer.note("MNQH24", str(number))

    later, clock = paced(path)

    assert later.seconds_to_wait("MNQM24", "0") == 100.0
    clock.move(100.0)
    later.note("MNQM24", "0")
    assert [row[1] for row in json.loads(path.read_text(encoding="utf-8"))] == ["MNQM24"]


@pytest.mark.parametrize("text", ["{", "[[1]]", '[["x", "MNQH24", "1"]]', "3"])
def test_pacer_damaged_memory_counts_as_none(tmp_path, text):
    path = tmp_path / "requests.json"
    path.write_text(text, encoding="utf-8")

    assert paced(path)[0].seconds_to_wait("MNQH24", "1") == 0.0


def test_pacer_removes_what_killed_writers_left_once_nobody_can_be_writing_it(tmp_path):
    path = tmp_path / "requests.json"
    old, young = (tmp_path / f".requests.json.{name}.part" for name in ("old", "young"))
    _, clock = paced()
    for file, age in ((old, 601), (young, 599)):
        file.touch()
        at = clock.now().timestamp() - age
        os.utime(file, (at, at))
    Pacer(PacingLimits(), clock, path)
    assert (old.exists(), young.exists()) == (False, True)


def test_pacer_requests_of_the_future_do_not_count(tmp_path):
    path = tmp_path / "requests.json"
    pacer, clock = paced(path)
    clock.move(3_600.0)
    pacer.note("MNQH24", "1")

    assert paced(path)[0].seconds_to_wait("MNQH24", "1") == 0.0


def test_pacer_tells_how_long_the_rest_takes():
    pacer, _ = paced()
    pacer.note("MNQH24", "1")

    assert [pacer.seconds_for(n) for n in (0, 3, 4, 7, 8)] == [0.0, 0.0, 100.0, 100.0, 200.0]


def test_back_off_doubles_up_to_its_limit():
    back_off = BackOff(first_seconds=15.0, most_seconds=100.0)

    assert [back_off.seconds(n) for n in (1, 2, 3, 4, 50)] == [15.0, 30.0, 60.0, 100.0, 100.0]


def test_limits_stay_below_what_interactive_brokers_allows():
    limits = PacingLimits()

    assert limits.n_requests < 60
    assert limits.window_seconds == 600.0
    assert limits.identical_seconds >= 15.0
    assert limits.n_burst < 6
    assert limits.burst_seconds >= 2.0
