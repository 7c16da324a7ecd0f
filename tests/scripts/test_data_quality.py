"""scripts/data.py check, repair and info, as a user runs them."""

import json

import pandas as pd
import pytest

from config.instruments import get_instrument
from data.store import load_bars, save_bars
from tests.data.test_quality import ROWS
from tests.data.test_repair import with_every_defect
from tests.helpers.bars import real_data
from tests.helpers.cli import assert_one_clear_line, run_script


@pytest.fixture
def sound(tmp_path):
    """Return a sound file of ours."""
    path = tmp_path / "sound.parquet"
    save_bars(ROWS, path, {"symbol": "MNQ", "source": "by hand"})
    return path


@pytest.fixture
def broken(tmp_path):
    """Return a foreign file with one defect for each repair."""
    path = tmp_path / "broken.parquet"
    with_every_defect().to_parquet(path)
    return path


def test_check_sound_file_exits_0_without_being_told_the_symbol(capsys, sound):
    outcome = run_script(capsys, "data", "check", sound)

    assert outcome.exit_code == 0
    assert "sound.parquet as MNQ: 552 bars of 300 s" in outcome.out
    assert "552 of 552 expected bars are there" in outcome.out
    assert outcome.out.endswith("0 errors, 0 warnings\n")


def test_check_broken_file_exits_1_with_a_line_for_each_defect(capsys, broken):
    outcome = run_script(capsys, "data", "check", broken, "--symbol", "mnq")

    assert outcome.exit_code == 1
    assert outcome.err == ""
    for code in ("not_finite", "duplicates", "off_tick", "outside_hours", "(repair --clip-ohlc)"):
        assert code in outcome.out
    assert "6 errors, " in outcome.out


def test_check_json_is_the_whole_report(capsys, broken):
    outcome = run_script(capsys, "data", "check", broken, "--symbol", "MNQ", "--json")
    told = json.loads(outcome.out)

    assert outcome.exit_code == 1
    assert (told["symbol"], told["rows"]) == ("MNQ", 554)
    counts = {found["code"]: found["count"] for found in told["findings"]}
    assert counts["ohlc_violations"] == 1


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["broken.parquet"], "does not say what its bars are of; give --symbol"),
        (["nowhere.parquet"], "no bar file `nowhere.parquet`"),
        (["nowhere.parquet", "--symbol", "MNQ"], "no bar file `nowhere.parquet`"),
        (["broken.parquet", "--symbol", "MNG"], "did you mean `MNQ`?"),
        (["half.parquet", "--symbol", "MNQ"], "is no parquet file, or is damaged"),
        ([".", "--symbol", "MNQ"], "is a folder"),
    ],
)
def test_check_users_mistakes_exit_2_with_one_line(
    capsys, broken, tmp_path, monkeypatch, words, part
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "half.parquet").write_bytes(broken.read_bytes()[:2_000])

    assert_one_clear_line(run_script(capsys, "data", "check", *words), part)


def test_repair_all_makes_a_file_that_check_finds_sound(capsys, broken, tmp_path):
    out = tmp_path / "mended.parquet"
    outcome = run_script(capsys, "data", "repair", broken, "--symbol", "MNQ", "--out", out, "--all")

    assert outcome.exit_code == 0
    assert "drop-nan: 1 removed, 0 changed, 0 out of order" in outcome.out
    assert "6 rows removed or changed" in outcome.out
    assert len(load_bars(out, get_instrument("MNQ"))) == 550
    assert len(pd.read_csv(tmp_path / "mended.parquet.repaired.csv")) == 6
    assert run_script(capsys, "data", "check", out).exit_code == 0


def test_repair_json_says_what_each_step_did(capsys, broken, tmp_path):
    words = ["--symbol", "MNQ", "--out", tmp_path / "mended.parquet", "--all", "--json"]
    told = json.loads(run_script(capsys, "data", "repair", broken, *words).out)

    assert told["rows"] == 550
    assert told["steps"][0] == {
        "name": "drop-nan",
        "n_removed": 1,
        "n_changed": 0,
        "n_moved": 0,
    }


def test_repair_by_name_does_only_that(capsys, tmp_path):
    path, out = tmp_path / "found.parquet", tmp_path / "mended.parquet"
    ROWS.iloc[::-1].to_parquet(path)
    words = ["--symbol", "MNQ", "--out", out, "--sort"]
    outcome = run_script(capsys, "data", "repair", path, *words)

    assert outcome.exit_code == 0
    assert "sort: 0 removed, 0 changed, 551 out of order" in outcome.out
    assert "drop-nan" not in outcome.out
    assert load_bars(out, get_instrument("MNQ")).equals(ROWS)


@pytest.mark.parametrize(
    ("options", "part"),
    [
        ([], "say what to repair: --drop-nan, --drop-impossible"),
        (["--sort"], "nothing was written; 1 bars lack a price"),
    ],
)
def test_repair_that_is_not_enough_exits_2_and_writes_nothing(
    capsys, broken, tmp_path, options, part
):
    out = tmp_path / "mended.parquet"
    words = [broken, "--symbol", "MNQ", "--out", out, *options]

    assert_one_clear_line(run_script(capsys, "data", "repair", *words), part)
    assert list(tmp_path.iterdir()) == [broken]


def test_info_of_a_sound_file_shows_metadata_and_exits_0(capsys, sound):
    outcome = run_script(capsys, "data", "info", sound)

    assert outcome.exit_code == 0
    lines = dict(line.split(":", 1) for line in outcome.out.splitlines())
    assert lines["state"].strip() == "sound"
    assert lines["bars"].strip() == "552 of 300 s"
    assert lines["source"].strip() == "by hand"


def test_check_numbers_stored_as_text_exits_1_and_names_the_columns(capsys, tmp_path):
    path = tmp_path / "text.parquet"
    ROWS.astype({"volume": str}).to_parquet(path)
    outcome = run_script(capsys, "data", "check", path, "--symbol", "MNQ")

    assert outcome.exit_code == 1
    assert "columns volume" in outcome.out
    assert outcome.out.endswith("1 error, 0 warnings: text_numbers 552\n")


def test_info_of_several_contracts_points_to_roll(capsys, tmp_path):
    path = tmp_path / "contracts.parquet"
    parts = [ROWS.assign(contract=name) for name in ("MNQH24", "MNQM24")]
    pd.concat(parts).to_parquet(path)
    outcome = run_script(capsys, "data", "info", path)

    assert outcome.exit_code == 1
    assert "make one series of them with `scripts/data.py roll`" in outcome.out
    assert "sort the bars" not in outcome.out


def test_info_of_a_damaged_file_says_so_and_exits_1(capsys, sound):
    sound.write_bytes(sound.read_bytes()[:-50])
    outcome = run_script(capsys, "data", "info", sound, "--json")

    assert outcome.exit_code == 1
    assert "is damaged" in json.loads(outcome.out)["problem"]


def test_check_real_yahoo_crude_oil_exits_1_for_its_ohlc_violations(capsys):
    path = real_data("daily/CL_yahoo.parquet")
    outcome = run_script(capsys, "data", "check", path, "--symbol", "CL")

    assert outcome.exit_code == 1
    assert "1 error, 2 warnings: ohlc_violations 7" in outcome.out
