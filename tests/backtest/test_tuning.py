"""The search: trials in order, pruned, refused, interrupted, and the same ones every time."""

import math
from collections.abc import Iterator
from dataclasses import replace

import pytest
from optuna.trial import TrialState

from backtest.search_space import Choices
from backtest.tuning import Tuning
from backtest.tuning_owner import Owner
from backtest.tuning_study import REDONE, identity_of, open_study
from backtest.tuning_trials import RECORD, REFUSED, SAME, WITHDRAWN
from config.settings import FoldSettings
from tests.helpers.clocks import StoppedClock
from tests.helpers.tuning import (
    NOON,
    Heard,
    MadeUp,
    made_up,
    plan_of,
    scored,
    search,
    study_of,
)
from utils.errors import ConfigError


@pytest.fixture
def url(tmp_path):
    """Return the URL of a file that no study is in yet."""
    return f"sqlite:///{tmp_path / 's.db'}"


def _figures(study):
    """Return what must not differ between two equal searches."""
    over = [trial for trial in study.trials if trial.state != TrialState.FAIL]
    return [(t.params, t.value, t.intermediate_values, t.user_attrs[RECORD]) for t in over]


def _run(study, plan, tmp_path, executor, heard=None):
    with Owner(study, tmp_path / "owners", StoppedClock(NOON)) as owner:
        tuning = Tuning(study, plan, owner, heard or Heard())
        tuning.run(executor, None)
    return tuning


def test_search_gives_as_many_trials_as_asked_for_and_reports_each_fold(url, tmp_path):
    seen = []
    study = search(url, plan_of(3), tmp_path, MadeUp(lambda job: seen.append(job) or made_up(job)))
    assert [trial.state for trial in study.trials] == [TrialState.COMPLETE] * 3
    assert [job.name for job in seen[:5]] == [
        "trial_0_fold_1_seed_0",
        "trial_0_fold_1_seed_1",
        "trial_0_fold_2_seed_0",
        "trial_0_fold_2_seed_1",
        "trial_1_fold_1_seed_0",
    ]
    assert list(study.trials[0].intermediate_values) == [1, 2]
    assert study.trials[0].value == study.trials[0].intermediate_values[2]
    assert len(study.trials[0].user_attrs[RECORD]["returns"]) == 8


@pytest.mark.parametrize("sampler", ["tpe", "random"])
def test_search_of_the_same_seed_is_the_same_bit_for_bit(tmp_path, sampler):
    plans = [f"sqlite:///{tmp_path / name}.db" for name in ("a", "b", "c")]
    one, two = (search(url, plan_of(12), tmp_path, sampler=sampler) for url in plans[:2])
    assert _figures(one) == _figures(two)
    other = search(plans[2], plan_of(1), tmp_path, sampler=sampler, seed=4)
    assert _figures(one)[0] != _figures(other)[0]


def test_search_that_goes_on_adds_what_it_would_have_added_at_one_go(tmp_path):
    whole = search(f"sqlite:///{tmp_path / 'a'}.db", plan_of(12), tmp_path)
    url = f"sqlite:///{tmp_path / 'b'}.db"
    for n_trials in (3, 11, 12, 12):
        parts = search(url, plan_of(n_trials), tmp_path)
        assert len(parts.trials) == n_trials
    assert _figures(whole) == _figures(parts)


def test_search_by_tpe_comes_closer_than_its_random_beginning(url, tmp_path):
    study = search(url, plan_of(24), tmp_path)
    distance = [abs(math.log10(t.params["agent.learning_rate"]) + 3) for t in study.trials]
    assert sum(distance[12:]) < 0.7 * sum(distance[:12])


