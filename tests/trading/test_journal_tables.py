"""Reading: what the tables say after events whose numbers can be checked by hand."""

import math
from datetime import timedelta

import pytest

from tests.helpers.journals import (
    ACCOUNT,
    CON_ID,
    NOON,
    SESSION,
    decision,
    execution,
    intent,
    open_journal,
    open_order,
    rows,
)
from trading.broker_events import CommissionSeen, OrderStatusSeen
from trading.journal_codec import decoded, encoded, kind_of
from trading.journal_events import (
    HeldPosition,
    IntentState,
    PositionAdopted,
    PositionSnapshot,
    SwitchSet,
)
from trading.journal_reader import JournalReader
from utils.errors import JournalError

LATER = NOON + timedelta(days=1)
"""Since when no order was decided."""


@pytest.fixture
def journal(tmp_path):
    """Return an open journal with nothing in it but its first event."""
    with open_journal(tmp_path / "sim.db") as opened:
        yield opened


def append(journal, *events):
    """Write events together, and return a reader."""
    with journal.batch():
        for event in events:
            journal.append(event)
    return journal.reader


@pytest.mark.parametrize("event", SESSION, ids=lambda event: type(event).__name__)
def test_journal_event_read_again_is_the_same(event):
    text = encoded(event)
    again = decoded(kind_of(event), text)
    assert encoded(again) == text
    assert again == event or "NaN" in text


def test_journal_reader_beside_a_writer_sees_all_of_a_session(journal):
    append(journal, *SESSION)
    with JournalReader.open(journal.path) as reader:
        assert [each.ref for each in reader.intents_since(LATER)] == ["bot/d1/stop/0"]
        assert reader.refs() == {"bot/d1/entry/0", "bot/d1/stop/0"}
        entry, stop = reader.intents_of("d1")
        assert stop.stop_price == 17_960.0
        assert (entry.state, entry.order_id, entry.perm_id) == ("FILLED", 7, 501)
        assert reader.positions(ACCOUNT) == {CON_ID: 1}
        (held,) = rows(reader, "position_snapshot")
        assert (held["account"], held["con_id"], held["symbol"]) == (ACCOUNT, CON_ID, "MNQ")
        assert (held["position"], held["average_price"]) == (1, 18_000.25)
        assert reader.max_order_id() == 8
        assert reader.switches()["kill"].value == "on"
        (denied,) = rows(reader, "denial")
        assert (denied["code"], denied["n"]) == ("max_position", 2)
        assert denied["last_reason"] == "1 of 1 held still"
        assert reader.last("Decision").event == decision()
        assert reader.last("Stopped").seq == 1 + len(SESSION)
        assert reader.newest_risk_day().realised_cents == -60_000


def test_journal_reader_of_one_moment_does_not_see_what_is_written_meanwhile(journal):
    with JournalReader.open(journal.path) as reader:
        with reader.at_one_moment():
            assert reader.refs() == set()
            journal.append(intent())
            assert reader.refs() == set()
        assert len(reader.refs()) == 1


def test_journal_correction_of_a_fill_replaces_it_and_an_old_one_does_not(journal):
    reader = append(
        journal,
        execution("x.01.02", quantity=2),
        execution("x.01.10", quantity=3),
        execution("x.01.09", quantity=5),
        execution("x.01.10", quantity=7),
        execution("x.02.01", side="SLD", quantity=1),
    )
    assert [fill.quantity for fill in reader.fills_since(NOON)] == [3, 1]
    assert reader.positions(ACCOUNT) == {CON_ID: 2}
    assert [fill.exec_id for fill in reader.fills_since(NOON)] == ["x.01.10", "x.02.01"]


def test_journal_commission_finds_its_fill_whichever_comes_first(journal):
    cost = CommissionSeen(exec_id="x.01.01", commission_usd=0.62, currency="USD", realised_usd=None)
    reader = append(journal, cost, execution("x.01.01"), execution("x.02.01"))
    assert [fill.commission_usd for fill in reader.fills_since(NOON)] == [0.62, None]


def test_journal_commission_of_an_older_version_stands_until_the_correction_has_one(journal):
    def cost(exec_id, usd, currency="USD"):
        return CommissionSeen(
            exec_id=exec_id, commission_usd=usd, currency=currency, realised_usd=None
        )

    reader = append(journal, execution("x.01.01"), cost("x.01.01", 0.85), execution("x.01.02"))
    assert [fill.commission_usd for fill in reader.fills_since(NOON)] == [0.85]
    append(journal, cost("x.01.02", math.nan), cost("x.01.02", 1.7e308), cost("x.01.02", 9, "EUR"))
    assert [fill.commission_usd for fill in reader.fills_since(NOON)] == [0.85]
    append(journal, cost("x.01.02", 0.75), cost("x.01.01", 0.85))
    assert [fill.commission_usd for fill in reader.fills_since(NOON)] == [0.75]


