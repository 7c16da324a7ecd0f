"""Commands of scripts/trade.py: heard by a trader that runs, kept for one that does not."""

import getpass
import json
import os
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta

import pytest

import utils.clock
from scripts.trade_commands.options import WAIT_SECONDS
from tests.helpers.cli import assert_one_clear_line, run_script
from tests.helpers.clocks import StoppedClock
from tests.helpers.commands import answering
from tests.helpers.trader_statuses import ACCOUNT, NOW, healthy
from trading.command_box import CommandBox, CommandKind
from trading.status_file import STATUS_FILE, write_status
from utils import paths
from utils.paths import PROJECT_ROOT

SIGNATURE = ("--actor", "anna", "--reason", "seen it")
EXTRA = {"adopt": ("--price", "25010.25"), "reset-lock": ("--day", "2025-11-20")}
"""What a command needs beyond its signature."""

NAMES = ["flatten", "kill", "release", "reset-lock", "adopt"]
AT_ONCE = ("--wait", "0")


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    """Return the folder of this test's paper trader."""
    monkeypatch.setattr(paths, "VAR_DIR", tmp_path / "var")
    return tmp_path / "var" / "trading" / "paper"


def tell(capsys, name, *words):
    """Give a command, signed and complete, to the paper trader."""
    extra = EXTRA.get(name, ())
    return run_script(capsys, "trade", name, "--mode", "paper", *SIGNATURE, *extra, *words)


def has_spoken(folder, **changes):
    """Write the status of a trader."""
    folder.mkdir(parents=True)
    write_status(folder / STATUS_FILE, healthy(**changes))


@pytest.mark.parametrize("name", NAMES)
def test_command_that_a_trader_carries_out_exits_zero_with_its_answer(capsys, folder, name):
    with answering(folder, "closed 2 MNQZ5") as heard:
        outcome = tell(capsys, name)
    assert (outcome.exit_code, outcome.out, outcome.err) == (0, "done: closed 2 MNQZ5\n", "")
    (command,) = heard
    assert command.kind is CommandKind(name.replace("-", "_"))
    assert (command.actor, command.reason) == ("anna", "seen it")
    assert abs(datetime.now(UTC) - command.at) < timedelta(minutes=1)
    assert command.price == (25_010.25 if name == "adopt" else None)
    assert command.trading_day == (date(2025, 11, 20) if name == "reset-lock" else None)


@pytest.mark.parametrize("name", NAMES)
def test_command_that_a_trader_refuses_exits_one_with_why(capsys, folder, name):
    with answering(folder, "the day is 2025-11-21", is_done=False):
        outcome = tell(capsys, name)
    assert (outcome.exit_code, outcome.out) == (1, "NOT DONE: the day is 2025-11-21\n")


@pytest.mark.parametrize("name", NAMES)
def test_command_that_nobody_hears_exits_one_and_waits_for_a_trader(capsys, folder, name):
    outcome = tell(capsys, name, *AT_ONCE)
    assert outcome.exit_code == 1
    assert "no trader runs here" in outcome.out
    assert "it will be done first when one starts" in outcome.out
    box = CommandBox(folder)
    assert [command.kind.value.replace("_", "-") for command in box.take()] == [name]
    assert box.is_kill_wanted is (name == "kill")


@pytest.mark.parametrize("name", NAMES)
def test_command_to_a_trader_that_has_ended_is_not_waited_over(capsys, folder, name):
    has_spoken(folder, is_over=True)
    began = time.monotonic()
    outcome = tell(capsys, name)
    assert time.monotonic() - began < WAIT_SECONDS / 2
    assert outcome.exit_code == 1
    assert outcome.out.startswith("no trader runs here")
    assert len(CommandBox(folder).take()) == 1


def test_command_to_a_rehearsal_that_has_ended_is_for_none(capsys, folder):
    own = folder.with_name("sim")
    has_spoken(own, venue="sim", is_over=True)
    outcome = run_script(capsys, "trade", "flatten", "--mode", "sim")
    assert (outcome.exit_code, outcome.err) == (1, "")
    assert "no rehearsal runs here" in outcome.out
    assert "the next one begins without it" in outcome.out


def test_command_that_a_running_trader_is_slow_to_answer_is_not_told_as_unheard(capsys, folder):
    has_spoken(folder)
    outcome = tell(capsys, "flatten", *AT_ONCE)
    assert outcome.exit_code == 1
    assert "has not answered within 0 s" in outcome.out
    assert "no trader runs here" not in outcome.out


