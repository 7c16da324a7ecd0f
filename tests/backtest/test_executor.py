"""Executors by name, and jobs in this process; numbers by hand."""

import pytest

from backtest.executor import make_executor
from backtest.in_process_executor import InProcessExecutor
from backtest.local_executor import LocalExecutor
from backtest.ray_executor import RayExecutor
from backtest.task_failure import TaskFailedError
from tests.helpers.executor_tasks import (
    closes,
    done_by,
    fail_third,
    refuse_third,
    spans,
    total,
    walk,
)
from utils.errors import ConfigError, DataError


def test_in_process_executor_yields_every_outcome_in_turn():
    done = list(InProcessExecutor().run(total, spans(4), walk(6)))
    assert [number for number, _ in done] == [0, 1, 2, 3]
    assert [outcome.close for _, outcome in done] == [201, 203, 205, 207] == closes(4)


@pytest.mark.parametrize(
    ("task", "kind", "line"),
    [
        (refuse_third, DataError, "rows 2 to 4: too few bars"),
        (fail_third, TaskFailedError, "rows 2 to 4: ZeroDivisionError: a bug"),
    ],
)
def test_in_process_executor_of_a_failing_task_keeps_what_came_before(task, kind, line):
    done, error = done_by(InProcessExecutor(), task, spans(4), walk(6))
    assert list(done) == [0, 1]
    assert type(error) is kind
    assert str(error).splitlines()[0] == line


def test_in_process_executor_makes_a_job_only_when_the_one_before_was_taken():
    told = []

    def jobs():
        for span in spans(4):
            told.append("made")
            yield span

    for number, _ in InProcessExecutor().run(total, jobs(), walk(6)):
        told.append(f"done {number}")
    assert told[:4] == ["made", "done 0", "made", "done 1"]


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        (("local",), InProcessExecutor),
        (("local", 1, None), InProcessExecutor),
        (("local", 2, None), LocalExecutor),
        (("ray", None, "10.0.0.5:6379"), RayExecutor),
        (("ray", 1, "local"), RayExecutor),
    ],
)
def test_executor_is_made_by_name_and_number_of_workers(arguments, kind):
    assert type(make_executor(*arguments)) is kind


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("loca", 1, None), "unknown executor `loca`: did you mean `local`"),
        (("local", 0, None), "`workers` must be >= 1, was 0"),
        (("local", 2, "10.0.0.5:6379"), "a Ray address is for `--executor ray`, was 10.0.0.5:6379"),
        (("ray", 2, None), "`--executor ray` needs `--ray-address`: the head's host:port"),
        (("ray", 2, "10.0.0.5"), "`--ray-address` must be the head's host:port.* was 10.0.0.5"),
        (("ray", 2, "ray://10.0.0.5:10001"), "`--ray-address` must be .* was ray://10.0.0.5:10001"),
        (("ray", 2, "10.0.0.5:65536"), "`--ray-address` must be .* was 10.0.0.5:65536"),
    ],
)
def test_executor_of_wrong_options_is_refused_in_one_line(arguments, line):
    with pytest.raises(ConfigError, match=line):
        make_executor(*arguments)
