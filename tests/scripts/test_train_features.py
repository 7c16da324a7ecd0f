"""scripts/train.py: scalers by name, stored feature columns, columns of other libraries."""

import re

import pandas as pd
import pytest
import typer

from config.agent_presets import AGENT_PRESETS
from config.settings import load_profile
from data.scaler_fits import FITS
from data.store import load_metadata, save_bars
from data.synthetic import synthetic_bars
from env.position_sizer import SIZERS
from env.rewards import REWARDS
from models.agent import ALGORITHMS, TradingAgent
from models.exact_objectives import OBJECTIVES
from models.networks import EXTRACTORS
from models.signal_predictors import PREDICTORS
from scripts import fetching, train
from scripts.fold_options import FOLDS
from scripts.printing import OPTIONS
from tests.helpers.cli import assert_one_clear_line, run_script

SHORT = ["--profile", "smoke", "--timesteps", 128]


def test_train_with_scaler_by_session_saves_it(capsys, bars_file, tmp_path):
    words = [*SHORT, "--features", "rsi,roc", "--scaler", "rank_normal", "--scale-by-session"]
    outcome = run_script(capsys, "train", "--data", bars_file, *words, "--out", tmp_path / "model")
    assert outcome.exit_code == 0, outcome.err
    scaler = TradingAgent.load(tmp_path / "model").scaler
    assert (scaler.kind, scaler.is_session_aware) == ("rank_normal", True)
    tested = ["--model", tmp_path / "model", "--data", bars_file, "--out", tmp_path / "report"]
    outcome = run_script(capsys, "backtest", *tested)
    assert outcome.exit_code == 0, outcome.err


def test_train_with_unknown_scaler_is_one_clear_line(capsys, bars_file):
    outcome = run_script(capsys, "train", "--data", bars_file, *SHORT, "--scaler", "robus")
    assert_one_clear_line(outcome, "unknown scaler `robus`", "did you mean `robust`?")


def test_train_compute_features_stores_them_beside_the_bars(capsys, bars_file, tmp_path):
    data = tmp_path / "bars.parquet"
    data.write_bytes(bars_file.read_bytes())
    words = [*SHORT, "--features", "rsi,stochastic,ta:momentum_ppo", "--compute-features"]
    outcome = run_script(capsys, "train", "--data", data, *words, "--out", tmp_path / "one")
    assert outcome.exit_code == 0, outcome.err
    assert "4 feature columns" in outcome.out
    stored = tmp_path / "bars_features.parquet"
    columns = ["rsi", "stochastic_k", "stochastic_d", "ta:momentum_ppo"]
    assert list(pd.read_parquet(stored).columns[-4:]) == columns
    assert load_metadata(stored)["symbol"] == "MNQ"

    # training on that file gives the same model, and has nothing left to store
    outcome = run_script(capsys, "train", "--data", stored, *words, "--out", tmp_path / "two")
    assert outcome.exit_code == 0, outcome.err
    assert "4 feature columns are there already" in outcome.out
    one, two = (tmp_path / name / "policy.safetensors" for name in ("one", "two"))
    assert one.read_bytes() == two.read_bytes()
    scalers = [TradingAgent.load(tmp_path / name).scaler for name in ("one", "two")]
    assert scalers[0] == scalers[1]


def test_train_on_stored_columns_of_other_numbers_is_one_clear_line(capsys, bars_file, tmp_path):
    bars = pd.read_parquet(bars_file).assign(rsi=50.0)
    data = tmp_path / "stale.parquet"
    bars.to_parquet(data)
    words = [*SHORT, "--features", "rsi", "--symbol", "MNQ"]
    outcome = run_script(capsys, "train", "--data", data, *words)
    assert_one_clear_line(outcome, "column `rsi` of the bars disagrees with the feature")


def test_train_compute_features_of_other_features_leaves_the_first_file(
    capsys, bars_file, tmp_path
):
    data = tmp_path / "bars.parquet"
    data.write_bytes(bars_file.read_bytes())
    mine = tmp_path / "bars_features.parquet"
    mine.write_text("my own notes")
    for names in ("rsi", "roc", "rsi"):
        fetching.store_features(data, "MNQ", [names])
    assert mine.read_text() == "my own notes"
    stored = [tmp_path / f"bars_features_{number}.parquet" for number in (2, 3, 4)]
    assert [pd.read_parquet(file).columns[-1] for file in stored[:2]] == ["rsi", "roc"]
    assert not stored[2].exists()