def test_journal_fills_since_a_time_are_by_the_brokers_clock(journal):
    later = NOON + timedelta(microseconds=1)
    reader = append(journal, execution("b.1", time=later), execution("a.1"))
    assert [fill.exec_id for fill in reader.fills_since(NOON)] == ["a.1", "b.1"]
    assert [fill.time for fill in reader.fills_since(later)] == [later]


def test_journal_position_counts_from_where_it_was_adopted(journal):
    adopted = PositionAdopted(
        account=ACCOUNT, con_id=CON_ID, position=-2, price=17_000.5, actor="me", reason="by hand"
    )
    reader = append(
        journal,
        execution("a.1"),
        adopted,
        execution("a.2", price=1.0),
        execution("b.1", side="SLD"),
        execution("c.1", con_id=5),
        execution("d.1", account="DU9"),
    )
    assert reader.positions(ACCOUNT) == {CON_ID: -3, 5: 1}
    assert reader.positions("DU9") == {CON_ID: 1}
    start = reader.starts(ACCOUNT)[CON_ID]
    assert (start.position, start.price, start.seq) == (-2, 17_000.5, 3)


def test_journal_fill_of_no_known_side_is_kept_but_makes_no_position(journal):
    reader = append(journal, execution(side="?"))
    assert len(reader.fills_since(NOON)) == 1
    with pytest.raises(JournalError, match="side `\\?`"):
        reader.positions(ACCOUNT)


def test_journal_snapshot_replaces_all_positions_of_its_account(journal):
    one = HeldPosition(con_id=1, symbol="MNQ", position=1, average_price=2.0)
    two = HeldPosition(con_id=2, symbol="MES", position=-1, average_price=3.0)
    reader = append(
        journal,
        PositionSnapshot(account="DU9", positions=(one,)),
        PositionSnapshot(account=ACCOUNT, positions=(one, two)),
        PositionSnapshot(account=ACCOUNT, positions=(two,)),
    )
    held = [(row["account"], row["con_id"]) for row in rows(reader, "position_snapshot")]
    assert sorted(held) == [("DU1234567", 2), ("DU9", 1)]


@pytest.mark.parametrize("price", [None, math.nan])
def test_journal_position_of_unknown_price_is_read_back_as_one(journal, price):
    held = HeldPosition(con_id=CON_ID, symbol="", position=1, average_price=price)
    reader = append(journal, PositionSnapshot(account=ACCOUNT, positions=(held,)))
    assert rows(reader, "position_snapshot")[0]["average_price"] is None


def test_journal_order_seen_keeps_what_a_status_does_not_say(journal):
    status = OrderStatusSeen(
        order_id=7,
        perm_id=502,
        client_id=1,
        status="PreSubmitted",
        filled=1,
        remaining=2,
        average_price=0.0,
        why_held="trigger",
    )
    reader = append(journal, open_order(0), open_order(501), open_order(502, quantity=3), status)
    first, second = rows(reader, "order_seen")
    assert (first["perm_id"], first["filled"], first["status"]) == (501, None, "Submitted")
    assert (second["quantity"], second["remaining"], second["status"]) == (3, 2, "PreSubmitted")


@pytest.mark.parametrize(
    ("state", "is_open"),
    [
        ("SENT", True),
        ("UNKNOWN", True),
        ("WORKING", True),
        ("PARTIAL", True),
        ("CANCELLED", False),
        ("LOST", False),
    ],
)
def test_journal_intent_is_open_until_it_ended(journal, state, is_open):
    reader = append(journal, intent(), IntentState(ref="bot/d1/entry/0", state=state, perm_id=5))
    append(journal, IntentState(ref="bot/d1/entry/0", state=state, reason="again"))
    assert bool(reader.intents_since(LATER)) == is_open
    assert reader.intents_of("d1")[0].perm_id == 5


def test_journal_switch_has_the_last_word_and_who_said_it(journal):
    on = SwitchSet(name="kill", value="on", actor="file", reason="")
    reader = append(journal, on, SwitchSet(name="kill", value="off", actor="me", reason="tested"))
    assert (reader.switches()["kill"].value, reader.switches()["kill"].actor) == ("off", "me")


def test_journal_that_is_empty_answers_with_nothing(journal):
    reader = journal.reader
    assert (reader.max_order_id(), reader.last("Decision")) == (None, None)
    assert (reader.positions(ACCOUNT), reader.refs()) == ({}, frozenset())