def test_command_can_be_taken_back_as_it_says(capsys, folder):
    outcome = tell(capsys, "kill", *AT_ONCE)
    _, undo = outcome.out.rsplit("to take it back: rm ", 1)
    for file in undo.strip().removesuffix(")").split():
        os.unlink(file)
    assert (CommandBox(folder).take(), CommandBox(folder).is_kill_wanted) == ((), False)


def test_kill_leaves_its_file_though_a_trader_answered(capsys, folder):
    with answering(folder, "killed"):
        assert tell(capsys, "kill").exit_code == 0
    assert CommandBox(folder).is_kill_wanted  # a new process is killed too, until a release


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")
def test_kill_works_where_no_command_can_be_left(capsys, folder):
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    assert_one_clear_line(tell(capsys, "kill"), "others can write", "KILL", "kills all the same")
    assert CommandBox(folder).is_kill_wanted
    assert_one_clear_line(tell(capsys, "flatten"), "others can write")


def test_kill_is_not_stopped_by_a_reason_of_two_lines(capsys, folder):
    words = ("--mode", "paper", "--reason", "fat\nfinger", *AT_ONCE)
    assert run_script(capsys, "trade", "kill", *words).exit_code == 1
    assert CommandBox(folder).take()[0].reason == "fat finger"


@pytest.mark.parametrize("name", ["flatten", "kill"])
def test_command_that_makes_safe_needs_no_signature(capsys, folder, name):
    run_script(capsys, "trade", name, "--mode", "paper", *AT_ONCE)
    (command,) = CommandBox(folder).take()
    assert (command.actor, command.reason) == (getpass.getuser(), "by hand")


@pytest.mark.parametrize("name", ["release", "reset-lock", "adopt"])
@pytest.mark.parametrize("words", [(), ("--reason", " ")])
def test_command_that_allows_more_is_refused_without_a_reason(capsys, folder, name, words):
    words = ("--mode", "paper", *words, *EXTRA.get(name, ()))
    assert_one_clear_line(run_script(capsys, "trade", name, *words), "--reason")
    assert not folder.exists()


@pytest.mark.parametrize(
    ("name", "words", "part"),
    [
        ("adopt", ("--price", "nan"), "--price"),
        ("adopt", ("--price", "-1"), "--price"),
        ("reset-lock", ("--day", "today"), "--day"),
        ("flatten", ("--account", " "), "--account"),
        ("flatten", ("--actor", ""), "--actor"),
    ],
)
def test_command_that_cannot_be_understood_is_one_clear_line(capsys, folder, name, words, part):
    assert_one_clear_line(tell(capsys, name, *words, *AT_ONCE), part)
    assert CommandBox(folder).take() == ()


@pytest.mark.parametrize("name", ["status", *NAMES])
def test_command_without_a_mode_is_one_clear_line(capsys, name):
    assert_one_clear_line(run_script(capsys, "trade", name), "--mode")


def test_command_behind_options_of_trading_is_refused(capsys, folder):
    outcome = run_script(capsys, "trade", "--mode", "paper", "kill", "--mode", "paper")
    assert_one_clear_line(outcome, "`--mode` must stand behind `kill`")
    outcome = run_script(capsys, "trade", "--max-daily-loss", 500, "kill", "--mode", "paper")
    assert_one_clear_line(outcome, "`--max-daily-loss` must stand behind `kill`")
    assert not folder.exists()


def test_command_to_an_account_is_left_in_its_folder(capsys, folder):
    tell(capsys, "flatten", "--account", "DU1234567", *AT_ONCE)
    assert [each.name for each in folder.parent.iterdir()] == ["paper-706de7b67a5c"]


def test_command_without_account_reaches_the_only_trader_of_its_mode(capsys, folder):
    own = folder.with_name("paper-706de7b67a5c")
    has_spoken(own)
    tell(capsys, "flatten", *AT_ONCE)
    assert len(CommandBox(own).take()) == 1


def test_command_without_account_to_one_of_two_traders_is_not_guessed(capsys, folder):
    has_spoken(folder)
    has_spoken(folder.with_name("paper-706de7b67a5c"))
    assert_one_clear_line(tell(capsys, "kill"), "--account ID", "--folder DIR")


