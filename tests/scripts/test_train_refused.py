"""scripts/train.py: what cannot be trained gets one clear line, and leaves nothing behind."""

import errno
from pathlib import Path

import numpy as np
import pytest
import torch

from data.store import save_bars
from data.synthetic import synthetic_bars
from models import artifacts
from models.artifacts import MANIFEST, WEIGHTS
from scripts import resuming
from tests.helpers.cli import assert_one_clear_line, run_script

SHORT = ["--profile", "smoke", "--timesteps", 256]


@pytest.fixture(autouse=True)
def checkpoints(monkeypatch, tmp_path) -> Path:
    """Let checkpoints lie in a folder of the test's own."""
    monkeypatch.setattr(resuming, "CHECKPOINTS_DIR", tmp_path / "checkpoints")
    return tmp_path / "checkpoints"


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["--algorithm", "PPOO"], ["unknown algorithm `PPOO`", "`PPO`?"]),
        (["--feature-extractor", "tcm"], ["`tcn`?"]),
        (["--objective", "men"], ["unknown objective `men`", "`mean`?"]),
        (["--predictor", "rigde"], ["unknown predictor `rigde`", "`ridge`?"]),
        (["--tower-mode", "windows"], ["`tower_mode`", "'window' or 'sequence'"]),
        (["--gamma", 1.5], ["`gamma`", "1.5"]),
        (["--n-epochs", 0], ["`n_epochs`", "0"]),
        (["--n-steps", 1], ["`n_steps`", "1"]),
        (["--shared-paths", 3], ["`shared_paths`", "3"]),
        (["--validation-fraction", 1], ["`validation_fraction`", "1"]),
        (["--evaluations", 0], ["`--evaluations`", "0"]),
        (["--significance", 0], ["`significance`", "0"]),
        (["--significance", 2], ["`significance`", "2"]),
        (["--patience", 0], ["`patience`", "0"]),
        (["--cost-ramp", -1], ["`--cost-ramp`", "-1"]),
        (["--cost-ramp", 999], ["`cost_ramp_steps` must be <= the timesteps (256), was 999"]),
        (["--cost-ramp-steps", 5], ["--cost-ramp-steps"]),
    ],
    ids=lambda value: str(value[0]) if str(value[0]).startswith("--") else "",
)
def test_train_mistake_gets_one_clear_line(capsys, bars_file, tmp_path, words, parts):
    outcome = run_script(
        capsys, "train", "--data", bars_file, *SHORT, *words, "--out", tmp_path / "model"
    )
    assert_one_clear_line(outcome, *parts)
    assert not (tmp_path / "model").exists()


def test_train_without_the_gpu_asked_for_says_so(capsys, bars_file, tmp_path, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    words = ["--data", bars_file, *SHORT, "--device", "cuda", "--out", tmp_path / "model"]
    assert_one_clear_line(run_script(capsys, "train", *words), "no usable GPU", "`cpu` or `auto`")


def test_train_on_a_feature_with_nan_names_column_and_stamp(capsys, tmp_path):
    bars = synthetic_bars(500, seed=1)
    values = np.sin(np.arange(500.0))
    values[333] = np.nan
    save_bars(bars.assign(mine=values), tmp_path / "bars.parquet", {"symbol": "MNQ"})
    words = ["--data", tmp_path / "bars.parquet", *SHORT, "--features", "rsi,mine"]
    outcome = run_script(capsys, "train", *words, "--out", tmp_path / "model")
    assert_one_clear_line(outcome, "`mine`", "finite", str(bars.index[333]))


def test_train_on_bars_shorter_than_lookback_and_episode_says_how_many(capsys, tmp_path):
    save_bars(synthetic_bars(60, seed=1), tmp_path / "bars.parquet", {"symbol": "MNQ"})
    words = ["--data", tmp_path / "bars.parquet", *SHORT, "--features", "rsi", "--lookback", 50]
    outcome = run_script(capsys, "train", *words, "--out", tmp_path / "model")
    assert_one_clear_line(outcome, "training needs at least", "had 48")


def test_train_with_too_few_decisions_to_choose_by_says_what_to_do(capsys, tmp_path):
    save_bars(synthetic_bars(80, seed=1), tmp_path / "bars.parquet", {"symbol": "MNQ"})
    words = ["--data", tmp_path / "bars.parquet", *SHORT, "--features", "log_return"]
    words += ["--validation-fraction", 0.01, "--out", tmp_path / "model"]
    outcome = run_script(capsys, "train", *words)
    assert_one_clear_line(outcome, "`validation_fraction` of 0.01", "give more bars", "or 0 to")


def test_train_on_a_full_disk_writes_nothing_half_and_can_be_taken_up(
    capsys, bars_file, tmp_path, monkeypatch, checkpoints
):
    plain = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if path.name == WEIGHTS:
            raise OSError(errno.ENOSPC, "No space left on device")
        return plain(path, content)

    words = ["--data", bars_file, *SHORT, "--out", tmp_path / "model"]
    with monkeypatch.context() as patched:
        patched.setattr(Path, "write_bytes", full)
        outcome = run_script(capsys, "train", *words)
    assert outcome.exit_code == 2
    assert "model`: No space left on device" in outcome.err.splitlines()[-1]
    assert not (tmp_path / "model").exists()
    assert run_script(capsys, "train", "--resume", checkpoints / "model").exit_code == 0
    assert (tmp_path / "model" / MANIFEST).exists()
    assert artifacts.load_model(tmp_path / "model")
