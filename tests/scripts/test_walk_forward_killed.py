"""scripts/walk_forward.py: killed or interrupted, and gone on with by the same command."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backtest.fold_files import MODEL
from data.store import save_bars
from models.artifacts import WEIGHTS
from models.checkpoint import checkpoints_of
from scripts import walk_results
from scripts.resuming import RUN_FILE
from scripts.walk_runs import CHECKPOINTS
from tests.helpers.cli import assert_one_clear_line, run_script
from tests.helpers.walks import walk_bars
from utils.files import sha256_of_file
from utils.paths import PROJECT_ROOT

SETTINGS = ["--profile", "smoke", "--features", "rsi,roc", "--validation-fraction", 0]
FOLDS = ["--folds", 2, "--seeds", 0, "--checkpoint-every", 256]
FIRST, SECOND = "fold_1_seed_0", "fold_2_seed_0"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")

RUN = """
import sys
from pathlib import Path
from scripts import walk_results
walk_results.TRIALS_DIR = Path(sys.argv.pop(1))
from scripts.walk_forward import app
from utils.cli import run
run(app)
"""


@pytest.fixture(autouse=True)
def trials(monkeypatch, tmp_path):
    """Let trials be logged in a folder of the test's own."""
    monkeypatch.setattr(walk_results, "TRIALS_DIR", tmp_path / "trials")


@pytest.fixture(scope="module")
def bars_file(tmp_path_factory):
    """Return a file of fifteen sessions."""
    path = tmp_path_factory.mktemp("walk") / "bars.parquet"
    save_bars(walk_bars(), path, {"symbol": "MNQ"})
    return path


def _process(tmp_path: Path, *words: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", RUN, str(tmp_path / "trials"), *map(str, words)]
    return subprocess.Popen(
        command, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _wait_for_second_fold(out: Path, process: subprocess.Popen[str]) -> None:
    """Wait until the first fold is finished and the second one has a checkpoint."""
    deadline = time.monotonic() + 120.0
    while not checkpoints_of(out / CHECKPOINTS / SECOND) and time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    assert (out / FIRST / "fold.json").exists()


def _stamp(out: Path) -> int:
    return (out / FIRST / "fold.json").stat().st_mtime_ns


def test_walk_forward_killed_redoes_only_the_fold_under_way(capsys, bars_file, tmp_path):
    words = ["--data", bars_file, *SETTINGS, *FOLDS, "--timesteps", 3_200]
    out = tmp_path / "killed"
    process = _process(tmp_path, *words, "--out", out)
    try:
        _wait_for_second_fold(out, process)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not (out / SECOND).exists()
    stamp = _stamp(out)
    outcome = run_script(capsys, "walk_forward", *words, "--out", out)
    assert outcome.exit_code == 0, outcome.err
    assert f"{FIRST}: kept, as it was finished before (1 of 2)" in outcome.out
    assert "training goes on from timestep" in outcome.err
    assert _stamp(out) == stamp
    assert not (out / CHECKPOINTS).exists()
    assert run_script(capsys, "walk_forward", *words, "--out", tmp_path / "whole").exit_code == 0
    for fold in (FIRST, SECOND):
        one, other = (tmp_path / run / fold / MODEL / WEIGHTS for run in ("killed", "whole"))
        assert sha256_of_file(one) == sha256_of_file(other)
    for name in ("folds.csv", f"{SECOND}/test_1/arrays.npz"):
        assert sha256_of_file(out / name) == sha256_of_file(tmp_path / "whole" / name)


def test_walk_forward_gone_on_with_by_a_mistake_keeps_its_checkpoints(capsys, bars_file, tmp_path):
    out = tmp_path / "walk"
    words = ["--data", bars_file, *SETTINGS, *FOLDS, "--timesteps", 3_200, "--out", out]
    process = _process(tmp_path, *words)
    first = out / CHECKPOINTS / FIRST
    try:
        deadline = time.monotonic() + 120.0
        while not checkpoints_of(first) and time.monotonic() < deadline:
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
    finally:
        process.kill()
        process.communicate()
    assert not (out / FIRST).exists()
    outcome = run_script(capsys, "walk_forward", *words, "--executor", "rya")
    assert_one_clear_line(outcome, "unknown executor `rya`")
    assert checkpoints_of(first)
    assert (out / RUN_FILE).exists()


@pytest.mark.parametrize(
    ("sent", "exit_code"),
    [
        pytest.param(signal.SIGINT, 130, id="interrupt"),
        pytest.param(signal.SIGTERM, 143, id="terminate", marks=pytest.mark.slow),
    ],
)
def test_walk_forward_interrupted_keeps_what_is_finished_and_says_how_to_go_on(
    capsys, bars_file, tmp_path, sent, exit_code
):
    words = ["--data", bars_file, *SETTINGS, *FOLDS, "--timesteps", 3_200]
    out = tmp_path / "walk"
    process = _process(tmp_path, *words, "--out", out)
    try:
        _wait_for_second_fold(out, process)
        process.send_signal(sent)
        printed, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == exit_code, err
    assert "Traceback" not in err
    assert "interrupted; the folds that are finished are kept" in printed
    assert f"walk_forward.py --resume --out {out}" in printed
    other = run_script(capsys, "walk_forward", "--resume", "--out", out, "--timesteps", 128)
    assert_one_clear_line(other, "`timesteps` of the run", "is 3200, asked for is 128")
    outcome = run_script(capsys, "walk_forward", "--resume", "--out", out)
    assert outcome.exit_code == 0, outcome.err
    assert f"{FIRST}: kept" in outcome.out
    assert (out / SECOND / "fold.json").exists()


def test_walk_forward_gone_on_with_other_bars_is_refused(capsys, bars_file, tmp_path):
    out = tmp_path / "walk"
    words = ["--algorithm", "DP", *SETTINGS, "--folds", 1, "--seeds", 0, "--out", out]
    assert run_script(capsys, "walk_forward", "--data", bars_file, *words).exit_code == 0
    other = tmp_path / "other.parquet"
    save_bars(walk_bars().assign(volume=1.0), other, {"symbol": "MNQ"})
    outcome = run_script(capsys, "walk_forward", "--data", other, *words)
    assert_one_clear_line(outcome, "does not hold the bars that the run began with")
    again = run_script(capsys, "walk_forward", "--data", bars_file, *words, "--lookback", 9)
    assert_one_clear_line(again, "`--lookback` of the run", "is 8, asked for is 9")
    done = run_script(capsys, "walk_forward", "--data", bars_file, *words)
    assert (done.exit_code, "kept, as it was finished before (1 of 1)" in done.out) == (0, True)
