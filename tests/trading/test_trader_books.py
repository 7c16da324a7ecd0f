"""What the books of a trader say of a position that others have traded in, too."""

import pytest

from config.instruments import get_instrument
from config.trading_settings import OrderTimers
from tests.helpers.broker_words import ACCOUNT, CON_ID, OUR_CLIENT, at, executed
from trading.own_position import OwnFills
from trading.trader_books import TraderBooks
from trading.working_orders import WorkingOrders

MNQ = get_instrument("MNQ")


def books(ours):
    """Return books that hold so many contracts."""
    found = TraderBooks(
        account=ACCOUNT,
        con_id=CON_ID,
        instrument=MNQ,
        orders=WorkingOrders("bot", OUR_CLIENT, OrderTimers()),
        fills=OwnFills(instruments={CON_ID: MNQ}),
    )
    found.fills.adopt(CON_ID, ours, 20_000.0, at(0))
    return found


@pytest.mark.parametrize(
    ("ours", "strangers", "told", "guarded"),
    [
        (2, 0, 2, 2),
        (2, -1, 1, 1),  # a person has sold one
        (2, -2, 0, 0),
        (2, -3, -1, 0),  # the rest is the person's own
        (2, 1, 3, 2),
        (-2, 1, -1, -1),
        (-2, 3, 1, 0),
        (2, 0, 0, 2),  # the broker's list alone proves nothing
        (2, -1, 0, 2),
        (0, 1, 1, 0),
        (0, 0, 0, 0),
    ],
)
def test_guarded_position_is_ours_less_what_others_have_closed(ours, strangers, told, guarded):
    found = books(ours)
    if strangers:
        side = "BOT" if strangers > 0 else "SLD"
        found.strangers.hear(executed(abs(strangers), "m.1.01", side=side, con_id=CON_ID))
    found.hear_position(CON_ID, told)
    assert found.guarded_position == guarded


def test_strangers_fills_count_once_in_their_newest_version_and_until_they_are_settled():
    found = books(0)
    for quantity, name in (
        (2, "m.1.01"),
        (2, "m.1.01"),
        (3, "m.1.02"),
        (9, "m.1.01"),
        (1, "m.2.01"),
    ):
        found.strangers.hear(executed(quantity, name, side="BOT", con_id=CON_ID))
    found.strangers.hear(executed(5, "m.3.01", side="SLD", con_id=CON_ID + 1))
    assert found.strangers.position(CON_ID) == 4
    assert found.settle() == []
    assert (found.strangers.position(CON_ID), found.strangers.position(CON_ID + 1)) == (0, -5)
