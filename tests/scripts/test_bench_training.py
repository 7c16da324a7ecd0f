"""The suite `training`: its lines, small runs of what it times, and what it refuses."""

import json

import pytest

from models.market_windows import MarketWindows
from scripts.benchmarks import training as suite
from scripts.benchmarks.line import BenchLine
from scripts.benchmarks.processes import Finished
from scripts.benchmarks.training_speed import Task, timesteps_per_second
from tests.helpers.cli import run_script
from utils.errors import SimulationError

SMALL = {"n_envs": 4, "n_epochs": 1, "threads": 1, "n_rollouts": 1, "n_bars": 3_000}
OTHER = BenchLine(suite="training", name="policy_backtest", value=1.0, unit="s")


@pytest.fixture
def asked(monkeypatch):
    """Let each process answer at once, with its batch size and threads; return the questions."""
    questions = []

    def answer(words):
        questions.append(json.loads(words[-1]))
        speed = {"stock": 100, "exact": 160, "shared paths": 900}[questions[-1]["kind"]]
        return Finished(printed=str(speed * questions[-1]["threads"]), seconds=0.0, peak_bytes=0)

    monkeypatch.setattr(suite, "measured", answer)
    monkeypatch.setattr(suite, "policy_backtest_line", lambda quick: OTHER)
    return questions


def test_bench_training_quick_prints_its_lines(capsys, asked):
    outcome = run_script(capsys, "bench", "--suite", "training", "--quick", "--json")
    assert outcome.exit_code == 0, outcome.err
    lines = {line["name"]: line for line in map(json.loads, outcome.out.splitlines())}
    assert list(lines) == ["exact", "shared_paths", "rollout_memory", "policy_backtest"]
    assert (lines["exact"]["ratio"], lines["shared_paths"]["ratio"]) == (1.6, 9.0)
    assert lines["exact"]["reference"] == "stable-baselines3"
    # a row and four numbers of the account, 8 + 16 bytes, beside 50 x 40 x 4 + 16
    assert lines["rollout_memory"]["value"] == pytest.approx(24 / 8_016)
    assert [question["kind"] for question in asked] == ["stock", "exact", "shared paths"]


def test_bench_training_compares_the_best_of_each_with_either_number_of_threads(asked):
    exact, shared, *_ = suite.training_suite(quick=False)
    assert (exact.value, exact.reference_value, shared.value) == (320.0, 200.0, 1_800.0)
    assert {question["threads"] for question in asked} == {1, 2}
    wanted = {"n_envs": 64, "shared_paths": 8, "batch_size": 2_048, "n_epochs": 10}
    questions = [question for question in asked if question["kind"] == "shared paths"]
    assert all(wanted.items() <= question.items() for question in questions)


@pytest.mark.parametrize("task", [{"kind": "stock"}, {"kind": "ours", "shared_paths": 2}])
def test_bench_training_times_a_rollout_of_either_kind(task):
    assert timesteps_per_second(Task(**SMALL, **task)) > 0


def test_bench_training_refuses_a_figure_where_rows_show_other_windows(monkeypatch):
    true_windows = MarketWindows.of
    monkeypatch.setattr(MarketWindows, "of", lambda self, rows: true_windows(self, rows - 1))
    with pytest.raises(SimulationError, match="rows and windows must give the same log-prob"):
        timesteps_per_second(Task(kind="ours", **SMALL))
