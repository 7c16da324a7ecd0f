"""Tampering, damage and strangers: found, named by row, and refused before anything is traded."""

import hashlib
import json
import os
import sys

import pytest

from tests.helpers.journals import SESSION, open_journal, tamper
from trading import journal_opening
from trading.journal_chain import GENESIS, event_hash
from trading.journal_reader import JournalReader
from trading.journal_replay import differences
from trading.journal_schema import EVENTS, statements
from trading.journal_verification import verify
from utils.errors import JournalError

is_posix = pytest.mark.skipif(sys.platform == "win32", reason="Windows has other permissions")

FORGED_PRICE = "UPDATE raw_event SET json = replace(json, '18000.25', '18001.25') WHERE seq = 20"


@pytest.fixture
def path(tmp_path):
    """Return a closed journal of a whole session, 38 events."""
    path = tmp_path / "sim.db"
    with open_journal(path) as journal, journal.batch():
        for event in SESSION:
            journal.append(event)
    return path


def found_in(path, noted=None):
    """Return the problems of a journal."""
    with JournalReader.open(path) as reader:
        return verify(reader, noted).problems


def test_event_hash_is_what_anybody_can_compute():
    text = (
        '{"json":"{\\"a\\":1}","kind":"Alert","prev_hash":"ff","seq":2,'
        '"ts":"2024-03-05T18:00:00.000000+00:00"}'
    )
    expected = hashlib.sha256(text.encode()).hexdigest()
    assert event_hash(2, "2024-03-05T18:00:00.000000+00:00", "Alert", '{"a":1}', "ff") == expected


def test_journal_that_nobody_touched_is_whole(path):
    with JournalReader.open(path) as reader:
        found = verify(reader)
        first = reader.connection.execute("SELECT prev_hash FROM raw_event LIMIT 1").fetchone()
    assert (found.n_events, found.head.seq, found.problems) == (38, 38, ())
    assert first == (GENESIS,)
    assert found_in(path, found.head.hash) == ()


@pytest.mark.parametrize(
    ("statement", "row", "what"),
    [
        (FORGED_PRICE, 20, "its hash"),
        ("UPDATE raw_event SET json = json || ' ' WHERE seq = 20", 20, "its hash"),
        ("UPDATE raw_event SET ts = '2024-03-04' WHERE seq = 3", 3, "its hash"),
        ("UPDATE raw_event SET kind = 'Stopped' WHERE seq = 30", 30, "its hash"),
        ("UPDATE raw_event SET hash = 'beef' WHERE seq = 38", 38, "its hash"),
        ("UPDATE raw_event SET prev_hash = 'beef' WHERE seq = 9", 9, "the hash before it"),
        ("DELETE FROM raw_event WHERE seq = 12", 13, "its number"),
        ("DELETE FROM raw_event WHERE seq = 1", 2, "its number"),
        ("UPDATE raw_event SET seq = 99 WHERE seq = 38", 99, "its number"),
        ("UPDATE raw_event SET json = x'00ff' WHERE seq = 20", 20, "its hash"),
    ],
)
def test_journal_whose_events_were_changed_is_broken_at_that_row(path, statement, row, what):
    tamper(path, statement)
    (problem,) = found_in(path)
    assert problem.startswith(f"row {row}: {what} must be ")
    with pytest.raises(JournalError, match=f"chain is broken, row {row}: {what}"):
        open_journal(path)


def test_journal_with_a_forged_event_of_no_kind_is_broken_there(path):
    with JournalReader.open(path) as reader:
        head = verify(reader).head.hash
    own = event_hash(39, "2024-03-05T18:00:00.000000+00:00", "Bribe", "{}", head)
    tamper(
        path,
        "INSERT INTO raw_event VALUES(39, '2024-03-05T18:00:00.000000+00:00', 'Bribe', '{}', "
        f"'{head}', '{own}')",
    )
    (problem,) = found_in(path)
    assert problem.startswith("row 39: its payload must be an event, was the journal has no kind")


def test_journal_whose_end_was_cut_off_is_found_out_by_a_noted_head_only(path):
    with JournalReader.open(path) as reader:
        head = verify(reader).head.hash
    tamper(path, "DELETE FROM raw_event WHERE seq = 38")
    assert found_in(path) == ()
    (problem,) = found_in(path, head)
    assert problem == f"no event has the noted hash {head}: events are missing"


def test_journal_opened_follows_the_newest_links_and_verify_all(path, monkeypatch):
    tamper(path, "UPDATE raw_event SET ts = '' WHERE seq = 5")
    monkeypatch.setattr(journal_opening, "N_CHECKED_AT_OPEN", 33)
    open_journal(path).close()
    assert len(found_in(path)) == 1
    monkeypatch.setattr(journal_opening, "N_CHECKED_AT_OPEN", 34)
    with pytest.raises(JournalError, match="row 5"):
        open_journal(path)


