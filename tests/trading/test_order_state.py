"""The state machine of one order, as tables: what is told, what it is then, what is to be done."""

from datetime import timedelta
from itertools import product

import pytest

from config.trading_settings import OrderTimers
from tests.helpers.broker_words import START, at, completed, executed, fault, opened, told
from trading.broker_events import ConnectionLost
from trading.order_events import Cancelling, Missing, Restarted, Sending, TimePassed
from trading.order_life import split_exec_id
from trading.order_state import after, new_life
from trading.order_transitions import OVER, TRANSITIONS, Effect, Happening, OrderState

TIMERS = OrderTimers()  # 5 s each, but 30 s for an entry that gets no further
SENT = Sending(quantity=2)
GONE = ConnectionLost(reason="reset by peer")
QUERY, PROTECT, CANCEL, ALERT = Effect.QUERY, Effect.PROTECT, Effect.CANCEL, Effect.ALERT


def entry(quantity=2):
    return new_life(quantity, True, START, TIMERS)


def lived(*events, life=None, every=0.1):
    """Return the last step of an order to which these happen, one after the other."""
    step, now = None, START
    life = life or entry()
    for event in events:
        now += timedelta(seconds=every)
        step = after(life, event, now, TIMERS)
        life = step.life
    return step


ROWS = [
    # the ordinary way
    ([SENT], "SENT", ()),
    ([SENT, opened()], "WORKING", ()),
    ([SENT, told("PreSubmitted")], "WORKING", ()),
    ([SENT, told("PendingSubmit", perm_id=0)], "WORKING", ()),
    ([SENT, opened(), executed(1)], "PARTIAL", (PROTECT,)),
    ([SENT, opened(), executed(1), told("Submitted", 1)], "PARTIAL", ()),
    ([SENT, opened(), executed(2)], "FILLED", (PROTECT,)),
    ([SENT, opened(), executed(2), told("Filled", 2)], "FILLED", (PROTECT,)),
    ([SENT, opened(), told("Cancelled")], "CANCELLED", (PROTECT,)),
    ([SENT, opened(), executed(1), told("Cancelled", 1)], "CANCELLED", (PROTECT,)),
    # an execution before anything else: accepted
    ([SENT, executed(2)], "FILLED", (PROTECT,)),
    ([SENT, executed(2), opened()], "FILLED", ()),
    # fills win over status
    ([SENT, told("Cancelled"), executed(2)], "FILLED", (PROTECT, ALERT)),
    ([SENT, told("Cancelled"), executed(1)], "CANCELLED", (PROTECT,)),
    ([SENT, opened(), Cancelling(), executed(2)], "FILLED", (PROTECT,)),
    # a status names fills whose executions did not come: believed, and asked for
    ([SENT, told("Filled", 2)], "FILLED", (QUERY, PROTECT)),
    ([SENT, told("Filled", 2), executed(2)], "FILLED", (PROTECT,)),
    ([SENT, told("Submitted", 1)], "PARTIAL", ()),
    # an error ends only a new order of which no perm id was seen, and only these codes do
    ([SENT, fault(201)], "REJECTED", (PROTECT, ALERT)),
    ([SENT, fault(110)], "REJECTED", (PROTECT, ALERT)),
    ([SENT, fault(200)], "REJECTED", (PROTECT, ALERT)),
    ([SENT, fault(203)], "REJECTED", (PROTECT, ALERT)),
    ([SENT, fault(321)], "UNKNOWN", (QUERY,)),
    ([SENT, fault(103)], "UNKNOWN", (QUERY,)),
    ([SENT, fault(10349)], "UNKNOWN", (QUERY,)),
    ([SENT, opened(), fault(201)], "WORKING", (QUERY,)),  # a rejected change, not the order
    ([SENT, told("PendingSubmit", perm_id=0), fault(201)], "REJECTED", (PROTECT, ALERT)),
    ([SENT, fault(321), fault(201)], "REJECTED", (PROTECT, ALERT)),
    ([SENT, executed(1, perm_id=0), fault(201)], "PARTIAL", (QUERY,)),
    ([SENT, opened(), fault(110)], "WORKING", (QUERY,)),
    ([SENT, opened(), GONE, fault(201)], "UNKNOWN", (QUERY,)),
    # phantom cancels: the client libraries call all of these cancelled, and the order lives on
    *[
        ([SENT, opened(), fault(code)], "WORKING", (QUERY,))
        for code in (10349, 161, 104, 103, 463, 388, 321, 202)
    ],
    ([SENT, opened(), executed(1), fault(10349)], "PARTIAL", (QUERY,)),
    # mere notices
    ([SENT, opened(), fault(399)], "WORKING", ()),
    ([SENT, fault(2109)], "SENT", ()),
    # nothing to cancel: the truth is asked for
    ([SENT, opened(), Cancelling(), fault(10147)], "UNKNOWN", (QUERY,)),
    ([SENT, opened(), Cancelling(), fault(10148)], "UNKNOWN", (QUERY,)),
    ([SENT, opened(), Cancelling(), fault(135)], "UNKNOWN", (QUERY,)),
    ([SENT, opened(), Cancelling(), fault(10148), completed("Filled", 2)], "FILLED",
     (QUERY, PROTECT)),
    # a rejection with perm id: the status after it says so
    ([SENT, opened("Inactive"), fault(201), told("Inactive")], "REJECTED", (PROTECT, ALERT)),
    ([SENT, opened("Inactive"), fault(201), told("Cancelled")], "REJECTED", (PROTECT, ALERT)),
    ([SENT, opened(), executed(1), fault(201), told("Cancelled", 1)], "CANCELLED", (PROTECT,)),
    ([SENT, told("Inactive")], "UNKNOWN", (QUERY, PROTECT)),  # without a reason: in doubt
    ([SENT, opened(), told("Inactive")], "UNKNOWN", (QUERY, PROTECT)),
    ([SENT, opened(), told("Resting")], "UNKNOWN", (QUERY, PROTECT)),  # a word nobody knows
    ([SENT, opened("Cancelled")], "SENT", ()),  # an openOrder ends nothing
    # what the list of completed orders says
    ([SENT, GONE, completed("Cancelled")], "CANCELLED", (PROTECT,)),
    ([SENT, GONE, completed("Cancelled", reason="Order expired")], "EXPIRED", (PROTECT,)),
    ([SENT, GONE, completed("Inactive")], "REJECTED", (PROTECT, ALERT)),
    ([SENT, GONE, completed("Cancelled", reason="Rejected by System")], "REJECTED",
     (PROTECT, ALERT)),
    ([SENT, GONE, completed("Inactive", 1)], "CANCELLED", (PROTECT,)),
    ([SENT, GONE, completed("Filled", 0)], "FILLED", (QUERY, PROTECT)),  # 0 is "not told"
    # the line is down: nothing is known until it is told again
    ([SENT, opened(), GONE], "UNKNOWN", (QUERY,)),
    ([SENT, opened(), fault(1100, order_id=-1)], "UNKNOWN", (QUERY,)),
    ([SENT, opened(), GONE, opened()], "WORKING", ()),
    ([SENT, opened(), executed(1), GONE, opened()], "PARTIAL", ()),
    ([SENT, GONE, executed(1)], "UNKNOWN", (QUERY, PROTECT)),  # the rest may be gone
    ([GONE], "INTENT", ()),  # never sent: nothing to lose
    ([Restarted()], "UNKNOWN", (QUERY,)),  # it may have been sent, by a process that was killed
    ([SENT, opened(), Restarted()], "UNKNOWN", (QUERY,)),
    # what is over and comes back
    ([SENT, fault(201), opened()], "UNKNOWN", (QUERY, CANCEL, ALERT)),
    ([SENT, told("Cancelled"), told("Submitted")], "UNKNOWN", (QUERY, CANCEL, ALERT)),
    ([SENT, fault(201), executed(1)], "UNKNOWN", (QUERY, PROTECT, ALERT)),
    ([SENT, fault(201), executed(2)], "FILLED", (PROTECT, ALERT)),
    # more than was ordered
    ([SENT, executed(2), executed(1, "0000e0d5.6847.02.01")], "FILLED", (PROTECT, ALERT)),
    ([SENT, opened(), executed(3)], "FILLED", (PROTECT, ALERT)),
    # never sent twice
    ([SENT, opened(), SENT], "WORKING", ()),  # a change of it
    ([SENT, told("Cancelled"), SENT], "CANCELLED", (ALERT,)),
]  # fmt: skip


