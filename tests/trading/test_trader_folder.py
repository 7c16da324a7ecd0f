"""Which folder is a trader's, with and without an account; which one a mode alone means."""

import os
from datetime import UTC, datetime

import pytest

from tests.helpers.clocks import StoppedClock
from tests.helpers.trader_statuses import healthy
from trading.status_file import STATUS_FILE, write_status
from trading.trader_folder import folder_of_mode, is_running, trader_folder
from utils.clock import SystemClock
from utils.errors import ConfigError

NOW = StoppedClock("2025-11-20T15:00:07+00:00")


def has_run(root, name):
    (root / name).mkdir()
    (root / name / STATUS_FILE).touch()
    return root / name


def test_trader_folder_without_account_is_the_modes(tmp_path):
    assert trader_folder(tmp_path, "paper", None) == tmp_path / "paper"


def test_trader_folder_of_an_account_has_its_hash_and_not_the_account(tmp_path):
    # printf DU1234567 | sha256sum
    assert trader_folder(tmp_path, "paper", "DU1234567").name == "paper-706de7b67a5c"
    assert trader_folder(tmp_path, "paper", " du1234567 ").name == "paper-706de7b67a5c"


def test_trader_folder_tells_accounts_and_modes_apart(tmp_path):
    pairs = [("paper", "DU1"), ("paper", "DU2"), ("live", "U1"), ("sim", "DU1"), ("sim", None)]
    assert len({trader_folder(tmp_path, *pair) for pair in pairs}) == 5


@pytest.mark.parametrize(("mode", "account"), [("real", None), ("../x", None), ("live", "  ")])
def test_trader_folder_of_nobody_is_refused(tmp_path, mode, account):
    with pytest.raises(ConfigError):
        trader_folder(tmp_path, mode, account)


def test_folder_of_mode_where_none_has_run_is_the_modes(tmp_path):
    assert folder_of_mode(tmp_path / "none", "paper") == tmp_path / "none" / "paper"
    (tmp_path / "paper-0123").mkdir()  # no status: nobody has run there
    assert folder_of_mode(tmp_path, "paper") == tmp_path / "paper"


@pytest.mark.parametrize("name", ["live", "live-0123456789ab"])
def test_folder_of_mode_is_the_only_one_that_has_run(tmp_path, name):
    folder = has_run(tmp_path, name)
    has_run(tmp_path, "paper-0123456789ab")
    assert folder_of_mode(tmp_path, "live") == folder


def test_folder_of_mode_of_several_is_not_guessed(tmp_path):
    has_run(tmp_path, "live-0123456789ab")
    has_run(tmp_path, "live-ba9876543210")
    with pytest.raises(ConfigError, match="live-0123456789ab, live-ba9876543210.*--account ID"):
        folder_of_mode(tmp_path, "live")


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0, True), (60, True), (61, False), (-60, True), (-61, False)]
)
def test_trader_runs_that_wrote_its_status_within_a_minute(tmp_path, seconds, expected):
    file = has_run(tmp_path, "sim") / STATUS_FILE
    written = datetime(2025, 11, 20, 15, 0, 7, tzinfo=UTC).timestamp() - seconds
    os.utime(file, (written, written))
    assert is_running(tmp_path / "sim", NOW) is expected


def test_trader_without_a_status_does_not_run(tmp_path):
    assert not is_running(tmp_path, NOW)


@pytest.mark.parametrize("is_over", [True, False])
def test_trader_whose_status_says_that_it_has_ended_does_not_run(tmp_path, is_over):
    write_status(tmp_path / STATUS_FILE, healthy(is_over=is_over))
    assert is_running(tmp_path, SystemClock()) is not is_over
