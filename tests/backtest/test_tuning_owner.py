"""Whose trial it is, and when that process counts as dead."""

import time
from datetime import datetime, timedelta

import pytest
from optuna.exceptions import StorageInternalError

from backtest.tuning_owner import ALIVE, GRACE, OWNER, Owner
from tests.helpers.clocks import StoppedClock
from tests.helpers.tuning import NOON, plan_of, study_of
from utils.errors import ConfigError


@pytest.fixture
def study(tmp_path):
    """Return a study with one trial under way."""
    own = study_of(f"sqlite:///{tmp_path / 's.db'}", plan_of(1))
    own.ask()
    return own


def _owner(study, folder, at=NOON):
    return Owner(study, folder, StoppedClock(at))


def _trial_of(study, owner):
    storage_trial = study.get_trials(deepcopy=True)[0]
    storage_trial.set_user_attr(OWNER, owner.token)
    return storage_trial


def test_owner_on_this_machine_is_lost_as_soon_as_its_lock_is_free(study, tmp_path):
    here = tmp_path / "owners"
    with _owner(study, here) as watching:
        with _owner(study, here) as other:
            trial = _trial_of(study, other)
            assert not watching.is_lost(trial)
        assert not (here / f"{other.token}.lock").exists()
        (here / f"{other.token}.lock").touch()  # as kill -9 would leave it
        assert watching.is_lost(trial)
        assert not (here / f"{other.token}.lock").exists()


def test_own_trial_and_one_that_is_not_marked_are_never_lost(study, tmp_path):
    with _owner(study, tmp_path / "owners") as owner:
        assert not owner.is_lost(_trial_of(study, owner))
        assert not owner.is_lost(study.get_trials(deepcopy=False)[0])


def test_owner_signs_on_after_its_storage_was_away_for_a_moment(study, tmp_path, monkeypatch):
    owner = Owner(study, tmp_path / "owners", StoppedClock(NOON), sign_seconds=0.01)
    signed, really = [], study.set_user_attr

    def sign(name, value):
        signed.append(name)
        if len(signed) == 2:
            raise StorageInternalError("the server is away")
        really(name, value)

    monkeypatch.setattr(study, "set_user_attr", sign)
    with owner:
        deadline = time.monotonic() + 30.0
        while len(signed) < 3 and time.monotonic() < deadline:
            time.sleep(0.01)
    assert len(signed) >= 3


@pytest.mark.parametrize(
    ("silent", "is_lost"),
    [(GRACE - timedelta(seconds=1), False), (GRACE + timedelta(seconds=1), True)],
)
def test_owner_on_another_machine_is_lost_after_a_long_silence(study, tmp_path, silent, is_lost):
    later = (datetime.fromisoformat(NOON) + silent).isoformat()
    with (
        _owner(study, tmp_path / "there") as other,
        _owner(study, tmp_path / "here", later) as watching,
    ):
        assert watching.is_lost(_trial_of(study, other)) is is_lost


def test_owner_gives_signs_of_life_while_it_works(study, tmp_path):
    class Ticking:
        count = 0

        def now(self):
            self.count += 1
            return datetime.fromisoformat(NOON) + timedelta(minutes=self.count)

    with Owner(study, tmp_path / "owners", Ticking(), sign_seconds=0.01) as owner:
        first = datetime.fromisoformat(NOON) + timedelta(minutes=1)
        for _ in range(500):
            if datetime.fromisoformat(study.user_attrs[f"{ALIVE}:{owner.token}"]) > first:
                break
        else:
            pytest.fail("no second sign")


def test_owner_whose_locks_cannot_be_written_is_refused(study, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="cannot write"):
        _owner(study, tmp_path / "file" / "owners")