def test_search_interrupted_queues_the_trial_and_goes_on_as_if_nothing_had_been(tmp_path):
    whole = search(f"sqlite:///{tmp_path / 'a'}.db", plan_of(12), tmp_path)
    url = f"sqlite:///{tmp_path / 'b'}.db"

    def interrupted(job):
        if job.trial == 10 and job.fold.number == 2:
            raise KeyboardInterrupt
        return made_up(job)

    with pytest.raises(KeyboardInterrupt):
        search(url, plan_of(12), tmp_path, MadeUp(interrupted))
    study = search(url, plan_of(12), tmp_path)
    assert [trial.state for trial in study.trials].count(TrialState.FAIL) == 1
    assert study.trials[11].user_attrs[REDONE] == 10
    assert _figures(whole) == _figures(study)


def test_pruner_ends_a_trial_that_is_worse_than_the_median_and_saves_its_folds(url, tmp_path):
    jobs = []

    def score(job):
        jobs.append(job.name)
        drift = -0.01 if job.trial == 6 else 0.01
        return scored((drift - 0.02, drift + 0.02), job.fold.number)

    plan = plan_of(8, n_folds=3)
    heard = Heard()
    study = study_of(url, plan, pruner="median")
    _run(study, plan, tmp_path, MadeUp(score), heard)
    assert study.trials[6].state == TrialState.PRUNED
    assert [name for name in jobs if "trial_6" in name] == [
        "trial_6_fold_1_seed_0",
        "trial_6_fold_1_seed_1",
    ]
    assert [trial.state for trial in study.trials].count(TrialState.PRUNED) == 1
    assert [number for number, _ in heard.logged] == list(range(8))  # a pruned one was a look, too
    assert len(heard.logged[6][1].folds) == 1


@pytest.mark.parametrize("pruner", ["hyperband", "none"])
def test_search_with_another_pruner_comes_to_its_end(url, tmp_path, pruner):
    study = search(url, plan_of(6, n_folds=3), tmp_path, pruner=pruner)
    assert len(study.trials) == 6


def test_trial_is_logged_before_the_study_knows_that_it_is_over(url, tmp_path):
    plan = plan_of(1)
    study = study_of(url, plan)

    class Asking(Heard):
        def log(self, trial, record):
            super().log(trial, record)
            assert study.trials[trial.trial.number].state == TrialState.RUNNING

    heard = Asking()
    _run(study, plan, tmp_path, MadeUp(), heard)
    assert len(heard.logged) == 1


def test_trial_refused_by_its_task_is_pruned_with_the_reason_and_not_logged(url, tmp_path):
    def refusing(job):
        return scored((), refusal="too long") if job.trial == 1 else made_up(job)

    jobs, heard, plan = [], Heard(), plan_of(3)
    study = study_of(url, plan)
    _run(study, plan, tmp_path, MadeUp(lambda job: jobs.append(job) or refusing(job)), heard)
    assert study.trials[1].state == TrialState.PRUNED
    assert study.trials[1].user_attrs[REFUSED] == "too long"
    assert [number for number, _ in heard.logged] == [0, 2]
    assert [job.trial for job in jobs].count(1) == 1
    assert [news.refusal for news in heard.shown if news.trial == 1] == ["too long"]


def test_trial_refused_by_its_settings_costs_no_job(url, tmp_path):
    space = {
        "env.flatten_minutes_before_close": Choices(values=(60,)),
        "env.no_entry_minutes_before_close": Choices(values=(30, 90)),
    }
    plan = replace(plan_of(8), space=space)
    jobs = []
    study = search(url, plan, tmp_path, MadeUp(lambda job: jobs.append(job) or made_up(job)))
    refused = [trial for trial in study.trials if REFUSED in trial.user_attrs]
    assert 0 < len(refused) < 8
    assert "`no_entry_minutes_before_close`" in refused[0].user_attrs[REFUSED]
    assert not {trial.number for trial in refused} & {job.trial for job in jobs}


def test_search_all_of_whose_trials_are_refused_is_ended_with_the_reason(url, tmp_path):
    with pytest.raises(ConfigError, match="each of the first 10 trials was refused.*too few"):
        search(url, plan_of(50), tmp_path, MadeUp(lambda job: scored((), refusal="too few")))


