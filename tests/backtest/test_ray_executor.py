"""Jobs on a real Ray cluster of two nodes: the local results, and nothing lost where one dies."""

import os
import signal
import threading
from dataclasses import replace

import pytest

from backtest.code_mark import code_mark
from backtest.executor import make_executor
from tests.helpers.executor_tasks import (
    closes,
    die_third,
    done_by,
    fail_third,
    killing_who_is_at,
    lambda_third,
    linger_third,
    signed,
    spans,
    total,
    walk,
)
from tests.helpers.executor_training import (
    LESSONS,
    lesson,
    lesson_bars,
    lesson_or_linger,
    lessons_traced,
)
from tests.helpers.ray_cluster import two_nodes
from utils.errors import ConfigError


@pytest.fixture(scope="module")
def address():
    """Return the address of the cluster that all these tests use."""
    with two_nodes() as where:
        yield where


@pytest.mark.slow
def test_ray_executor_does_what_this_process_does_though_a_worker_is_killed(address, tmp_path):
    """Trained and tested on two nodes, one killed in the midst of a fold: the same to the bit."""
    bars, jobs = lesson_bars(), lessons_traced(tmp_path)
    with killing_who_is_at(jobs[2]):
        ray, error = done_by(make_executor("ray", None, address), lesson_or_linger, jobs, bars)
    assert error is None
    assert sorted(ray) == [0, 1, 2]
    here, _ = done_by(make_executor("local"), lesson, LESSONS, bars)
    for number, one in here.items():
        assert ray[number].weights == one.weights
        assert ray[number].equity == one.equity
    assert len({one.process for one in ray.values()}) >= 2  # both nodes worked
    assert ray[2].process != signed(jobs[2])
    assert len({one.equity for one in ray.values()}) > 1  # they trade


@pytest.mark.slow
def test_ray_executor_names_the_job_whose_worker_always_dies(address):
    done, error = done_by(make_executor("ray", 1, address), die_third, spans(4), walk(6))
    assert list(done) == [0, 1]
    assert type(error) is ConfigError
    assert str(error).startswith("rows 2 to 4: its worker died 3 times (")
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("task", "line"),
    [
        (fail_third, "ZeroDivisionError: a bug"),
        pytest.param(lambda_third, "AttributeError: Can't", marks=pytest.mark.slow),
    ],
)
def test_ray_executor_names_the_job_that_failed_and_keeps_what_was_finished(address, task, line):
    done, error = done_by(make_executor("ray", 1, address), task, spans(4), walk(6))
    assert [outcome.close for outcome in done.values()] == closes(2)
    assert str(error).startswith(f"rows 2 to 4: {line}")


def test_ray_executor_refuses_a_machine_with_other_sources(address, monkeypatch):
    other = replace(code_mark(), sources="0" * 64)
    monkeypatch.setattr("backtest.ray_executor.code_mark", lambda: other)
    done, error = done_by(make_executor("ray", 1, address), total, spans(1), walk(3))
    assert done == {}
    assert type(error) is ConfigError
    assert "has other sources" in str(error)
    assert "check out the same revision in" in str(error)


@pytest.mark.slow
def test_ray_executor_asked_to_terminate_stops_its_workers(address, tmp_path):
    jobs = spans(3, tmp_path)
    stopper = threading.Thread(
        target=lambda: signed(jobs[2]) and os.kill(os.getpid(), signal.SIGTERM)
    )
    stopper.start()
    with pytest.raises(SystemExit) as left:
        done_by(make_executor("ray", 1, address), linger_third, jobs, walk(5))
    stopper.join()
    assert left.value.code == 143
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
