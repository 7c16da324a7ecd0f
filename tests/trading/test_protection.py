"""What the protector repairs: a row per rule. Prices in ticks; positions of the group "g"."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.trading_settings import ProtectionSettings
from tests.helpers.broker_words import at
from tests.helpers.live_laws import tried
from trading.protection import (
    Change,
    Leg,
    PlaceExit,
    Plan,
    Remove,
    Standing,
    must_flatten,
    plan_of,
    repairs,
    uncovered,
)

SETTINGS = ProtectionSettings(stop_ticks=200, deadline_seconds=5.0, max_rejects=3)


def leg(key, quantity, price=79_800, standing="resting", group="g"):
    return Leg(key=key, quantity=quantity, price_ticks=price, oca_group=group,
               standing=Standing(standing))  # fmt: skip


def plan(position, stop=79_800, target=None):
    return Plan(position=position, oca_group="g", stop_ticks=stop, target_ticks=target)


def place(quantity, price=79_800, is_stop=True):
    return PlaceExit(is_stop=is_stop, quantity=quantity, price_ticks=price)


def change(key, quantity, price=79_800):
    return Change(key=key, quantity=quantity, price_ticks=price)


ROWS = [
    # flat, and nothing there
    (plan(0), [], []),
    # as it should be, long and short
    (plan(2), [leg("a", -2)], []),
    (plan(-2, 80_200), [leg("a", 2, 80_200)], []),
    # of one group one stop fills: it must be for all, and the others go
    (plan(3), [leg("a", -1), leg("b", -2)], [change("b", -3), Remove(key="a")]),
    (plan(3), [leg("a", -1, 79_850), leg("b", -2)], [change("a", -3, 79_850), Remove(key="b")]),
    (plan(3), [leg("a", -1, group="h"), leg("b", -2)], []),
    (plan(3), [leg("a", -1, group=""), leg("b", -2, group="")], []),
    # no stop at all
    (plan(2), [], [place(-2)]),
    (plan(-2, 80_200), [], [place(2, 80_200)]),
    # too small a stop is enlarged, not joined by another
    (plan(3), [leg("a", -1)], [change("a", -3)]),
    # too large a one is made smaller
    (plan(1), [leg("a", -3)], [change("a", -1)]),
    # a second one that is too much is cancelled; the nearer to the market stays
    (plan(2), [leg("a", -2), leg("b", -2, 79_900)], [Remove(key="a")]),
    (plan(-2, 80_200), [leg("a", 2, 80_150), leg("b", 2, 80_200)], [Remove(key="b")]),
    # what is missing goes first, what is too much after
    (plan(3), [leg("a", 1, 80_200), leg("b", -2)], [change("b", -3), Remove(key="a")]),
    (plan(2), [leg("a", 2, 80_200)], [place(-2), Remove(key="a")]),  # a stop of the other side
    # flat: stops go
    (plan(0), [leg("a", -2), leg("b", 1)], [Remove(key="a"), Remove(key="b")]),
    # a stop that would lose more than planned is moved, one that would lose less is left
    (plan(2), [leg("a", -2, 79_700)], [change("a", -2)]),
    (plan(2), [leg("a", -2, 79_900)], []),
    (plan(-2, 80_200), [leg("a", 2, 80_300)], [change("a", 2, 80_200)]),
    (plan(-2, 80_200), [leg("a", 2, 80_100)], []),
    # on its way counts: it is not placed again at every look
    (plan(2), [leg("a", -2, standing="pending")], []),
    # in doubt protects nothing, and is neither changed nor cancelled
    (plan(2), [leg("a", -2, standing="doubtful")], [place(-2)]),
    (plan(0), [leg("a", -2, standing="doubtful")], []),
    # but beside one that is in another group none is placed: both might fill
    (plan(2), [leg("a", -2, standing="doubtful", group="h")], []),
    (plan(3), [leg("a", -2, standing="doubtful", group="h")], [place(-1)]),
    (plan(3), [leg("a", -2, standing="doubtful", group="")], [place(-1)]),
    # a child of an entry that still fills protects nothing yet, and is left alone
    (plan(1), [leg("a", -2, standing="dormant")], [place(-1)]),
    (plan(0), [leg("a", -2, standing="dormant")], []),
    # once it wakes, what was placed meanwhile is too much
    (plan(2), [leg("a", -2), leg("b", -1)], [Remove(key="b")]),
]


@pytest.mark.parametrize(("wanted", "stops", "expected"), ROWS)
def test_repairs_of_stops_are_as_the_table_says(wanted, stops, expected):
    assert list(repairs(wanted, stops, [])) == expected


@pytest.mark.parametrize(
    ("wanted", "targets", "expected"),
    [
        (plan(2, target=80_400), [], [place(-2, 80_400, is_stop=False)]),
        (plan(2), [], []),  # none is wanted
        (plan(2), [leg("t", -2, 80_300)], []),  # but one that is there stays, where it is
        (plan(2, target=80_400), [leg("t", -1, 80_300)], [change("t", -2, 80_300)]),
        (plan(1), [leg("t", -2, 80_300)], [change("t", -1, 80_300)]),
        (plan(0), [leg("t", -2, 80_300)], [Remove(key="t")]),
    ],
)
def test_repairs_of_targets_are_as_the_table_says(wanted, targets, expected):
    stop = [leg("s", -wanted.position)] if wanted.position else []
    assert list(repairs(wanted, stop, targets)) == expected


@pytest.mark.parametrize(
    ("position", "entry", "decided", "stop"),
    [
        (1, 80_000.0, None, 79_800),  # 200 ticks below
        (-1, 80_000.0, None, 80_200),
        (1, 80_000.5, None, 79_801),  # off the grid, a sell stop rounds up
        (-1, 80_000.5, None, 80_200),  # and a buy stop down: the smaller loss
        (2, 80_000.0, 79_850.25, 79_851),  # as decided
        (-2, 80_000.0, 80_149.75, 80_149),
    ],
)
def test_plan_rounds_stops_towards_the_smaller_loss(position, entry, decided, stop):
    found = plan_of(position, entry, "g", SETTINGS, decided)
    assert (found.stop_ticks, found.target_ticks) == (stop, None)


def test_plan_has_a_target_where_one_is_wanted():
    wanted = ProtectionSettings(stop_ticks=200, target_ticks=300.0)
    assert plan_of(1, 80_000.5, "g", wanted).target_ticks == 80_301  # the better price
    assert plan_of(-1, 80_000.5, "g", wanted).target_ticks == 79_700


@pytest.mark.parametrize(
    ("position", "stops", "contracts"),
    [
        (2, [leg("a", -2)], 0),
        (2, [leg("a", -1)], 1),
        (2, [leg("a", -1), leg("b", 1)], 1),  # of the other side
        (3, [leg("a", -1), leg("b", -2)], 1),  # of one group the larger
        (3, [leg("a", -1, group="h"), leg("b", -2)], 0),
        (3, [leg("a", -1, group=""), leg("b", -2, group="")], 0),
        (2, [leg("a", -2, standing="pending")], 2),  # only what rests is there
        (2, [leg("a", -2, standing="doubtful")], 2),
        (-2, [leg("a", 3)], 0),
        (0, [leg("a", 3)], 0),
    ],
)
def test_uncovered_counts_what_no_resting_stop_protects(position, stops, contracts):
    assert uncovered(position, stops) == contracts


@pytest.mark.parametrize(
    ("since", "n_rejects", "is_due"),
    [
        (None, 9, False),  # protected
        (at(0), 0, False),
        (at(-1), 0, True),  # 5 s at second 4
        (at(3), 2, False),
        (at(3), 3, True),  # rejected so often that waiting is no use
    ],
)
def test_must_flatten_after_the_deadline_or_so_many_rejects(since, n_rejects, is_due):
    assert must_flatten(since, n_rejects, at(4), SETTINGS) is is_due


LEGS = st.builds(
    Leg,
    key=st.integers(0, 10_000).map(str),
    quantity=st.integers(-4, 4).filter(bool),
    price_ticks=st.integers(79_000, 81_000),
    oca_group=st.just("g"),
    standing=st.sampled_from([Standing.RESTING, Standing.PENDING]),
)


@pytest.mark.property
@tried
@given(st.integers(-4, 4), st.lists(LEGS, max_size=4, unique_by=lambda one: one.key))
def test_repairs_done_leave_nothing_to_repair_and_never_turn_the_position_round(position, stops):
    wanted = plan(position, 79_800 if position > 0 else 80_200)
    before = {one.key: one for one in stops}
    for repair in repairs(wanted, stops, []):
        match repair:
            case PlaceExit():
                before["new"] = leg("new", repair.quantity, repair.price_ticks)
            case Change():
                before[repair.key] = leg(repair.key, repair.quantity, repair.price_ticks)
            case Remove():
                del before[repair.key]
    after = list(before.values())
    assert sum(one.quantity for one in after) == -position
    assert all(one.quantity * position < 0 for one in after)
    assert len(after) <= 1  # they are of one group
    assert repairs(wanted, after, []) == ()
