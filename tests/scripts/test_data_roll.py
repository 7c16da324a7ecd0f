"""scripts/data.py roll: writes the series and its rolls, or one clear line."""

import json

import pandas as pd
import pytest

from config.instruments import get_instrument
from data.store import load_bars, load_metadata
from scripts.workflow import is_synthetic
from tests.helpers.cli import assert_one_clear_line, run_script
from tests.helpers.contract_bars import contract_frame

TABLE = {
    "NQM24": {"2024-06-12": (100.0, 90), "2024-06-13": (102.0, 40)},
    "NQU24": {"2024-06-12": (109.0, 20), "2024-06-13": (112.0, 80), "2024-06-14": (115.0, 90)},
}


@pytest.fixture
def file(tmp_path):
    """Return a parquet file of two contracts."""
    path = tmp_path / "contracts.parquet"
    contract_frame(TABLE).assign(wap=1.0).to_parquet(path)
    return path


def roll(capsys, file, *words):
    return run_script(capsys, "data", "roll", file, "--symbol", "NQ", *words)


def test_roll_writes_bars_with_metadata_and_the_rolls(capsys, file, tmp_path):
    out, rolls = tmp_path / "nq.parquet", tmp_path / "rolls.csv"
    outcome = roll(capsys, file, "--adjust", "difference", "--out", out, "--rolls", rolls)

    assert outcome.exit_code == 0, outcome.err
    assert "6 bars of NQ" in outcome.out
    assert "columns left out: wap" in outcome.out
    bars = load_bars(out, get_instrument("NQ"))
    assert bars["open"].tolist() == [110.0, 110.0, 112.0, 112.0, 115.0, 115.0]
    assert bars["is_roll"].tolist() == [False] * 4 + [True, False]
    assert load_metadata(out) == {
        "symbol": "NQ",
        "bar_seconds": "3600",
        "adjustment": "difference",
        "source": "contracts.parquet, rolled by volume, 0 to confirm",
        "zone": "UTC",
        "quality": "rolls: 1, sessions without bars of the contract in use: 0, on the tick grid",
    }
    assert rolls.read_text(encoding="utf-8") == (
        "old,new,decision_session,first_session_new,gap_points,old_vol,new_vol,gap_ratio,gap_at\n"
        "NQM24,NQU24,2024-06-13,2024-06-14,10,40,80,1.09756097561,2024-06-13 13:00:00+00:00\n"
    )


def test_roll_by_ratio_says_that_the_prices_are_off_the_grid(capsys, file, tmp_path):
    out = tmp_path / "nq.parquet"
    outcome = roll(capsys, file, "--adjust", "ratio", "--out", out)
    assert outcome.exit_code == 0, outcome.err
    assert "off the tick grid" in outcome.out
    notes = load_metadata(out)
    assert notes["adjustment"] == "ratio"
    assert "off the tick grid" in notes["quality"]
    assert load_bars(out, None)["adjustment"].tolist()[-1] == 1.0


def test_roll_json_is_one_object_with_nulls_for_what_is_unknown(capsys, tmp_path):
    path, out = tmp_path / "contracts.parquet", tmp_path / "nq.parquet"
    contract_frame(HOLE).to_parquet(path)
    outcome = roll(capsys, path, "--json", "--out", out)

    assert outcome.exit_code == 0, outcome.err
    summary = json.loads(outcome.out)
    assert summary["out"] == str(out)
    assert summary["n_bars"] == 4
    assert (summary["first"], summary["last_contract"]) == ("2024-06-17T12:00:00+00:00", "NQU24")
    assert summary["missing_sessions"] == ["2024-06-18"]
    assert summary["rolls"] == [
        {
            "old": "NQM24",
            "new": "NQU24",
            "decision_session": "2024-06-18",
            "first_session_new": "2024-06-20",
            "gap_points": 10.0,
            "old_vol": None,
            "new_vol": 9.0,
            "gap_ratio": 1.099502487562,
            "gap_at": "2024-06-17T13:00:00.000Z",
        }
    ]
    assert summary["cut_sessions"] == {}


DAYS = ("2024-06-17", "2024-06-18", "2024-06-20")
HOLE = {"NQM24": {"2024-06-17": (100.0, 9)}, "NQU24": dict.fromkeys(DAYS, (110.0, 9))}
"""June has no bars on the 18th, when it is still the contract in use."""


