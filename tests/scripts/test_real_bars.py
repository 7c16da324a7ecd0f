"""The whole line on real bars, from a parquet file that knows nothing of us."""

import json

import pandas as pd

from models.agent import TradingAgent
from tests.helpers.bars import real_data
from tests.helpers.cli import assert_one_clear_line, run_script


def test_real_nq_bars_trade_as_mnq_on_the_last_fifth_only(capsys, tmp_path):
    data = real_data("NQ_5min_backadj.parquet")
    model = tmp_path / "model"
    outcome = run_script(
        capsys, "train", "--data", data, "--symbol", "MNQ", "--profile", "smoke", "--out", model
    )
    assert outcome.exit_code == 0, outcome.err
    stamps = pd.read_parquet(data, columns=["timestamp"])["timestamp"]
    agent = TradingAgent.load(model)
    assert pd.Timestamp(agent.provenance["training_last"]) == stamps[73_607]  # 80 % of 92,010

    words = ["--model", model, "--data", data, "--end", "2025-05-30", "--out", tmp_path / "report"]
    outcome = run_script(capsys, "backtest", *words)
    assert outcome.exit_code == 0, outcome.err
    results = json.loads((tmp_path / "report" / "metrics.json").read_text())["results"]
    assert {pd.Timestamp(run["first_bar"]) for run in results.values()} == {stamps[73_608]}
    assert not any(run["is_in_sample"] for run in results.values())
    assert all(run["settings"]["symbol"] == "MNQ" for run in results.values())


def test_real_crude_oil_bars_do_not_pass_for_mnq(capsys, tmp_path):
    data = real_data("CL_30min.parquet")
    words = ["--data", data, "--symbol", "MNQ", "--profile", "smoke", "--out", tmp_path / "model"]
    assert_one_clear_line(run_script(capsys, "train", *words), str(data), "tick grid of 0.25")