def test_train_and_backtest_on_columns_of_any_size(capsys, tmp_path):
    """Baselines stand beside a model whose columns lie far beyond the clip of nominal scaling."""
    bars = synthetic_bars(1_000, seed=2)
    data = tmp_path / "bars.parquet"
    save_bars(bars.assign(level=bars["close"] - 3.5), data, {"symbol": "MNQ"})
    words = [*SHORT, "--features", "rsi,ta:momentum_rsi,level,close", "--out", tmp_path / "model"]
    outcome = run_script(capsys, "train", "--data", data, *words)
    assert outcome.exit_code == 0, outcome.err
    tested = ["--model", tmp_path / "model", "--data", data, "--out", tmp_path / "report"]
    outcome = run_script(capsys, "backtest", *tested)
    assert outcome.exit_code == 0, outcome.err
    assert "buy_and_hold" in outcome.out


def test_train_finds_an_unknown_choice_before_it_reads_bars(capsys, tmp_path):
    gone = tmp_path / "gone.parquet"
    for option, value, part in (
        ("--scaler", "robus", "unknown scaler `robus`"),
        ("--algorithm", "PPP", "unknown algorithm `PPP`"),
        ("--feature-extractor", "lst", "unknown feature extractor `lst`"),
        ("--reward", "pln", "unknown reward `pln`"),
        ("--out", tmp_path, "already exists and is not empty"),
    ):
        (tmp_path / "something").touch()
        outcome = run_script(capsys, "train", "--data", gone, option, value)
        assert_one_clear_line(outcome, part)


def _told(value):
    """Return a setting of folds as the help tells it."""
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def test_train_help_shows_the_defaults_of_the_settings():
    defaults = load_profile("default")
    fields = {
        **defaults.train.model_dump(),
        **defaults.agent.model_dump(),
        **defaults.env.model_dump(),
        "commission": "the instrument's",
        "features": f"{len(defaults.train.features)} of them",
        "forecast_columns": "spread, location, skew",
        **dict.fromkeys(AGENT_PRESETS["PPO"], "by algorithm"),
        "n_steps": "by algorithm",
        "cost_ramp_steps": "half",
        "patience": "never",
        "checkpoint_every": "a tenth",
        "profile": "default",
        **{option: _told(getattr(defaults.folds, name)) for option, name in FOLDS.items()},
        "folds": "3, or all of --test-length",
        "train_length": "half of all",
        "test_length": "by --folds",
        "step": "--test-length",
        "validation_length": "--validation-fraction of them",
        "purge": "--horizon",
    }
    names = {option.lstrip("-").replace("-", "_"): name for name, option in OPTIONS.items()}
    command = typer.main.get_command(train.app)
    shown = {each.name: each.show_default for each in command.params}
    for name, text in shown.items():
        if isinstance(text, str) and name != "out":
            default = fields[names.get(name, name)]
            assert text == (default if isinstance(default, str) else f"{default:g}"), name
    assert sum(isinstance(text, str) for text in shown.values()) == 52


def test_train_with_refused_column_of_ta_says_why(capsys, bars_file):
    words = [*SHORT, "--features", "rsi,ta:trend_kst"]
    outcome = run_script(capsys, "train", "--data", bars_file, *words)
    assert_one_clear_line(outcome, "`ta:trend_kst` is not to be had", "mean of the whole sample")


@pytest.mark.parametrize(
    ("option", "registry"),
    [
        ("algorithm", ALGORITHMS),
        ("feature_extractor", EXTRACTORS),
        ("objective", OBJECTIVES),
        ("predictor", PREDICTORS),
        ("reward", REWARDS),
        ("sizer", SIZERS),
        ("scaler", FITS),
    ],
)
def test_train_help_names_every_choice(option, registry):
    command = typer.main.get_command(train.app)
    (help_,) = [each.help for each in command.params if each.name == option]
    words = set(re.findall(r"\w+", help_))
    assert set(registry) <= words, help_
