"""scripts/train.py: scalers by name, stored feature columns, columns of other libraries."""

import pandas as pd

from data.store import load_metadata
from models.agent import TradingAgent
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


def test_train_with_refused_column_of_ta_says_why(capsys, bars_file):
    words = [*SHORT, "--features", "rsi,ta:trend_kst"]
    outcome = run_script(capsys, "train", "--data", bars_file, *words)
    assert_one_clear_line(outcome, "`ta:trend_kst` is not to be had", "mean of the whole sample")
