"""scripts/backtest.py: unseen bars by default, a report, and one line for each mistake."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest

from config.settings import load_profile
from data.store import save_bars
from data.synthetic import synthetic_bars
from env.trading_env import TradingEnv
from models.agent import TradingAgent
from scripts import walk_results, workflow
from scripts.reporting import REPORT_FILES
from scripts.training import TrainingFiles, train_and_save
from tests.helpers.agents import SMALL
from tests.helpers.cli import assert_one_clear_line, run_script
from utils import paths


def test_backtest_writes_report_and_metrics_for_unseen_bars(capsys, bars_file, model_dir, tmp_path):
    outcome = run_script(
        capsys, "backtest", "--model", model_dir, "--data", bars_file, "--initial-capital", 20_000,
        "--out", tmp_path,
    )  # fmt: skip
    assert outcome.exit_code == 0, outcome.err
    assert {path.name for path in tmp_path.iterdir()} == REPORT_FILES
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    runs = metrics["results"]
    assert set(runs) == {"PPO-lstm", "flat", "random", "buy_and_hold", "ma_cross"}
    assert {run["first_bar"] for run in runs.values()} == {runs["flat"]["first_bar"]}
    first = pd.Timestamp(runs["PPO-lstm"]["first_bar"])
    stamps = pd.read_parquet(bars_file)["timestamp"]
    assert first == stamps[1_200]  # training ended with row 1,199
    assert "buy_and_hold" in outcome.out


def test_backtest_twice_with_one_seed_gives_identical_metrics(
    capsys, bars_file, model_dir, tmp_path
):
    words = ["--model", model_dir, "--data", bars_file, "--seed", 4]
    for name in ("one", "two"):
        run_script(capsys, "backtest", *words, "--out", tmp_path / name)
    one, two = ((tmp_path / name / "metrics.json").read_bytes() for name in ("one", "two"))
    assert one == two


def test_backtest_on_seen_bars_only_is_refused_and_in_sample_is_said(
    capsys, bars_file, model_dir, tmp_path
):
    seen = tmp_path / "seen.parquet"
    pd.read_parquet(bars_file).set_index("timestamp").iloc[:1_000].to_parquet(seen)
    words = ["--model", model_dir, "--data", seen, "--out", tmp_path / "report"]
    assert_one_clear_line(run_script(capsys, "backtest", *words), str(seen), "--in-sample")
    outcome = run_script(capsys, "backtest", *words, "--in-sample")
    assert outcome.exit_code == 0
    assert "in-sample" in outcome.out.lower()
    assert "in-sample" in (tmp_path / "report" / "report.html").read_text().lower()


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--initial-capital", "0"], "`initial_capital`"),
        (["--commission", "-1"], "commission"),
        (["--slippage-ticks", "-1"], "slippage_ticks"),
        (["--start", "yesterday-ish"], "yesterday-ish"),
        (["--start", "2099-01-01"], "`start` 2099-01-01 and `end` None leave no bar to trade on"),
        (["--start", "2024-01-03"], "before the end of the model's training"),
        (["--end", "2024-01-03"], "leave no bar to trade on"),
        (["--slippage-ticks", "0.5"], "was '0.5'"),
        (["--symbol", "MNX"], "`MNQ`?"),
        (["--symbol", "ES", "--start", "2099-01-01"], "2099"),
    ],
    ids=" ".join,
)
def test_backtest_mistake_gets_one_clear_line(capsys, bars_file, model_dir, tmp_path, words, part):
    base = ["--model", model_dir, "--data", bars_file, "--out", tmp_path / "report"]
    assert_one_clear_line(run_script(capsys, "backtest", *base, *words), part)
    assert list(tmp_path.iterdir()) == []


def test_backtest_refuses_a_tampered_model(capsys, bars_file, model_dir, tmp_path):
    copy = tmp_path / "model"
    copy.mkdir()
    for file in model_dir.iterdir():
        content = file.read_bytes()
        (copy / file.name).write_bytes(content.replace(b'"PPO"', b'"A2C"'))
    outcome = run_script(capsys, "backtest", "--model", copy, "--data", bars_file)
    assert_one_clear_line(outcome, "manifest.json")


def test_backtest_refuses_a_missing_model(capsys, bars_file, tmp_path: Path):
    outcome = run_script(capsys, "backtest", "--model", tmp_path / "x", "--data", bars_file)
    assert_one_clear_line(outcome, str(tmp_path / "x"))


def test_backtest_finds_an_unusable_out_before_it_runs(
    capsys, bars_file, model_dir, tmp_path, monkeypatch
):
    def refuse_to_run(*_):
        raise AssertionError("the back-test must not begin")

    monkeypatch.setattr(workflow, "run_beside_baselines", refuse_to_run)
    (tmp_path / "file").touch()
    words = ["--model", model_dir, "--data", bars_file, "--out", tmp_path / "file" / "report"]
    assert_one_clear_line(run_script(capsys, "backtest", *words), "cannot write", "file/report")


@pytest.fixture(scope="module")
def as_mnq(tmp_path_factory):
    """Return a folder with a model of MNQ, trained on a file that notes NQ, and that file."""
    folder = tmp_path_factory.mktemp("as_mnq")
    bars = synthetic_bars(600, seed=1)
    save_bars(bars, folder / "NQ.parquet", {"symbol": "NQ"})
    settings = load_profile("smoke")
    files = TrainingFiles(directory=folder / "model", data=folder / "NQ.parquet")
    train_and_save(bars, settings, files)
    return folder


def test_backtest_trades_bars_noted_like_those_of_the_training_as_the_model_does(
    capsys, as_mnq, tmp_path
):
    later = tmp_path / "later.parquet"
    save_bars(synthetic_bars(700, seed=1).iloc[480:], later, {"symbol": "NQ"})
    for number, data in enumerate((as_mnq / "NQ.parquet", later)):
        words = ["--model", as_mnq / "model", "--data", data, "--out", tmp_path / str(number)]
        words.append("--quick")
        outcome = run_script(capsys, "backtest", *words)
        assert outcome.exit_code == 0, outcome.err
        assert "traded as MNQ" in outcome.out


def test_backtest_of_bars_noted_unlike_those_of_the_training_asks(
    capsys, as_mnq, model_dir, tmp_path
):
    """A model of MNQ whose training file noted NQ knows nothing of ES, nor one of MNQ of NQ."""
    bars = synthetic_bars(1_500, seed=1)
    for model, noted in ((as_mnq / "model", "ES"), (model_dir, "NQ")):
        data = tmp_path / f"{noted}.parquet"
        save_bars(bars, data, {"symbol": noted})
        words = ["--model", model, "--data", data, "--out", tmp_path / "report"]
        outcome = run_script(capsys, "backtest", *words)
        assert_one_clear_line(outcome, f"that its bars are {noted}, not MNQ", "say with --symbol")
    assert not (tmp_path / "report").exists()


def test_backtest_of_bars_noted_like_those_of_the_training_still_checks_their_ticks(
    capsys, as_mnq, tmp_path
):
    data = tmp_path / "data.parquet"
    bars = synthetic_bars(600, seed=1)
    bars[["open", "high", "low", "close"]] += 0.1
    save_bars(bars, data, {"symbol": "NQ"})
    words = ["--model", as_mnq / "model", "--data", data, "--out", tmp_path / "report"]
    assert_one_clear_line(run_script(capsys, "backtest", *words), "off the MNQ tick grid of 0.25")


def test_backtest_finds_in_every_trained_model_what_its_bars_were_noted_as(
    capsys, tmp_path, monkeypatch
):
    monkeypatch.setattr(walk_results, "TRIALS_DIR", tmp_path / "trials")
    data = tmp_path / "NQ.parquet"
    save_bars(synthetic_bars(1_500, seed=1), data, {"symbol": "NQ"})
    words = ["--data", data, "--symbol", "MNQ", "--profile", "smoke", "--timesteps", 128]
    assert run_script(capsys, "train", *words, "--out", tmp_path / "one").exit_code == 0
    folds = [*words, "--walk-forward", "--folds", 1, "--seeds", 0, "--out", tmp_path / "folds"]
    outcome = run_script(capsys, "train", *folds)
    assert outcome.exit_code == 0, outcome.err
    for model in (tmp_path / "one", tmp_path / "folds" / "fold_1_seed_0" / "model"):
        assert TradingAgent.load(model).provenance["data_symbol"] == "NQ"


def test_backtest_on_bars_of_another_size_is_refused(capsys, bars_file, model_dir, tmp_path):
    bars = pd.read_parquet(bars_file).set_index("timestamp")
    wider = bars.set_axis(bars.index[0] + (bars.index - bars.index[0]) * 3, axis=0)
    wider.to_parquet(tmp_path / "wide.parquet")
    words = ["--model", model_dir, "--data", tmp_path / "wide.parquet", "--out", tmp_path / "out"]
    outcome = run_script(capsys, "backtest", *words)
    assert_one_clear_line(outcome, "bars of 300 s, these are of 900 s")
    assert not (tmp_path / "out").exists()


def test_backtest_reports_of_one_name_do_not_replace_each_other(
    capsys, bars_file, model_dir, tmp_path, monkeypatch
):
    monkeypatch.setattr(paths, "REPORTS_DIR", tmp_path)
    for slippage in (1, 2):
        words = ["--model", model_dir, "--data", bars_file, "--slippage-ticks", slippage, "--quick"]
        assert run_script(capsys, "backtest", *words).exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model_on_bars", "model_on_bars_2"]


def test_backtest_into_a_folder_of_other_things_is_refused_and_over_a_report_is_not(
    capsys, bars_file, model_dir, tmp_path
):
    words = ["--model", model_dir, "--data", bars_file, "--quick", "--out"]
    refused = run_script(capsys, "backtest", *words, model_dir)
    assert_one_clear_line(refused, "--out", "holds `card.md`", "choose")
    for _ in range(2):
        assert run_script(capsys, "backtest", *words, tmp_path / "report").exit_code == 0


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("manifest.json", "is a file; name the model directory it lies in"),
        ("..", "holds 1: model0; name one of them"),
    ],
)
def test_backtest_of_something_beside_a_model_says_where_the_model_is(
    capsys, bars_file, tmp_path, model_dir, name, part
):
    own = tmp_path / "saved" / "model0"
    shutil.copytree(model_dir, own)
    outcome = run_script(capsys, "backtest", "--model", (own / name), "--data", bars_file)
    assert_one_clear_line(outcome, part)


def test_backtest_of_several_models_reports_one_ensemble_and_how_far_they_agree(
    capsys, bars_file, model_dir, tmp_path
):
    """A model and its copy are for what they decide, every time."""
    words = ["--model", model_dir, "--data", bars_file, "--quick"]
    one = run_script(capsys, "backtest", *words, "--out", tmp_path / "one")
    twin = shutil.copytree(model_dir, tmp_path / "twin")
    two = run_script(capsys, "backtest", "--model", twin, *words, "--out", tmp_path / "two")
    assert two.exit_code == 0, two.err
    assert "ENSEMBLE: on average 100% of the members of ensemble-of-2" in two.out
    assert "ENSEMBLE" not in one.out
    alone, together = (
        json.loads((tmp_path / name / "metrics.json").read_text())["results"]
        for name in ("one", "two")
    )
    assert together["ensemble-of-2"]["metrics"] == alone["PPO-lstm"]["metrics"]
    assert together["ensemble-of-2"]["agreement"] == 1.0
    assert alone["PPO-lstm"]["agreement"] is None
    provenance = json.loads((tmp_path / "two" / "provenance.json").read_text())["model"]
    assert provenance["member_2"]["name"] == "PPO-lstm"
    assert "ensemble-of-2" in (tmp_path / "two" / "report.html").read_text()


def test_backtest_of_a_model_named_twice_is_refused(capsys, bars_file, model_dir):
    again = model_dir / ".." / model_dir.name
    words = ["--model", model_dir, "--model", again, "--data", bars_file]
    assert_one_clear_line(run_script(capsys, "backtest", *words), str(again), "is named twice")


def test_backtest_of_models_that_do_not_fit_is_refused(capsys, bars_file, model_dir, tmp_path):
    env = TradingEnv(synthetic_bars(300, seed=1), ["rsi"], lookback_window=5)
    TradingAgent(env, settings=SMALL).save(tmp_path / "other")
    words = ["--model", model_dir, "--model", tmp_path / "other", "--data", bars_file]
    outcome = run_script(capsys, "backtest", *words, "--out", tmp_path / "report")
    assert_one_clear_line(outcome, "member 2 of the ensemble, PPO-lstm, does not fit", "['rsi']")
    assert not (tmp_path / "report").exists()