@pytest.mark.parametrize("verb", ["UPDATE raw_event SET ts = ''", "DELETE FROM raw_event"])
def test_journal_events_are_append_only(path, verb):
    with (
        open_journal(path) as journal,
        pytest.raises(Exception, match="append-only"),
    ):
        journal.reader.connection.execute(verb)


def test_journal_without_its_guards_is_refused(path):
    triggers = [text for text in statements(EVENTS) if "TRIGGER" in text]
    assert len(triggers) == 2
    tamper(path, "DROP INDEX intent_one_entry")
    assert found_in(path) == ("tables, indices or triggers are not as they were made",)
    with pytest.raises(JournalError, match="not as they were made"):
        open_journal(path)


@pytest.mark.parametrize(
    ("statement", "line"),
    [
        ("UPDATE risk_day SET is_locked = 1", "risk_day 2024-03-05: stored trading_day="),
        ("DELETE FROM fill", "fill 0000e0d5.65e7.01: stored None, by the events root="),
        ("INSERT INTO switch VALUES('x', 'on', '', '', '')", "switch x: stored name=x"),
        ("UPDATE kv SET value = 1 WHERE key = 'max_order_id'", "kv max_order_id: stored key="),
    ],
)
def test_journal_whose_tables_were_changed_differs_from_its_replay(path, statement, line):
    with JournalReader.open(path) as reader:
        assert list(differences(reader.connection)) == []
    tamper(path, statement)
    assert found_in(path) == ()
    with JournalReader.open(path) as reader:
        (difference,) = differences(reader.connection)
    assert str(difference).startswith(line)


def test_journal_with_an_event_that_contradicts_cannot_be_replayed(path):
    with JournalReader.open(path) as reader:
        head = verify(reader).head.hash
    ts, text = "2024-03-05T18:00:00.000000+00:00", json.dumps({"max_order_id": 3})
    own = event_hash(39, ts, "HighWater", text, head)
    tamper(
        path,
        f"INSERT INTO raw_event VALUES(39, '{ts}', 'HighWater', '{text}', '{head}', '{own}')",
    )
    with (
        JournalReader.open(path) as reader,
        pytest.raises(JournalError, match="event 39 cannot be replayed.*>= 8, was 3"),
    ):
        list(differences(reader.connection))


def test_journal_of_another_schema_says_what_to_do(path):
    tamper(path, "PRAGMA user_version = 2")
    for opening in (open_journal, JournalReader.open):
        with pytest.raises(JournalError, match="schema 2, this code has 1: begin a new file"):
            opening(path)


def test_journal_that_is_something_else_is_refused_and_left_alone(tmp_path):
    text = tmp_path / "notes.txt"
    text.write_text("buy low, sell high " * 99)
    other = tmp_path / "other.db"
    tamper(other, "CREATE TABLE t(a)")
    for path in (text, other):
        before = path.read_bytes()
        for opening in (open_journal, JournalReader.open):
            with pytest.raises(JournalError, match="no journal of ours|not a database"):
                opening(path)
        assert path.read_bytes() == before


def test_journal_that_is_not_there_cannot_be_read(tmp_path):
    with pytest.raises(JournalError, match="there is no journal"):
        JournalReader.open(tmp_path / "x.db")


@pytest.mark.parametrize("place", ["a folder", "below a file"])
def test_journal_where_no_file_can_be_is_refused_in_one_line(tmp_path, place):
    (tmp_path / "file").touch()
    path = tmp_path if place == "a folder" else tmp_path / "file" / "sim.db"
    with pytest.raises(JournalError, match="cannot (write|open) the journal"):
        open_journal(path)


@is_posix
def test_journal_and_its_folder_are_made_for_their_owner_alone(tmp_path):
    path = tmp_path / "own" / "sim.db"
    usual = os.umask(0)
    try:
        with open_journal(path):
            modes = {each.name: each.stat().st_mode & 0o777 for each in path.parent.iterdir()}
    finally:
        os.umask(usual)
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert set(modes) == {"sim.db", "sim.db-wal", "sim.db-shm", "sim.db-lock"}
    assert set(modes.values()) == {0o600}
    open_journal(path).close()


@is_posix
@pytest.mark.parametrize("name", ["", "sim.db", "sim.db-wal"])
def test_journal_that_others_can_write_is_refused(path, name):
    open_to_others = path.parent / name
    if not open_to_others.exists():
        open_to_others.touch()
    os.chmod(open_to_others, open_to_others.stat().st_mode | 0o020)
    with pytest.raises(JournalError, match="is refused: others can write .* run `chmod go-w"):
        open_journal(path)
