"""scripts/walk_forward.py and train.py --walk-forward: folds, files, mistakes."""

import csv
import html
import json
import subprocess
import sys

import pytest

from backtest.exports import EXPORT_FILES
from config.settings import load_profile
from data.store import save_bars
from models.agent import TradingAgent
from scripts import walk_results, walking
from scripts.resuming import Run, write_run
from tests.helpers.cli import assert_one_clear_line, run_script
from tests.helpers.walks import walk_bars
from utils.files import sha256_of_file
from utils.paths import PROJECT_ROOT

SHORT = ["--profile", "smoke", "--features", "rsi,roc"]
DP = ["--algorithm", "DP", *SHORT]
TWO = ["--folds", 2, "--seeds", "0,1"]
BOTH = ["walk_forward", "train"]


@pytest.fixture(autouse=True)
def trials(monkeypatch, tmp_path_factory):
    """Let trials be logged in a folder of the test's own."""
    folder = tmp_path_factory.mktemp("trials")
    monkeypatch.setattr(walk_results, "TRIALS_DIR", folder)
    return folder


@pytest.fixture(scope="module")
def bars_file(tmp_path_factory):
    """Return a file of fifteen sessions: those of the other scripts' tests are too few."""
    path = tmp_path_factory.mktemp("walk") / "bars.parquet"
    save_bars(walk_bars(), path, {"symbol": "MNQ"})
    return path


def _words(script, data, *words):
    return ["--data", data, *(["--walk-forward"] if script == "train" else []), *words]


@pytest.mark.parametrize("script", BOTH)
def test_walk_forward_saves_each_fold_and_prints_the_total(capsys, bars_file, tmp_path, script):
    out = tmp_path / "folds"
    words = _words(script, bars_file, *DP, *TWO, "--out", out)
    outcome = run_script(capsys, script, *words)
    assert outcome.exit_code == 0, outcome.err
    folds = {f"fold_{fold}_seed_{seed}" for fold in (1, 2) for seed in (0, 1)}
    files = {"folds.csv", "metrics.json", "provenance.json", "report.html", *EXPORT_FILES}
    files |= {"run.json"} if script == "walk_forward" else set()
    assert {path.name for path in out.iterdir()} == folds | files
    results = json.loads((out / "metrics.json").read_text())["results"]
    assert {"walk_forward_seed_0", "walk_forward_seed_1", "flat", *folds} <= set(results)
    net = [results[f"fold_{fold}_seed_0"]["metrics"]["net_profit_usd"] for fold in (1, 2)]
    whole = results["walk_forward_seed_0"]["metrics"]["net_profit_usd"]
    assert sum(net) == pytest.approx(whole, abs=0.005)
    last = f"all 2 folds out of sample, walk_forward_seed_0: {whole:+,.2f} USD net"
    assert last in outcome.out
    with (out / "folds.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [(row["fold"], row["seed"]) for row in rows] == [
        ("1", "0"),
        ("1", "1"),
        ("2", "0"),
        ("2", "1"),
    ]
    model = TradingAgent.load(out / "fold_2_seed_1" / "model")
    assert model.provenance["training_bars"] == int(rows[3]["train_stop"])
    assert model.provenance["data_symbol"] == "MNQ"


def test_walk_forward_of_both_scripts_is_the_same_run(capsys, bars_file, tmp_path):
    for script in BOTH:
        words = _words(script, bars_file, *DP, "--folds", 1, "--seeds", 4)
        outcome = run_script(capsys, script, *words, "--out", tmp_path / script)
        assert outcome.exit_code == 0, outcome.err
    one, other = (tmp_path / script for script in BOTH)
    for name in ("folds.csv", "trades.csv", "fold_1_seed_4/test_1/arrays.npz"):
        assert sha256_of_file(one / name) == sha256_of_file(other / name)
    mine, theirs = (json.loads((out / "metrics.json").read_text()) for out in (one, other))
    assert mine["results"] == theirs["results"]


def test_walk_forward_of_combinatorial_splits_reports_its_paths(capsys, bars_file, tmp_path):
    words = ["--combinatorial", "--groups", 3, "--tested", 2, "--seeds", 0]
    words = _words("walk_forward", bars_file, *DP, *words, "--out", tmp_path / "out")
    outcome = run_script(capsys, "walk_forward", *words)
    assert outcome.exit_code == 0, outcome.err
    results = json.loads((tmp_path / "out" / "metrics.json").read_text())["results"]
    assert {"path_1_seed_0", "path_2_seed_0", "fold_1_seed_0_test_2"} <= set(results)
    assert "all 3 splits, most of them learnt from later bars, path_" in outcome.out


