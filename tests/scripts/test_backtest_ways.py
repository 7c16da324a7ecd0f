"""scripts/backtest.py beside one model: several side by side, a strategy, quick, under stress."""

import json
import shutil

import pandas as pd
import pytest

from config.settings import load_profile
from data.splits import chronological_split
from data.synthetic import synthetic_bars
from models.agent import TradingAgent
from models.training import train_agent
from scripts.reporting import REPORT_FILES
from tests.helpers.cli import assert_one_clear_line, run_script
from tests.scripts.conftest import N_BARS

STRATEGY = '''
class Alternating:
    """Long for ten bars, flat for ten."""

    name = "alternating"

    def on_start(self, desk):
        self.count = 0

    def on_bar(self, desk):
        self.count += 1
        desk.target(1 if self.count // 10 % 2 else 0)

    def on_fill(self, desk, fill):
        pass


class Breaking(Alternating):
    name = "breaking"

    def on_bar(self, desk):
        super().on_bar(desk)
        if self.count == 400:
            raise RuntimeError("no more")


class Flat(Alternating):
    name = "flat"


class Nameless:
    def on_bar(self, desk):
        pass


class Greedy(Alternating):
    def __init__(self, length):
        pass


NUMBER = 3
'''


@pytest.fixture(scope="module")
def other_seed(tmp_path_factory):
    """Return a model made as `model_dir` is, but for the seed."""
    bars = synthetic_bars(N_BARS, "overreaction", seed=3)
    settings = load_profile("smoke")
    again = settings.agent.model_copy(update={"seed": 7})
    settings = settings.model_copy(update={"agent": again})
    agent = train_agent(bars.iloc[chronological_split(N_BARS, 0.2).train], settings)
    path = tmp_path_factory.mktemp("models") / "again"
    agent.save(path)
    return path


@pytest.fixture
def strategies(tmp_path):
    path = tmp_path / "rules.py"
    path.write_text(STRATEGY, encoding="utf-8")
    return path


def test_backtest_compare_puts_models_side_by_side_with_pairs_and_seeds(
    capsys, bars_file, model_dir, other_seed, tmp_path
):
    words = ["--compare", model_dir, other_seed, "--data", bars_file, "--out", tmp_path]
    outcome = run_script(capsys, "backtest", *words)
    assert outcome.exit_code == 0, outcome.err
    assert {path.name for path in tmp_path.iterdir()} == REPORT_FILES
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert (
        list(metrics["results"])[:2] == sorted(metrics["results"])[:2] == ["again", "buy_and_hold"]
    )
    assert metrics["assessment"]["seeds"]["names"] == ["model", "again"]
    html = (tmp_path / "report.html").read_text()
    assert "model less again" in html
    assert "model and again on MNQ" in html
    equity = pd.read_parquet(tmp_path / "equity.parquet")
    assert equity["policy"].unique().tolist() == ["model", "again"]
    assert "verdict on model: " in outcome.out
    provenance = json.loads((tmp_path / "provenance.json").read_text())
    assert provenance["trials"] == {"n_looks": 2, "n_things": 2}


def test_backtest_compare_of_models_that_trade_at_other_terms_is_refused(
    capsys, bars_file, model_dir, tmp_path
):
    agent = TradingAgent.load(model_dir)
    agent.env_settings = agent.env_settings.model_copy(update={"initial_balance": 9_999.0})
    agent.save(tmp_path / "poor")
    words = ["--compare", model_dir, tmp_path / "poor", "--data", bars_file, "--quick"]
    refused = run_script(capsys, "backtest", *words, "--out", tmp_path / "report")
    assert_one_clear_line(refused, "`initial_balance`", "`poor` has 9999", "--initial-capital")
    given = [*words, "--initial-capital", 12_000, "--out", tmp_path / "report"]
    assert run_script(capsys, "backtest", *given).exit_code == 0


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ([], ("one of --model, --compare, --strategy and --signals", "none")),
        (["--model", "a", "--compare", "b"], ("--model and --compare",)),
        (["a", "--model", "b"], ("`a` stands alone",)),
        (["--compare", "a"], ("two models or more, were 1",)),
        (["--compare", "a", "../a/../a", "a"], ("`a` is named twice",)),
        (["--strategy", "rules"], ("FILE.py:Name, was `rules`",)),
        (["--strategy", "nowhere.py:A"], ("no file `nowhere.py`",)),
    ],
    ids=str,
)
def test_backtest_of_no_one_way_is_refused(capsys, bars_file, tmp_path, words, parts):
    outcome = run_script(
        capsys, "backtest", *words, "--data", bars_file, "--out", tmp_path / "report"
    )
    assert_one_clear_line(outcome, *parts)
    assert not (tmp_path / "report").exists()


