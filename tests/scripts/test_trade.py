"""scripts/trade.py checks everything it can and sends nothing."""

from pathlib import Path

import pytest

from tests.helpers.cli import assert_one_clear_line, run_script


@pytest.mark.parametrize("mode", ["paper", "sim"])
def test_trade_modes_without_account_say_they_are_not_there_yet(capsys, model_dir, mode):
    outcome = run_script(capsys, "trade", "--model", model_dir, "--mode", mode)
    assert_one_clear_line(outcome, f"--mode {mode}", "not in this version", "no order was sent")


def test_trade_live_without_consent_names_all_three_missing_options(capsys, model_dir):
    outcome = run_script(capsys, "trade", "--model", model_dir, "--mode", "live")
    assert_one_clear_line(outcome, "--profile live", "--account ACCOUNT_ID", "--confirm-live")


def test_trade_live_with_one_thing_missing_names_only_that(capsys, model_dir):
    words = ["--model", model_dir, "--mode", "live", "--profile", "live", "--confirm-live"]
    outcome = run_script(capsys, "trade", *words)
    assert_one_clear_line(outcome, "--account ACCOUNT_ID")
    assert "--confirm-live" not in outcome.err


def test_trade_live_with_consent_says_it_is_not_there_yet_and_keeps_the_account_to_itself(
    capsys, model_dir
):
    words = ["--profile", "live", "--account", "U1234567", "--confirm-live"]
    outcome = run_script(capsys, "trade", "--model", model_dir, "--mode", "live", *words)
    assert_one_clear_line(outcome, "not in this version")
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
