"""scripts/train.py: interrupted or killed, and taken up again."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backtest.fold_files import MODEL
from backtest.task_failure import TaskFailedError
from config.instruments import get_instrument
from data.store import load_bars, save_bars
from data.synthetic import synthetic_bars
from models.agent import TradingAgent
from models.artifacts import MANIFEST, WEIGHTS
from models.callbacks import CostRamp
from models.checkpoint import checkpoints_of
from scripts import resuming, walk_results
from tests.helpers.cli import assert_one_clear_line, run_script
from tests.helpers.forecasts import make_store
from utils.files import sha256_of_file
from utils.paths import PROJECT_ROOT
from utils.sealed_json import sealed_text

SHORT = ["--profile", "smoke", "--timesteps", 1_280, "--features", "rsi,roc"]
LAST = ["--validation-fraction", 0]
"""Keeps the last weights, to which all of a training has led."""


@pytest.fixture(autouse=True)
def checkpoints(monkeypatch, tmp_path) -> Path:
    """Let checkpoints and trials lie in folders of the test's own."""
    monkeypatch.setattr(resuming, "CHECKPOINTS_DIR", tmp_path / "checkpoints")
    monkeypatch.setattr(walk_results, "TRIALS_DIR", tmp_path / "trials")
    return tmp_path / "checkpoints"


@pytest.fixture
def lost(monkeypatch):
    """Return what lets a training fail at a timestep, as a lost machine would."""

    def at(timestep: int | None) -> None:
        plain = CostRamp._on_step if timestep is None else None

        def on_step(self) -> bool:
            if plain is None and self.num_timesteps >= timestep:
                raise RuntimeError("lost")
            return True

        monkeypatch.setattr(CostRamp, "_on_step", on_step)

    return at


def _train(capsys, *words):
    outcome = run_script(capsys, "train", *words)
    assert outcome.exit_code == 0, outcome.err
    return outcome


def _lose(capsys, *words) -> None:
    with pytest.raises((RuntimeError, TaskFailedError), match="lost"):
        run_script(capsys, "train", *words)


@pytest.fixture
def unfinished(capsys, bars_file, tmp_path, checkpoints, lost) -> Path:
    """Return the folder of a run that was lost between two checkpoints."""
    lost(700)
    _lose(capsys, "--data", bars_file, *SHORT, *LAST, "--out", tmp_path / "model")
    lost(None)
    assert checkpoints_of(checkpoints / "model")[-1].name == "step_000000000640"
    return checkpoints / "model"


def test_train_resumed_gives_the_same_model_to_the_last_bit(
    capsys, bars_file, tmp_path, unfinished
):
    _train(capsys, "--data", bars_file, *SHORT, *LAST, "--out", tmp_path / "whole")
    outcome = _train(capsys, "--resume", unfinished)
    assert "training goes on from timestep 640" in outcome.err
    assert f"--model {tmp_path / 'model'} --data {bars_file}" in outcome.out
    assert sha256_of_file(tmp_path / "model" / WEIGHTS) == sha256_of_file(
        tmp_path / "whole" / WEIGHTS
    )
    whole, resumed = (TradingAgent.load(tmp_path / name) for name in ("whole", "model"))
    for provenance in (whole.provenance, resumed.provenance):
        del provenance["created_at"]
    assert whole.provenance == resumed.provenance
    assert not unfinished.exists()


def test_train_that_ends_well_leaves_no_checkpoints(capsys, bars_file, tmp_path, checkpoints):
    _train(capsys, "--data", bars_file, *SHORT, "--out", tmp_path / "model")
    assert list(checkpoints.iterdir()) == []
    assert TradingAgent.load(tmp_path / "model").provenance["is_finished"] is True


