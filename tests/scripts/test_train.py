"""scripts/train.py: what a user types, what is saved, and what a mistake looks like."""

import errno
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from config.instruments import get_instrument
from data.feature_set import FeatureSet
from data.store import load_bars, save_bars
from data.synthetic import synthetic_bars
from models.agent import TradingAgent
from scripts import training, workflow
from tests.helpers.cli import assert_one_clear_line, run_script

SHORT = ["--profile", "smoke"]


def test_train_with_documented_options_saves_a_loadable_model(capsys, bars_file, tmp_path):
    out = tmp_path / "model"
    outcome = run_script(
        capsys, "train", "--data", bars_file, *SHORT, "--timesteps", 256, "--algorithm", "A2C",
        "--feature-extractor", "gru", "--fixed-sl-ticks", 120, "--reward", "pnl",
        "--learning-rate", 1e-3, "--ent-coef", 0.01, "--batch-size", 32, "--grad-accumulation", 2,
        "--lookback", 12, "--sizer", "fixed", "--seed", 5, "--features", "rsi,macd", "--out", out,
    )  # fmt: skip
    assert outcome.exit_code == 0, outcome.err
    agent = TradingAgent.load(out)
    assert agent.feature_set.names == ("rsi", "macd")
    assert agent.env_settings.stop_loss_ticks == 120
    assert agent.env_settings.lookback_window == 12
    assert (agent.settings.algorithm, agent.settings.feature_extractor) == ("A2C", "gru")
    assert (agent.settings.seed, agent.settings.grad_accumulation) == (5, 2)
    assert "backtest.py" in outcome.out


def test_train_fits_the_scaler_on_training_rows_only(capsys, bars_file, tmp_path):
    """Rows of the last 20 % are made wild: a scaler that saw them would differ."""
    bars = pd.read_parquet(bars_file).set_index("timestamp")
    held_back = bars.index[int(len(bars) * 0.8) :]
    bars.loc[held_back, "volume"] *= 1_000.0
    wild = tmp_path / "wild.parquet"
    bars.to_parquet(wild)
    words = [*SHORT, "--timesteps", 128, "--features", "log_return,relative_volume"]
    words += ["--validation-fraction", 0]
    for data, name in ((bars_file, "calm"), (wild, "wild")):
        out = tmp_path / name
        assert run_script(capsys, "train", "--data", data, *words, "--out", out).exit_code == 0
    calm, shaken = (TradingAgent.load(tmp_path / name) for name in ("calm", "wild"))
    assert calm.scaler.to_dict() == shaken.scaler.to_dict()
    rows = FeatureSet(["log_return", "relative_volume"]).compute(
        load_bars(bars_file, get_instrument("MNQ"))
    )
    train_rows = rows[: int(len(rows) * 0.8)]
    complete = train_rows[np.isfinite(train_rows).all(axis=1)]
    np.testing.assert_allclose(calm.scaler.centre, complete.mean(axis=0), rtol=1e-9)


def test_train_records_the_last_bar_it_saw(capsys, bars_file, model_dir):
    stamps = pd.read_parquet(bars_file)["timestamp"]
    manifest = (model_dir / "manifest.json").read_text()
    assert stamps[1_199].isoformat() in manifest
    assert stamps[1_200].isoformat() not in manifest


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["--algorithm", "PPQ"], ["unknown algorithm `PPQ`", "`PPO`?"]),
        (["--feature-extractor", "lstn"], ["`lstm`?"]),
        (["--features", "rsj"], ["unknown feature `rsj`", "`rsi`?"]),
        (["--features", "rsi,rsi"], ["rsi"]),
        (["--reward", "pln"], ["`pnl`?"]),
        (["--sizer", "fixd"], ["`fixed`?"]),
        (["--symbol", "MNX"], ["unknown symbol `MNX`", "`MNQ`?"]),
        (["--timesteps", "0"], ["timesteps", "was 0"]),
        (["--timesteps", "many"], ["--timesteps", "was 'many'"]),
        (["--learning-rate", "-1"], ["learning_rate", "-1"]),
        (["--fixed-sl-ticks", "0.5"], ["`--fixed-sl-ticks`", "0.5"]),
        (["--lookback", "0"], ["`--lookback`"]),
        (["--lookback", "3000"], ["lookback"]),
        (["--batch-size", "100000"], ["batch_size"]),
        (["--test-fraction", "1"], ["test_fraction"]),
        (["--device", "tpu"], ["device"]),
        (["--seed", "-1"], ["seed", "-1"]),
        (["--profile", "nightly"], ["no profile `nightly`"]),
        (["--colour", "red"], ["--colour"]),
    ],
    ids=lambda value: " ".join(value) if value and value[0].startswith("--") else "",
)
def test_train_mistake_gets_one_clear_line(capsys, bars_file, tmp_path, words, parts):
    out = tmp_path / "model"
    base = [] if "--profile" in words else SHORT
    outcome = run_script(capsys, "train", "--data", bars_file, *base, *words, "--out", out)
    assert_one_clear_line(outcome, *parts)
    assert list(tmp_path.iterdir()) == []  # nothing half-written


