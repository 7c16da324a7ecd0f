"""The order of events inside one bar, a row of bars and orders per rule. Ticks; slippage is 1."""

import pytest

from env.kernel.names import OrderKind, Reason, Status
from env.kernel.types import STOP_SLOT
from tests.helpers.accounts import KernelRun, Terms, bar_records

SIGNAL, STOP = Reason.SIGNAL, Reason.STOP
END, LIQUIDATION = Reason.END_OF_DATA, Reason.LIQUIDATION
B0 = (1000, 1002, 998, 1000)
B1 = (1001, 1010, 999, 1008)  # a buy at b0's close fills at 1002; its stop, 50 below, rests at 952


def run(rows, orders, **terms):
    bars = bar_records([B0, *rows])
    return KernelRun(Terms(**{"stop_offset_ticks": 50.0, **terms}), bars).send(orders)


EVENTS = [
    # a decided reversal goes before the gapped stop, whose position is gone: short one, not two
    pytest.param(
        [B1, (900, 940, 890, 930)],
        (1, -2),
        [(1, 1002, SIGNAL), (-2, 899, SIGNAL)],
        -1,
        id="reversal before gapped stop",
    ),
    # a decided close goes before the gapped stop: one fill
    pytest.param(
        [B1, (900, 960, 890, 930)],
        (1, -1),
        [(1, 1002, SIGNAL), (-1, 899, SIGNAL)],
        0,
        id="close before gapped stop",
    ),
    # closed at the open, the bar then trades through the old stop: it is gone
    pytest.param(
        [B1, (1009, 1010, 900, 905)],
        (1, -1),
        [(1, 1002, SIGNAL), (-1, 1008, SIGNAL)],
        0,
        id="close cancels the stop",
    ),
    # the stop of the new short, 50 above 1008, is live in the bar of the reversal
    pytest.param(
        [B1, (1009, 1060, 1000, 1050)],
        (1, -2),
        [(1, 1002, SIGNAL), (-2, 1008, SIGNAL), (1, 1059, STOP)],
        0,
        id="new stop live at once",
    ),
    # the old long's stop at 952 is no order of the short: through it, the short goes on
    pytest.param(
        [B1, (1009, 1010, 940, 945), (945, 950, 940, 941)],
        (1, -2, 0),
        [(1, 1002, SIGNAL), (-2, 1008, SIGNAL)],
        -1,
        id="reversal cancels the old stop",
    ),
    # the stop of a short from 899 is born at 949 and fills there, not at the open
    pytest.param(
        [(900, 960, 890, 930)],
        (-1,),
        [(-1, 899, SIGNAL), (1, 950, STOP)],
        0,
        id="born stop fills at its own price",
    ),
    # flat after a stop; a buy decided at that close enters at the next open
    pytest.param(
        [B1, (1000, 1001, 940, 945), (946, 950, 944, 948)],
        (1, 0, 1),
        [(1, 1002, SIGNAL), (-1, 951, STOP), (1, 947, SIGNAL)],
        1,
        id="entry after a stop",
    ),
    # the stop fills once: later bars through its price find nothing
    pytest.param(
        [B1, (1000, 1001, 940, 945), (900, 910, 890, 900)],
        (1, 0, 0),
        [(1, 1002, SIGNAL), (-1, 951, STOP)],
        0,
        id="stop fills once",
    ),
    # slipped by 9, the entry is at 1010 and its stop, 1 tick below, above the whole bar: it goes at
    # the best price of the bar, never unfilled, never better than the market
    pytest.param(
        [(1001, 1001, 1001, 1001)],
        (1,),
        [(1, 1010, SIGNAL), (-1, 992, STOP)],
        0,
        id="stop born beyond the bar",
    ),
]


@pytest.mark.parametrize(("rows", "orders", "fills", "position"), EVENTS)
def test_events_of_a_bar_happen_in_the_written_order(rows, orders, fills, position, request):
    is_beyond = "born beyond" in request.node.callspec.id
    terms = {"slippage_ticks": 9, "stop_offset_ticks": 1.0} if is_beyond else {}
    done = run(rows, orders, **terms)
    assert [(fill.quantity, fill.price_ticks, fill.reason) for fill in done.fills] == fills
    assert done.account.position == position


def test_end_of_data_closes_the_rest_at_the_last_close_slipped():
    done = run([B1, (1009, 1012, 1005, 1006)], (1, 0), last_bar=2)
    assert [(f.bar, f.quantity, f.price_ticks, f.reason) for f in done.fills] == [
        (1, 1, 1002, SIGNAL),
        (2, -1, 1005, END),
    ]
    assert done.trades[0].net_usd == pytest.approx(0.26)  # 3 ticks x 0.50 - 2 x 0.62
    assert done.account.orders[STOP_SLOT].kind == OrderKind.NONE


def test_end_of_data_closes_even_what_was_entered_in_the_last_bar():
    done = run([(1001, 1005, 999, 1003)], (1,), last_bar=1)
    assert [(fill.price_ticks, fill.reason) for fill in done.fills] == [(1002, SIGNAL), (1002, END)]


def test_end_of_data_leaves_a_position_that_was_stopped_out_alone():
    done = run([(1001, 1005, 940, 1003)], (1,), last_bar=1)
    assert [(fill.price_ticks, fill.reason) for fill in done.fills] == [(1002, SIGNAL), (951, STOP)]


# 20 USD: the close at 900 leaves 20 - 0.62 - 51 = -31.62; no stop
RUIN = {"stop_offset_ticks": 0.0, "initial_usd": 20.0, "ruin_usd": 0.0}


def test_ruin_at_a_close_liquidates_at_the_next_open():
    done = run([B1, (1000, 1001, 900, 900)], (1, 0), **RUIN)
    assert done.account.status == Status.LIQUIDATING
    assert done.account.position == 1
    done.bars = bar_records([B0, B1, (1000, 1001, 900, 900), (905, 990, 880, 985)])
    done.equity = done.equity.repeat(2)
    done.send((0,))
    assert done.account.status == Status.RUINED
    assert done.account.position == 0
    assert (done.fills[-1].price_ticks, done.fills[-1].reason) == (904, LIQUIDATION)


def test_ruin_is_judged_at_closes_not_at_lows():
    done = run([B1, (1000, 1010, 800, 1005)], (1, 0), **RUIN)
    assert done.account.status == Status.ACTIVE


def test_ruin_of_a_flat_account_ends_it_at_once():
    done = run([B1, (1000, 1001, 940, 945)], (1, 0), initial_usd=20.0, ruin_usd=0.0)
    assert done.fills[-1].reason == STOP  # (951 - 1002) x 0.50 - 1.24 is more than 20
    assert done.account.status == Status.RUINED


def test_ruin_begins_at_the_level_itself():
    # without commission the close at 979 leaves 20 - 11.50 = 8.50
    terms = {**RUIN, "commission_usd": 0.0}
    is_on_it = run([B1, (1000, 1001, 970, 979)], (1, 0), **{**terms, "ruin_usd": 8.50})
    is_above = run([B1, (1000, 1001, 970, 979)], (1, 0), **{**terms, "ruin_usd": 8.25})
    assert is_on_it.account.status == Status.LIQUIDATING
    assert is_above.account.status == Status.ACTIVE


def test_ruin_on_the_last_bar_ends_with_the_data():
    done = run([B1, (1000, 1001, 900, 900)], (1, 0), last_bar=2, **RUIN)
    assert (done.fills[-1].price_ticks, done.fills[-1].reason) == (899, END)
    assert done.account.status == Status.RUINED
