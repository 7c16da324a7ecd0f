"""`data.py import`: the guess shown, the exit code, the file of rejected rows, one JSON object."""

import csv
import json

import pandas as pd
import pytest

from config.instruments import get_instrument
from data.store import is_made_up, load_bars, load_metadata, save_bars
from tests.helpers.cli import assert_one_clear_line, run_script
from tests.helpers.import_texts import session_bars, texts, write

HEADER = "timestamp,open,high,low,close,volume"


def new_york_lines(n_sessions=30):
    """1,380 half-hour bars of thirty sessions."""
    rows = session_bars("2024-02-05", n_sessions=n_sessions)
    return [HEADER, *texts(rows, "%Y-%m-%d %H:%M:%S", "America/New_York")]


def run_import(capsys, path, out, *options):
    return run_script(capsys, "data", "import", path, "--symbol", "MNQ", "--out", out, *options)


def test_import_shows_the_guess_and_stores_the_bars(capsys, tmp_path):
    path, out = write(tmp_path / "bars.csv", new_york_lines()), tmp_path / "new" / "bars.parquet"

    outcome = run_import(capsys, path, out)

    assert outcome.exit_code == 0
    for part in (
        "bars.csv: FirstRate Data (firstrate), 1,380 rows",
        "zone: proven, America/New_York (16:00-17:00 Chicago is empty, winter and summer)",
        "stamp: proven, the open of a bar of 1,800 s",
        "first 2024-02-04 23:00:00+00:00, last 2024-03-15 20:30:00+00:00, 1,380 bars",
        "ticks: 0 rows off the grid of 0.25",
        "1,380 bars of MNQ of 1,380 rows, 0 rejected",
    ):
        assert part in outcome.out
    assert len(load_bars(out, get_instrument("MNQ"))) == 1_380
    assert not (tmp_path / "new" / "bars.parquet.rejected.csv").exists()


@pytest.mark.parametrize(("n_bad", "exit_code"), [(1, 0), (2, 1)])
def test_import_exit_code_says_whether_a_thousandth_was_rejected(
    capsys, tmp_path, n_bad, exit_code
):
    lines = new_york_lines()
    bad = [f"2024-02-10 12:0{n}:00,1000,1000,1000,1000,1" for n in range(n_bad)]  # a Saturday
    path, out = (
        write(tmp_path / "bars.csv", lines[:231] + bad + lines[231:]),
        tmp_path / "o.parquet",
    )

    outcome = run_import(capsys, path, out)

    assert outcome.exit_code == exit_code
    with (tmp_path / "o.parquet.rejected.csv").open() as file:
        rejected = list(csv.reader(file))
    assert rejected[0] == ["file", "line", "reason", "text"]
    assert rejected[1] == ["bars.csv", "232", "on the weekend", bad[0]]
    assert len(rejected) == 1 + n_bad
    assert f"rejected: {n_bad} on the weekend, first line 232 of bars.csv" in outcome.out
    assert len(load_bars(out, get_instrument("MNQ"))) == 1_380


def test_import_again_without_bad_rows_removes_the_old_list(capsys, tmp_path):
    out = tmp_path / "o.parquet"
    (tmp_path / "o.parquet.rejected.csv").write_text("of an earlier import")

    run_import(capsys, write(tmp_path / "bars.csv", new_york_lines()), out)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["bars.csv", "o.parquet"]


def test_import_json_is_one_object_with_all_of_it(capsys, tmp_path):
    lines = new_york_lines()
    lines[5] = lines[5].replace(",10", ",-10")
    path, out = write(tmp_path / "bars.csv", lines), tmp_path / "o.parquet"

    outcome = run_import(capsys, path, out, "--json")

    found = json.loads(outcome.out)
    assert (found["n_read"], found["n_bars"], found["n_rejected"]) == (1_380, 1_379, 1)
    assert found["rejected"] == {"negative volume": 1}
    assert found["missing_sessions"] == []
    assert found["is_clean"] is True
    file = found["files"][0]
    assert (file["dialect"], file["zone"], file["zone_status"], file["stamp"]) == (
        "firstrate",
        "America/New_York",
        "proven",
        "open",
    )
    assert (file["first"], file["n_off_tick"]) == ("2024-02-04T23:00:00+00:00", 0)


def test_import_refusal_is_one_line_and_writes_nothing(capsys, tmp_path):
    rows = session_bars()
    path = write(tmp_path / "a.csv", [HEADER, *texts(rows, "%Y-%m-%d %H:%M:%S", "UTC")])

    outcome = run_import(capsys, path, tmp_path / "o.parquet")

    assert_one_clear_line(outcome, "not in America/New_York", "--tz UTC")
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]
    assert run_import(capsys, path, tmp_path / "o.parquet", "--tz", "UTC").exit_code == 0


def test_import_onto_its_own_file_is_refused(capsys, tmp_path):
    path = write(tmp_path / "a.csv", new_york_lines())

    assert_one_clear_line(run_import(capsys, path, path), "one of the files to import")


