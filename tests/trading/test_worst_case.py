"""The worst position: a row per rule, then every way in which the orders may fill."""

from dataclasses import replace
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.live_laws import tried
from trading.worst_case import MayFill, closing, exposure


def entry(quantity, group=""):
    return MayFill(quantity=quantity, is_opening=True, oca_group=group)


def leaving(quantity, group="", parent_left=0):
    return MayFill(
        quantity=quantity, is_opening=False, oca_group=group, parent_left=parent_left
    )  # fmt: skip


@pytest.mark.parametrize(
    ("position", "orders", "lowest", "highest"),
    [
        (0, [], 0, 0),
        (2, [], 2, 2),
        (0, [entry(1), entry(2)], 0, 3),  # all may fill
        (0, [entry(1), entry(-2)], -2, 1),  # or one side of them
        (2, [leaving(-2)], 0, 2),  # a stop
        (2, [leaving(-2, "a"), leaving(-2, "a")], 0, 2),  # stop and target cancel each other
        (2, [leaving(-2), leaving(-2)], -2, 2),  # two stops that do not may reverse it
        (0, [leaving(-1)], -1, 0),  # a stop without a position opens one
        (0, [entry(2), leaving(-2, "a", 2), leaving(-2, "a", 2)], 0, 2),  # a bracket
        (0, [entry(2), leaving(-3, "a", 2)], -1, 2),  # its stop is larger than the entry
        (2, [leaving(-2, "a"), entry(-4, "a"), leaving(2, "b", 4)], -2, 2),  # a reversal
        (2, [leaving(-2, "a"), entry(-4)], -4, 2),  # one that does not join the stop's group
    ],
)
def test_exposure_by_hand(position, orders, lowest, highest):
    found = exposure(position, orders)
    assert (found.lowest, found.highest) == (lowest, highest)
    assert found.worst == max(-lowest, highest)


@pytest.mark.parametrize(
    ("orders", "side", "group", "contracts"),
    [
        ([leaving(-2, "a"), leaving(-1), entry(-3)], -1, "", 3),  # entries close nothing
        ([leaving(-2, "a"), leaving(-1)], -1, "a", 1),  # the group that it joins is left out
        ([leaving(-2, "a"), leaving(-1)], 1, "", 0),
        ([leaving(-1)], -1, "", 1),  # no group is none to leave out
        ([replace(leaving(-2, "a"), is_certain=True)], -1, "a", 2),  # it has filled already
    ],
)
def test_closing_counts_what_else_reduces(orders, side, group, contracts):
    assert closing(orders, side, group) == contracts


ORDERS = st.lists(
    st.builds(
        MayFill,
        quantity=st.integers(-3, 3).filter(bool),
        is_opening=st.booleans(),
        oca_group=st.sampled_from(["", "a", "b"]),
    ),
    max_size=4,
)


@pytest.mark.property
@tried
@given(st.integers(-3, 3), ORDERS)
def test_exposure_holds_whatever_fills_and_in_whatever_order(position, orders):
    worst = exposure(position, orders)
    for order in permutations(range(len(orders))):
        held, dead = position, set()
        for i in order:
            group = orders[i].oca_group
            if group and group in dead:
                continue
            held += orders[i].quantity
            dead.add(group)
            assert worst.lowest <= held <= worst.highest
