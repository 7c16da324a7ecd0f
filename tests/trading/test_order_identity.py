"""Names of orders: what goes out comes back, and nobody else's is taken for ours."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from trading.order_identity import OrderRef, Role, decision_id, first_order_id, parse_ref
from utils.errors import ConfigError

CLOSE = datetime(2025, 6, 10, 14, 35, tzinfo=UTC)


def test_order_ref_is_text_of_four_parts():
    ref = OrderRef(bot="mnq_bot", decision="20250610T143500Z-a1b2", role=Role.REPAIR_STOP, n=3)
    assert str(ref) == "mnq_bot/20250610T143500Z-a1b2/repair_stop/3"


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ENTRY])
@pytest.mark.parametrize("n", [1, 2, 999_999])
def test_order_ref_comes_back_as_it_went_out(role, n):
    ref = OrderRef(bot="b", decision="d.1", role=role, n=n)
    assert parse_ref(str(ref), "b") == ref


@pytest.mark.parametrize(
    "text",
    [
        "",  # entered by hand
        "hedge",  # by hand, with a word
        "other/d/stop/1",  # another bot
        "b/d/stop",  # too few parts
        "b/d/stop/1/2",  # too many
        "b/d/hedge/1",  # no role of ours
        "b/d/stop/0",  # numbers begin at 1
        "b/d/stop/01",  # and are written one way
        "b/d/stop/1 ",
        "b/d/entry/2",  # a decision has one entry
        "b/d d/stop/1",  # no part of ours has a blank
        "B/d/stop/1",  # another bot, by its capital
        "b/" + "d" * 80 + "/stop/1",  # longer than any of ours
    ],
)
def test_order_ref_of_somebody_else_is_foreign(text):
    assert parse_ref(text, "b") is None


@pytest.mark.parametrize(
    ("fields", "match"),
    [
        ({"bot": "a/b"}, "`bot`"),
        ({"bot": ""}, "`bot`"),
        ({"decision": "two words"}, "`decision`"),
        ({"role": Role.ENTRY, "n": 2}, "one entry"),
        ({"n": 0}, "from 1 to 999999"),
        ({"decision": "d" * 80}, "at most 80 characters"),
    ],
)
def test_order_ref_that_would_not_come_back_is_refused(fields, match):
    with pytest.raises(ConfigError, match=match):
        OrderRef(**{"bot": "b", "decision": "d", "role": Role.STOP, **fields})


def test_decision_id_is_the_close_in_utc_and_the_model():
    assert decision_id(CLOSE, "a1b2") == "20250610T143500Z-a1b2"
    chicago = CLOSE.astimezone(timezone(timedelta(hours=-5)))
    assert decision_id(chicago, "a1b2") == "20250610T143500Z-a1b2"  # one instant, one name


def test_decision_id_differs_by_bar_and_model():
    names = {decision_id(CLOSE + timedelta(minutes=m), model) for m in (0, 5) for model in "ab"}
    assert len(names) == 4


@pytest.mark.parametrize(
    ("close", "model"), [(CLOSE.replace(tzinfo=None), "a"), (CLOSE, "a/b"), (CLOSE, "")]
)
def test_decision_id_of_something_unclear_is_refused(close, model):
    with pytest.raises(ConfigError):
        decision_id(close, model)


@pytest.mark.parametrize(
    ("offered", "used", "first"),
    [
        (1, None, 1),  # a new account
        (48, 47, 48),  # an ordinary reconnect
        (47, 47, 48),  # the broker never saw order 47: its id is not used again
        (90, 47, 90),  # ids were used by another program
    ],
)
def test_first_order_id_is_never_one_that_was_used(offered, used, first):
    assert first_order_id(offered, used) == first
