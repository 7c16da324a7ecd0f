"""scripts/train.py --walk-forward: a model per fold, and what they made out of sample."""

import json

from models.agent import TradingAgent
from scripts import training
from tests.helpers.cli import assert_one_clear_line, run_script


def test_train_walk_forward_saves_each_fold_and_prints_the_total(capsys, bars_file, tmp_path):
    out = tmp_path / "folds"
    words = ["--data", bars_file, "--profile", "smoke", "--walk-forward", "--folds", 2]
    outcome = run_script(capsys, "train", *words, "--timesteps", 128, "--out", out)
    assert outcome.exit_code == 0, outcome.err
    assert sorted(path.name for path in out.iterdir()) == ["fold_1", "fold_2", "metrics.json"]
    results = json.loads((out / "metrics.json").read_text())["results"]
    assert set(results) == {"fold_1", "fold_2"}
    total = sum(run["metrics"]["net_profit_usd"] for run in results.values())
    assert f"all 2 folds out of sample: {total:+,.2f} USD net" in outcome.out
    assert TradingAgent.load(out / "fold_2").provenance["training_bars"] == 849  # 1,125 - 276


def test_train_walk_forward_with_too_many_folds_gets_one_clear_line(capsys, bars_file, tmp_path):
    words = ["--data", bars_file, "--profile", "smoke", "--walk-forward", "--folds", 900]
    outcome = run_script(capsys, "train", *words, "--out", tmp_path / "folds")
    assert_one_clear_line(outcome, "900 folds", "2100 are missing")
    assert list(tmp_path.iterdir()) == []


def test_train_walk_forward_logs_each_fold_to_a_folder_of_its_own(
    capsys, bars_file, tmp_path, monkeypatch
):
    monkeypatch.setattr(training, "TENSORBOARD_DIR", tmp_path / "logs")
    words = ["--data", bars_file, "--profile", "smoke", "--walk-forward", "--folds", 2]
    out = tmp_path / "run"
    assert run_script(capsys, "train", *words, "--tensorboard", "--out", out).exit_code == 0
    assert sorted(path.name for path in (tmp_path / "logs" / "run").iterdir()) == [
        "fold_1",
        "fold_2",
    ]
