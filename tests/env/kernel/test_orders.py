"""Orders handed in: taken, denied with a reason, grouped, cancelled. Ticks; no slippage."""

import numpy as np
import pytest

from env.kernel.names import BarFlag, Denial, OrderKind, Reason
from env.kernel.orders import cancel
from env.kernel.types import N_OWN_SLOTS
from tests.helpers.accounts import KernelRun, Terms, bar_records

MARKET, STOP = OrderKind.MARKET, OrderKind.STOP
LIMIT, STOP_LIMIT = OrderKind.LIMIT, OrderKind.STOP_LIMIT
OFFSETS = ("trail_ticks", "stop_offset_ticks", "target_offset_ticks", "trail_offset_ticks")
FLAT_BAR = (1000, 1002, 998, 1000)


def started(*rows, **terms):
    """Return a run at the close of a flat bar, with these bars to come."""
    settled = {"slippage_ticks": 0, "commission_usd": 0.0, "n_free_slots": 4, **terms}
    return KernelRun(Terms(**settled), bar_records([FLAT_BAR, *rows]))


def waiting(run):
    """Return (kind, quantity, id) of what waits in the free slots."""
    orders = run.account.orders[N_OWN_SLOTS:]
    return [(o["kind"], o["quantity"], o["id"]) for o in orders if o["kind"] != OrderKind.NONE]


BAD_TICKETS = [
    pytest.param({"kind": MARKET, "quantity": 0}, Denial.BAD_SIZE, id="nothing"),
    pytest.param({"kind": MARKET, "quantity": 1_000_001}, Denial.BAD_SIZE, id="too many"),
    pytest.param({"kind": MARKET, "quantity": -1_000_001}, Denial.BAD_SIZE, id="too many sold"),
    pytest.param({"kind": OrderKind.NONE, "quantity": 1}, Denial.BAD_PRICE, id="no kind"),
    pytest.param({"kind": 5, "quantity": 1}, Denial.BAD_PRICE, id="unknown kind"),
    pytest.param({"kind": MARKET, "quantity": 1, "group": -1}, Denial.BAD_PRICE, id="group"),
    pytest.param({"kind": LIMIT, "quantity": 1, "limit_ticks": 2**40 + 1}, Denial.BAD_PRICE),
    pytest.param({"kind": STOP, "quantity": 1, "trigger_ticks": -(2**40) - 1}, Denial.BAD_PRICE),
    pytest.param({"kind": LIMIT, "quantity": 1, "trail_ticks": 5.0}, Denial.BAD_PRICE, id="trail"),
    *[
        pytest.param({"kind": STOP, "quantity": 1, name: value}, Denial.BAD_PRICE)
        for name in OFFSETS
        for value in (np.nan, np.inf, -1.0, 0.5, 0.999)
    ],
    pytest.param(
        {"kind": MARKET, "quantity": -1, "is_reduce_only": 1}, Denial.REDUCE_ONLY, id="flat"
    ),
]


@pytest.mark.parametrize(("fields", "denial"), BAD_TICKETS)
def test_bad_ticket_is_denied_and_changes_nothing(fields, denial):
    run = started()
    before = run.account.orders.tobytes()
    assert run.submit(**fields) == denial
    assert run.account.orders.tobytes() == before
    assert (run.account.denial, run.account.n_denied, run.account.last_id) == (denial, 1, 0)


@pytest.mark.parametrize("fields", [{name: 1.0} for name in OFFSETS] + [{}])
def test_ticket_of_the_smallest_offsets_is_taken(fields):
    run = started()
    assert run.submit(kind=STOP, quantity=-1, trigger_ticks=-(2**40), **fields) == Denial.NONE
    assert waiting(run) == [(STOP, -1, 1)]


def test_largest_size_is_taken():
    run = started(max_position=2_000_000)
    assert run.submit(kind=MARKET, quantity=1_000_000) == Denial.NONE


def test_reduce_only_order_needs_a_position_on_the_other_side():
    run = started((1000, 1001, 999, 1000))
    run.submit(kind=MARKET, quantity=2)
    run.send([0])
    assert run.submit(kind=LIMIT, quantity=1, is_reduce_only=1) == Denial.REDUCE_ONLY
    assert run.submit(kind=LIMIT, quantity=-1, limit_ticks=1_100, is_reduce_only=1) == Denial.NONE


def test_book_is_full_when_every_slot_is_taken():
    run = started(n_free_slots=2)
    low = {"kind": LIMIT, "quantity": 1, "limit_ticks": 900}
    assert [run.submit(**low) for _ in range(3)] == [Denial.NONE, Denial.NONE, Denial.BOOK_FULL]
    assert cancel(run.account, 1)
    assert run.submit(**low) == Denial.NONE


def test_book_keeps_room_for_the_exits_of_what_waits():
    entry = {"kind": LIMIT, "quantity": 1, "limit_ticks": 900, "stop_offset_ticks": 10.0}
    bracket = {**entry, "target_offset_ticks": 10.0}
    one_slot = started(n_free_slots=1)
    assert one_slot.submit(**bracket) == Denial.BOOK_FULL
    assert one_slot.submit(**entry) == Denial.NONE  # its stop takes its own place
    two_slots = started(n_free_slots=2)
    assert two_slots.submit(**bracket) == Denial.NONE
    assert two_slots.submit(kind=LIMIT, quantity=1, limit_ticks=900) == Denial.BOOK_FULL


