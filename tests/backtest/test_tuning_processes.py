"""One study and several processes: at once, or one after another was killed. On both storages."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from optuna.trial import TrialState

from backtest.tuning_storage import open_storage
from backtest.tuning_study import REDONE
from backtest.tuning_trials import RECORD, WITHDRAWN
from tests.helpers.postgres import IN_URL, PASSWORD, running_server
from tests.helpers.tuning import MadeUp, plan_of, search, slowly, study_of
from utils.errors import ConfigError
from utils.paths import PROJECT_ROOT

WAIT_SECONDS = 120.0


@pytest.fixture(scope="module")
def server():
    """Return the URL of a PostgreSQL database."""
    with running_server() as url:
        yield url


@pytest.fixture
def url(request, tmp_path):
    """Return an empty storage of the kind that is asked for."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 's.db'}"
    storage = open_storage(request.getfixturevalue("server"))
    for study in storage.get_all_studies():
        storage.delete_study(storage.get_study_id_from_name(study.study_name))
    return request.getfixturevalue("server")


def _process(url, folder: Path, n_trials: int, stuck: int | None = None) -> subprocess.Popen[str]:
    words = [url, str(folder), str(n_trials), "none" if stuck is None else str(stuck)]
    command = [sys.executable, "-m", "tests.helpers.tuning", *words]
    return subprocess.Popen(command, cwd=PROJECT_ROOT, stderr=subprocess.PIPE, text=True)


def _wait(process: subprocess.Popen[str], is_there) -> None:
    limit = time.monotonic() + WAIT_SECONDS
    while not is_there():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < limit
        time.sleep(0.02)


@pytest.mark.parametrize(
    "url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True
)
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_killed_search_goes_on_with_what_it_had_and_redoes_the_trial_under_way(url, tmp_path):
    whole = search(f"sqlite:///{tmp_path / 'whole.db'}", plan_of(6), tmp_path)
    process = _process(url, tmp_path, 6, stuck=3)
    try:
        _wait(process, (tmp_path / "stuck").exists)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == -signal.SIGKILL
    before = study_of(url, plan_of(6))
    assert [trial.state for trial in before.trials] == [
        *[TrialState.COMPLETE] * 3,
        TrialState.RUNNING,
    ]
    study = search(url, plan_of(6), tmp_path)
    states = [trial.state for trial in study.trials]
    assert states[3] == TrialState.FAIL
    assert states.count(TrialState.COMPLETE) == 6
    assert len(states) == 7
    assert study.trials[4].user_attrs[REDONE] == 3
    over = [trial for trial in study.trials if trial.state == TrialState.COMPLETE]
    assert [t.params for t in over] == [t.params for t in whole.trials]
    assert [t.user_attrs[RECORD] for t in over] == [t.user_attrs[RECORD] for t in whole.trials]


@pytest.mark.parametrize(
    "url", ["postgresql", pytest.param("sqlite", marks=pytest.mark.slow)], indirect=True
)
def test_two_processes_on_one_study_neither_lose_nor_double_a_trial(url, tmp_path):
    process = _process(url, tmp_path, 12)
    try:
        _wait(process, lambda: len(study_of(url, plan_of(12)).trials) >= 2)
        study = search(url, plan_of(12), tmp_path, MadeUp(slowly))
        _, errors = process.communicate(timeout=WAIT_SECONDS)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == 0, errors
    whole = [trial for trial in study.trials if trial.state == TrialState.COMPLETE]
    others = [trial for trial in study.trials if trial.state != TrialState.COMPLETE]
    assert len(whole) == 12
    assert all(WITHDRAWN in trial.user_attrs for trial in others)
    assert len(others) <= 2
    assert [trial.number for trial in study.trials] == list(range(len(study.trials)))
    assert len({trial.params["agent.learning_rate"] for trial in whole}) == 12
    assert len({trial.user_attrs["owner"] for trial in whole}) == 2


def test_wrong_password_is_refused_without_showing_it(server):
    with pytest.raises(ConfigError, match="password authentication failed") as refused:
        open_storage(server.replace(IN_URL, "n0t-it"))
    assert "n0t-it" not in str(refused.value)
    assert PASSWORD not in str(refused.value)
