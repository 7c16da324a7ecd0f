"""What scripts/trade.py refuses to trade: exit code 2, one clear line, nothing sent."""

import os
import shutil
from contextlib import nullcontext

import pandas as pd
import pytest

from data.store import save_bars
from data.synthetic import synthetic_bars
from models.artifacts import WEIGHTS
from tests.helpers.cli import Outcome, assert_one_clear_line, run_script
from tests.helpers.ib_links import ACCOUNT, simulated_gateway
from tests.helpers.model_files import edit_manifest
from trading import operation_parts
from trading.journal import Journal
from trading.journal_owner import JournalOwner
from trading.status_file import STATUS_FILE
from trading.structured_log import LOG_FILE
from trading.trader_setup import JOURNAL
from utils import paths
from utils.clock import SystemClock

PROFILE = """
[trader.operation.metrics]
is_enabled = false
"""


@pytest.fixture(autouse=True)
def own_place(monkeypatch, tmp_path):
    """Start traders in a folder of the test's, whatever broker this machine knows."""
    monkeypatch.setattr(paths, "VAR_DIR", tmp_path / "var")
    for name in ("IB_HOST", "IB_PAPER_PORT", "IB_LIVE_PORT", "IB_CLIENT_ID"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def copied(model_dir, tmp_path):
    """Return a model directory that a test may spoil."""
    return shutil.copytree(model_dir, tmp_path / "model")


@pytest.fixture
def bars(tmp_path):
    path = tmp_path / "bars.parquet"
    save_bars(synthetic_bars(300, "overreaction", seed=3), path, {"symbol": "MNQ"})
    return path


@pytest.fixture
def minutes(tmp_path):
    """Return a file of bars of a minute; the model's have five."""
    path, frame = tmp_path / "minutes.parquet", synthetic_bars(300, seed=3)
    frame.index = pd.date_range(frame.index[0], periods=300, freq="1min", name=frame.index.name)
    save_bars(frame, path, {"symbol": "MNQ"})
    return path


@pytest.fixture
def on_paper(capsys, monkeypatch, tmp_path, model_dir):
    """Return a function that trades on paper at a gateway, until the trader ends by itself."""
    profile = tmp_path / "own.toml"
    profile.write_text(PROFILE, encoding="utf-8")

    def trade(far, *words) -> Outcome:
        monkeypatch.setenv("IB_PAPER_PORT", str(far.port))
        given = ("--mode", "paper", "--model", model_dir, "--profile", profile)
        return run_script(capsys, "trade", *given, "--folder", tmp_path / "trader", *words)

    return trade


def assert_refused(outcome: Outcome, *parts: str) -> None:
    """Assert exit code 2 and a last line that says why, in words for people."""
    assert outcome.exit_code == 2
    assert "Traceback" not in outcome.err + outcome.out
    last = outcome.err.strip().splitlines()[-1]
    assert last.startswith("error: ")
    for part in parts:
        assert part in last


def spoil_a_byte(model):
    content = bytearray((model / WEIGHTS).read_bytes())
    content[-1] ^= 1
    (model / WEIGHTS).write_bytes(content)


def age_a_feature(model):
    def change(content):
        first = content["feature_set"]["features"][0]
        first["version"] += 1

    edit_manifest(model, change)


def odd_bars(model):
    edit_manifest(model, lambda content: content["provenance"].update(bar_seconds=420))


def no_future(model):
    edit_manifest(model, lambda content: content["env_settings"].update(symbol="XAUUSD"))


SPOILT = {
    "a changed byte": (spoil_a_byte, "policy.safetensors"),
    "another version of a feature": (age_a_feature, "version"),
    "bars of a size that no broker tells": (odd_bars, "420 s"),
    "an instrument that the broker has not": (no_future, "XAUUSD"),
}


@pytest.mark.parametrize("how", SPOILT)
def test_trade_refuses_a_model_that_is_spoilt(capsys, copied, bars, how):
    spoil, words = SPOILT[how]
    spoil(copied)
    for mode in (("paper",), ("sim", "--bars", bars)):
        outcome = run_script(capsys, "trade", "--model", copied, "--mode", *mode)
        assert_one_clear_line(outcome, words)


def test_trade_refuses_a_model_for_another_instrument_than_the_profile_s(capsys, copied):
    edit_manifest(
        copied,
        lambda content: content["env_settings"].update(symbol="MES", initial_balance=50_000.0),
    )
    words = ["--profile", "live", "--account", "U1234567", "--confirm-live"]
    outcome = run_script(capsys, "trade", "--model", copied, "--mode", "live", *words)
    assert_one_clear_line(outcome, "made for MES", "profile `live` trades MNQ")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_trade_refuses_a_model_that_others_can_write(capsys, copied):
    (copied / WEIGHTS).chmod(0o666)
    outcome = run_script(capsys, "trade", "--model", copied, "--mode", "paper")
    assert_one_clear_line(outcome, "chmod go-w", "nobody knows what it would trade")


def test_trade_refuses_to_rehearse_on_bars_that_are_larger_than_the_model_s(capsys, copied, bars):
    edit_manifest(copied, lambda content: content["provenance"].update(bar_seconds=60))
    outcome = run_script(capsys, "trade", "--model", copied, "--mode", "sim", "--bars", bars)
    assert_one_clear_line(outcome, "to replay have 300 s, the model's have 60 s")


def test_trade_refuses_to_rehearse_on_bars_of_another_instrument(capsys, model_dir, tmp_path):
    bars = tmp_path / "es.parquet"
    save_bars(synthetic_bars(300, seed=3), bars, {"symbol": "ES"})
    outcome = run_script(capsys, "trade", "--model", model_dir, "--mode", "sim", "--bars", bars)
    assert_one_clear_line(outcome, "says that its bars are ES, the model trades MNQ")


def test_trade_rehearses_on_smaller_bars_of_which_the_model_s_are_made(capsys, model_dir, minutes):
    outcome = run_script(capsys, "trade", "--model", model_dir, "--mode", "sim", "--bars", minutes)
    assert outcome.exit_code == 0, outcome.err


def test_trade_refuses_a_history_of_bars_of_another_size(capsys, model_dir, bars, minutes):
    words = ["--model", model_dir, "--mode", "sim", "--bars", bars, "--history", minutes]
    outcome = run_script(capsys, "trade", *words)
    assert_one_clear_line(outcome, "has bars of 60 s, the model's have 300 s", "resample")


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"is_read_only": True}, "untick `Read-Only API`"),
        ({"has_data_permission": False}, "No market data permissions"),
    ],
)
def test_trade_refuses_a_gateway_that_it_cannot_trade_with(on_paper, fault, words):
    with simulated_gateway() as far:
        far.set(**fault)
        outcome = on_paper(far)
        state = far.state()
    assert_refused(outcome, words)
    assert (state["orders"], state["executions"]) == ([], [])


