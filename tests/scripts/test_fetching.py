"""Fetching from the sources that are there: what is stored, updated, rejected and said."""

from datetime import UTC, datetime

import pandas as pd
import pytest

from config.instruments import get_instrument
from data.store import load_bars, load_metadata, save_bars
from scripts import fetching
from tests.data.test_quality import ROWS
from tests.data.test_sources import StoppedClock, request_of
from tests.helpers.cli import assert_one_clear_line, run_script
from tests.helpers.yahoo import FakeYahoo, yahoo_frame
from utils.errors import ConfigError, DataError

MNQ = get_instrument("MNQ")
ROW = (20_000.0, 20_002.0, 19_999.0, 20_001.0, 321)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Let data/storage/ be a folder of the test's own."""
    monkeypatch.setattr(fetching, "BARS_DIR", tmp_path)
    return tmp_path


def yahoo_of(monkeypatch, rows, start="2025-03-05 08:00"):
    """Let Yahoo answer with these rows, five minutes apart."""
    stamps = pd.date_range(start, periods=len(rows), freq="5min", tz="America/New_York")
    return FakeYahoo(yahoo_frame("MNQ=F", stamps, rows)).install(monkeypatch)


def fetch(path, *, is_update=False, revised="refuse"):
    """Fetch from Yahoo at the stopped clock's time."""
    return fetching.fetch_into(
        path, "yahoo", request_of(), is_update=is_update, revised=revised, clock=StoppedClock()
    )


def test_fetch_data_synthetic_lands_in_the_storage_folder(capsys, folder):
    words = ["--source", "synthetic", "--duration", "9 D", "--symbol", "mes"]
    outcome = run_script(capsys, "fetch_data", *words)

    assert outcome.exit_code == 0
    path = folder / "MES_5mins_synthetic.parquet"
    assert f"{path}" in outcome.out
    assert len(load_bars(path, get_instrument("MES"))) >= 5 * 276
    assert load_metadata(path)["symbol"] == "MES"


def test_fetch_data_features_are_stored_in_a_second_file(capsys, folder):
    words = ["--source", "synthetic", "--duration", "9 D", "--compute-features"]
    outcome = run_script(capsys, "fetch_data", *words)

    assert outcome.exit_code == 0
    bars = load_bars(folder / "MNQ_5mins_synthetic.parquet", MNQ)
    features = load_bars(folder / "MNQ_5mins_synthetic_features.parquet", MNQ)
    assert len(bars.columns) == 5
    assert "rsi" in features.columns
    assert features["rsi"].notna().iloc[-1]
    assert features[bars.columns].equals(bars)


def test_fetch_data_file_in_regular_hours_only(capsys, folder):
    path = folder / "mine.parquet"
    save_bars(ROWS, path, {"symbol": "MNQ"})
    words = ["--source", "file", "--file", path, "--rth-only"]
    outcome = run_script(capsys, "fetch_data", *words)

    assert outcome.exit_code == 0
    assert len(load_bars(folder / "MNQ_5mins_file_rth.parquet", MNQ)) == 2 * 78


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--source", "yaho"], "unknown source `yaho`: did you mean `yahoo`?"),
        (["--source", "yahoo", "--bar-size", "5 mins"], "for 60 days, so not back to"),
        (["--source", "yahoo", "--bar-size", "4 hours"], 'Yahoo has no "4 hours" bars'),
        (["--source", "file"], "needs --file"),
        (["--source", "synthetic", "--preset", "calm"], "unknown preset `calm`"),
        (["--source", "ib", "--symbol", "BTCUSDT"], "is not offered at Interactive Brokers"),
    ],
)
def test_fetch_data_users_mistakes_are_one_line_and_store_nothing(
    capsys, folder, monkeypatch, words, part
):
    FakeYahoo().install(monkeypatch)

    assert_one_clear_line(run_script(capsys, "fetch_data", *words), part)
    assert list(folder.iterdir()) == []


def test_fetch_data_dead_network_is_one_line(capsys, folder, monkeypatch):
    FakeYahoo(words=("['MNQ=F']: DNSError('Could not resolve host')",)).install(monkeypatch)
    outcome = run_script(capsys, "fetch_data", "--source", "yahoo", "--duration", "5 D")

    assert_one_clear_line(outcome, "Could not resolve host", "is the network there?")


def test_fetch_existing_file_is_not_overwritten(folder):
    path = folder / "bars.parquet"
    save_bars(ROWS, path, {"symbol": "MNQ"})

    with pytest.raises(ConfigError, match="exists: add --update"):
        fetch(path)
    assert load_bars(path, MNQ).equals(ROWS)


def test_fetch_stores_sound_bars_and_writes_down_the_others(folder, monkeypatch, capsys):
    violation = (20_000.0, 19_999.0, 19_998.0, 20_001.0, 5)
    yahoo_of(monkeypatch, [ROW, violation, ROW])
    path = folder / "bars.parquet"

    assert fetch(path) == 1  # a third of the bars

    assert len(load_bars(path, MNQ)) == 2
    assert load_metadata(path)["source"] == "yahoo MNQ=F"
    rejected = pd.read_csv(folder / "bars.parquet.rejected.csv")
    assert rejected["reason"].tolist() == ["ohlc_violations"]
    assert rejected["timestamp"].tolist() == ["2025-03-05 13:05:00+00:00"]
    assert "1 bars rejected (33.33%: ohlc_violations 1)" in capsys.readouterr().out


def test_fetch_update_asks_for_little_and_adds_only_what_is_missing(folder, monkeypatch, capsys):
    path = folder / "bars.parquet"
    yahoo_of(monkeypatch, [ROW] * 10)
    fetch(path)
    yahoo = yahoo_of(monkeypatch, [ROW] * 14)

    assert fetch(path, is_update=True) == 0

    assert yahoo.asked[0]["start"] == datetime(2025, 3, 2, 13, 45, tzinfo=UTC)
    assert len(load_bars(path, MNQ)) == 14
    assert "4 bars added to 10, 10 were there already" in capsys.readouterr().out


def test_fetch_update_without_a_file_fetches_all(folder, monkeypatch):
    path = folder / "bars.parquet"
    yahoo_of(monkeypatch, [ROW] * 10)

    fetch(path, is_update=True)

    assert len(load_bars(path, MNQ)) == 10


def test_fetch_update_revised_bars_are_refused_until_told_which_to_keep(folder, monkeypatch):
    path = folder / "bars.parquet"
    yahoo_of(monkeypatch, [ROW] * 10)
    fetch(path)
    yahoo_of(monkeypatch, [*[ROW] * 9, (*ROW[:4], 999), ROW])

    with pytest.raises(DataError, match=r"1 of 10 bars .* \(volume 321\.0 -> 999\.0\)"):
        fetch(path, is_update=True)
    assert len(load_bars(path, MNQ)) == 10

    fetch(path, is_update=True, revised="take_new")
    assert load_bars(path, MNQ)["volume"].tolist() == [321.0] * 9 + [999.0, 321.0]


def test_fetch_update_of_a_file_that_yahoo_no_longer_reaches_is_refused(folder, monkeypatch):
    path = folder / "bars.parquet"
    save_bars(ROWS, path, {"symbol": "MNQ"})
    FakeYahoo().install(monkeypatch)

    with pytest.raises(ConfigError, match="for 60 days, so not back to 2024-01-20"):
        fetch(path, is_update=True)
