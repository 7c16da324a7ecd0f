"""What a fold's agent must not depend on: rows that its training is not to see.

Rows are poisoned: their prices become wild ones. What was learnt stays the same to the last bit;
and it does not where a guard is taken away, or else these checks would be worth nothing.
"""

import json

import numpy as np
import pytest

from backtest import fold_task as fold_task_module
from backtest.fold_task import fold_task
from backtest.walk_forward import planned_jobs
from data.fold_edges import FoldEdges
from data.planned_folds import PlannedFold
from models import training
from tests.helpers.walks import walk_bars, walk_settings

HORIZON = 2
LOOKBACK = 8
"""Of the profile `smoke`."""

KINDS = {
    "rolling": {"kind": "rolling", "n_folds": 2},
    "combinatorial": {"combinatorial": True, "n_groups": 3, "n_tested": 1},
}


@pytest.fixture(scope="module")
def bars():
    """Return fifteen sessions, the first bar of each on a row of SESSIONS."""
    return walk_bars()


@pytest.fixture(scope="module")
def sessions(bars):
    """Return the first row of each session, and the number of bars: they pause after 22:00 UTC."""
    hours = np.diff(bars.index.asi8) > 15 * 60 * 10**9
    return np.concatenate([[0], np.flatnonzero(hours) + 1, [len(bars)]])


def jobs_of(bars, kind, validation_length, algorithm="DP"):
    return planned_jobs(
        bars, walk_settings(algorithm, validation_length=validation_length, **KINDS[kind])
    )


def poisoned(bars, rows):
    """Return the bars with wild prices in some rows, which still are bars."""
    wild = bars.copy()
    factor = np.where(np.arange(len(rows)) % 7 < 3, 3.0, 0.5)
    for name in ("open", "high", "low", "close"):
        prices = bars[name].to_numpy()[rows] * factor
        wild.iloc[rows, wild.columns.get_loc(name)] = np.round(prices * 4.0) / 4.0
    return wild


def learnt(bars, job):
    """Return the weights, and the scaler, of the model that a job makes."""
    model = fold_task(bars, job).model
    return model["policy.safetensors"], json.loads(model["manifest.json"])["scaler"]


def assert_blind(bars, job, rows):
    """Fail unless the job's model stays the same when some rows change."""
    assert learnt(poisoned(bars, rows), job) == learnt(bars, job)


def rows_around_tests(job, sessions):
    """Return the tested rows, a session either side, and what labels and windows reach beyond."""
    rows = []
    for test in job.fold.tests:
        first = int(np.searchsorted(sessions, test.start))
        last = int(np.searchsorted(sessions, test.stop))
        begin = sessions[max(first - 1, 0)] - HORIZON
        end = sessions[min(last + 1, len(sessions) - 1)] + HORIZON + LOOKBACK
        rows.append(np.arange(max(begin, 0), min(end, sessions[-1])))
    return np.concatenate(rows)


@pytest.mark.parametrize("algorithm", ["DP", "EPG"])
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_learnt_and_chosen_does_not_depend_on_tested_rows_and_those_around(
    bars, sessions, kind, algorithm
):
    jobs = jobs_of(bars, kind, 1, algorithm)
    for job in jobs if algorithm == "DP" else jobs[1:2]:
        assert_blind(bars, job, rows_around_tests(job, sessions))


@pytest.mark.parametrize("kind", KINDS)
def test_purge_and_embargo_taken_away_are_caught(bars, sessions, kind, monkeypatch):
    monkeypatch.setattr(FoldEdges, "stops_before", lambda self, tests: tests)
    monkeypatch.setattr(FoldEdges, "start_after", lambda self, test_stop, lookback_bars: test_stop)
    for job in jobs_of(bars, kind, 0):
        with pytest.raises(AssertionError):
            assert_blind(bars, job, rows_around_tests(job, sessions))


@pytest.mark.parametrize("kind", KINDS)
def test_tested_rows_that_training_can_read_are_caught(bars, sessions, kind, monkeypatch):
    monkeypatch.setattr(fold_task_module, "_readable", lambda fold: slice(0, len(bars)))
    job = jobs_of(bars, kind, 0)[0]
    with pytest.raises(AssertionError):
        assert_blind(bars, job, rows_around_tests(job, sessions))


def rows_of_validation(job):
    """Return the rows that choose, and those before them whose labels reach into them."""
    return np.arange(job.fold.validation.start - HORIZON, job.fold.validation.stop)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_learnt_does_not_depend_on_validation_rows(bars, kind):
    """DP's weights are learnt only; nothing is chosen among."""
    for job in jobs_of(bars, kind, 1):
        assert_blind(bars, job.untested, rows_of_validation(job))


@pytest.mark.parametrize("kind", KINDS)
def test_validation_that_is_not_purged_is_caught(bars, kind, monkeypatch):
    monkeypatch.setattr(PlannedFold, "n_purged", 0)
    job = jobs_of(bars, kind, 1)[0]
    with pytest.raises(AssertionError):
        assert_blind(bars, job.untested, rows_of_validation(job))


@pytest.mark.parametrize("kind", KINDS)
def test_scaler_fitted_on_all_rows_is_caught(bars, kind, monkeypatch):
    monkeypatch.setattr(training, "_last_learnt_from", lambda rows, settings: len(rows))
    job = jobs_of(bars, kind, 1)[0]
    with pytest.raises(AssertionError):
        assert_blind(bars, job.untested, rows_of_validation(job))


def test_network_learns_from_training_rows_and_lets_validation_rows_choose(bars):
    """Where nothing is chosen among, other validation rows leave EPG's weights as they are."""
    chosen = jobs_of(bars, "rolling", 1, "EPG")[0].untested
    only_one = chosen.settings.agent.model_copy(update={"n_evaluations": 1})
    settings = chosen.settings.model_copy(update={"agent": only_one})
    job = planned_jobs(bars, settings)[0].untested
    wild = poisoned(bars, rows_of_validation(job))
    assert learnt(wild, job) == learnt(bars, job)
    assert fold_task(wild, job).validation.metrics != fold_task(bars, job).validation.metrics


def test_result_of_a_bar_does_not_depend_on_later_ones(bars):
    job = jobs_of(bars, "rolling", 1)[0]
    test = job.fold.tests[0]
    middle = (test.start + test.stop) // 2
    wild = poisoned(bars, np.arange(middle, len(bars)))
    one, other = (fold_task(frame, job).results[0] for frame in (bars, wild))
    n_same = middle - test.start
    np.testing.assert_array_equal(one.equity[:n_same], other.equity[:n_same])
    assert not np.array_equal(one.equity, other.equity)
