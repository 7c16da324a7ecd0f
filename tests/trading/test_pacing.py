"""Pacing: 20 messages a second, a burst of 20, 5 of it kept for cancels and orders."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.trading_settings import PacingSettings
from tests.helpers.broker_words import START, at
from tests.helpers.live_laws import tried
from trading.pacing import Lane, MessagePacer, TokenBucket

SETTINGS = PacingSettings(messages_per_second=20.0, burst_messages=20)


def bucket():
    return TokenBucket(per_second=20.0, size=20.0)


def taken(tokens, now, leaving=0.0):
    count = 0
    while count < 1_000 and tokens.take(now, leaving):
        count += 1
    return count


def test_bucket_begins_full_and_fills_at_its_rate():
    tokens = bucket()
    assert taken(tokens, at(0)) == 20
    assert taken(tokens, at(0.04)) == 0  # 0.8 of one
    assert taken(tokens, at(0.05)) == 1
    assert taken(tokens, at(0.55)) == 10
    assert taken(tokens, at(60)) == 20  # never more than it holds


def test_bucket_gives_nothing_for_a_clock_that_goes_back():
    tokens = bucket()
    assert taken(tokens, at(10)) == 20
    assert taken(tokens, at(0)) == 0
    assert taken(tokens, at(10)) == 0  # the same second is not paid twice
    assert taken(tokens, at(10.1)) == 2


def test_bucket_says_how_long_to_wait_and_that_is_enough():
    tokens = bucket()
    taken(tokens, at(0))
    seconds = tokens.seconds_until(at(0))
    assert seconds == pytest.approx(0.05)
    assert tokens.take(START + timedelta(seconds=seconds))


def test_pacer_sends_cancels_first_then_orders_then_the_rest():
    pacer = MessagePacer(SETTINGS)
    pacer.put(Lane.REST, "history")
    pacer.put(Lane.ORDER, "entry")
    pacer.put(Lane.CANCEL, "cancel")
    pacer.put(Lane.ORDER, "stop")
    assert pacer.due(at(0)) == ["cancel", "entry", "stop", "history"]
    assert len(pacer) == 0


def test_pacer_holds_back_what_is_above_the_rate():
    pacer = MessagePacer(SETTINGS)
    for i in range(50):
        pacer.put(Lane.ORDER, i)
    assert pacer.due(at(0)) == list(range(20))
    assert pacer.seconds_until_due(at(0)) == pytest.approx(0.05)
    assert pacer.due(at(1)) == list(range(20, 40))
    assert pacer.due(at(2)) == list(range(40, 50))
    assert pacer.seconds_until_due(at(2)) is None


def test_pacer_keeps_tokens_for_a_cancel_whatever_is_asked():
    pacer = MessagePacer(SETTINGS)
    for i in range(50):
        pacer.put(Lane.REST, i)
    assert len(pacer.due(at(0))) == 15
    assert pacer.seconds_until_due(at(0)) == pytest.approx(0.05)
    for name in "abcde":
        pacer.put(Lane.CANCEL, name)
    assert pacer.due(at(0)) == list("abcde")


def test_pacer_puts_what_is_newer_in_the_place_of_what_it_makes_void():
    pacer = MessagePacer(SETTINGS)
    for name in ("stop at 10", "entry"):
        pacer.put(Lane.ORDER, name)
    pacer.put(Lane.ORDER, "stop at 12", lambda waiting: waiting.startswith("stop"))
    pacer.put(Lane.ORDER, "target at 30", lambda waiting: waiting.startswith("target"))
    assert pacer.due(at(0)) == ["stop at 12", "entry", "target at 30"]


def test_pacer_gives_back_what_it_held_when_the_line_breaks():
    pacer = MessagePacer(SETTINGS)
    for i in range(25):
        pacer.put(Lane.ORDER, i)
    pacer.put(Lane.CANCEL, "cancel")
    pacer.due(at(0))
    assert pacer.drop() == list(range(19, 25))
    assert pacer.due(at(60)) == []


def test_pacer_with_a_burst_below_its_reserve_still_asks():
    pacer = MessagePacer(PacingSettings(burst_messages=1, reserved_messages=5))
    pacer.put(Lane.REST, "question")
    assert pacer.due(at(0)) == ["question"]


@pytest.mark.property
@tried
@given(st.lists(st.tuples(st.floats(0, 0.3), st.integers(0, 10)), max_size=30))
def test_pacer_never_sends_more_than_rate_and_burst(steps):
    pacer, seconds, sent = MessagePacer(SETTINGS), 0.0, []
    for wait, n in steps:
        seconds += wait
        for i in range(n):
            pacer.put(Lane(i % 3), i)
        sent += [seconds] * len(pacer.due(at(seconds)))
    for i, start in enumerate(sent):
        within = [time for time in sent[i:] if time - start <= 1.0]
        assert len(within) <= 20 + 20 + 1