@pytest.mark.parametrize(
    ("account", "words"),
    [
        ("DU7654321", "none of the 1 that this login may trade"),
        ("U7654321", "`--mode paper` was given a live account"),
    ],
)
def test_trade_refuses_an_account_of_another_login_and_does_not_show_it(on_paper, account, words):
    with simulated_gateway() as far:
        outcome = on_paper(far, "--account", account)
    assert_refused(outcome, words)
    assert "7654321" not in outcome.err + outcome.out


@pytest.mark.parametrize(
    ("account", "words"),
    [
        (ACCOUNT, "`--mode live` was given a paper account"),
        ("U7654321", "none of the 1 that this login may trade"),
    ],
)
def test_trade_live_at_a_paper_login_is_refused_before_the_first_order(
    capsys, monkeypatch, model_dir, tmp_path, account, words
):
    monkeypatch.setattr(operation_parts, "_metrics", lambda terms, alerter: nullcontext())
    given = ["--mode", "live", "--model", model_dir, "--folder", tmp_path / "trader"]
    consent = ["--profile", "live", "--account", account, "--confirm-live"]
    with simulated_gateway() as far:
        monkeypatch.setenv("IB_LIVE_PORT", str(far.port))
        outcome = run_script(capsys, "trade", *given, *consent)
        state = far.state()
    assert_refused(outcome, words)
    assert account not in outcome.err + outcome.out
    assert (state["orders"], state["executions"]) == ([], [])


def test_trade_refuses_another_account_s_journal(on_paper, tmp_path):
    (tmp_path / "trader").mkdir(mode=0o700)
    owner = JournalOwner(account="DU7654321", mode="paper")
    Journal.open(tmp_path / "trader" / JOURNAL, SystemClock(), owner).close()
    with simulated_gateway() as far:
        outcome = on_paper(far)
    assert_refused(outcome, "is of another account")
    assert ACCOUNT not in outcome.err + outcome.out


def test_trade_goes_on_where_log_and_status_cannot_be_written_and_says_so_once(
    capsys, monkeypatch, model_dir, bars, tmp_path
):
    monkeypatch.setattr("trading.sim_trader.LEFT", ())  # or the log would be put aside
    folder = tmp_path / "rehearsal"
    (folder / STATUS_FILE).mkdir(parents=True)
    folder.chmod(0o700)
    (folder / LOG_FILE).symlink_to("/dev/full")
    words = ["--model", model_dir, "--mode", "sim", "--bars", bars, "--folder", folder]
    outcome = run_script(capsys, "trade", *words)
    assert outcome.exit_code == 0, outcome.err
    assert outcome.err.count("status.json does not work, trading goes on") == 1
    assert outcome.err.count("the log cannot be written; lines are lost") == 1
    assert run_script(capsys, "journal", "verify", folder / JOURNAL).exit_code == 0