def test_exits_take_the_room_that_was_kept_for_them():
    run = started((995, 996, 890, 950), n_free_slots=2)
    run.submit(
        kind=LIMIT,
        quantity=1,
        limit_ticks=900,
        stop_offset_ticks=50.0,
        target_offset_ticks=80.0,
    )
    run.send([0])
    assert waiting(run) == [(STOP, -1, 2), (LIMIT, -1, 3)]
    assert run.submit(kind=LIMIT, quantity=1, limit_ticks=800) == Denial.BOOK_FULL


def test_ids_count_up_and_a_denied_ticket_gets_none():
    run = started()
    run.submit(kind=LIMIT, quantity=1, limit_ticks=900)
    run.submit(kind=LIMIT, quantity=0)
    run.submit(kind=LIMIT, quantity=2, limit_ticks=900)
    assert waiting(run) == [(LIMIT, 1, 1), (LIMIT, 2, 2)]


def test_cancel_takes_an_order_out_once():
    run = started((995, 996, 890, 950))
    run.submit(kind=LIMIT, quantity=1, limit_ticks=900)
    assert cancel(run.account, 1)
    assert not cancel(run.account, 1)
    assert not cancel(run.account, 7)
    assert len(run.send([0]).fills) == 0


def test_market_ticket_fills_at_the_next_open():
    run = started((1005, 1010, 1000, 1001))
    run.submit(kind=MARKET, quantity=3)
    fill = run.send([0]).fills[0]
    assert (fill.bar, fill.quantity, fill.price_ticks, fill.order_id) == (1, 3, 1005, 1)


def test_one_fill_of_a_group_cancels_its_others_alone():
    run = started((1001, 1012, 995, 1011))
    run.submit(kind=STOP, quantity=1, trigger_ticks=1010, group=1)
    run.submit(kind=STOP, quantity=-1, trigger_ticks=980, group=1)
    run.submit(kind=LIMIT, quantity=1, limit_ticks=900, group=2)
    run.submit(kind=LIMIT, quantity=1, limit_ticks=900)
    run.send([0])
    assert waiting(run) == [(LIMIT, 1, 3), (LIMIT, 1, 4)]


def test_cancelling_one_of_a_group_leaves_the_others():
    run = started()
    run.submit(kind=LIMIT, quantity=1, limit_ticks=900, group=1)
    run.submit(kind=LIMIT, quantity=1, limit_ticks=900, group=1)
    cancel(run.account, 1)
    assert waiting(run) == [(LIMIT, 1, 2)]


def test_group_fills_once_even_where_one_bar_reaches_both():
    run = started((1001, 1012, 985, 1000))
    run.submit(kind=STOP, quantity=1, trigger_ticks=1010, group=1)
    run.submit(kind=STOP, quantity=-1, trigger_ticks=990, group=1)
    run.send([0])
    assert run.fills.quantity.tolist() == [1]
    assert run.account.n_ambiguous == 1


def test_day_orders_go_when_the_next_session_starts():
    start = (995, 996, 890, 950, BarFlag.SESSION_START, 0, 0.0, 0.0)
    run = started((1001, 1002, 999, 1000), start)
    run.submit(kind=LIMIT, quantity=1, limit_ticks=900, is_day=1)
    run.submit(kind=LIMIT, quantity=1, limit_ticks=800)
    run.send([0, 0])
    assert len(run.fills) == 0
    assert waiting(run) == [(LIMIT, 1, 2)]


def test_reduce_only_orders_go_with_the_position_that_they_reduce():
    run = started((1000, 1001, 999, 1000), (1000, 1001, 999, 1000), (1000, 1001, 999, 1000))
    run.submit(kind=MARKET, quantity=2)
    run.send([0])
    run.submit(kind=LIMIT, quantity=-1, limit_ticks=1_100, is_reduce_only=1)
    run.send([-1])
    assert waiting(run) == [(LIMIT, -1, 2)]  # one is left to reduce
    run.send([-2])
    assert run.account.position == -1
    assert waiting(run) == []


def test_reversal_of_a_full_account_waits_as_its_closing_half():
    run = started((1000, 1001, 999, 1000), (1000, 1012, 999, 1000), max_position=1)
    run.submit(kind=MARKET, quantity=1)
    run.send([0])
    assert run.submit(kind=LIMIT, quantity=-3, limit_ticks=1_010) == Denial.POSITION_CAP
    assert waiting(run) == [(LIMIT, -1, 2)]
    run.send([0])
    assert run.account.position == 0
    assert run.fills[-1].reason == Reason.SIGNAL


def test_entry_beyond_the_cap_counts_what_waits():
    run = started(max_position=2)
    assert run.submit(kind=LIMIT, quantity=2, limit_ticks=900) == Denial.NONE
    assert run.submit(kind=STOP, quantity=1, trigger_ticks=1_100) == Denial.POSITION_CAP
    assert run.submit(kind=STOP, quantity=-2, trigger_ticks=900) == Denial.NONE
    assert run.account.n_denied == 1


def test_nothing_is_taken_in_while_a_forced_exit_waits():
    run = started((1000, 1001, 900, 900), ruin_usd=9_960.0)
    run.submit(kind=MARKET, quantity=1)
    run.send([0])  # 100 ticks lost: 9,950
    assert run.submit(kind=MARKET, quantity=-1) == Denial.FORCED_EXIT
    assert run.submit(kind=LIMIT, quantity=-1, is_reduce_only=1) == Denial.FORCED_EXIT
    assert waiting(run) == []


def test_two_sales_of_the_one_contract_held_do_not_get_past_the_cap():
    run = started((1000, 1001, 999, 1000), (1000, 1050, 999, 1000), max_position=1)
    run.submit(kind=MARKET, quantity=1)
    run.send([0])
    for _ in range(3):
        run.submit(kind=LIMIT, quantity=-1, limit_ticks=1_010)
    run.send([0])
    assert run.account.position >= -1
