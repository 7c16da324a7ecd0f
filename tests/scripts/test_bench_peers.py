"""Peers: asked in another interpreter, and absent in one clear line each."""

import logging
import sys
from pathlib import Path

import pytest

from scripts.benchmarks import peers
from scripts.benchmarks.peers import BENCH_PYTHON, PROGRAMS_DIR, ask_peer
from utils.errors import ConfigError

PROGRAMS = sorted(path.stem for path in PROGRAMS_DIR.glob("*_step.py"))
QUESTION = {
    "n_bars": 500,
    "n_features": 40,
    "lookback": 50,
    "n_steps": 1_000,
    "n_repeats": 1,
    "seed": 0,
}


def asked(folder, text, caplog):
    """Return what a program of that text answers in this interpreter, and what was logged."""
    (folder / "peer.py").write_text(text, encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        answer = ask_peer("peer", {"a": 20}, Path(sys.executable), folder)
    return answer, caplog.messages


def test_peer_answers_the_question_on_its_last_line(tmp_path, caplog):
    text = (
        "import json, sys\n"
        "print('welcome')\n"
        "print(json.dumps({'b': json.load(sys.stdin)['a'] + 1}))\n"
    )
    assert asked(tmp_path, text, caplog) == ({"b": 21}, [])


def test_peer_without_environment_is_none_and_says_what_to_run(tmp_path, caplog):
    with caplog.at_level(logging.WARNING):
        answer = ask_peer("gym_anytrading_step", QUESTION, tmp_path / "python")
    assert answer is None
    [message] = caplog.messages
    assert "`gym_anytrading_step`" in message
    assert "`make bench-env`" in message


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("import no_such_peer", "No module named 'no_such_peer'"),
        ("raise SystemExit(3)", "exit code 3"),
        ("print('hello')", "not JSON"),
        ("", "not JSON"),
        ("print([1])", "not a JSON object"),
    ],
)
def test_peer_that_cannot_answer_is_none_and_says_why(tmp_path, caplog, text, part):
    answer, messages = asked(tmp_path, text, caplog)
    assert answer is None
    assert len(messages) == 1
    assert part in messages[0]


def test_peer_that_takes_too_long_is_none(tmp_path, caplog, monkeypatch):
    monkeypatch.setattr(peers, "TIMEOUT_SECONDS", 0.2)
    answer, messages = asked(tmp_path, "import time; time.sleep(20)", caplog)
    assert answer is None
    assert "took more than" in messages[0]


def test_peer_program_that_does_not_exist_is_a_mistake_of_ours():
    with pytest.raises(ConfigError, match="no peer program `gym`"):
        ask_peer("gym", QUESTION)


@pytest.mark.slow
@pytest.mark.parametrize("program", PROGRAMS)
def test_peer_program_steps_through_windows_as_large_as_ours(program):
    if not BENCH_PYTHON.exists():
        pytest.skip("the peers are not installed: make bench-env")
    answer = ask_peer(program, QUESTION)
    assert answer is not None
    assert answer["steps_per_second"] > 0
    assert answer["observation_bytes"] == 50 * 40 * 4
    assert answer["n_episodes"] == 2  # of some 450 steps each
