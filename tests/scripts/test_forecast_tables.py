"""The leaderboard's table: whole where there is room, without some columns where there is none."""

import pytest
from rich.console import Console

from models.forecast.leaderboard import leaderboard
from scripts.forecast_commands.tables import (
    COLUMNS,
    DROPPED,
    WIDEST,
    leaderboard_table,
    print_whole,
)
from tests.helpers.forecast_walks import forecast_bars, run_silently, small_walk


@pytest.fixture(name="lines", scope="module")
def _lines(tmp_path_factory):
    """Return the lines of one horizon of a small run."""
    walk = small_walk(forecast_bars(), tmp_path_factory.mktemp("walk"))
    run_silently(walk)
    return [line for line in leaderboard(walk) if line.horizon == 12]


def printed(capsys, lines, width):
    """Return what is printed for a terminal of some width."""
    capsys.readouterr()
    print_whole(leaderboard_table(lines, width))
    return capsys.readouterr().out


def test_leaderboard_table_without_a_terminal_has_every_column_and_cuts_nothing(capsys, lines):
    text = printed(capsys, lines, None)
    headings = next(line for line in text.splitlines() if "family" in line).split()
    assert len(headings) == len(" ".join(("family", *(h for h, _ in COLUMNS.values()))).split()) + 1
    assert "too narrow" not in text
    assert "\u2026" not in text


@pytest.mark.parametrize("width", [60, 80, 100])
def test_leaderboard_table_fits_a_terminal_and_says_what_is_left_out(capsys, lines, width):
    text = printed(capsys, lines, width)
    assert max(len(line.rstrip()) for line in text.splitlines()) <= width
    assert "\u2026" not in text
    assert all(line.family in text for line in lines)
    assert "too narrow for us/row" in " ".join(text.split())
    assert "see --json" in " ".join(text.split())


def test_leaderboard_table_of_a_terminal_that_is_just_wide_enough_is_whole(capsys, lines):
    whole = Console(width=WIDEST).measure(leaderboard_table(lines)).maximum
    own = Console(width=WIDEST).measure(leaderboard_table(lines, whole)).maximum
    assert own == whole
    assert Console(width=WIDEST).measure(leaderboard_table(lines, whole - 1)).maximum < whole


def test_leaderboard_table_of_no_room_at_all_keeps_the_gain_and_the_gate(capsys, lines):
    text = printed(capsys, lines, 1)
    assert [word for word in ("family", "ewma", "gate") if word in text] == [
        "family",
        "ewma",
        "gate",
    ]
    assert set(COLUMNS) - set(DROPPED) == {"skill_ewma_pct", "t_ewma"}