def test_backtest_of_a_strategy_reports_and_weighs_it_and_stresses_it_anew(
    capsys, bars_file, strategies, tmp_path
):
    words = ["--strategy", f"{strategies}:Alternating", "--data", bars_file]
    outcome = run_script(capsys, "backtest", *words, "--out", tmp_path / "out", "--stress")
    assert outcome.exit_code == 0, outcome.err
    assert "verdict on alternating: " in outcome.out
    html = (tmp_path / "out" / "report.html").read_text()
    assert "Hard times in these bars" in html
    assert "In made-up markets" in html
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text())
    assert metrics["results"]["alternating"]["metrics"]["n_trades"] >= 50


def test_backtest_of_a_strategy_that_raises_keeps_what_it_did_until_then(
    capsys, bars_file, strategies, tmp_path
):
    words = ["--strategy", f"{strategies}:Breaking", "--data", bars_file]
    outcome = run_script(capsys, "backtest", *words, "--out", tmp_path / "out")
    assert_one_clear_line(outcome, "`breaking` raised RuntimeError", "no more", "rules.py:")
    assert {path.name for path in (tmp_path / "out").iterdir()} == REPORT_FILES
    equity = pd.read_parquet(tmp_path / "out" / "equity.parquet")
    assert len(equity) == 400
    assert "report: " in outcome.out


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("Nobody", "no `Nobody`; its own classes: Alternating, Breaking, Flat, Nameless, Greedy"),
        ("Flat", "`flat` is the name of a baseline"),
        ("NUMBER", "is no strategy: a strategy must have a `name`"),
        ("Nameless", "`Nameless` has none; give it"),
        ("Greedy", "cannot be made without arguments: TypeError"),
    ],
)
def test_backtest_of_no_strategy_gets_one_clear_line(
    capsys, bars_file, strategies, tmp_path, name, part
):
    words = ["--strategy", f"{strategies}:{name}", "--data", bars_file, "--out", tmp_path / "out"]
    assert_one_clear_line(run_script(capsys, "backtest", *words), part)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("words", [("--other", "missing.parquet"), ("--in-sample",)])
def test_backtest_of_a_strategy_refuses_what_only_models_have_a_use_for(
    capsys, bars_file, strategies, tmp_path, words
):
    asked = ["--strategy", f"{strategies}:Alternating", "--data", bars_file, *words]
    outcome = run_script(capsys, "backtest", *asked, "--out", tmp_path / "out")
    assert_one_clear_line(outcome, f"`{words[0]}` is for models")
    assert not (tmp_path / "out").exists()


def test_backtest_quick_leaves_out_the_tests_and_says_so(capsys, bars_file, model_dir, tmp_path):
    words = ["--model", model_dir, "--data", bars_file, "--out", tmp_path, "--quick"]
    outcome = run_script(capsys, "backtest", *words)
    assert outcome.exit_code == 0
    assert "verdict" not in outcome.out
    assert "assessment" not in json.loads((tmp_path / "metrics.json").read_text())
    assert "without a significance test" in (tmp_path / "report.html").read_text()


def test_backtest_counts_looks_at_a_hold_out_and_leaves_seen_bars_out(
    capsys, bars_file, model_dir, tmp_path
):
    words = ["--model", model_dir, "--data", bars_file, "--quick", "--out"]
    seen = run_script(capsys, "backtest", *words, tmp_path / "0", "--in-sample")
    assert seen.exit_code == 0
    for count in (1, 2):
        run_script(capsys, "backtest", *words, tmp_path / str(count))
        provenance = json.loads((tmp_path / str(count) / "provenance.json").read_text())
        assert provenance["trials"] == {"n_looks": count, "n_things": 1}


def test_backtest_where_trials_cannot_be_logged_says_so_before_it_runs(
    capsys, bars_file, model_dir, tmp_path, monkeypatch
):
    from utils import paths

    (tmp_path / "taken").touch()
    monkeypatch.setattr(paths, "TRIALS_DIR", tmp_path / "taken")
    copy = shutil.copytree(model_dir, tmp_path / "model")
    words = ["--model", copy, "--data", bars_file, "--out", tmp_path / "out"]
    assert_one_clear_line(run_script(capsys, "backtest", *words), "cannot write", "taken")
    assert not (tmp_path / "out").exists()
