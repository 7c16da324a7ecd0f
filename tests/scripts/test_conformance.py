"""scripts/conformance.py: our kernel passes, peers are asked apart, docs show what it prints."""

import json

import pytest

from env.conformance.cases import load_cases
from scripts import conformance_peers
from scripts.conformance_peers import PeerEngine
from tests.helpers.cli import assert_one_clear_line, run_script
from utils.errors import ConfigError
from utils.paths import PROJECT_ROOT

FILE = load_cases()


def test_conformance_of_the_kernel_passes(capsys):
    outcome = run_script(capsys, "conformance")
    assert (outcome.exit_code, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    assert lines[0] == "| case | kernel |"
    assert lines[2:-1] == [f"| {case.name} | match |" for case in FILE.cases]
    assert lines[-1] == f"| matches of {len(FILE.cases)} | {len(FILE.cases)} |"


def test_conformance_json_is_one_object_per_case(capsys):
    outcome = run_script(capsys, "conformance", "--json")
    first = json.loads(outcome.out.splitlines()[0])
    assert len(outcome.out.splitlines()) == len(FILE.cases)
    assert first == {
        "case": "1_market_round_trip",
        "engine": "kernel",
        "version": None,
        "verdict": "match",
        "detail": "",
    }


def test_conformance_of_a_kernel_that_differs_exits_with_one(capsys, monkeypatch):
    case = FILE.cases[0]
    wrong = FILE.model_copy(update={"cases": (case.model_copy(update={"nets": (1.0,)}),)})
    monkeypatch.setattr("env.conformance.cases.load_cases", lambda: wrong)
    outcome = run_script(capsys, "conformance")
    assert outcome.exit_code == 1
    assert f"| {case.name} | differ: got trades of +13.76 USD |" in outcome.out


def test_conformance_of_an_unknown_engine_lists_the_choices(capsys):
    outcome = run_script(capsys, "conformance", "--engine", "backtradr")
    assert_one_clear_line(outcome, "did you mean `backtrader`?", "kernel")


def answer_of(asked):
    """Answer as a peer that fills nothing, and cannot say the second case."""
    outcomes = [{"fills": [], "net_usd": 0.0} for _ in asked["cases"]]
    outcomes[2] = outcomes[3] = {"not_expressible": "stops"}
    return {"version": "1.0", "outcomes": outcomes}


def test_conformance_shows_a_peer_beside_the_kernel(capsys, monkeypatch):
    monkeypatch.setattr(conformance_peers, "ask_peer", lambda program, asked: answer_of(asked))
    outcome = run_script(capsys, "conformance", "--engine", "backtrader", "--engine", "kernel")
    lines = outcome.out.splitlines()
    assert outcome.exit_code == 0
    assert lines[0] == "| case | kernel | backtrader 1.0 |"
    assert lines[2] == "| 1_market_round_trip | match | differ: got no fill |"
    assert lines[3] == "| 2_stop_intrabar | match | not expressible: stops |"


@pytest.mark.parametrize(("name", "slippage"), [("backtesting", 0), ("backtrader", 1)])
def test_peer_is_asked_cases_and_mirrors_as_it_can_take_them(monkeypatch, name, slippage):
    asked = {}

    def ask(program, question):
        asked.update(question, program=program)
        return answer_of(question)

    monkeypatch.setattr(conformance_peers, "ask_peer", ask)
    engine = PeerEngine(name, FILE)
    first, mirror = asked["cases"][:2]
    assert asked["program"] == f"{name}_cases"
    assert len(asked["cases"]) == 2 * len(FILE.cases)
    assert (first["name"], mirror["name"]) == (
        "1_market_round_trip",
        "1_market_round_trip_mirrored",
    )
    assert first["terms"]["slippage_ticks"] == slippage
    assert first["instrument"]["usd_per_point"] == 2.0
    assert (engine.name, engine.version) == (name, "1.0")


def test_peer_that_does_not_answer_is_one_error(monkeypatch):
    monkeypatch.setattr(conformance_peers, "ask_peer", lambda program, asked: None)
    with pytest.raises(ConfigError, match="the peer `backtrader` did not answer; `make bench-env`"):
        PeerEngine("backtrader", FILE)


def test_docs_show_a_row_per_case_and_call_ours_a_match():
    text = (PROJECT_ROOT / "docs" / "conformance.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("| ")]
    for case in FILE.cases:
        assert any(row.startswith(f"| {case.name} | match |") for row in rows), case.name