@pytest.mark.parametrize(("events", "state", "effects"), ROWS)
def test_order_after_events_is_as_the_table_says(events, state, effects):
    step = lived(*events)
    assert (step.life.state, step.effects) == (OrderState(state), effects)


def test_order_transitions_cover_every_state_and_happening():
    assert set(TRANSITIONS) == set(product(OrderState, Happening))


def test_order_transitions_never_end_an_order_by_a_fault_or_by_silence():
    doubtful = {
        Happening.RESTART, Happening.CANCEL_OVERDUE, Happening.STALLED, Happening.MISSING,
        Happening.DISCONNECT, Happening.SAID_INACTIVE, Happening.NOT_FOUND, Happening.FAULT,
        Happening.NOTICE,
    }  # fmt: skip
    for (state, happening), move in TRANSITIONS.items():
        if happening in doubtful and state not in OVER:
            assert move.state not in OVER, (state, happening)


def test_order_transitions_never_leave_a_filled_order():
    for happening in Happening:
        assert TRANSITIONS[OrderState.FILLED, happening].state is OrderState.FILLED


def test_order_transitions_give_every_fill_to_the_protector():
    fills = (Happening.FILL, Happening.LAST_FILL, Happening.OVERFILL, Happening.SAID_FILLED)
    for state, happening in product(OrderState, fills):
        assert PROTECT in TRANSITIONS[state, happening].effects