def test_train_that_is_refused_leaves_no_checkpoints(capsys, bars_file, tmp_path, checkpoints):
    words = ["--data", bars_file, *SHORT, "--cost-ramp", 9_999, "--out", tmp_path / "model"]
    assert_one_clear_line(run_script(capsys, "train", *words), "`cost_ramp_steps`")
    assert list(checkpoints.iterdir()) == []


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["--learning-rate", 0.01], ["`learning_rate`", "is 0.0006, asked for is 0.01", "leave"]),
        (["--algorithm", "A2C"], ["`algorithm`", "'PPO'", "'A2C'"]),
        (["--fixed-sl-ticks", 100], ["`--fixed-sl-ticks`", "200.0", "100.0"]),
        (["--timesteps", 2_000], ["`timesteps`", "1280", "2000"]),
        (["--walk-forward"], ["none of --walk-forward"]),
        (["--profile", "smoke"], ["`--profile` is not for --resume"]),
    ],
)
def test_train_resumed_with_contradicting_options_names_the_first(capsys, unfinished, words, parts):
    assert_one_clear_line(run_script(capsys, "train", "--resume", unfinished, *words), *parts)
    assert checkpoints_of(unfinished)


def test_train_resumed_with_the_same_options_goes_on(capsys, unfinished, tmp_path):
    _train(capsys, "--resume", unfinished, "--algorithm", "PPO", "--features", "rsi,roc")
    assert TradingAgent.load(tmp_path / "model").provenance["timesteps"] == 1_280


def test_train_resumed_on_other_bars_is_refused(capsys, unfinished, tmp_path):
    save_bars(synthetic_bars(1_500, "overreaction", seed=4), tmp_path / "b.parquet", {})
    words = ["--resume", unfinished, "--data", tmp_path / "b.parquet"]
    assert_one_clear_line(run_script(capsys, "train", *words), "fingerprint", "as they were")


def test_train_resumed_with_other_forecasts_is_refused(
    capsys, bars_file, tmp_path, checkpoints, lost
):
    bars = load_bars(bars_file, get_instrument("MNQ"))
    make_store(tmp_path / "store", bars, (300, len(bars)))
    make_store(tmp_path / "other", bars, (301, len(bars)))
    words = ["--data", bars_file, *SHORT, "--forecasts", tmp_path / "store"]
    lost(700)
    _lose(capsys, *words, "--out", tmp_path / "model")
    lost(None)
    (unfinished,) = checkpoints.iterdir()
    again = ["--resume", unfinished, "--forecasts", tmp_path / "other"]
    parts = "the bars and forecasts that the run began with", "as they were"
    assert_one_clear_line(run_script(capsys, "train", *again), *parts)


def test_train_resumed_where_nothing_is_says_so(capsys, tmp_path):
    outcome = run_script(capsys, "train", "--resume", tmp_path)
    assert_one_clear_line(outcome, "no folder of an unfinished run", "run.json")


def test_train_resumed_from_an_edited_run_is_refused(capsys, unfinished):
    where = unfinished / resuming.RUN_FILE
    where.write_text(where.read_text().replace('"seed": 0', '"seed": 1'))
    assert_one_clear_line(run_script(capsys, "train", "--resume", unfinished), "edited or damaged")


def test_train_resumed_from_a_run_of_other_keys_is_refused(capsys, unfinished):
    (unfinished / resuming.RUN_FILE).write_text(sealed_text({"settings": {}}))
    outcome = run_script(capsys, "train", "--resume", unfinished)
    assert_one_clear_line(outcome, "does not describe a run of train.py")


def test_train_resumed_from_a_damaged_checkpoint_names_the_one_before(capsys, unfinished):
    (checkpoints_of(unfinished)[-1] / "state.safetensors").write_bytes(b"")
    outcome = run_script(capsys, "train", "--resume", unfinished)
    assert_one_clear_line(outcome, "changed or damaged", "to go on from `step_000000000512`")


def test_train_without_data_and_without_a_run_says_what_to_give(capsys):
    assert_one_clear_line(run_script(capsys, "train"), "`--data`", "`--resume`")


def test_train_without_distance_between_checkpoints_is_refused(capsys, bars_file, tmp_path):
    words = ["--data", bars_file, *SHORT, "--checkpoint-every", 0, "--out", tmp_path / "m"]
    assert_one_clear_line(run_script(capsys, "train", *words), "`every`", "was 0")