def test_command_to_a_folder_of_ones_own_is_left_there(capsys, tmp_path):
    tell(capsys, "flatten", "--folder", tmp_path / "mine", *AT_ONCE)
    assert len(CommandBox(tmp_path / "mine").take()) == 1


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2025-11-20T15:00:00+00:00", date(2025, 11, 20)),
        ("2025-11-20T22:30:00+00:00", date(2025, 11, 20)),  # the break after it
        ("2025-11-20T23:00:00+00:00", date(2025, 11, 21)),  # 17:00 in Chicago
        ("2025-11-22T12:00:00+00:00", date(2025, 11, 24)),  # Saturday: the lock ends on Monday's
    ],
)
def test_reset_without_a_day_is_of_the_trading_day_that_is_on(
    capsys, monkeypatch, folder, now, day
):
    monkeypatch.setattr(utils.clock.SystemClock, "now", StoppedClock(now).now)
    words = ("--mode", "paper", *SIGNATURE, *AT_ONCE)
    run_script(capsys, "trade", "reset-lock", *words)
    assert CommandBox(folder).take()[0].trading_day == day


def test_reset_in_a_simulation_is_of_the_day_of_its_market(capsys, folder):
    own = folder.with_name("sim")
    has_spoken(own, venue="sim")  # at 2025-11-20 15:00:07
    run_script(capsys, "trade", "reset-lock", "--mode", "sim", *SIGNATURE, *AT_ONCE)
    assert CommandBox(own).take()[0].trading_day == date(2025, 11, 20)


def test_reset_in_a_simulation_that_has_said_nothing_needs_the_day(capsys, folder):
    outcome = run_script(capsys, "trade", "reset-lock", "--mode", "sim", *SIGNATURE, *AT_ONCE)
    assert_one_clear_line(outcome, "has a trader run here")


def test_status_of_a_trader_that_runs_exits_zero_and_says_how_old_it_is(capsys, folder):
    has_spoken(folder, at=datetime.now(UTC))
    outcome = run_script(capsys, "trade", "status", "--mode", "paper")
    assert (outcome.exit_code, outcome.err) == (0, "")
    assert outcome.out.startswith("FuturesGym PAPER DU***67 MNQZ5")
    assert "+2 at 25,010.25" in outcome.out
    assert "told        0 s ago" in outcome.out
    assert ACCOUNT not in outcome.out


@pytest.mark.parametrize("seconds", [61.0, -61.0, 90_000.0])
def test_status_that_is_old_or_of_the_future_exits_one(capsys, folder, seconds):
    has_spoken(folder, at=datetime.now(UTC) - timedelta(seconds=seconds))
    outcome = run_script(capsys, "trade", "status", "--mode", "paper")
    assert outcome.exit_code == 1
    assert f"told        {seconds:.0f} s ago" in outcome.out


def test_status_of_a_simulation_is_as_old_as_its_file(capsys, folder):
    own = folder.with_name("sim")
    has_spoken(own, venue="sim")  # its market is in 2025
    assert NOW.year == 2025
    assert run_script(capsys, "trade", "status", "--mode", "sim").exit_code == 0
    os.utime(own / STATUS_FILE, (1.7e9, 1.7e9))
    assert run_script(capsys, "trade", "status", "--mode", "sim").exit_code == 1


@pytest.mark.parametrize("content", [None, "{}"])
def test_status_that_is_none_exits_one_with_one_line(capsys, folder, content):
    if content is not None:
        folder.mkdir(parents=True)
        (folder / STATUS_FILE).write_text(content)
    outcome = run_script(capsys, "trade", "status", "--mode", "paper")
    assert (outcome.exit_code, outcome.out) == (1, "")
    assert len(outcome.err.splitlines()) == 1
    assert outcome.err.startswith("error: ")


def test_status_as_json_is_the_file(capsys, folder):
    has_spoken(folder, at=datetime.now(UTC))
    outcome = run_script(capsys, "trade", "status", "--mode", "paper", "--json")
    written = json.loads((folder / STATUS_FILE).read_text(encoding="utf-8"))
    assert (outcome.exit_code, json.loads(outcome.out)) == (0, written)


def run_program(*words):
    """Run trade.py as a program of its own."""
    command = [sys.executable, "scripts/trade.py", *map(str, words)]
    return subprocess.run(
        command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=False, timeout=60
    )


def test_command_as_a_program_is_done_by_a_trader_in_another_process(tmp_path):
    with answering(tmp_path / "mine", "closed 2 MNQZ5") as heard:
        done = run_program("flatten", "--mode", "paper", "--folder", tmp_path / "mine")
    assert (done.returncode, done.stdout, done.stderr) == (0, "done: closed 2 MNQZ5\n", "")
    assert heard[0].actor == getpass.getuser()


def test_command_as_a_program_without_a_trader_exits_one(tmp_path):
    words = ("--mode", "live", "--folder", tmp_path / "mine", *AT_ONCE)
    done = run_program("kill", *words)
    assert (done.returncode, done.stderr) == (1, "")
    assert CommandBox(tmp_path / "mine").is_kill_wanted
    assert run_program("status", *words[:-2]).returncode == 1
