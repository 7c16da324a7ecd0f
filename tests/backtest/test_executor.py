"""Executors by name, and jobs in this process; numbers by hand."""

import pytest

from backtest.executor import make_executor
from backtest.in_process_executor import InProcessExecutor
from backtest.task_failure import TaskFailedError
from tests.helpers.executor_tasks import Span, fail_third, refuse_third, total, walk
from utils.errors import ConfigError, DataError

SPANS = [Span(start=row, stop=row + 2) for row in range(4)]
CLOSES = [100 + 101, 101 + 102, 102 + 103, 103 + 104]


def test_in_process_executor_yields_every_outcome_in_turn() -> None:
    done = list(InProcessExecutor().run(total, SPANS, walk(6)))
    assert [number for number, _ in done] == [0, 1, 2, 3]
    assert [outcome.close for _, outcome in done] == CLOSES


@pytest.mark.parametrize(
    ("task", "error", "line"),
    [
        (refuse_third, DataError, "^rows 2 to 4: too few bars$"),
        (fail_third, TaskFailedError, "^rows 2 to 4: ZeroDivisionError: a bug"),
    ],
)
def test_in_process_executor_of_a_failing_task_keeps_what_came_before(task, error, line) -> None:
    done = []
    with pytest.raises(error, match=line):
        done.extend(number for number, _ in InProcessExecutor().run(task, SPANS, walk(6)))
    assert done == [0, 1]


def test_in_process_executor_makes_a_job_only_when_the_one_before_was_taken() -> None:
    told = []

    def jobs():
        for span in SPANS:
            told.append("made")
            yield span

    for number, _ in InProcessExecutor().run(total, jobs(), walk(6)):
        told.append(f"done {number}")
    assert told[:4] == ["made", "done 0", "made", "done 1"]


def test_in_process_executor_is_what_one_local_worker_means() -> None:
    assert isinstance(make_executor("local", 1, None), InProcessExecutor)
    assert isinstance(make_executor("local"), InProcessExecutor)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("lokal", 1, None), "unknown executor `lokal`: did you mean `local`"),
        (("local", 0, None), "`workers` must be >= 1, was 0"),
        (("local", 2, "10.0.0.5:6379"), "a Ray address is for `--executor ray`, was 10.0.0.5:6379"),
    ],
)
def test_executor_of_wrong_options_is_refused_in_one_line(arguments, line) -> None:
    with pytest.raises(ConfigError, match=line):
        make_executor(*arguments)
