"""The shelf of a book: what is not over is at hand, in the order in which it was booked."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from config.trading_settings import OrderTimers
from tests.helpers.broker_words import ACCOUNT, CON_ID, at
from tests.helpers.live_laws import tried
from trading.booked_order import BookedOrder
from trading.gateway import OrderToSend
from trading.order_identity import Role, parse_ref
from trading.order_shelf import OrderShelf
from trading.order_state import new_life
from trading.order_transitions import OrderState

STATES = st.sampled_from(list(OrderState))


def order(n, state, **life):
    ref = f"bot/d{n}/{Role.ENTRY}/1"
    sent = OrderToSend(
        ref=ref, order_id=n, con_id=CON_ID, account=ACCOUNT, action="BUY", quantity=2, kind="MKT"
    )
    fresh = new_life(2, True, at(0), OrderTimers())
    return BookedOrder(
        name=parse_ref(ref, "bot"),
        order=sent,
        life=replace(fresh, **{"deadline": None, "state": state, **life}),
    )


def at_hand(shelf):
    return list(shelf.unfinished)


def test_shelf_has_at_hand_what_may_still_fill():
    shelf = OrderShelf()
    for n, state in enumerate(OrderState):
        shelf[str(n)] = order(n, state)
    names = [state.value for n, state in enumerate(OrderState) if str(n) in shelf.unfinished]
    assert names == ["INTENT", "SENT", "WORKING", "PARTIAL", "UNKNOWN"]
    assert len(shelf) == len(shelf.all) == len(OrderState)


def test_shelf_has_at_hand_what_is_over_while_a_fill_or_an_answer_is_missing():
    shelf = OrderShelf()
    shelf["filled"] = order(1, OrderState.FILLED, said_filled=2)
    shelf["asked"] = order(2, OrderState.CANCELLED, deadline=at(5))
    assert at_hand(shelf) == ["filled", "asked"]
    shelf["filled"] = order(1, OrderState.FILLED, said_filled=2, fills={"e.1": (1, 2)})
    assert at_hand(shelf) == ["asked"]


def test_shelf_gives_what_rises_again_its_old_place():
    shelf = OrderShelf()
    for n in range(3):
        shelf[str(n)] = order(n, OrderState.WORKING)
    shelf["1"] = order(1, OrderState.LOST)
    assert at_hand(shelf) == ["0", "2"]
    shelf["1"] = order(1, OrderState.WORKING)
    assert at_hand(shelf) == ["0", "1", "2"]


def test_shelf_forgets_what_is_taken_off():
    shelf = OrderShelf()
    shelf["0"] = order(0, OrderState.WORKING)
    del shelf["0"]
    assert (at_hand(shelf), list(shelf)) == ([], [])


@tried
@given(st.lists(st.tuples(st.integers(0, 4), STATES, st.booleans()), max_size=40))
def test_shelf_has_at_hand_what_a_look_through_all_finds(deeds):
    shelf = OrderShelf()
    for n, state, is_taken_off in deeds:
        if is_taken_off and str(n) in shelf:
            del shelf[str(n)]
        else:
            shelf[str(n)] = order(n, state)
        assert at_hand(shelf) == [key for key, one in shelf.all.items() if one.is_unfinished]
