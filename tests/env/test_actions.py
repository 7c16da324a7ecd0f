"""Actions: what is one, and which order it becomes."""

import numpy as np
import pytest

from env.actions import Action, action_space, checked_action, order_quantity
from tests.helpers.accounts import Terms, new_account
from utils.errors import ConfigError

HOLD, BUY, SELL, CLOSE = Action


@pytest.mark.parametrize(
    ("action", "position", "quantity"),
    [
        (HOLD, 0, 0),
        (HOLD, 2, 0),
        (HOLD, -2, 0),
        (BUY, 0, 2),  # opens
        (BUY, 2, 0),  # holds
        (BUY, 1, 0),  # holds: it never adds
        (BUY, -2, 4),  # reverses in one order
        (SELL, 0, -2),
        (SELL, -2, 0),
        (SELL, 2, -4),
        (CLOSE, 0, 0),
        (CLOSE, 2, -2),
        (CLOSE, -1, 1),
    ],
)
def test_order_quantity_leads_to_what_the_action_means(action, position, quantity):
    account = new_account(Terms())[0]
    account.position = position
    assert order_quantity(int(action), account, 2) == quantity


@pytest.mark.parametrize("action", [2, np.int64(2), np.array(2), Action.SELL, np.uint8(2)])
def test_checked_action_whole_numbers_are_taken(action):
    assert checked_action(action) == 2


@pytest.mark.parametrize(
    "action", [4, -1, 10**30, 1.0, float("nan"), np.float32(1), "1", None, [1], np.array([1])]
)
def test_checked_action_anything_else_is_refused_in_one_line(action):
    with pytest.raises(ConfigError, match="0 HOLD, 1 BUY, 2 SELL, 3 CLOSE; was") as caught:
        checked_action(action)
    assert "\n" not in str(caught.value)


def test_action_space_has_the_four_actions():
    assert action_space().n == 4
