"""The option `--other`: the same second market in features.py, train.py and backtest.py."""

import pandas as pd
import pytest

from data.feature_set import FeatureSet
from data.second_frame import align
from data.store import load_bars, load_metadata, save_bars
from data.synthetic import synthetic_bars
from models.agent import TradingAgent
from scripts import train
from tests.helpers.cli import assert_one_clear_line, run_script
from utils.cli import run

NAMES = ["rsi", "other_return", "other_beta_60"]
SHORT = ["--profile", "smoke", "--timesteps", 128, "--features", ",".join(NAMES)]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Return a folder with bars noted as MNQ, ES and MES, and a model trained on the first two."""
    folder = tmp_path_factory.mktemp("pair")
    for symbol, seed in (("MNQ", 1), ("ES", 2), ("MES", 2)):
        bars = synthetic_bars(1_000, seed=seed, symbol=symbol)
        save_bars(bars, folder / f"{symbol}.parquet", {"symbol": symbol, "source": f"of {symbol}"})
    return folder


@pytest.fixture(scope="module")
def model(files):
    """Return a model that sees both markets."""
    words = ["--data", files / "MNQ.parquet", "--other", files / "ES.parquet", *SHORT]
    with pytest.raises(SystemExit) as left:
        run(train.app, [str(word) for word in [*words, "--out", files / "one"]])
    assert left.value.code == 0
    return files / "one"


def test_other_is_stored_beside_the_bars_with_what_both_are(capsys, files, tmp_path):
    out = tmp_path / "out.parquet"
    words = ["--data", files / "MNQ.parquet", "--recipe", ",".join(NAMES), "--out", out]
    outcome = run_script(capsys, "features", "compute", *words, "--other", files / "ES.parquet")
    assert outcome.exit_code == 0, outcome.err
    assert "beside ES of " in outcome.out
    assert "100.0% of the bars close with one of the second market" in outcome.out
    pair = align(*(load_bars(files / f"{symbol}.parquet", None) for symbol in ("MNQ", "ES")))
    features = FeatureSet(NAMES)
    expected = pair.join(pd.DataFrame(features.compute(pair), pair.index, NAMES))
    pd.testing.assert_frame_equal(load_bars(out, None), expected)
    notes = load_metadata(out)
    assert notes == {
        "symbol": "MNQ",
        "source": "of MNQ",
        "feature_set": features.hash,
        "other_symbol": "ES",
    }


def test_other_is_ranked(capsys, files):
    words = ["--data", files / "MNQ.parquet", "--recipe", "rsi,other_return", "--horizon", 2]
    words += ["--folds", 2, "--embargo", 5, "--other", files / "ES.parquet"]
    outcome = run_script(capsys, "features", "rank", *words)
    assert outcome.exit_code == 0, outcome.err
    assert "other_return" in outcome.out


def test_other_is_what_the_model_says_it_was_trained_beside(model):
    agent = TradingAgent.load(model)
    assert agent.feature_set.names == tuple(NAMES)
    assert agent.provenance["other_symbol"] == "ES"


def test_other_is_needed_where_the_model_was_trained_beside_it(capsys, files, model, tmp_path):
    words = ["--model", model, "--data", files / "MNQ.parquet", "--out", tmp_path / "report"]
    outcome = run_script(capsys, "backtest", *words)
    assert_one_clear_line(outcome, "sees a second market", "ES in its training", "--other FILE")
    outcome = run_script(capsys, "backtest", *words, "--other", files / "ES.parquet")
    assert outcome.exit_code == 0, outcome.err
    assert "warning" not in outcome.out
    outcome = run_script(capsys, "backtest", *words, "--other", files / "MES.parquet")
    assert outcome.exit_code == 0, outcome.err
    assert "warning: the model was trained beside ES, this is MES" in outcome.out


def test_other_that_is_in_the_file_already_need_not_be_named(capsys, files, model, tmp_path):
    both = tmp_path / "both.parquet"
    words = ["--data", files / "MNQ.parquet", "--recipe", "cross", "--out", both]
    run_script(capsys, "features", "compute", *words, "--other", files / "ES.parquet")
    outcome = run_script(capsys, "train", "--data", both, *SHORT, "--out", tmp_path / "model")
    assert outcome.exit_code == 0, outcome.err
    again = TradingAgent.load(tmp_path / "model")
    assert again.provenance["other_symbol"] == "ES"
    fingerprint = again.provenance["market_fingerprint"]
    assert fingerprint == TradingAgent.load(model).provenance["market_fingerprint"]
    tested = ["--model", model, "--data", both, "--out", tmp_path / "report"]
    assert run_script(capsys, "backtest", *tested).exit_code == 0


def test_other_of_no_use_or_missing_is_one_clear_line(capsys, files, model_dir, tmp_path):
    data = ["--data", files / "MNQ.parquet"]
    other = ["--other", files / "ES.parquet"]
    outcome = run_script(capsys, "train", *data, *SHORT, "--out", tmp_path / "model")
    assert_one_clear_line(outcome, "other_return, other_beta_60 need a second", "--other FILE")
    outcome = run_script(capsys, "train", *data, "--profile", "smoke", *other)
    assert_one_clear_line(outcome, "is for features of two markets, and none of those asked for is")
    outcome = run_script(capsys, "backtest", "--model", model_dir, *data, *other)
    assert_one_clear_line(outcome, "is for features of two markets")
    outcome = run_script(capsys, "train", *data, *SHORT, "--other", tmp_path / "gone.parquet")
    assert_one_clear_line(outcome, "no bar file", "gone.parquet")


def test_other_goes_into_stored_features_too(capsys, files, tmp_path):
    data = tmp_path / "bars.parquet"
    data.write_bytes((files / "MNQ.parquet").read_bytes())
    words = ["--data", data, *SHORT, "--compute-features", "--other", files / "ES.parquet"]
    outcome = run_script(capsys, "train", *words, "--out", tmp_path / "model")
    assert outcome.exit_code == 0, outcome.err
    stored = tmp_path / "bars_features.parquet"
    assert {"other_close", *NAMES} <= set(load_bars(stored, None).columns)
    assert load_metadata(stored)["other_symbol"] == "ES"
