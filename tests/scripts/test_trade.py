"""scripts/trade.py checks everything it can, rehearses without an account, and asks before live."""

import io
import shlex
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

import trading.live_trader
import trading.paper_trader
import trading.sim_trader
from data.store import save_bars
from data.synthetic import synthetic_bars
from tests.helpers.cli import assert_one_clear_line, run_script
from trading.trade_request import TradeRequest
from utils import paths


@pytest.fixture(autouse=True)
def own_place(monkeypatch, tmp_path):
    """Start traders in a folder of the test's, whatever broker this machine knows."""
    monkeypatch.setattr(paths, "VAR_DIR", tmp_path / "var")
    for name in ("IB_HOST", "IB_PAPER_PORT", "IB_LIVE_PORT", "IB_CLIENT_ID"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def started(monkeypatch):
    """Return the requests with which a trader was started; it ends at once, with exit code 7."""
    requests: list[TradeRequest] = []

    def start(request):
        requests.append(request)
        return 7

    monkeypatch.setattr(trading.live_trader, "start_live_trader", start)
    monkeypatch.setattr(trading.paper_trader, "start_paper_trader", start)
    monkeypatch.setattr(trading.sim_trader, "start_simulation", start)
    return requests


class Terminal(io.StringIO):
    """Standard input that a person types into."""

    def isatty(self):
        return True


@pytest.fixture
def typing(monkeypatch):
    """Return a function that has a person at a terminal type a line."""

    def typed(line):
        monkeypatch.setattr(sys, "stdin", Terminal(line))
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)

    return typed


def test_trade_rehearses_a_file_to_its_end_without_an_account(capsys, model_dir, tmp_path):
    bars, folder = tmp_path / "bars.parquet", tmp_path / "rehearsal"
    save_bars(synthetic_bars(260, "overreaction", seed=3), bars, {})
    words = ["--model", model_dir, "--mode", "sim", "--bars", bars, "--folder", folder]
    for _ in range(2):  # the second one begins anew
        outcome = run_script(capsys, "trade", *words)
        assert outcome.exit_code == 0, outcome.err
    *_, first, money, place, following = outcome.out.splitlines()
    assert first.startswith("rehearsed: ")
    assert money.startswith("net: ")
    assert str(folder) in place
    _, *words = shlex.split(following.removeprefix("next: python ").partition(";")[0])
    assert run_script(capsys, "journal", *words).exit_code == 0  # as it stands there
    status = run_script(capsys, "trade", "status", "--mode", "sim", "--folder", folder)
    assert status.exit_code == 0
    assert "SIM" in status.out
    assert "disconnected" in status.out
    assert run_script(capsys, "journal", "verify", folder / "journal.sqlite").exit_code == 0
    assert len(list((folder / "earlier").iterdir())) == 1


