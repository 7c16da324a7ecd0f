"""Exports hold every row with the policy's name, are whole, and have the same bytes twice."""

import numpy as np
import pandas as pd
import pytest

from backtest.exports import EXPORT_FILES, write_exports
from backtest.pictures import PICTURES, picture_bytes
from tests.helpers.results import hand_made_result, idle_result
from utils.errors import ConfigError

PNG_MAGIC = b"\x89PNG\r\n\x1a\n"


def test_write_exports_writes_all_files_twice_with_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_exports(tmp_path / name, [hand_made_result(), idle_result()])
    assert {path.name for path in (tmp_path / "a").iterdir()} == EXPORT_FILES
    for name in EXPORT_FILES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_write_exports_trades_are_those_of_the_tested_results_with_their_names(tmp_path):
    results = [hand_made_result("one"), hand_made_result("two"), idle_result()]
    write_exports(tmp_path, results, n_tested=2)
    trades = pd.read_parquet(tmp_path / "trades.parquet")
    assert trades["policy"].tolist() == ["one", "two"]
    assert trades["net_usd"].tolist() == [8.52, 8.52]
    lines = (tmp_path / "trades.csv").read_text().splitlines()
    assert lines[0].startswith("policy,entry_time,exit_time,direction,quantity,entry_price")
    assert lines[1].startswith("one,2025-01-02T15:05:00Z,2025-01-02T15:15:00Z,1,1,20000.25")
    fills = pd.read_parquet(tmp_path / "fills.parquet")
    assert fills["fee_usd"].tolist() == [0.62] * 4


def test_write_exports_equity_has_a_row_per_bar(tmp_path):
    result = hand_made_result()
    write_exports(tmp_path, [result])
    equity = pd.read_parquet(tmp_path / "equity.parquet")
    assert list(equity.columns) == ["policy", "timestamp", "equity", "position"]
    assert equity["equity"].tolist() == result.equity.tolist()
    assert equity["position"].tolist() == [0, 1, 1, 0, 0, 0]
    assert equity["timestamp"].iloc[0] == pd.Timestamp("2025-01-02 15:00", tz="UTC")


def test_write_exports_of_a_run_without_trades_keeps_the_columns(tmp_path):
    write_exports(tmp_path, [idle_result()])
    trades = pd.read_parquet(tmp_path / "trades.parquet")
    assert len(trades) == 0
    assert "net_usd" in trades.columns
    assert pd.read_parquet(tmp_path / "orders.parquet").columns.tolist() == ["policy"]


def test_write_exports_where_a_file_bars_the_way_is_a_config_error(tmp_path):
    (tmp_path / "taken").write_text("")
    with pytest.raises(ConfigError, match="cannot write"):
        write_exports(tmp_path / "taken", [idle_result()])


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("make", [hand_made_result, idle_result])
def test_picture_is_a_png_whatever_there_is_to_draw(name, make):
    content = picture_bytes(name, [make("model"), idle_result()])
    assert content.startswith(PNG_MAGIC)
    assert len(content) > 2_000


def test_picture_of_several_sessions_shows_them():
    result = hand_made_result(
        trade_dates=np.arange("2025-01-01", "2025-01-07", dtype="datetime64[D]"),
        equity=np.array([100.0, 110.0, 99.0, 108.9, 108.9, 119.79]),
    )
    said_nothing = picture_bytes("distribution.png", [idle_result()])
    assert picture_bytes("distribution.png", [result]) != said_nothing


@pytest.mark.parametrize("name", [r"$\foo$ up", "_hidden", "策略"])
def test_picture_of_a_name_that_matplotlib_would_read_otherwise_is_drawn_in_silence(name):
    for picture in PICTURES:
        assert picture_bytes(picture, [hand_made_result(name)]).startswith(PNG_MAGIC)
