"""scripts/optimum.py: its figures agree with each other, with the kernel and with the docs."""

import json

import pytest

from data.planted_edge import EDGES
from data.synthetic import PRESETS
from data.synthetic_presets import PLANTED_PRESETS
from tests.helpers.cli import assert_one_clear_line, run_script
from utils.paths import PROJECT_ROOT


def figures(capsys, *arguments):
    outcome = run_script(capsys, "optimum", "--json", *arguments)
    assert (outcome.exit_code, outcome.err) == (0, "")
    return json.loads(outcome.out)


def test_presets_hold_the_edges_that_they_are_named_for():
    assert list(PLANTED_PRESETS) == list(EDGES)
    for strength, preset in PLANTED_PRESETS.items():
        assert PRESETS[preset].edge == EDGES[strength]


def test_optimum_json_is_one_line_of_the_documented_figures(capsys):
    medium = figures(capsys, "--bars", 0)
    assert medium["strength"] == "medium"
    assert medium["cost_per_side_usd"] == pytest.approx(1.12)
    assert medium["cost_per_side_ticks"] == pytest.approx(2.24)
    assert medium["sell_at_ticks"] == pytest.approx(-medium["buy_at_ticks"])
    assert medium["value_per_bar_usd"] == pytest.approx(0.42, abs=0.005)
    assert medium["value_per_session_usd"] == pytest.approx(276 * medium["value_per_bar_usd"])
    assert "kernel" not in medium
    assert [rule["of_optimum"] for rule in medium["rules"][:3]] == [
        0.0,
        pytest.approx(-2.12, abs=0.01),
        pytest.approx(-1.51, abs=0.01),
    ]


@pytest.mark.parity
@pytest.mark.parametrize("strength", EDGES)
def test_optimum_is_confirmed_by_the_kernel_on_its_preset(capsys, strength):
    kernel = figures(capsys, "--strength", strength, "--bars", 30_000, "--seed", 7)["kernel"]
    assert kernel["n_bars"] == 29_999
    assert abs(kernel["realised"]["z"]) < 4.0
    assert abs(kernel["foreseen"]["z"]) < 4.0
    assert kernel["foreseen"]["of_expected"] == pytest.approx(1.0, abs=0.15)
    assert 0.0 < kernel["information_in_moves"] < 0.1


def test_optimum_text_says_policy_rules_and_kernel_run(capsys):
    out = run_script(capsys, "optimum", "--bars", 600, "--max-position", 2).out
    for part in (
        "edge `medium`",
        "largest position 2",
        "long at a filtered drift >= 0.746",
        "every change of sign: one signal",
        "599 bars of `planted_edge`",
        "given signals",
    ):
        assert part in out


def test_optimum_at_ruinous_costs_says_never_trade(capsys):
    out = run_script(capsys, "optimum", "--bars", 0, "--slippage-ticks", 900).out
    assert "optimum: never trade" in out
    never = figures(capsys, "--bars", 300, "--slippage-ticks", 900)
    assert (never["buy_at_ticks"], never["value_per_bar_usd"]) == (None, 0.0)
    assert never["kernel"]["realised"] == {
        "net_usd": 0.0,
        "standard_error_usd": 0.0,
        "z": None,
        "of_expected": None,
    }


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--strength", "mediun"], "did you mean `medium`?"),
        (["--symbol", "MNG"], "did you mean `MNQ`?"),
        (["--max-position", "0"], "`max_position` in the account"),
        (["--bars", "10"], "`--bars` must be 0 or >= 276 (a session), was 10"),
        (["--bars", "-5"], "`--bars` must be 0 or >= 276 (a session), was -5"),
        (["--seed", "-1"], "`seed` must be in"),
    ],
)
def test_optimum_wrong_option_is_one_clear_line(capsys, arguments, part):
    assert_one_clear_line(run_script(capsys, "optimum", *arguments), part)


def test_documented_table_is_what_the_script_says(capsys):
    page = (PROJECT_ROOT / "docs" / "planted_edge.md").read_text(encoding="utf-8")
    for strength in EDGES:
        said = figures(capsys, "--strength", strength, "--bars", 0)
        line = next(row for row in page.splitlines() if row.startswith(f"| {strength} |"))
        cells = [float(cell) for cell in line.strip("|").split("|")[1:]]
        assert cells == [
            said["sd_ticks"],
            said["signal_noise"],
            pytest.approx(said["filtered_sd_ticks"], abs=0.006),
            pytest.approx(said["buy_at_ticks"], abs=0.006),
            pytest.approx(said["value_per_bar_usd"], abs=0.0006),
            *(pytest.approx(rule["of_optimum"], abs=0.006) for rule in said["rules"]),
        ]