def test_trade_rehearsal_begins_without_what_an_earlier_one_was_told(capsys, model_dir, tmp_path):
    bars, folder = tmp_path / "bars.parquet", tmp_path / "rehearsal"
    save_bars(synthetic_bars(260, "overreaction", seed=3), bars, {})
    told = ("--mode", "sim", "--folder", folder, "--wait", "0")
    for name in ("flatten", "kill"):
        run_script(capsys, "trade", name, *told)
    for name in ("trader.log", "trader.log.1", "drift/2024-01-02.json", "status.json"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("of yesterday")
    words = ["--model", model_dir, "--mode", "sim", "--bars", bars, "--folder", folder]
    outcome = run_script(capsys, "trade", *words)
    assert outcome.exit_code == 0, outcome.err
    assert "HALTED" not in outcome.out
    assert "KILLED" not in outcome.out
    (place,) = (folder / "earlier").iterdir()
    aside = {"KILL", "commands", "drift", "trader.log", "trader.log.1"}
    assert {path.name for path in place.iterdir()} == aside
    assert not {path.name for path in folder.iterdir()} & (aside - {"trader.log"})
    assert "of yesterday" not in (folder / "trader.log").read_text(encoding="utf-8")


def test_trade_rehearsal_without_bars_says_so(capsys, model_dir):
    outcome = run_script(capsys, "trade", "--model", model_dir, "--mode", "sim")
    assert_one_clear_line(outcome, "--mode sim", "--bars FILE")


def test_trade_live_without_consent_names_all_three_missing_options(capsys, model_dir):
    outcome = run_script(capsys, "trade", "--model", model_dir, "--mode", "live")
    assert_one_clear_line(outcome, "--profile live", "--account ACCOUNT_ID", "--confirm-live")


def test_trade_live_with_one_thing_missing_names_only_that(capsys, model_dir):
    words = ["--model", model_dir, "--mode", "live", "--profile", "live", "--confirm-live"]
    outcome = run_script(capsys, "trade", *words)
    assert_one_clear_line(outcome, "--account ACCOUNT_ID")
    assert "--confirm-live" not in outcome.err


def test_trade_live_with_consent_and_a_bad_model_keeps_the_account_to_itself(capsys, tmp_path):
    words = ["--profile", "live", "--account", "U1234567", "--confirm-live"]
    outcome = run_script(capsys, "trade", "--model", tmp_path / "none", "--mode", "live", *words)
    assert_one_clear_line(outcome, str(tmp_path / "none"))
    assert "U1234567" not in outcome.err


@pytest.mark.parametrize(
    ("option", "value", "expected"),
    [
        ("--max-position", 0, "must be >= 1 contract, was 0"),
        ("--max-daily-loss", 0, "positive number of USD, was 0.0"),
        ("--max-daily-loss", "nan", "positive number of USD, was nan"),
        ("--mode", "real", "'real'"),
    ],
)
def test_trade_refuses_limits_that_limit_nothing(capsys, model_dir, option, value, expected):
    words = {"--model": model_dir, "--mode": "paper", option: value}
    outcome = run_script(capsys, "trade", *(word for pair in words.items() for word in pair))
    assert_one_clear_line(outcome, expected)


def test_trade_refuses_a_missing_model(capsys, tmp_path: Path):
    outcome = run_script(capsys, "trade", "--model", tmp_path / "none", "--mode", "paper")
    assert_one_clear_line(outcome, str(tmp_path / "none"))


def test_trade_command_of_the_interface_word_for_word(capsys, model_dir, tmp_path, started):
    words = f"--model {model_dir} --mode paper --max-position 1 --max-daily-loss 500"
    outcome = run_script(capsys, "trade", *words.split(), "--use-stop-loss")
    assert (outcome.exit_code, outcome.err) == (7, "")  # what the trader ends with
    (request,) = started
    assert (request.models, request.mode) == ((model_dir,), "paper")
    assert (request.limits.max_position, request.limits.max_daily_loss_usd) == (1, 500.0)
    assert request.folder == tmp_path / "var" / "trading" / "paper"
    assert (request.is_dry_run, request.is_flattened_on_exit) == (False, False)


def test_trade_options_all_reach_the_trader(capsys, model_dir, tmp_path, started):
    other = shutil.copytree(model_dir, tmp_path / "other")
    words = f"--model {model_dir} --model {other} --mode sim --forecaster fc --profile paper"
    words += " --account DU1 --dry-run --flatten-on-exit --history h.parquet --bars b.parquet"
    words += " --speed 60 --start 2025-11-20T15:00 --folder here"
    assert run_script(capsys, "trade", *words.split()).exit_code == 7
    (request,) = started
    assert request.models == (model_dir, other)
    assert (request.forecaster, request.profile) == (Path("fc"), "paper")
    assert (request.account, request.folder) == ("DU1", Path("here"))
    assert (request.is_dry_run, request.is_flattened_on_exit) == (True, True)
    assert (request.history, request.bars) == (Path("h.parquet"), Path("b.parquet"))
    assert (request.speed, request.start) == (60.0, datetime(2025, 11, 20, 15, tzinfo=UTC))


def test_trade_folder_of_an_account_does_not_show_it(capsys, model_dir, started):
    words = ["--model", model_dir, "--mode", "paper", "--account", "DU1234567"]
    run_script(capsys, "trade", *words)
    assert started[0].folder.name == "paper-706de7b67a5c"  # of its SHA-256


@pytest.mark.parametrize(
    ("words", "missing"),
    [
        ((), "--model DIR and --mode MODE"),
        (("--mode", "paper"), "needs --model DIR;"),
        (("--model", "x"), "needs --mode MODE;"),
    ],
)
def test_trade_without_what_it_needs_is_one_clear_line(capsys, words, missing):
    assert_one_clear_line(run_script(capsys, "trade", *words), missing, "paper, live or sim")


@pytest.mark.parametrize("mode", ["paper", "live"])
@pytest.mark.parametrize("option", ["--bars", "--speed", "--start"])
def test_trade_options_of_a_simulation_are_refused_elsewhere(capsys, mode, option):
    value = {"--bars": "b.parquet", "--speed": "fast", "--start": "2025-11-20"}[option]
    outcome = run_script(capsys, "trade", "--model", "x", "--mode", mode, option, value)
    assert_one_clear_line(outcome, option, "for `--mode sim` only")


@pytest.mark.parametrize(
    ("option", "value"),
    [("--speed", "slow"), ("--speed", "0"), ("--speed", "inf"), ("--start", "yesterday")],
)
def test_trade_simulation_options_that_say_nothing_are_refused(capsys, option, value):
    outcome = run_script(capsys, "trade", "--model", "x", "--mode", "sim", option, value)
    assert_one_clear_line(outcome, option, value)


def test_trade_as_client_zero_is_refused_but_in_a_simulation(capsys, monkeypatch, model_dir):
    monkeypatch.setenv("IB_CLIENT_ID", "0")
    live = ("--profile", "live", "--account", "U1234567", "--confirm-live")
    for mode, words in (("paper", ()), ("live", live)):
        outcome = run_script(capsys, "trade", "--model", model_dir, "--mode", mode, *words)
        assert_one_clear_line(outcome, "IB_CLIENT_ID", "by hand")
    monkeypatch.setattr(trading.sim_trader, "start_simulation", lambda request: 7)
    assert run_script(capsys, "trade", "--model", model_dir, "--mode", "sim").exit_code == 7


LIVE = ("--mode", "live", "--profile", "live", "--account", "U1234567")


def test_trade_live_at_a_terminal_is_confirmed_by_typing_the_account(
    capsys, model_dir, started, typing
):
    typing("U1234567\n")
    outcome = run_script(capsys, "trade", "--model", model_dir, *LIVE)
    assert outcome.exit_code == 7
    assert "REAL MONEY" in outcome.err
    assert "U1234567" not in outcome.err + outcome.out  # who types it knows it
    assert started[0].is_live_confirmed


@pytest.mark.parametrize("line", ["y\n", "yes\n", "\n", "", "U7654321\n", "u1234567\n"])
def test_trade_live_at_a_terminal_starts_on_nothing_but_the_account(
    capsys, model_dir, started, typing, line
):
    typing(line)
    outcome = run_script(capsys, "trade", "--model", model_dir, *LIVE)
    assert (outcome.exit_code, started) == (2, [])
    assert "nothing was sent" in outcome.err


def test_trade_live_asks_nobody_who_has_not_said_the_rest(capsys, model_dir, started, typing):
    typing("U1234567\n")
    words = ("--mode", "live", "--account", "U1234567")
    outcome = run_script(capsys, "trade", "--model", model_dir, *words)
    assert_one_clear_line(outcome, "--profile live", "--confirm-live")


def test_trade_live_without_a_terminal_is_confirmed_by_the_option_alone(capsys, model_dir, started):
    outcome = run_script(capsys, "trade", "--model", model_dir, *LIVE)
    assert_one_clear_line(outcome, "live trading needs --confirm-live")
    assert run_script(capsys, "trade", "--model", model_dir, *LIVE, "--confirm-live").exit_code == 7
    assert len(started) == 1