def test_order_transitions_never_send_what_is_lost():
    assert TRANSITIONS[OrderState.LOST, Happening.SENDING].state is OrderState.LOST


def lost():
    """Return an entry that two snapshots lacked."""
    return lived(SENT, TimePassed(), Missing(since=at(10)), Missing(since=at(15)), every=6)


def test_order_unanswered_is_unknown_at_its_deadline_and_not_before():
    sent = after(entry(), SENT, at(0), TIMERS).life
    assert after(sent, TimePassed(), at(4.9), TIMERS).life.state is OrderState.SENT
    overdue = after(sent, TimePassed(), at(5), TIMERS)
    assert (overdue.life.state, overdue.effects) == (OrderState.UNKNOWN, (QUERY,))


def test_order_unknown_is_asked_for_again_and_again():
    life = after(entry(), SENT, at(0), TIMERS).life
    asked = []
    for second in range(1, 22):
        step = after(life, TimePassed(), at(second), TIMERS)
        life = step.life
        asked += [second] if QUERY in step.effects else []
    assert asked == [5, 10, 15, 20]


def test_order_missing_in_two_snapshots_far_enough_apart_is_lost():
    step = lost()
    assert (step.life.state, step.effects) == (OrderState.LOST, (PROTECT, ALERT))


@pytest.mark.parametrize(
    ("snapshots", "state"),
    [
        ([10], "UNKNOWN"),  # one is not enough
        ([10, 14.9], "UNKNOWN"),  # nor are two at once
        ([10, 14.9, 15], "LOST"),  # counted from the first
        ([0.05, 10], "UNKNOWN"),  # begun before the order was sent: proves nothing
    ],
)
def test_order_is_lost_only_by_two_snapshots_five_seconds_apart(snapshots, state):
    events = [SENT, *(Missing(since=at(second)) for second in snapshots)]
    assert lived(*events).life.state == state


def test_order_seen_between_two_snapshots_is_not_lost():
    events = [SENT, Missing(since=at(10)), opened(), Missing(since=at(15))]
    assert lived(*events).life.state is OrderState.UNKNOWN


def test_order_found_missing_as_an_intent_starts_anew_when_it_is_sent():
    events = [Missing(since=at(2)), SENT, Missing(since=at(10))]
    assert lived(*events).life.state is OrderState.UNKNOWN


def test_order_working_and_gone_is_first_unknown_then_lost():
    events = [SENT, opened(), Missing(since=at(10))]
    assert lived(*events).life.state is OrderState.UNKNOWN
    assert lived(*events, Missing(since=at(15))).life.state is OrderState.LOST


@pytest.mark.parametrize(
    ("event", "state", "effects"),
    [
        (executed(2), "FILLED", (PROTECT, ALERT)),  # accepted and protected
        (executed(1), "UNKNOWN", (QUERY, PROTECT, ALERT)),  # alive after all, perhaps
        (told("Filled", 2), "FILLED", (QUERY, PROTECT, ALERT)),
        (opened(), "WORKING", (CANCEL, ALERT)),  # its decision is over
        (completed("Cancelled"), "CANCELLED", (PROTECT,)),
        (SENT, "LOST", (ALERT,)),  # never sent again
        (fault(201), "REJECTED", (PROTECT,)),  # so it never came
        (fault(321), "LOST", ()),
        (GONE, "LOST", ()),
    ],
)
def test_order_lost_that_is_heard_of(event, state, effects):
    step = after(lost().life, event, at(60), TIMERS)
    assert (step.life.state, step.effects) == (OrderState(state), effects)


