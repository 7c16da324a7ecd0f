"""scripts/data.py facts and synth: files of made-up bars, and what they look like beside NQ."""

import json

import pandas as pd
import pytest

from config.instruments import get_instrument
from data.store import load_bars, load_metadata
from data.synthetic import synthetic_bars
from data.synthetic_contracts import synthetic_contracts
from tests.helpers.cli import assert_one_clear_line, run_script


def synth(capsys, out, *words):
    return run_script(capsys, "data", "synth", "--out", out, *words)


def test_synth_writes_the_bars_of_the_seed_with_notes(capsys, tmp_path):
    out = tmp_path / "bars.parquet"
    outcome = synth(capsys, out, "--preset", "crisis", "--bars", 600, "--seed", 7, "--symbol", "es")

    assert outcome.exit_code == 0, outcome.err
    assert "600 synthetic bars of ES, preset `crisis`, seed 7" in outcome.out
    pd.testing.assert_frame_equal(
        load_bars(out, get_instrument("ES")), synthetic_bars(600, "crisis", 7, "ES")
    )
    notes = load_metadata(out)
    assert (notes["symbol"], notes["source"]) == ("ES", "synthetic crisis")
    assert (notes["seed"], notes["bar_seconds"], notes["adjustment"]) == ("7", "300", "none")


def test_synth_counts_sessions_and_not_full_ones_only(capsys, tmp_path):
    out = tmp_path / "bars.parquet"
    assert synth(capsys, out, "--sessions", 10).exit_code == 0

    # Monday 2024-01-15 is the tenth session, and a half day
    assert len(load_bars(out, None)) == 9 * 276 + 228


def test_synth_keeps_the_signals_of_a_planted_edge(capsys, tmp_path):
    out = tmp_path / "bars.parquet"
    assert synth(capsys, out, "--preset", "planted_edge", "--bars", 50).exit_code == 0

    assert "signal_4" in load_bars(out, get_instrument("MNQ")).columns


def test_synth_contracts_can_be_rolled(capsys, tmp_path):
    out, rolled = tmp_path / "contracts.parquet", tmp_path / "rolled.parquet"
    outcome = synth(capsys, out, "--contracts", "--bars", 276 * 55, "--symbol", "NQ", "--seed", 2)

    assert outcome.exit_code == 0, outcome.err
    assert "of 2 contracts" in outcome.out
    frame = synthetic_contracts(276 * 55, seed=2, symbol="NQ")
    assert pd.read_parquet(out)["close"].tolist() == frame["close"].tolist()
    roll = run_script(capsys, "data", "roll", out, "--symbol", "NQ", "--out", rolled)
    assert roll.exit_code == 0, roll.err
    bars = load_bars(rolled, get_instrument("NQ"))
    assert len(bars) == 276 * 55
    assert bars["contract"].unique().tolist() == ["NQH24", "NQM24"]


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        ([], ["one of --sessions and --bars"]),
        (["--bars", 5, "--sessions", 5], ["one of --sessions and --bars"]),
        (["--sessions", 0], ["`sessions` must be in [1, 18,115], was 0"]),
        (["--bars", 9, "--preset", "defualt"], ["unknown preset", "did you mean `default`"]),
        (["--bars", 9, "--contracts", "--symbol", "BTCUSDT"], ["BTCUSDT has no contracts"]),
    ],
)
def test_synth_bad_option_is_one_clear_line(capsys, tmp_path, words, parts):
    out = tmp_path / "bars.parquet"

    assert_one_clear_line(synth(capsys, out, *words), *parts)
    assert not out.exists()


@pytest.fixture
def file(capsys, tmp_path):
    """Return a file of bars that notes its symbol."""
    path = tmp_path / "bars.parquet"
    assert synth(capsys, path, "--sessions", 40).exit_code == 0
    return path


def test_facts_prints_file_targets_bands_and_a_synthetic_market(capsys, file):
    outcome = run_script(capsys, "data", "facts", file)

    assert outcome.exit_code == 0, outcome.err
    assert "real NQ" in outcome.out
    assert "0.186 to 0.290" in outcome.out
    assert "of 14 rows within the bands around NQ" in outcome.out
    assert "synthetic `default`, median of 5 seeds" in outcome.out


def test_facts_json_holds_every_row(capsys, file):
    outcome = run_script(capsys, "data", "facts", file, "--symbol", "NQ", "--json")

    summary = json.loads(outcome.out)
    assert (summary["symbol"], summary["preset"]) == ("NQ", "default")
    assert len(summary["rows"]) == 14
    row = summary["rows"][0]
    assert (row["fact"], row["targets"]["NQ"]) == ("annual_volatility", [0.232])
    assert row["band"][0] == pytest.approx([0.1856, 0.29])
    assert len(row["file"]) == len(row["synthetic"]) == 1
    assert row["file_met"] in {True, False}


@pytest.mark.parametrize(
    ("words", "parts"),
    [(["--preset", "shft"], ["unknown preset `shft`"]), (["--symbol", "XX"], ["unknown symbol"])],
)
def test_facts_bad_option_is_one_clear_line(capsys, file, words, parts):
    assert_one_clear_line(run_script(capsys, "data", "facts", file, *words), *parts)


def test_facts_of_too_few_bars_are_one_clear_line(capsys, tmp_path):
    path = tmp_path / "few.parquet"
    assert synth(capsys, path, "--bars", 500).exit_code == 0

    outcome = run_script(capsys, "data", "facts", path)

    assert_one_clear_line(outcome, "facts need >= 30 full sessions", "give more bars")
