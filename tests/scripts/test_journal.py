"""scripts/journal.py: verify, replay and export, of a sound journal and of others."""

import json

import pytest

from tests.helpers.cli import assert_one_clear_line, run_script
from tests.helpers.journals import ACCOUNT, SESSION, open_journal, tamper


@pytest.fixture
def path(tmp_path):
    """Return a closed journal of a whole session."""
    path = tmp_path / "sim.db"
    with open_journal(path) as journal, journal.batch():
        for event in SESSION:
            journal.append(event)
    return path


def test_journal_verify_of_a_whole_one_names_its_head(capsys, path):
    outcome = run_script(capsys, "journal", "verify", path)
    assert outcome.exit_code == 0
    assert "is whole: 38 sound events, head " in outcome.out
    head = outcome.out.split()[-1]
    assert run_script(capsys, "journal", "verify", path, "--noted", head).exit_code == 0
    assert run_script(capsys, "journal", "verify", path, "--noted", "beef").exit_code == 1


def test_journal_verify_of_a_broken_one_names_the_row_and_exits_one(capsys, path):
    tamper(path, "UPDATE raw_event SET ts = '' WHERE seq = 5")
    outcome = run_script(capsys, "journal", "verify", path)
    assert (outcome.exit_code, outcome.err) == (1, "")
    assert outcome.out.startswith("BROKEN row 5: its hash must be ")
    assert "is broken: 4 sound events" in outcome.out
    found = json.loads(run_script(capsys, "journal", "verify", path, "--json").out)
    assert (found["n_events"], len(found["problems"])) == (4, 1)


def test_journal_replay_says_what_differs_and_exits_one(capsys, path):
    outcome = run_script(capsys, "journal", "replay", path)
    assert outcome.exit_code == 0
    assert "11 tables rebuilt, all rows as the events say" in outcome.out
    tamper(path, "UPDATE intent SET quantity = 2 WHERE role = 'stop'")
    outcome = run_script(capsys, "journal", "replay", path)
    assert outcome.exit_code == 1
    assert outcome.out.startswith("intent bot/d1/stop/0: stored ref=bot/d1/stop/0")
    assert ACCOUNT not in outcome.out
    found = json.loads(run_script(capsys, "journal", "replay", path, "--json").out)
    assert [each["table"] for each in found["differences"]] == ["intent"]


def test_journal_is_looked_into_while_it_is_written(capsys, path):
    with open_journal(path):
        for command in ("verify", "replay"):
            assert run_script(capsys, "journal", command, path).exit_code == 0


@pytest.mark.parametrize("kind", ["csv", "json", "parquet"])
def test_journal_export_writes_a_file_without_the_account(capsys, path, tmp_path, kind):
    out = tmp_path / f"decisions.{kind}"
    words = ("export", path, "--table", "orders", "--format", kind, "--out", out)
    outcome = run_script(capsys, "journal", *words)
    assert (outcome.exit_code, "1 rows of orders" in outcome.out) == (0, True)
    assert ACCOUNT.encode() not in out.read_bytes()
    assert run_script(capsys, "journal", *words, "--with-account").exit_code == 0
    assert ACCOUNT.encode() in out.read_bytes()


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (("--format", "xlsx"), "unknown format `xlsx`"),
        (("--table", "trades"), "unknown table `trades`"),
    ],
)
def test_journal_export_of_the_unknown_lists_the_choices(capsys, path, tmp_path, words, part):
    outcome = run_script(capsys, "journal", "export", path, "--out", tmp_path / "x", *words)
    assert_one_clear_line(outcome, part, "choices are")


def test_journal_export_over_the_journal_is_refused(capsys, path):
    before = path.read_bytes()
    outcome = run_script(capsys, "journal", "export", path, "--out", path)
    assert_one_clear_line(outcome, "is the journal itself")
    assert path.read_bytes() == before


@pytest.mark.parametrize("command", ["verify", "replay"])
def test_journal_that_is_none_is_one_clear_line(capsys, tmp_path, command):
    assert_one_clear_line(run_script(capsys, "journal", command, tmp_path / "x"), "no journal")
    (tmp_path / "text").write_text("not a database " * 50)
    outcome = run_script(capsys, "journal", command, tmp_path / "text")
    assert_one_clear_line(outcome, "cannot read the journal")
