"""The book: whose an event is, what is an extra, what is foreign, and that no fill is lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.trading_settings import OrderTimers
from tests.helpers.broker_words import (
    ACCOUNT,
    CON_ID,
    ENTRY_REF,
    OUR_CLIENT,
    START,
    STOP_REF,
    at,
    completed,
    executed,
    fault,
    opened,
    told,
)
from tests.helpers.live_laws import tried
from trading.broker_events import ConnectionLost, EndSeen, NextIdSeen
from trading.gateway import OrderToSend
from trading.order_events import Restarted
from trading.order_transitions import Effect, OrderState
from trading.working_orders import WorkingOrders
from trading.worst_case import exposure
from utils.errors import SimulationError

GONE = ConnectionLost(reason="reset by peer")


def to_send(ref=ENTRY_REF, order_id=11, action="BUY", **fields):
    usual = {"con_id": CON_ID, "account": ACCOUNT, "quantity": 2, "kind": "MKT"}
    return OrderToSend(ref=ref, order_id=order_id, action=action, **{**usual, **fields})


def stop_to_send(order_id=12, **fields):
    return to_send(STOP_REF, order_id, "SELL", kind="STP", stop_price=19_950.0, **fields)


def book():
    return WorkingOrders("bot", OUR_CLIENT, OrderTimers())


def bracket():
    """Return a book with an entry and its stop, both sent."""
    orders = book()
    orders.add(to_send(), at(0))
    orders.add(stop_to_send(), at(0), parent_ref=ENTRY_REF)
    orders.change(to_send(), at(0.1))
    orders.change(stop_to_send(), at(0.1))
    return orders


def states(orders):
    return {key: booked.life.state.value for key, booked in orders.orders.items()}


def worst(orders, position):
    return exposure(position, orders.may_fill(CON_ID)).worst


def test_book_takes_a_ref_once_and_only_its_own():
    orders = bracket()
    with pytest.raises(SimulationError, match="in the book"):
        orders.add(to_send(), at(1))
    with pytest.raises(SimulationError, match="of somebody else"):
        orders.add(to_send(ref="other/d/entry/1"), at(1))


def test_book_hears_an_order_by_its_ref_and_then_by_its_perm_id():
    orders = bracket()
    orders.hear(opened(perm_id=900), at(1))
    (heard,) = orders.hear(told("Filled", 2, perm_id=900, order_id=0), at(2))
    assert (heard.key, heard.before, heard.order.life.state) == (ENTRY_REF, "WORKING", "FILLED")


def test_book_hears_a_status_by_order_id_within_the_session_alone():
    orders = bracket()
    (heard,) = orders.hear(told("PreSubmitted", perm_id=901, order_id=12), at(1))
    assert heard.key == STOP_REF
    orders = bracket()
    orders.hear(GONE, at(1))
    orders.begin_session()
    assert orders.hear(told("Cancelled", perm_id=901, order_id=12), at(2)) == ()
    assert orders.hear(fault(201, order_id=12), at(2)) == ()
    assert states(orders)[STOP_REF] == "UNKNOWN"


def test_book_never_hears_another_clients_order_id_as_its_own():
    orders = bracket()
    assert orders.hear(told("Cancelled", perm_id=77, order_id=11, client_id=3), at(1)) == ()
    assert states(orders)[ENTRY_REF] == "SENT"


def test_book_believes_the_ref_against_a_reissued_order_id():
    orders = bracket()
    orders.hear(opened(order_id=12, perm_id=900), at(1))  # the stop's number, the entry's ref
    assert orders.orders[ENTRY_REF].life.perm_id == 900
    assert states(orders) == {ENTRY_REF: "WORKING", STOP_REF: "SENT"}


def test_book_learns_order_ids_anew_in_each_session():
    orders = bracket()
    orders.hear(opened(perm_id=900), at(1))
    orders.begin_session()
    assert orders.orders[ENTRY_REF].order_id is None
    orders.hear(opened(perm_id=900, order_id=11), at(2))
    assert orders.orders[ENTRY_REF].order_id == 11
    (heard,) = orders.hear(fault(10349, order_id=11), at(3))
    assert heard.effects == (Effect.QUERY,)


def test_book_knows_no_order_id_of_an_order_that_another_client_tells_of():
    orders = bracket()
    orders.begin_session()
    orders.hear(opened(client_id=3), at(1))  # our ref, bound to another client
    assert orders.orders[ENTRY_REF].order_id is None


def test_book_calls_a_second_perm_id_under_a_ref_an_extra_to_be_cancelled():
    orders = bracket()
    fields = {"order_ref": STOP_REF, "order_id": 12, "action": "SELL", "kind": "STP"}
    orders.hear(opened(perm_id=901, **fields), at(1))
    (heard,) = orders.hear(opened(perm_id=902, aux_price=19_960.0, **fields), at(2))
    assert heard.key == f"{STOP_REF}#902"
    assert heard.effects == (Effect.CANCEL, Effect.ALERT)
    assert [extra.life.perm_id for extra in orders.extras] == [902]
    assert orders.extras[0].order.stop_price == 19_960.0
    assert orders.orders[STOP_REF].life.perm_id == 901  # the first one stays what it is
    orders.hear(told("Cancelled", perm_id=902, order_id=12), at(3))
    assert orders.extras == ()
    assert states(orders)[STOP_REF] == "WORKING"


def test_book_counts_an_extra_in_the_worst_case():
    orders = bracket()
    orders.hear(executed(2), at(1))
    fields = {"order_ref": STOP_REF, "order_id": 12, "action": "SELL", "kind": "STP"}
    orders.hear(opened(perm_id=901, **fields), at(1))
    assert (exposure(2, orders.may_fill(CON_ID)).lowest, worst(orders, 2)) == (0, 2)
    orders.hear(opened(perm_id=902, **fields), at(2))
    assert exposure(2, orders.may_fill(CON_ID)).lowest == -2


def test_book_asks_when_a_status_shows_a_second_order_under_an_order_id():
    orders = bracket()
    orders.hear(opened(perm_id=900), at(1))
    (heard,) = orders.hear(told("Submitted", perm_id=950, order_id=11), at(2))
    assert (heard.order, heard.effects) == (None, (Effect.QUERY, Effect.ALERT))


def test_book_without_a_ref_of_ours_books_the_order_and_leaves_it_alone():
    orders = book()  # its journal was lost
    (heard,) = orders.hear(opened(quantity=1), at(1))
    assert heard.order.is_extra
    assert heard.effects == (Effect.ALERT,)
    assert worst(orders, 0) == 1


def test_book_counts_a_fill_under_a_ref_that_it_lacks():
    orders = book()
    (heard,) = orders.hear(executed(2), at(1))
    assert (heard.order.life.state, heard.order.order.action) == ("FILLED", "BUY")
    assert heard.effects == (Effect.PROTECT, Effect.ALERT)


def test_book_lists_foreign_orders_once_and_until_they_are_over():
    orders = bracket()
    by_hand = opened(order_ref="", perm_id=5, order_id=0, client_id=-1)
    (heard,) = orders.hear(by_hand, at(1))
    assert (heard.order, heard.effects) == (None, (Effect.QUERY, Effect.ALERT))
    assert orders.hear(by_hand, at(2)) == ()
    assert orders.hear(told("Submitted", perm_id=5, client_id=-1), at(2)) == ()
    assert [order.perm_id for order in orders.foreign] == [5]
    assert worst(orders, 0) == 2  # ours alone
    orders.hear(told("Cancelled", perm_id=5, client_id=-1), at(3))
    assert orders.foreign == ()


def test_book_takes_a_foreign_order_off_when_a_snapshot_lacks_it():
    orders = book()
    orders.hear(opened(order_ref="hedge", perm_id=5), at(1))
    orders.hear(opened(order_ref="hedge", perm_id=6), at(11))
    orders.snapshot_ended(since=at(10), now=at(12))
    assert [order.perm_id for order in orders.foreign] == [6]
    orders.hear(completed("Filled", 2, perm_id=6, order_ref="hedge"), at(13))
    assert orders.foreign == ()


def test_book_tells_of_a_fill_by_hand_once():
    orders = bracket()
    by_hand = executed(1, order_ref="", perm_id=5, order_id=0, client_id=-1)
    (heard,) = orders.hear(by_hand, at(1))
    assert heard.effects == (Effect.QUERY, Effect.ALERT)
    assert orders.hear(by_hand, at(2)) == ()  # told again by every question for executions


def test_book_feeds_all_live_orders_when_the_line_is_down():
    for event in (GONE, fault(1100, order_id=-1)):
        orders = bracket()
        orders.hear(executed(2), at(1))
        assert [heard.key for heard in orders.hear(event, at(2))] == [STOP_REF]
        assert states(orders) == {ENTRY_REF: "FILLED", STOP_REF: "UNKNOWN"}


def test_book_ignores_what_is_about_no_order():
    orders = bracket()
    for event in (EndSeen(of="positions"), NextIdSeen(order_id=4), fault(2104, order_id=-1)):
        assert orders.hear(event, at(1)) == ()


def test_book_looks_at_all_deadlines():
    orders = bracket()
    assert orders.time_passed(at(5)) == ()
    assert {heard.key for heard in orders.time_passed(at(5.1))} == {ENTRY_REF, STOP_REF}
    assert orders.has_unknown_entry()


def test_book_gives_up_what_two_snapshots_lack():
    orders = bracket()
    orders.hear(opened(), at(11))  # the first snapshot tells of the entry alone
    assert [heard.key for heard in orders.snapshot_ended(at(10), at(12))] == [STOP_REF]
    orders.hear(opened(), at(16))
    (heard,) = orders.snapshot_ended(at(15), at(17))
    assert (heard.key, heard.order.life.state) == (STOP_REF, "LOST")
    assert states(orders)[ENTRY_REF] == "WORKING"


def test_book_is_not_kept_from_giving_up_by_executions_told_again():
    orders = bracket()
    orders.hear(executed(1), at(1))
    for since in (10, 15):
        orders.hear(executed(1), at(since + 1))
        orders.snapshot_ended(at(since), at(since + 2))
    assert states(orders)[ENTRY_REF] == "LOST"  # its rest is


def test_book_restored_from_a_journal_knows_its_perm_ids():
    before = bracket()
    before.hear(opened(perm_id=900), at(1))
    after = book()
    for booked in before.orders.values():
        after.restore(booked, at(59))
        after.do(booked.order.ref, Restarted(), at(60))
    assert set(states(after).values()) == {"UNKNOWN"}
    after.hear(told("Filled", 2, perm_id=900, order_id=0), at(61))
    assert states(after)[ENTRY_REF] == "FILLED"


def test_book_forgets_what_is_over_and_nothing_else():
    orders = bracket()
    orders.hear(opened(), at(1))
    orders.hear(told("Cancelled"), at(1))
    assert orders.forget(before=START) == 0  # not older
    assert orders.forget(before=at(10)) == 1
    assert list(orders.orders) == [STOP_REF]


def test_book_remembers_a_stop_that_filled_now_however_long_it_had_rested():
    orders = bracket()
    orders.hear(opened(order_ref=STOP_REF, order_id=12, perm_id=901, action="SELL"), at(1))
    week = 7 * 86_400
    fill = executed(2, order_ref=STOP_REF, order_id=12, perm_id=901, time=at(week))
    orders.hear(fill, at(week))
    orders.hear(told("Filled", 2, order_id=12, perm_id=901), at(week))
    orders.forget(before=at(week - 2 * 86_400))
    assert states(orders)[STOP_REF] == "FILLED"
    assert [heard.key for heard in orders.hear(fill, at(week + 60))] == [STOP_REF]


def test_book_keeps_an_order_whose_fills_it_has_not_seen():
    orders = bracket()
    orders.hear(told("Filled", 2), at(1))
    assert orders.forget(before=at(10)) == 0
    assert worst(orders, 0) == 2  # the position, as executions count it, is still 0


def test_book_counts_an_intent_in_the_worst_case():
    orders = book()
    orders.add(to_send(), at(0))
    assert worst(orders, 0) == 2


def test_book_counts_nothing_of_another_contract():
    assert exposure(0, bracket().may_fill(CON_ID + 1)).worst == 0


WORDS = st.sampled_from(
    [
        opened(), told("Submitted"), told("PendingSubmit", perm_id=0), told("Inactive"),
        fault(201), fault(10349), fault(10148), fault(399), GONE, fault(1100, order_id=-1),
        completed("Inactive"),
    ]
)  # fmt: skip


@pytest.mark.property
@tried
@given(st.lists(WORDS, max_size=8), st.permutations([1, 2, 3]), st.data())
def test_book_loses_no_fill_whatever_is_said_around_it(words, fills, data):
    """Each contract is filled by itself, at any place among other words, and told twice."""
    orders = bracket()
    events = list(words)
    n_fills = data.draw(st.integers(0, 2))
    for i in fills[:n_fills]:
        place = data.draw(st.integers(0, len(events)))
        events.insert(place, executed(1, f"e.{i}.01"))
        events.insert(data.draw(st.integers(place, len(events))), executed(1, f"e.{i}.01"))
    for i, event in enumerate(events):
        orders.hear(event, at(1 + i))
        entry = orders.orders[ENTRY_REF].life
        assert entry.executed + entry.may_still_fill <= 2
    life = orders.orders[ENTRY_REF].life
    assert life.executed == n_fills
    if n_fills == 2:
        assert life.state is OrderState.FILLED


@pytest.mark.property
@tried
@given(st.lists(st.integers(0, 6), max_size=12), st.lists(st.booleans(), min_size=30, max_size=30))
def test_book_never_underestimates_what_the_broker_may_do(deeds, is_heard):
    """A broker fills, cancels and says wrong things; words are dropped; the truth stays in range.

    The broker's last word on an order, where it is heard, is true; errors may say anything.
    """
    orders = bracket()
    filled, is_over, seen = 0, False, 0
    heard = iter(is_heard)
    for i, deed in enumerate(deeds):
        words = []
        if deed == 0 and filled < 2 and not is_over:
            filled += 1
            words = [executed(1, f"e.{filled}.01"), told("Submitted", filled)]
        elif deed == 1 and not is_over:
            is_over = True
            words = [told("Filled" if filled == 2 else "Cancelled", filled)]
        elif deed == 2:
            words = [fault(10349)]
        elif deed == 3:
            words = [fault(10148)]
        elif deed == 4:
            words = [GONE]
        elif deed == 5 and not is_over:
            words = [opened()]
        elif deed == 6:
            orders.time_passed(at(100 * i))
        for word in words:
            if next(heard, True):
                orders.hear(word, at(100 * i))
        seen = orders.orders[ENTRY_REF].life.executed
        most = filled if is_over else 2
        reach = exposure(seen, orders.may_fill(CON_ID))
        assert reach.lowest <= filled
        assert most <= reach.highest