@pytest.mark.parametrize("name", ["bars.csv", "bars"])
def test_import_to_a_name_that_is_no_parquet_is_refused(capsys, tmp_path, name):
    path, out = write(tmp_path / "a.txt", new_york_lines()), tmp_path / name

    assert_one_clear_line(run_import(capsys, path, out), "must end in .parquet")
    assert not out.exists()


def test_import_of_another_symbol_warns_and_stores(capsys, tmp_path):
    path, out = write(tmp_path / "a.csv", new_york_lines()), tmp_path / "o.parquet"

    outcome = run_script(capsys, "data", "import", path, "--symbol", "6E", "--out", out)

    assert outcome.exit_code == 0
    assert "warning: 1,380 of 1,380 bars have prices outside of 0.4 to 4" in outcome.out
    assert out.exists()
    found = run_script(capsys, "data", "import", path, "--symbol", "6E", "--out", out, "--json")
    assert json.loads(found.out)["files"][0]["warnings"][0].endswith("is the symbol right?")


def test_import_of_our_own_bars_keeps_where_they_come_from(capsys, tmp_path):
    """Made-up bars stay made-up, also among real ones, so that reports on them say so."""
    bars = pd.DataFrame(session_bars("2024-02-05", n_sessions=2), columns=HEADER.split(","))
    ours, real, out = (tmp_path / f"{name}.parquet" for name in ("ours", "real", "out"))
    save_bars(bars.iloc[:50], ours, {"source": "synthetic default"})
    save_bars(bars.iloc[50:], real, {"source": "a vendor"})

    assert run_import(capsys, ours, out).exit_code == 0
    assert load_metadata(out)["source"] == "synthetic default, parquet ours.parquet"
    words = ["import", real, ours, "--symbol", "MNQ", "--out", out]
    assert run_script(capsys, "data", *words).exit_code == 0
    notes = load_metadata(out)
    assert notes["source"] == (
        "synthetic default, a vendor, parquet real.parquet, parquet ours.parquet"
    )
    assert is_made_up(notes)


@pytest.mark.parametrize(
    ("n_sessions", "options", "is_asked"),
    [(110, [], False), (140, [], True), (140, ["--adjustment", "none"], False)],
)
def test_import_of_many_months_without_marks_asks_what_became_of_rolls(
    capsys, tmp_path, n_sessions, options, is_asked
):
    """Contracts of MNQ lead for three months; 110 sessions are five months, 140 six and a half."""
    path = write(tmp_path / "bars.csv", new_york_lines(n_sessions))
    outcome = run_import(capsys, path, tmp_path / "o.parquet", "--json", *options)
    assert outcome.exit_code == 0, outcome.err
    hints = json.loads(outcome.out)["hints"]
    assert ["nothing marks a roll" in hint for hint in hints] == [True] * is_asked
    shown = run_import(capsys, path, tmp_path / "o.parquet", *options)
    assert ("note: the bars span 6 months" in shown.out) is is_asked


def test_import_of_all_contracts_shows_the_first_and_the_last_bar_of_them(capsys, tmp_path):
    """The rows of the later contract come first in the file and begin before the other's end."""
    later = texts(session_bars("2024-02-07", n_sessions=2), "%Y-%m-%dT%H:%M:%SZ", "UTC")
    early = texts(session_bars("2024-02-05", n_sessions=3), "%Y-%m-%dT%H:%M:%SZ", "UTC")
    lines = [f"{HEADER},contract", *(f"{row},MNQM24" for row in later)]
    lines += [f"{row},MNQH24" for row in early]
    path, out = write(tmp_path / "bars.csv", lines), tmp_path / "o.parquet"

    outcome = run_import(capsys, path, out, "--contract", "all", "--json")

    found = json.loads(outcome.out)
    for entry in (found, found["files"][0]):
        assert entry["first"] == "2024-02-04T23:00:00+00:00"
        assert entry["last"] == "2024-02-08T21:30:00+00:00"


def test_import_of_a_single_bar_says_that_its_size_is_unknown(capsys, tmp_path):
    path, out = write(tmp_path / "a.csv", [HEADER, "2024-02-05,1,1,1,1,1"]), tmp_path / "o.parquet"

    assert "a bar of unknown size" in run_import(capsys, path, out).out
    for command in ("check", "info"):
        assert "of unknown size" in run_script(capsys, "data", command, out).out


def test_import_unknown_symbol_and_option_are_refused(capsys, tmp_path):
    path = write(tmp_path / "a.csv", new_york_lines())

    outcome = run_script(capsys, "data", "import", path, "--symbol", "MNG", "--out", "o.parquet")
    assert_one_clear_line(outcome, "`MNQ`?")
    outcome = run_import(capsys, path, tmp_path / "o.parquet", "--stamp", "opne")
    assert_one_clear_line(outcome, "`open`?")