MISTAKES = [
    (["--folds", 90], ["90 expanding folds", "are missing"]),
    (["--fold-kind", "roling"], ["`--fold-kind`", "'rolling', 'expanding' or 'anchored'"]),
    (["--fold-kind", "anchored"], ["`anchor` is for anchored folds, which need one"]),
    (["--anchor", "2024-01-03"], ["`anchor` is for anchored folds"]),
    (["--fold-kind", "anchored", "--anchor", "3.1.24"], ["`anchor`", "YYYY-MM-DD", "3.1.24"]),
    (["--horizon", 12, "--purge", 3], ["`purge_bars` must be >= the label horizon (12), was 3"]),
    (["--horizon", 1], ["`--horizon`", "1"]),
    (["--embargo", 0], ["`embargo` must be >= one session, was 0 sessions"]),
    (
        ["--embargo", 20, "--embargo-unit", "bars"],
        ["`embargo` must be >= one session (276 bars", "was 20 bars"],
    ),
    (["--seeds", "0,1,0"], ["`--seeds`", "0 is there twice"]),
    (["--seeds", "0,one"], ["`--seeds` must be whole numbers by commas", "'0,one'"]),
    (["--seeds", "-1"], ["`--seeds`", "each seed must be in [0, "]),
    (["--test-length", 2, "--step", 1], ["`step` must be >= `test_length` (2), was 1"]),
    (["--groups", 4], ["`--groups` needs --combinatorial"]),
    (
        ["--combinatorial", "--anchor", "2024-01-03"],
        ["`anchor` is for walk-forward folds and does not go with `combinatorial`"],
    ),
    (["--combinatorial", "--folds", 2], ["`n_folds` is for walk-forward folds"]),
    (["--combinatorial", "--tested", 6], ["`n_tested` must be >= 1 and < `n_groups` (6)"]),
    (["--combinatorial", "--groups", 20], ["20 groups need at least 20 sessions", "are missing"]),
    (["--executor", "rya"], ["unknown executor `rya`"]),
    (["--workers", 0], ["`workers` must be >= 1, was 0"]),
    (["--resume"], ["`--out ", "holds no `run.json` of a walk-forward run to go on with"]),
]


@pytest.mark.parametrize(("words", "parts"), MISTAKES, ids=lambda value: str(value[0]))
def test_walk_forward_mistake_gets_one_clear_line(capsys, bars_file, tmp_path, words, parts):
    words = ["--data", bars_file, *DP, *words, "--out", tmp_path / "out"]
    assert_one_clear_line(run_script(capsys, "walk_forward", *words), *parts)
    assert list(tmp_path.iterdir()) == []


def test_walk_forward_is_assessed_and_logged_as_one_trial(capsys, bars_file, tmp_path, trials):
    words = _words("walk_forward", bars_file, *DP, "--folds", 1, "--seeds", "0,1")
    outcome = run_script(capsys, "walk_forward", *words, "--out", tmp_path / "out")
    assert outcome.exit_code == 0, outcome.err
    [verdict] = [line for line in outcome.out.splitlines() if line.startswith("verdict: ")]
    page = (tmp_path / "out" / "report.html").read_text()
    assert verdict.removeprefix("verdict: ").lower() in html.unescape(page).lower()
    assert "1, seed 1" in page
    [log] = trials.glob("*.jsonl")
    assert len(log.read_text().splitlines()) == 1


def test_walk_forward_that_fails_at_once_leaves_its_folder_free(capsys, bars_file, tmp_path):
    words = ["--data", bars_file, *DP, "--folds", 1, "--out", tmp_path / "out"]
    broken = [*words, "--initial-capital", 100]
    assert_one_clear_line(run_script(capsys, "walk_forward", *broken), "fold_1_seed_0: ", "margin")
    assert not (tmp_path / "out").exists()
    assert run_script(capsys, "walk_forward", *words).exit_code == 0


@pytest.mark.parametrize("folder", [PROJECT_ROOT, None])
def test_walk_forward_help_answers_at_once_from_any_folder(tmp_path, folder):
    script = PROJECT_ROOT / "scripts" / "walk_forward.py"
    found = subprocess.run(
        [sys.executable, "-X", "importtime", str(script), "--help"],
        cwd=folder or tmp_path,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "--combinatorial" in found.stdout
    imported = {line.rsplit("|", 1)[-1].strip() for line in found.stderr.splitlines()}
    assert not imported & {"numpy", "pandas", "pydantic", "torch"}


def test_walk_forward_without_bars_says_what_to_give(capsys):
    assert_one_clear_line(run_script(capsys, "walk_forward"), "`--data` must name a file of bars")
    assert_one_clear_line(run_script(capsys, "walk_forward", "--resume"), "needs `--out`")


def test_walk_forward_does_not_write_among_other_files(capsys, bars_file, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    words = ["--data", bars_file, *DP, "--out", tmp_path]
    assert_one_clear_line(run_script(capsys, "walk_forward", *words), "is not empty", "run.json")


@pytest.mark.parametrize("is_walk_forward", [True, False])
def test_walk_forward_does_not_go_on_with_a_run_of_train(capsys, tmp_path, is_walk_forward):
    folder, out = tmp_path / "checkpoints", tmp_path / "model"
    out.mkdir()
    run = Run(
        settings=load_profile("smoke"),
        data=tmp_path / "bars.parquet",
        other=None,
        symbol=None,
        out=out,
        is_walk_forward=is_walk_forward,
        has_tensorboard=False,
        data_fingerprint="0",
    )
    write_run(folder, run)
    outcome = run_script(capsys, "walk_forward", "--resume", "--out", folder)
    assert_one_clear_line(outcome, "run of train.py", f"train.py --resume {folder}")


def test_train_walk_forward_takes_seeds_not_a_seed(capsys, bars_file, tmp_path):
    words = _words("train", bars_file, *DP, "--seed", 1, "--out", tmp_path / "out")
    assert_one_clear_line(run_script(capsys, "train", *words), "`--seed` is not", "`--seeds`")


def test_walk_forward_logs_each_fold_to_a_folder_of_its_own(
    capsys, bars_file, tmp_path, monkeypatch
):
    monkeypatch.setattr(walking, "TENSORBOARD_DIR", tmp_path / "logs")
    words = ["--data", bars_file, *SHORT, "--folds", 1, "--seeds", "0,1", "--tensorboard"]
    words += ["--timesteps", 128, "--evaluations", 1, "--out", tmp_path / "run"]
    outcome = run_script(capsys, "walk_forward", *words)
    assert outcome.exit_code == 0, outcome.err
    names = sorted(path.name for path in (tmp_path / "logs" / "run").iterdir())
    assert names == ["fold_1_seed_0", "fold_1_seed_1"]
