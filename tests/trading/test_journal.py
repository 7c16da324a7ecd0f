"""Writing: what is on the disk after each call, together or not at all, and what is refused."""

import sqlite3
import subprocess
import sys
from datetime import date

import pytest

from tests.helpers.journals import (
    ACCOUNT,
    CLOCK,
    DAY,
    SESSION,
    decision,
    intent,
    open_journal,
    risk_day,
    rows,
)
from trading.journal import Journal
from trading.journal_codec import KINDS
from trading.journal_events import Denial, HighWater, IntentAmended, IntentState, OperatorReset
from trading.journal_owner import JournalOwner
from trading.journal_projections import PROJECTIONS
from trading.journal_reader import JournalReader
from trading.journal_replay import differences
from utils.errors import ConfigError, JournalConflictError, JournalError
from utils.paths import PROJECT_ROOT


@pytest.fixture
def path(tmp_path):
    """Return where a journal may lie."""
    return tmp_path / "journal" / "sim.db"


@pytest.fixture
def journal(path):
    """Return an open journal with nothing in it but its first event."""
    with open_journal(path) as opened:
        yield opened


def n_events(path):
    """Return how many events a second connection sees."""
    with JournalReader.open(path) as reader:
        return reader.connection.execute("SELECT COUNT(*) FROM raw_event").fetchone()[0]


def test_journal_session_has_every_kind_of_event_once_at_least():
    assert {type(event).__name__ for event in SESSION} | {"Created"} == set(KINDS)
    assert set(PROJECTIONS) == set(KINDS)
    assert all(kind.__name__ == name for name, kind in KINDS.items())


def test_journal_append_is_seen_by_others_when_it_returns(journal, path):
    assert n_events(path) == 1
    assert journal.append(intent()) == 2
    assert n_events(path) == 2


def test_journal_is_synchronous_to_the_full(journal):
    ask = journal.reader.connection.execute
    assert ask("PRAGMA synchronous").fetchone() == (2,)
    assert ask("PRAGMA journal_mode").fetchone() == ("wal",)


def test_journal_batch_is_seen_whole_and_only_at_its_end(journal, path):
    with journal.batch():
        journal.append(decision())
        with journal.batch():
            journal.append(intent())
        assert n_events(path) == 1
        assert journal.reader.refs() == {"bot/d1/entry/0"}
    assert n_events(path) == 3


def test_journal_batch_that_fails_leaves_nothing_and_the_chain_goes_on(journal, path):
    def write_half():
        with journal.batch():
            journal.append(decision())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    assert n_events(path) == 1
    assert journal.append(decision()) == 2


def test_journal_batch_with_a_refused_event_fails_though_somebody_caught_it(journal, path):
    def swallow():
        with journal.batch():
            journal.append(intent())
            with pytest.raises(JournalConflictError):
                journal.append(intent(n=1, ref="another"))

    with pytest.raises(JournalError, match="refused"):
        swallow()
    assert n_events(path) == 1
    assert journal.append(intent()) == 2


def test_journal_second_entry_of_a_decision_is_refused(journal, path):
    journal.append(intent())
    with pytest.raises(JournalConflictError, match="bot/d1/entry/1.*bot/d1/entry/0. is INTENT"):
        journal.append(intent(n=1))
    with pytest.raises(JournalConflictError, match="one entry"):
        journal.append(intent(role="reversal", is_opening=True))
    with pytest.raises(JournalConflictError, match="bot/d1/entry/0"):
        journal.append(intent())
    assert n_events(path) == 2


def test_journal_second_stop_of_a_decision_has_a_name_of_its_own(journal):
    for event in (intent(), intent(role="stop"), intent(role="stop", n=1), intent("d2")):
        journal.append(event)
    with pytest.raises(JournalConflictError, match="d1"):
        journal.append(intent(role="stop", n=1, ref="bot/d1/stop/x"))
    assert len(journal.reader.intents_of("d1")) == 3


@pytest.mark.parametrize(
    "event",
    [
        IntentState(ref="x", state="SENT"),
        IntentAmended(ref="x", quantity=1, limit_price=None, stop_price=None, reason=""),
    ],
)
def test_journal_news_of_an_order_that_was_never_meant_is_refused(journal, event):
    with pytest.raises(JournalConflictError, match="no intent `x`"):
        journal.append(event)


def test_journal_lock_of_a_day_is_not_taken_back_but_by_an_operator(journal):
    journal.append(risk_day(is_locked=True, reason="daily loss"))
    with pytest.raises(JournalConflictError, match="2024-03-05 is locked"):
        journal.append(risk_day())
    journal.append(risk_day(is_locked=True, reason="another"))
    kept = journal.reader.newest_risk_day()
    assert (kept.is_locked, kept.reason) == (True, "daily loss")
    reset = OperatorReset(trading_day=DAY, actor="me", reason="mended", start_equity_cents=940_000)
    journal.append(reset)
    kept = journal.reader.newest_risk_day()
    assert (kept.is_locked, kept.start_equity_cents) == (False, 940_000)
    assert kept.peak_cents == 1_000_000
    assert kept.reason == "reset by me: mended"
    journal.append(risk_day(start_equity_cents=940_000))
    journal.append(OperatorReset(trading_day=DAY, actor="me", reason="", start_equity_cents=2**31))
    assert journal.reader.newest_risk_day().peak_cents == 2**31


