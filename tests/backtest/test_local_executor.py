"""Jobs in processes of this machine: the same results, and nothing lost where one dies."""

import os
import shutil
from collections import namedtuple

import pytest

from backtest.executor import make_executor
from backtest.local_executor import LocalExecutor
from backtest.shared_bars import SEGMENTS, OpenedBars, SharedBars
from backtest.task_failure import TaskFailedError
from tests.helpers.executor_tasks import (
    closes,
    die_third,
    done_by,
    fail_third,
    killing_who_is_at,
    lambda_third,
    linger,
    linger_third,
    refuse_third,
    signed,
    spans,
    threads,
    total,
    walk,
    write_into,
)
from tests.helpers.executor_training import LESSONS, lesson, lesson_bars
from utils.errors import ConfigError, DataError
from utils.threads import ONE_THREAD


def _segments() -> set[str]:
    return {path.name for path in SEGMENTS.glob("psm_*")} if SEGMENTS.is_dir() else set()


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


def test_local_executor_trains_and_tests_as_this_process_does_to_the_bit():
    bars = lesson_bars()
    here, _ = done_by(make_executor("local", 1), lesson, LESSONS, bars)
    there, _ = done_by(make_executor("local", 2), lesson, LESSONS, bars)
    assert sorted(there) == [0, 1, 2]
    for number, one in here.items():
        assert there[number].weights == one.weights
        assert there[number].equity == one.equity
        assert there[number].process != one.process == os.getpid()
    assert len({one.equity for one in here.values()}) > 1  # they trade


def test_local_executor_frees_processes_and_memory():
    before = _segments()
    done, error = done_by(LocalExecutor(2), total, spans(6), walk(8))
    assert error is None
    assert [done[number].close for number in range(6)] == closes(6)
    assert not any(_is_alive(outcome.process) for outcome in done.values())
    assert _segments() <= before


@pytest.mark.parametrize(
    ("task", "kind", "line"),
    [
        (refuse_third, DataError, "rows 2 to 4: too few bars"),
        (fail_third, TaskFailedError, "rows 2 to 4: ZeroDivisionError: a bug"),
        (lambda_third, TaskFailedError, "rows 2 to 4: "),
        (
            die_third,
            ConfigError,
            "rows 2 to 4: its worker died 3 times, last killed by SIGKILL; if memory ran out, use "
            "fewer workers or a machine with more",
        ),
    ],
)
def test_local_executor_names_the_job_that_failed_and_keeps_what_was_finished(task, kind, line):
    done, error = done_by(LocalExecutor(2), task, spans(4), walk(6))
    assert {0, 1} <= set(done) <= {0, 1, 3}
    assert type(error) is kind
    assert str(error).startswith(line)


def test_local_executor_failure_of_a_bug_ends_with_the_worker_s_traceback():
    _, error = done_by(LocalExecutor(2), fail_third, spans(4), walk(6))
    assert "in fail_third" in str(error)


def test_local_executor_does_the_job_of_a_killed_worker_again(tmp_path):
    jobs = spans(5, tmp_path)
    with killing_who_is_at(jobs[2]):
        done, error = done_by(LocalExecutor(2), linger_third, jobs, walk(7))
    assert error is None
    assert [done[number].close for number in range(5)] == closes(5)
    assert done[2].process != signed(jobs[2])


def test_local_executor_takes_a_job_only_when_somebody_is_free():
    told = []

    def jobs():
        for number, span in enumerate(spans(4)):
            told.append(f"made {number}")
            yield span

    for number, _ in LocalExecutor(2).run(total, jobs(), walk(6)):
        told.append(f"done {number}")
    assert told[:2] == ["made 0", "made 1"]
    assert {told[2], told[3]} in ({"done 0", "made 2"}, {"done 1", "made 2"}, {"done 0", "done 1"})


def test_local_executor_left_early_stops_its_workers(tmp_path):
    before = _segments()
    first, _, third = spans(3, tmp_path)
    outcomes = LocalExecutor(2).run(linger_third, [first, third], walk(7))
    assert next(outcomes)[0] == 0
    process = signed(third)
    outcomes.close()
    assert not _is_alive(process)
    assert _segments() <= before


def test_local_executor_workers_have_one_thread_and_ours_stay(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    done, _ = done_by(LocalExecutor(2), threads, spans(1), walk(3))
    assert done[0] == {**dict.fromkeys(ONE_THREAD, 1), "torch": 1}
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "MKL_NUM_THREADS" not in os.environ


def test_local_executor_bars_cannot_be_written_to_by_a_task():
    _, error = done_by(LocalExecutor(2), write_into, spans(1), walk(3))
    assert "read-only" in str(error)


def test_local_executor_of_no_jobs_begins_nothing():
    assert list(LocalExecutor(2).run(linger, [], walk(3))) == []


def test_shared_bars_that_do_not_fit_are_refused_in_one_line(monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(64_000_000, 63_999_900, 100))
    with pytest.raises(ConfigError, match="shared memory, `/dev/shm` has 0 MB free; enlarge it"):
        SharedBars(walk(100))


def test_shared_bars_closed_twice_are_gone_once():
    shared = SharedBars(walk(10))
    shared.close()
    shared.close()
    with pytest.raises(FileNotFoundError):
        OpenedBars(shared.ticket)