def test_roll_of_contracts_that_do_not_overlap_is_one_line_and_writes_nothing(capsys, tmp_path):
    path, out = tmp_path / "contracts.parquet", tmp_path / "nq.parquet"
    contract_frame({**HOLE, "NQU24": dict.fromkeys(DAYS[1:], (110.0, 9))}).to_parquet(path)
    for adjust in ("none", "difference", "ratio"):
        outcome = roll(capsys, path, "--adjust", adjust, "--out", out)
        assert_one_clear_line(
            outcome, "NQM24 and NQU24", "have no bar in common; give bars of both"
        )
    assert not out.exists()


def test_roll_says_what_it_left_out_of_the_day_of_an_expiry(capsys, tmp_path):
    path, out = tmp_path / "contracts.parquet", tmp_path / "nq.parquet"
    days = ("2024-06-20", "2024-06-21")
    june, september = dict.fromkeys(days, (100.0, 9)), dict.fromkeys(days, (110.0, 2))
    frame = contract_frame({"NQM24": june, "NQU24": {**september, "2024-06-24": (111.0, 9)}})
    is_over = (frame["contract"] == "NQM24") & (frame["timestamp"] == "2024-06-21T13:00Z")
    frame[~is_over].to_parquet(path)
    outcome = roll(capsys, path, "--out", out)

    assert outcome.exit_code == 0, outcome.err
    text = " ".join(outcome.out.split())
    assert "bars left out, since the contract in use had expired earlier that day: 1" in text
    assert "(2024-06-21)" in text
    told = json.loads(roll(capsys, path, "--json", "--out", out).out)
    assert told["cut_sessions"] == {"2024-06-21": 1}


def test_roll_of_synthetic_contracts_stays_synthetic(capsys, tmp_path):
    path, out = tmp_path / "contracts.parquet", tmp_path / "nq.parquet"
    made = run_script(
        capsys, "data", "synth", "--contracts", "--symbol", "nq", "--bars", 600, "--seed", 7,
        "--preset", "crisis", "--out", path,
    )  # fmt: skip
    assert made.exit_code == 0, made.err
    assert roll(capsys, path, "--out", out).exit_code == 0

    notes = load_metadata(out)
    assert notes["source"] == "synthetic crisis, rolled by volume, 0 to confirm"
    assert (notes["seed"], notes["bar_seconds"], notes["symbol"]) == ("7", "300", "NQ")
    assert is_synthetic(out)


def test_roll_names_the_sessions_it_had_to_leave_out(capsys, tmp_path):
    path = tmp_path / "contracts.parquet"
    contract_frame(HOLE).to_parquet(path)
    outcome = roll(capsys, path, "--out", tmp_path / "nq.parquet")
    assert "sessions left out, since the contract in use has no bars in them: 1" in outcome.out
    assert "(2024-06-18)" in " ".join(outcome.out.split())


def test_roll_options_reach_the_rule(capsys, file, tmp_path):
    out = tmp_path / "nq.parquet"
    outcome = roll(capsys, file, "--out", out, "--confirm", "1", "--json")
    assert json.loads(outcome.out)["rolls"] == []
    outcome = roll(capsys, file, "--out", out, "--rule", "calendar", "--json")
    assert json.loads(outcome.out)["rule"] == "calendar"
    assert outcome.exit_code == 0


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["--symbol", "MNQ"], "is a contract of NQ, not MNQ"),
        (["--symbol", "BTCUSDT"], "BTCUSDT has no contracts"),
        (["--adjust", "ration"], "did you mean `ratio`?"),
        (["--rule", "oi"], "unknown roll rule `oi`"),
        (["--confirm", "-1"], "`confirm` must be >= 0 sessions, was -1"),
    ],
)
def test_roll_mistake_is_one_line_and_writes_nothing(capsys, file, tmp_path, words, part):
    out = tmp_path / "nq.parquet"
    outcome = roll(capsys, file, "--out", out, *words)
    assert_one_clear_line(outcome, part)
    assert not out.exists()


def test_roll_onto_the_file_itself_is_refused(capsys, file):
    before = file.read_bytes()
    assert_one_clear_line(roll(capsys, file, "--out", file), "is the file itself")
    assert file.read_bytes() == before


def test_roll_of_one_series_without_contracts_is_refused(capsys, tmp_path):
    path = tmp_path / "bars.parquet"
    pd.DataFrame({"open": [1.0]}).to_parquet(path)
    assert_one_clear_line(roll(capsys, path, "--out", tmp_path / "x.parquet"), "no column `contra")
