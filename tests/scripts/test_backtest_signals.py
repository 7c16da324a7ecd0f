"""scripts/backtest.py --signals: forecasts of a store traded as a preset, and what is refused."""

import json

import pandas as pd
import pytest

from config.instruments import get_instrument
from data.store import load_bars
from scripts.reporting import REPORT_FILES
from tests.helpers.cli import assert_one_clear_line, run_script
from tests.helpers.forecasts import make_store


@pytest.fixture(scope="module")
def store(bars_file, tmp_path_factory):
    """Return a store of forecasts that nobody has a reason to believe."""
    path = tmp_path_factory.mktemp("forecasts") / "made_up"
    make_store(path, load_bars(bars_file, get_instrument("MNQ")), [300, 900, 1_500])
    return path


def signals(capsys, bars_file, tmp_path, *words):
    asked = ["--signals", *words, "--data", bars_file, "--out", tmp_path / "out"]
    return run_script(capsys, "backtest", *asked)


def test_backtest_of_signals_reports_trades_answers_and_where_they_come_from(
    capsys, bars_file, store, tmp_path
):
    words = ["moderate", "--forecasts", store, "--initial-capital", 50_000, "--commission", 0.5]
    outcome = signals(capsys, bars_file, tmp_path, *words)
    assert outcome.exit_code == 0, outcome.err
    assert "verdict on signals_moderate_h12: " in outcome.out
    assert {path.name for path in (tmp_path / "out").iterdir()} == REPORT_FILES
    html = (tmp_path / "out" / "report.html").read_text()
    assert "What the signals said at each close" in html
    assert "earlier forecasts do not show that moves follow their mean" in html
    metrics = json.loads((tmp_path / "out" / "metrics.json").read_text())
    own = metrics["results"]["signals_moderate_h12"]
    assert own["metrics"]["n_trades"] == 0
    assert own["metrics"]["final_equity_usd"] == 50_000.0
    equity = pd.read_parquet(tmp_path / "out" / "equity.parquet")
    assert (equity["policy"] == "signals_moderate_h12").sum() == 1_200  # from the first forecast on
    provenance = json.loads((tmp_path / "out" / "provenance.json").read_text())
    assert provenance["signals"]["signals"] == "moderate"
    assert len(provenance["signals"]["forecasts"]) == 64
    assert provenance["forecasts"] == {"family": "made_up"}


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (["modest"], ("unknown signal preset `modest`: did you mean `moderate`?",)),
        (["moderate"], ("`--signals` needs `--forecasts STORE`",)),
        (["moderate", "--horizon", 7, "--forecasts"], ("`--horizon`", "(3, 12), was 7")),
        (["moderate", "--stress", "--forecasts"], ("`--stress` has no forecasts",)),
        (["moderate", "--in-sample", "--forecasts"], ("`--in-sample`", "leave it out")),
    ],
    ids=str,
)
def test_backtest_of_signals_that_cannot_be_is_refused_in_one_line(
    capsys, bars_file, store, tmp_path, words, parts
):
    given = [*words, store] if words[-1] == "--forecasts" else words
    assert_one_clear_line(signals(capsys, bars_file, tmp_path, *given), *parts)
    assert not (tmp_path / "out").exists()


def test_backtest_of_signals_without_a_store_there_is_refused(capsys, bars_file, tmp_path):
    words = ["moderate", "--forecasts", tmp_path / "none"]
    outcome = signals(capsys, bars_file, tmp_path, *words)
    assert_one_clear_line(outcome, "is no store of forecasts: it holds no `store.json`")


def test_backtest_of_a_strategy_has_no_use_for_a_horizon(capsys, bars_file, tmp_path):
    words = ["--strategy", "rules.py:A", "--horizon", 3, "--data", bars_file]
    outcome = run_script(capsys, "backtest", *words, "--out", tmp_path / "out")
    assert_one_clear_line(outcome, "`--horizon` is for `--signals`, not for `--strategy`")