def _broken(bars: pd.DataFrame, how: str) -> pd.DataFrame:
    if how == "unsorted":
        return bars.iloc[::-1]
    if how == "nan":
        return bars.assign(close=bars["close"].where(bars.index != bars.index[7]))
    if how == "no volume":
        return bars.drop(columns="volume")
    if how == "off tick":
        return bars.assign(**{name: bars[name] + 0.1 for name in ("open", "high", "low", "close")})
    assert how == "too few"
    return bars.iloc[:40]


@pytest.mark.parametrize(
    ("how", "part"),
    [
        ("unsorted", "earlier than the bar before"),
        ("nan", "close"),
        ("no volume", "volume"),
        ("off tick", "tick"),
        ("too few", "training needs at least"),
    ],
)
def test_train_on_bad_bars_gets_one_clear_line(capsys, tmp_path, how, part):
    data = tmp_path / "bars.parquet"
    _broken(synthetic_bars(400, seed=1), how).to_parquet(data)
    outcome = run_script(capsys, "train", "--data", data, *SHORT, "--out", tmp_path / "model")
    assert_one_clear_line(outcome, part)
    assert list(tmp_path.iterdir()) == [data]


@pytest.mark.parametrize("content", [b"", b"not parquet at all", b"PAR1 and then nothing PAR1"])
def test_train_on_a_damaged_file_names_it(capsys, tmp_path, content):
    data = tmp_path / "bars.parquet"
    data.write_bytes(content)
    assert_one_clear_line(run_script(capsys, "train", "--data", data, *SHORT), str(data))


def test_train_on_a_missing_file_names_it(capsys, tmp_path: Path):
    data = tmp_path / "absent.parquet"
    assert_one_clear_line(run_script(capsys, "train", "--data", data, *SHORT), str(data))


def test_train_refuses_an_existing_out_before_training(capsys, bars_file, model_dir):
    outcome = run_script(capsys, "train", "--data", bars_file, *SHORT, "--out", model_dir)
    assert_one_clear_line(outcome, "already exists")


def _refuse_to_train(*_):
    raise AssertionError("training must not begin")


@pytest.mark.parametrize("name", ["file/model", "n" * 300])
def test_train_finds_an_unusable_out_before_training(
    capsys, bars_file, tmp_path, monkeypatch, name
):
    monkeypatch.setattr(training, "train_agent", _refuse_to_train)
    (tmp_path / "file").write_text("")
    words = ["--data", bars_file, *SHORT, "--out", tmp_path / name]
    assert_one_clear_line(run_script(capsys, "train", *words), "--out")


def test_train_into_an_empty_linked_folder_saves_there(capsys, bars_file, tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "disk")
    words = ["--data", bars_file, *SHORT, "--timesteps", 128, "--out", tmp_path / "link"]
    assert run_script(capsys, "train", *words).exit_code == 0
    assert TradingAgent.load(tmp_path / "disk").settings.hidden_size == 8