def test_trial_that_was_done_before_is_not_done_again(url, tmp_path):
    plan = replace(plan_of(6), space={"env.lookback_window": Choices(values=(4, 8))})
    jobs, heard = [], Heard()
    study = study_of(url, plan)
    _run(study, plan, tmp_path, MadeUp(lambda job: jobs.append(job) or made_up(job)), heard)
    assert len(study.trials) == 6
    assert len({job.trial for job in jobs}) == len(heard.logged) == 2
    first, *others = (trial for trial in study.trials if trial.params["env.lookback_window"] == 4)
    for again in others:
        assert again.user_attrs[SAME] == first.number
        assert (again.value, again.state) == (first.value, TrialState.COMPLETE)
        assert again.intermediate_values == first.intermediate_values
        assert again.user_attrs[RECORD] == first.user_attrs[RECORD]


class TwoAtATime:
    """An executor that takes two jobs and yields the later one first."""

    def run(self, task, jobs, bars) -> Iterator[tuple[int, object]]:
        """Yield outcomes, the last job's first."""
        under_way, numbers = [], iter(enumerate(jobs))
        while True:
            while len(under_way) < 2 and (one := next(numbers, None)) is not None:
                under_way.append(one)
            if not under_way:
                return
            number, job = under_way.pop()
            yield number, made_up(job)


def test_search_with_two_workers_measures_trials_side_by_side_and_loses_none(url, tmp_path):
    study = search(url, plan_of(9, seeds=(0,)), tmp_path, TwoAtATime())
    assert [trial.state for trial in study.trials] == [TrialState.COMPLETE] * 9
    for trial in study.trials:
        assert len(trial.user_attrs[RECORD]["net_usd"]) == 2


def test_search_after_its_time_begins_no_trial_and_ends_those_under_way(url, tmp_path):
    study = search(url, plan_of(9, timeout_seconds=0.0), tmp_path)
    assert study.trials == []


def test_trial_beyond_those_asked_for_is_withdrawn(url, tmp_path, monkeypatch):
    """As where two processes ask for the last trial at the same moment."""
    plan = plan_of(2)
    study = search(url, plan, tmp_path)
    monkeypatch.setattr("backtest.tuning_trials.n_finished", lambda own: len(own.trials) - 1)
    _run(study, plan, tmp_path, MadeUp())
    assert [trial.state for trial in study.trials[2:]] == [TrialState.FAIL]
    assert study.trials[2].user_attrs[WITHDRAWN] is True


def test_trial_given_up_by_another_process_is_dropped(url, tmp_path):
    plan = plan_of(1)
    study = study_of(url, plan)

    def score(job):
        if (job.trial, job.seed) == (0, 0):
            study.tell(0, state=TrialState.FAIL)
        return made_up(job)

    _run(study, plan, tmp_path, MadeUp(score))
    assert [trial.state for trial in study.trials] == [TrialState.FAIL, TrialState.COMPLETE]


def test_study_of_other_bars_or_settings_is_refused_naming_the_difference(url):
    plan = plan_of(1)
    study_of(url, plan)
    for changes, others, part in [
        (
            {},
            {"data fingerprint": "abc"},
            "another data fingerprint: it has None, asked for is abc",
        ),
        ({"folds": FoldSettings(seeds=(5,))}, {}, r"another folds.seeds: it has \[0, 1\]"),
    ]:
        settings = plan.settings.model_copy(update=changes)
        identity = identity_of(settings, plan.space, others)
        with pytest.raises(ConfigError, match=part):
            _opened(url, identity)


def _opened(url, identity):
    from backtest.tuning_storage import open_storage
    from backtest.tuning_study import StudyPlan

    plan = StudyPlan(name="s", sampler="tpe", pruner="none", seed=3, n_folds=2, identity=identity)
    return open_study(open_storage(url), plan)