def test_journal_day_keeps_its_first_equity_and_its_highest(journal):
    journal.append(risk_day(peak_cents=1_005_000))
    journal.append(risk_day(peak_cents=1_001_000))
    with pytest.raises(JournalConflictError, match="must stay 1000000, was 940000"):
        journal.append(risk_day(start_equity_cents=940_000))
    assert journal.reader.newest_risk_day().peak_cents == 1_005_000


def test_journal_newest_day_is_the_latest_date_whenever_it_was_written(journal):
    assert journal.reader.newest_risk_day() is None
    friday, monday = date(2024, 3, 8), date(2024, 3, 11)
    later = risk_day(trading_day=monday, is_locked=True, reason="daily loss")
    journal.append(later)
    journal.append(risk_day(trading_day=friday))
    assert journal.reader.newest_risk_day() == later
    assert [row["trading_day"] for row in rows(journal.reader, "risk_day")] == [
        "2024-03-11",
        "2024-03-08",
    ]


def test_journal_reset_of_an_unknown_day_is_refused(journal):
    with pytest.raises(JournalConflictError, match="nothing to reset"):
        journal.append(OperatorReset(trading_day=DAY, actor="me", reason=""))


def test_journal_order_ids_never_fall_also_after_a_restart(path):
    with open_journal(path) as journal:
        journal.append(HighWater(max_order_id=47))
    with open_journal(path) as journal:
        with pytest.raises(JournalConflictError, match=">= 47, was 46"):
            journal.append(HighWater(max_order_id=46))
        journal.append(HighWater(max_order_id=47))
        assert journal.reader.max_order_id() == 47


@pytest.mark.parametrize(
    ("event", "part"),
    [
        (Denial(code="x", reason=object()), "cannot hold a object"),
        (HighWater(max_order_id="many"), "max_order_id"),
        (IntentState(ref="x", state="MAYBE"), "state"),
        (CLOCK, "no kind of event `StoppedClock`"),
    ],
)
def test_journal_event_that_could_not_be_read_again_is_not_written(journal, path, event, part):
    with pytest.raises(JournalError, match=part):
        journal.append(event)
    assert n_events(path) == 1


def test_journal_second_writer_is_refused_at_once_and_let_in_later(journal, path):
    for _ in range(2):
        with pytest.raises(JournalError, match="open in another process"):
            open_journal(path)
    command = f"from tests.helpers.journals import *; open_journal(Path({str(path)!r}))"
    other = subprocess.run(
        [sys.executable, "-c", command],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "open in another process" in other.stderr
    journal.close()
    open_journal(path).close()


def test_journal_full_disk_writes_nothing_and_goes_on_when_there_is_room(journal, path):
    connection = journal.reader.connection
    (n_pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {n_pages}")
    with pytest.raises(JournalError, match="full"):
        journal.append(Denial(code="long", reason="x" * 50_000))
    assert n_events(path) == 1
    connection.execute("PRAGMA max_page_count = 100000")
    assert journal.append(intent()) == 2
    assert list(differences(connection)) == []


def test_journal_locked_from_outside_says_so_after_a_moment(path):
    with open_journal(path, wait_seconds=0.01) as journal:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(JournalError, match="cannot write the journal.*locked"):
            journal.append(intent())
        other.execute("ROLLBACK")
        other.close()
        assert journal.append(intent()) == 2


def test_journal_made_read_only_says_so(journal):
    journal.reader.connection.execute("PRAGMA query_only = ON")
    with pytest.raises(JournalError, match="cannot write.*readonly"):
        journal.append(intent())


@pytest.mark.parametrize("is_replaced", [False, True])
def test_journal_whose_file_is_gone_writes_nothing_into_nowhere(journal, path, is_replaced):
    content = path.read_bytes()
    path.unlink()
    if is_replaced:
        (path.parent / "hold").touch()  # so that the number of the old file is not given again
        path.write_bytes(content)
    with pytest.raises(JournalError, match="removed or replaced"):
        journal.append(intent())


def test_journal_checkpoint_empties_the_log_into_the_file(journal, path):
    journal.append(intent())
    assert b"bot/d1/entry/0" not in path.read_bytes()
    journal.checkpoint()
    assert b"bot/d1/entry/0" in path.read_bytes()


def test_journal_points_of_a_write_are_told_in_order(path):
    points = []
    with open_journal(path, on_write=points.append) as journal:
        points.clear()
        with journal.batch():
            journal.append(decision())
            journal.append(intent())
    assert points == ["inside Decision", "inside Intent", "before commit", "after commit"]


@pytest.mark.parametrize(
    ("account", "mode", "part"), [("DU1", "demo", "sim, paper, live"), (" ", "sim", "account")]
)
def test_journal_owner_that_is_nobody_is_refused(account, mode, part):
    with pytest.raises(ConfigError, match=part):
        JournalOwner(account=account, mode=mode)


def test_journal_owner_does_not_show_the_account():
    assert ACCOUNT not in repr(JournalOwner(account=ACCOUNT, mode="live"))


def test_journal_of_another_account_or_mode_is_refused_without_naming_it(path):
    open_journal(path).close()
    with pytest.raises(JournalError, match="of mode sim, not live"):
        Journal.open(path, CLOCK, JournalOwner(account=ACCOUNT, mode="live"))
    with pytest.raises(JournalError, match="another account") as refused:
        Journal.open(path, CLOCK, JournalOwner(account="DU7", mode="sim"))
    assert ACCOUNT not in str(refused.value)
    open_journal(path).close()
