"""What a trader's journal does while the disk takes nothing, and when it is there again."""

from pathlib import Path

from tests.helpers.journals import intent, open_journal
from trading.journal_desk import JournalDesk
from trading.journal_events import Denial, IntentState, Stopped
from utils.errors import JournalConflictError

NOTE = Stopped(reason="a note")


def test_notes_wait_for_the_disk_and_are_written_once_it_is_there(tmp_path: Path) -> None:
    with open_journal(tmp_path / "j.db") as journal:
        desk = JournalDesk(journal)
        journal._connection.execute("PRAGMA query_only = 1")
        desk.note(NOTE)
        assert not desk.flush()
        assert not desk.is_writable
        journal._connection.execute("PRAGMA query_only = 0")
        assert desk.flush()
        assert desk.is_writable
        written = journal.reader.last("Stopped")
        assert written is not None
        assert written.event == NOTE


def test_commit_that_fails_is_forgotten_and_what_waited_is_not(tmp_path: Path) -> None:
    with open_journal(tmp_path / "j.db") as journal:
        desk = JournalDesk(journal)
        desk.note(NOTE)
        journal._connection.execute("PRAGMA query_only = 1")
        assert desk.commit(intent()) is not None
        assert desk.n_waiting == 1
        journal._connection.execute("PRAGMA query_only = 0")
        assert desk.flush()
        assert intent().ref not in journal.reader.refs()
        assert journal.reader.last("Stopped") is not None


def test_commit_that_fails_alone_leaves_a_journal_that_recovers(tmp_path: Path) -> None:
    with open_journal(tmp_path / "j.db") as journal:
        desk = JournalDesk(journal)
        journal._connection.execute("PRAGMA query_only = 1")
        assert desk.commit(intent()) is not None
        assert not desk.is_writable
        journal._connection.execute("PRAGMA query_only = 0")
        assert desk.flush()
        assert desk.is_writable
        assert desk.commit(intent()) is None


def test_second_entry_of_a_decision_is_refused_by_the_journal(tmp_path: Path) -> None:
    with open_journal(tmp_path / "j.db") as journal:
        desk = JournalDesk(journal)
        assert desk.commit(intent()) is None
        assert isinstance(desk.commit(intent()), JournalConflictError)
        assert desk.is_writable


def test_note_that_contradicts_the_journal_is_left_out_and_keeps_nothing_back(
    tmp_path: Path,
) -> None:
    with open_journal(tmp_path / "j.db") as journal:
        desk = JournalDesk(journal)
        desk.note(IntentState(ref="bot/none/stop/1", state="SENT"), NOTE)
        desk.note(Denial(code="c", reason="r"))
        assert desk.flush()
        assert journal.reader.last("IntentState") is None
        assert journal.reader.last("Denial") is not None