def test_walk_forward_resumed_keeps_finished_folds_and_goes_on(
    capsys, bars_file, tmp_path, checkpoints, lost, monkeypatch
):
    lengths = ["--folds", 2, "--train-length", 2, "--test-length", 1, "--seeds", 0]
    words = ["--data", bars_file, *SHORT, *LAST, "--walk-forward", *lengths]
    whole = _train(capsys, *words, "--out", tmp_path / "whole")
    lost(700)
    # the first fold is whole before the second is lost: its ramp is another object
    calls: list[CostRamp] = []
    plain = CostRamp._on_step

    def second_only(self) -> bool:
        if not calls or calls[-1] is not self:
            calls.append(self)
        return True if len(calls) == 1 else plain(self)

    monkeypatch.setattr(CostRamp, "_on_step", second_only)
    _lose(capsys, *words, "--out", tmp_path / "folds")
    lost(None)
    assert [path.name for path in (tmp_path / "folds").iterdir()] == ["fold_1_seed_0"]
    outcome = _train(capsys, "--resume", checkpoints / "folds")
    assert "fold_1_seed_0: kept" in outcome.out
    assert "training goes on from timestep 640" in outcome.err
    last = [line for line in whole.out.splitlines() if "all 2 folds" in line]
    assert last == [line for line in outcome.out.splitlines() if "all 2 folds" in line]
    for fold in ("fold_1_seed_0", "fold_2_seed_0"):
        one, other = (tmp_path / run / fold / MODEL / WEIGHTS for run in ("folds", "whole"))
        assert sha256_of_file(one) == sha256_of_file(other)


RUN = """
import sys
from pathlib import Path
from scripts import resuming, walk_results
resuming.CHECKPOINTS_DIR = Path(sys.argv.pop(1))
from scripts.train import app
from utils.cli import run
run(app)
"""


def _process(checkpoints: Path, *words: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", RUN, str(checkpoints), *map(str, words)]
    return subprocess.Popen(
        command, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _wait_for_checkpoints(folder: Path, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 120.0
    while not checkpoints_of(folder) and time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    time.sleep(0.1)


LONG = ["--profile", "smoke", "--timesteps", 6_400, "--features", "rsi,roc"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_train_killed_and_resumed_gives_the_same_model(capsys, bars_file, tmp_path, checkpoints):
    words = ["--data", bars_file, *LONG, *LAST, "--checkpoint-every", 512]
    process = _process(checkpoints, *words, "--out", tmp_path / "model")
    try:
        _wait_for_checkpoints(checkpoints / "model", process)
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == -signal.SIGKILL
    _train(capsys, "--resume", checkpoints / "model")
    _train(capsys, *words, "--out", tmp_path / "whole")
    assert sha256_of_file(tmp_path / "model" / WEIGHTS) == sha256_of_file(
        tmp_path / "whole" / WEIGHTS
    )


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize(
    ("sent", "exit_code"),
    [
        pytest.param(signal.SIGINT, 130, id="interrupt"),
        pytest.param(signal.SIGTERM, 143, id="terminate", marks=pytest.mark.slow),
    ],
)
def test_train_interrupted_saves_a_usable_model_and_says_how_to_go_on(
    capsys, bars_file, tmp_path, checkpoints, sent, exit_code
):
    words = ["--data", bars_file, *LONG, "--timesteps", 2_560_000, "--checkpoint-every", 512]
    process = _process(checkpoints, *words, "--out", tmp_path / "model")
    try:
        _wait_for_checkpoints(checkpoints / "model", process)
        process.send_signal(sent)
        out, err = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == exit_code, err
    assert "Traceback" not in err
    agent = TradingAgent.load(tmp_path / "model")
    assert agent.provenance["is_finished"] is False
    assert 512 <= agent.provenance["timesteps"] < 2_560_000
    assert agent.provenance["validation"]["kept"] is not None
    assert f"train.py --resume {checkpoints / 'model'}" in out
    assert f"interrupted: the model has lived through {agent.provenance['timesteps']:,} of" in out
    tested = ["--model", tmp_path / "model", "--data", bars_file, "--out", tmp_path / "report"]
    assert run_script(capsys, "backtest", *tested).exit_code == 0


def test_train_resumed_does_not_write_over_the_interrupted_model(
    capsys, bars_file, tmp_path, unfinished
):
    (tmp_path / "model").mkdir(exist_ok=True)
    (tmp_path / "model" / MANIFEST).write_text(json.dumps({"of": "the interruption"}))
    _train(capsys, "--resume", unfinished)
    assert TradingAgent.load(tmp_path / "model_2").provenance["is_finished"] is True
    assert json.loads((tmp_path / "model" / MANIFEST).read_text()) == {"of": "the interruption"}
