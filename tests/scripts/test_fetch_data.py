"""scripts/fetch_data.py checks what is asked for, then says that it cannot download yet."""

import pytest

from tests.helpers.cli import assert_one_clear_line, run_script


def test_fetch_data_with_documented_options_says_it_is_not_there_yet(capsys):
    words = ["--duration", "6 M", "--bar-size", "1 hour", "--rth-only", "--compute-features"]
    outcome = run_script(capsys, "fetch_data", *words, "--update")
    assert_one_clear_line(
        outcome, "6 M of 1 hour MNQ", "not in this version", "nothing was requested"
    )


@pytest.mark.parametrize("duration", ["1Y", "0 D", "1 y", "-1 Y", "", "1 Y; DROP"])
def test_fetch_data_refuses_a_duration_ib_would_refuse(capsys, duration):
    outcome = run_script(capsys, "fetch_data", "--duration", duration)
    assert_one_clear_line(outcome, "--duration", f'was "{duration}"')


def test_fetch_data_suggests_the_nearest_bar_size_and_symbol(capsys):
    assert_one_clear_line(run_script(capsys, "fetch_data", "--bar-size", "5min"), "`5 mins`?")
    assert_one_clear_line(run_script(capsys, "fetch_data", "--symbol", "MNG"), "`MNQ`?")
