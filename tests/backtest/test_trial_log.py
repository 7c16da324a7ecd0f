"""Trials are kept through crashes and among several writers, and looks are counted."""

import json
import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from backtest.trial_log import TrialLog
from backtest.trials import (
    digest_of,
    sharpes_of,
    trial_of,
    trial_of_returns,
    uses_of,
    variants_beside,
    with_this,
)
from tests.helpers.clocks import StoppedClock
from tests.helpers.results import hand_made_result, idle_result
from utils.errors import ConfigError, DataError

CLOCK = StoppedClock("2025-06-30T12:00:00+00:00")
JANUARY = ("2025-01-02", "2025-01-31")
MARCH = ("2025-03-03", "2025-03-31")
RETURNS = np.array([0.01, -0.005, 0.0, 0.02, -0.01])


def trial(name="model", span=JANUARY, returns=RETURNS, **thing):
    return trial_of_returns(name, digest_of([name, thing]), span, returns)


@pytest.fixture
def log(tmp_path):
    return TrialLog(fingerprint="abc", folder=tmp_path / "trials")


def add_ten(folder, name):
    for count in range(10):
        TrialLog(fingerprint="abc", folder=folder).add(trial(f"{name}{count}"), CLOCK)


def test_trial_log_without_a_file_knows_nothing(log):
    assert log.trials_on(JANUARY).trials == ()
    assert uses_of(()).sentence == "no look at these sessions was logged"


def test_trial_log_gives_back_what_was_added_bit_for_bit(log):
    log.add(trial(returns=RETURNS / 3.0), CLOCK)
    assert log.trials_on(JANUARY).trials == (trial(returns=RETURNS / 3.0),)
    assert b'"logged_at": "2025-06-30T12:00:00+00:00"' in log.path.read_bytes()


def test_trial_log_undefined_moments_stay_undefined(log):
    log.add(trial(returns=np.zeros(5)), CLOCK)
    (found,) = log.trials_on(JANUARY).trials
    assert math.isnan(found.sharpe)
    assert math.isnan(found.kurtosis)


def test_trial_log_same_thing_on_the_same_span_is_one_trial_and_two_looks(log):
    for name in ("a", "b", "a", "a"):
        log.add(trial(name), CLOCK)
    trials = log.trials_on(JANUARY).trials
    assert [(each.name, each.n_looks) for each in trials] == [("a", 3), ("b", 1)]
    uses = uses_of(trials)
    assert (uses.n_looks, uses.n_things) == (4, 2)
    assert uses.sentence == "these sessions were looked at 4 times, by 2 candidates"


def test_trial_log_same_thing_on_another_span_is_another_trial_of_one_thing(log):
    log.add(trial(), CLOCK)
    log.add(trial(span=("2025-01-20", "2025-02-28")), CLOCK)
    trials = log.trials_on(JANUARY).trials
    assert len(trials) == 2
    assert uses_of(trials).n_things == 1


@pytest.mark.parametrize(
    ("span", "n_found"),
    [
        (("2024-12-01", "2025-01-01"), 0),
        (("2024-12-01", "2025-01-02"), 1),
        (("2025-01-31", "2025-02-20"), 1),
        (("2025-02-01", "2025-02-20"), 0),
    ],
)
def test_trial_log_span_counts_where_it_shares_a_session(log, span, n_found):
    log.add(trial(), CLOCK)
    assert len(log.trials_on(span).trials) == n_found


def test_trial_log_torn_last_line_is_told_skipped_and_closed_by_the_next_writer(log):
    log.add(trial("a"), CLOCK)
    whole = log.path.read_bytes()
    log.path.write_bytes(whole + whole[: len(whole) // 2])
    assert (len(log.trials_on(JANUARY).trials), log.trials_on(JANUARY).n_damaged) == (1, 1)
    log.add(trial("b"), CLOCK)
    found = log.trials_on(JANUARY)
    assert [each.name for each in found.trials] == ["a", "b"]
    assert found.n_damaged == 1


def test_trial_log_garbage_is_counted_not_raised(log):
    log.add(trial("a"), CLOCK)
    log.path.write_bytes(b"\xff\xfe\x00\n" + log.path.read_bytes() + b"17\n")
    found = log.trials_on(JANUARY)
    assert (len(found.trials), found.n_damaged) == (1, 2)


def test_trial_log_line_of_something_else_is_refused_by_its_number(log):
    log.add(trial("a"), CLOCK)
    log.path.write_bytes(log.path.read_bytes() + b'{"digest": "x"}\n')
    with pytest.raises(DataError, match=r"line 2 of .* is no trial: it lacks `first_session`"):
        log.trials_on(JANUARY)


def test_trial_log_line_without_a_list_of_returns_is_refused_by_its_number(log):
    log.add(trial("a"), CLOCK)
    values = json.loads(log.path.read_text())
    log.path.write_text(json.dumps({**values, "returns": None}) + "\n")
    with pytest.raises(DataError, match=r"line 1 of .* is no trial: `returns` is no list"):
        log.trials_on(JANUARY)


def test_trial_log_folder_that_cannot_be_made_is_one_line(tmp_path):
    (tmp_path / "file").write_text("in the way")
    log = TrialLog(fingerprint="abc", folder=tmp_path / "file" / "trials")
    with pytest.raises(ConfigError, match="cannot write the log of trials"):
        log.add(trial(), CLOCK)


def test_trial_log_several_writers_at_once_lose_nothing(log):
    with ThreadPoolExecutor(4) as writers:  # each opens the lock for itself, as processes do
        list(writers.map(lambda name: add_ten(log.folder, name), "abcd"))
    found = log.trials_on(JANUARY)
    assert {each.name for each in found.trials} == {f"{n}{c}" for n in "abcd" for c in range(10)}
    assert found.n_damaged == 0


def test_trial_of_result_same_account_and_thing_has_the_same_digest():
    first = trial_of(hand_made_result(), {"weights": "1"})
    assert first == trial_of(hand_made_result(), {"weights": "1"})
    assert first.span == ("2025-01-02", "2025-01-02")
    assert first.n_sessions == 1
    others = [
        trial_of(hand_made_result(), {"weights": "2"}),
        trial_of(hand_made_result(feature_columns=("rsi",)), {"weights": "1"}),
    ]
    assert first.digest not in {each.digest for each in others}


def test_trial_of_a_rule_that_never_traded_is_undefined_but_counts():
    idle = trial_of(idle_result(), "flat")
    assert np.isnan(sharpes_of([idle])).tolist() == [True]


def test_with_this_adds_a_record_once_whatever_its_name():
    a, b = trial("a"), trial("b", returns=RETURNS * 2)
    assert with_this((a,), trial("c")) == (a,)
    assert with_this((a,), b) == (a, b)
    assert with_this((a, b), b) == (a, b)


def test_variants_beside_are_the_others_on_the_same_sessions():
    this = trial("a")
    others = [this, trial("b", returns=RETURNS * 2), trial("c", span=MARCH), trial("d")]
    others.append(trial("e", returns=RETURNS[:3]))
    (name, returns), *rest = variants_beside(others, this).items()
    assert name.startswith("b ")
    assert rest == []
    assert returns.tolist() == (RETURNS * 2).tolist()