def test_train_prints_paths_as_they_are(capsys, bars_file, tmp_path):
    out = tmp_path / "a [b] c[/b]"  # brackets mean style to the library that prints
    words = ["--data", bars_file, *SHORT, "--timesteps", 128, "--out", out]
    outcome = run_script(capsys, "train", *words)
    assert outcome.exit_code == 0
    assert f"--model '{out}' --data {bars_file}" in outcome.out


def test_model_directory_two_runs_of_one_second_get_two_folders(monkeypatch, tmp_path):
    monkeypatch.setattr(workflow, "MODELS_DIR", tmp_path)
    monkeypatch.setattr(workflow, "SystemClock", StoppedClock)
    with workflow.model_directory(None) as first, workflow.model_directory(None) as second:
        assert [first.name, second.name] == ["train_20240102_030405", "train_20240102_030405_2"]
        (first / "kept").write_text("")
    assert [path.name for path in tmp_path.iterdir()] == [first.name]  # the unused one is removed


class StoppedClock:
    """A clock that always shows 2024-01-02 03:04:05 UTC."""

    def now(self) -> datetime:
        return datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--folds", "2"], "--walk-forward"),
        (["--walk-forward", "--test-fraction", "0.1"], "--test-fraction"),
    ],
)
def test_train_options_that_would_be_ignored_are_refused(capsys, bars_file, tmp_path, words, part):
    outcome = run_script(
        capsys, "train", "--data", bars_file, *SHORT, *words, "--out", tmp_path / "model"
    )
    assert_one_clear_line(outcome, part)


def test_train_without_a_test_part_suggests_no_back_test(capsys, bars_file, tmp_path):
    words = ["--data", bars_file, *SHORT, "--timesteps", 128, "--test-fraction", 0]
    outcome = run_script(capsys, "train", *words, "--out", tmp_path / "model")
    assert outcome.exit_code == 0
    assert "backtest.py" not in outcome.out


def test_train_on_bars_noted_as_another_instrument_needs_the_users_word(capsys, tmp_path):
    data = tmp_path / "bars.parquet"
    save_bars(synthetic_bars(400, seed=1), data, {"symbol": "NQ"})
    words = ["--data", data, *SHORT, "--timesteps", 128, "--out", tmp_path / "model"]
    refused = run_script(capsys, "train", *words)
    assert_one_clear_line(refused, "bars.parquet", "are NQ, not MNQ", "--symbol")
    agreed = run_script(capsys, "train", *words, "--symbol", "MNQ")
    assert agreed.exit_code == 0
    assert "400 bars of 300 s, 2024-01-01 23:00:00+00:00 to " in agreed.out
    assert "traded as MNQ" in agreed.out


def test_train_prints_the_symbol_that_its_back_test_will_need(capsys, bars_file, tmp_path):
    words = ["--data", bars_file, *SHORT, "--timesteps", 128, "--symbol", "mes"]
    outcome = run_script(capsys, "train", *words, "--out", tmp_path / "model")
    assert outcome.exit_code == 0
    assert outcome.out.rstrip().endswith(" --symbol MES")


def test_train_says_what_it_trains_only_once_the_names_are_checked(capsys, bars_file, tmp_path):
    words = ["--data", bars_file, *SHORT, "--timesteps", 128, "--out", tmp_path / "model"]
    assert "Training" not in run_script(capsys, "train", *words, "--reward", "pln").err
    assert "Training PPO-lstm on 1,200 bars, " in (run_script(capsys, "train", *words).err)


def test_train_finds_an_out_that_cannot_be_replaced_before_training(
    capsys, bars_file, tmp_path, monkeypatch
):
    """Such as a mount point, which is a folder that nothing can be renamed to."""

    def busy(_) -> None:
        raise OSError(errno.EBUSY, "Device or resource busy")

    (tmp_path / "volume").mkdir()
    monkeypatch.setattr(training, "train_agent", _refuse_to_train)
    monkeypatch.setattr(Path, "rmdir", busy)
    words = ["--data", bars_file, *SHORT, "--out", tmp_path / "volume"]
    outcome = run_script(capsys, "train", *words)
    assert_one_clear_line(outcome, "--out", "volume", "Device or resource busy", "choose")