def test_order_intent_too_old_is_expired_and_not_sent():
    life = entry()
    assert after(life, TimePassed(), at(4.9), TIMERS).life.state is OrderState.INTENT
    old = after(life, TimePassed(), at(5), TIMERS).life
    assert old.state is OrderState.EXPIRED
    assert after(old, SENT, at(6), TIMERS).life.state is OrderState.EXPIRED


def test_order_cancel_unanswered_leaves_it_working_and_asks():
    life = lived(SENT, opened()).life
    life = after(life, Cancelling(), at(1), TIMERS).life
    assert after(life, TimePassed(), at(5.9), TIMERS).effects == ()
    step = after(life, TimePassed(), at(6), TIMERS)
    assert (step.life.state, step.effects) == (OrderState.WORKING, (QUERY, ALERT))
    again = after(step.life, TimePassed(), at(11), TIMERS)  # and again, until it is answered
    assert again.effects == (QUERY, ALERT)


def test_order_partly_filled_that_stalls_is_cancelled():
    life = lived(SENT, opened(), executed(1)).life
    assert after(life, TimePassed(), at(30), TIMERS).effects == ()  # filled at 0.3
    step = after(life, TimePassed(), at(30.3), TIMERS)
    assert (step.life.state, step.effects) == (OrderState.PARTIAL, (CANCEL,))


def test_order_that_rests_unfilled_is_cancelled():
    life = lived(SENT, opened(), told("PreSubmitted")).life
    assert after(life, TimePassed(), at(30.1), TIMERS).effects == ()  # held since 0.2
    step = after(life, TimePassed(), at(30.2), TIMERS)
    assert (step.life.state, step.effects) == (OrderState.WORKING, (CANCEL,))


def test_order_partly_filled_waits_anew_after_each_fill():
    life = new_life(3, True, START, TIMERS)
    life = lived(Sending(quantity=3), executed(1), life=life).life
    life = after(life, executed(1, "0000e0d5.6847.02.01"), at(20), TIMERS).life
    assert after(life, TimePassed(), at(49.9), TIMERS).effects == ()
    assert after(life, TimePassed(), at(50), TIMERS).effects == (CANCEL,)


def test_order_that_protects_is_never_cancelled_by_its_own_machine():
    stop = new_life(2, False, START, TIMERS)
    for events in ([SENT, opened(), executed(1)], [SENT, fault(201), opened()]):
        step = lived(*events, life=stop)
        assert CANCEL not in step.effects
        assert after(step.life, TimePassed(), at(3_600), TIMERS).effects in ((), (QUERY,))


def test_order_execution_that_comes_twice_counts_once():
    life = lived(SENT, executed(1)).life
    step = after(life, executed(1), at(1), TIMERS)
    assert step.life is life
    assert step.effects == ()


def test_order_execution_corrected_counts_as_the_newest_version():
    step = lived(
        SENT, executed(2, "0000e0d5.6847.01.01"), executed(1, "0000e0d5.6847.01.02"),
        executed(2, "0000e0d5.6847.01.01"),
    )  # fmt: skip
    assert step.life.executed == 1


def test_order_of_which_the_broker_says_more_filled_than_executed_may_still_move_the_position():
    life = lived(SENT, opened(), executed(1), told("Cancelled", 2)).life
    assert life.state is OrderState.CANCELLED
    assert life.may_still_fill == 1
    late = after(life, executed(1, "0000e0d5.6847.02.01"), at(9), TIMERS).life
    assert late.may_still_fill == 0


def test_order_corrected_after_its_last_status_leaves_nothing_to_wait_for():
    life = lived(SENT, executed(2), told("Filled", 2), executed(1, "0000e0d5.6847.01.02")).life
    assert (life.executed, life.may_still_fill) == (1, 0)


def test_order_perm_id_is_kept_once_seen():
    life = lived(SENT, opened(perm_id=900), told("Submitted", perm_id=0)).life
    assert life.perm_id == 900


def test_order_changed_by_hand_has_the_brokers_size():
    assert lived(SENT, opened(quantity=1), executed(1)).life.state is OrderState.FILLED


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("0000e0d5.6847.01.01", ("0000e0d5.6847.01", 1)),
        ("0000e0d5.6847.01.12", ("0000e0d5.6847.01", 12)),
        ("abc", ("abc", 0)),
        ("abc.x", ("abc.x", 0)),
    ],
)
def test_exec_id_is_split_at_the_last_dot(text, parts):
    assert split_exec_id(text) == parts
