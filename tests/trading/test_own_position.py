"""What our own fills come to, worked out by hand. MNQ: 0.25 points and 0.50 USD a tick.

CL: 0.01 points and 10 USD a tick. Each fill is a row: side, contracts, price.
"""

import math
from datetime import timedelta
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.instruments import get_instrument
from tests.helpers.accounts import KernelRun, Terms, bar_records
from tests.helpers.broker_words import CON_ID, START, charged, executed
from tests.helpers.live_laws import tried
from trading.broker_events import ExecutionSeen
from trading.own_position import OwnFills

MNQ, CL = get_instrument("MNQ"), get_instrument("CL")
CL_ID = 55


def own():
    return OwnFills(instruments={CON_ID: MNQ, CL_ID: CL})


def filled(rows, fee=None, con_id=CON_ID):
    """Return the fills of these rows, a second apart; None leaves the commissions unreported."""
    fills = own()
    for i, (side, quantity, price) in enumerate(rows):
        hear(fills, i, side, quantity, price, con_id)
        if fee is not None:
            fills.hear_commission(charged(fee * quantity, f"e.{i}.01"))
    return fills


def hear(fills, i, side, quantity, price, con_id=CON_ID):
    return fills.hear(
        executed(quantity, f"e.{i}.01", side=side, price=price, con_id=con_id,
                 time=START + timedelta(seconds=i))
    )  # fmt: skip


ROWS = [
    # nothing
    ([], 20_000.0, 0, math.nan, 0.0, 0.0),
    # long 2 from 20001.25, marked 20 points higher: 80 ticks x 2 x 0.50
    ([("BOT", 2, 20_001.25)], 20_021.25, 2, 80_005, 0.0, 80.0),
    # and closed 7.50 points higher: 30 ticks x 2
    ([("BOT", 2, 20_001.25), ("SLD", 2, 20_008.75)], 20_000.0, 0, math.nan, 30.0, 0.0),
    # added to: (80000 + 2 x 80030) / 3; at 80050: 50 + 2 x 20 ticks
    ([("BOT", 1, 20_000.0), ("BOT", 2, 20_007.5)], 20_012.5, 3, 80_020, 0.0, 45.0),
    # reduced: the trade is still open, 40 ticks taken and 2 x 10 open
    ([("BOT", 3, 20_000.0), ("SLD", 1, 20_010.0)], 20_002.5, 2, 80_000, 0.0, 30.0),
    # reversed in one fill: long 2 ends with 20 ticks each, short 1 begins at 20005
    ([("BOT", 2, 20_000.0), ("SLD", 3, 20_005.0)], 20_010.0, -1, 80_020, 20.0, -10.0),
    # short, loses 4 ticks
    ([("SLD", 1, 20_000.0), ("BOT", 1, 20_001.0)], None, 0, math.nan, -2.0, 0.0),
]


@pytest.mark.parametrize(("rows", "mark", "position", "entry", "realised", "open_usd"), ROWS)
def test_own_fills_of_mnq_by_hand(rows, mark, position, entry, realised, open_usd):
    fills = filled(rows)
    holding = fills.holding(CON_ID)
    assert holding.position == position
    assert holding.entry_ticks == pytest.approx(entry, nan_ok=True)
    assert fills.realised_usd() == realised
    assert fills.unrealised_usd({} if mark is None else {CON_ID: mark}) == open_usd


def test_own_fills_of_crude_oil_by_hand():
    rows = [("SLD", 2, 71.37), ("BOT", 1, 71.12), ("BOT", 2, 71.50), ("SLD", 1, 71.49)]
    # -2 at 71.37; +1 at 71.12; of +2 at 71.50 one closes: 25 - 13 = 12 ticks; long 1 loses 1
    fills = filled(rows, fee=2.37, con_id=CL_ID)
    assert fills.realised_usd() == 110.0
    assert fills.commissions_usd() == 14.22  # 6 sides
    assert fills.net_usd({}) == 95.78


def test_own_fills_net_is_after_commission():
    fills = filled([("BOT", 2, 20_001.25), ("SLD", 2, 20_008.75)], fee=0.62)
    assert fills.commissions_usd() == 2.48
    assert fills.net_usd({}) == 27.52  # 30.00 - 4 x 0.62


def test_own_fills_without_commission_report_cost_the_usual():
    assert filled([("BOT", 2, 20_000.0)]).commissions_usd() == 1.24


@pytest.mark.parametrize("figure", [math.nan, 1.7976931348623157e308, math.inf])
def test_own_fills_with_a_commission_that_is_none_cost_the_usual(figure):
    fills = filled([("BOT", 1, 20_000.0)])
    fills.hear_commission(charged(figure, "e.0.01"))
    assert fills.commissions_usd() == 0.62


def test_own_fills_commission_may_come_before_its_fill_and_be_corrected():
    fills = own()
    fills.hear_commission(charged(0.85, "e.0.01"))
    fills.hear_commission(charged(0.75, "e.0.02"))
    fills.hear_commission(charged(0.85, "e.0.01"))  # said again
    hear(fills, 0, "BOT", 1, 20_000.0)
    assert fills.commissions_usd() == 0.75


def test_own_fills_count_an_execution_once():
    fills = filled([("BOT", 2, 20_000.0)])
    assert not hear(fills, 0, "BOT", 2, 20_000.0)
    assert fills.holding(CON_ID).position == 2


def test_own_fills_take_a_correction_in_place_of_the_fill():
    fills = filled([("BOT", 2, 20_000.0), ("SLD", 2, 20_010.0)])
    corrected = executed(2, "e.0.02", price=20_005.0, time=START + timedelta(hours=1))
    assert fills.hear(corrected)
    assert not hear(fills, 0, "BOT", 2, 20_000.0)  # the old version, said again
    assert fills.realised_usd() == 20.0  # 2 x 20 ticks


def test_own_fills_heard_late_are_put_where_they_happened():
    fills = own()
    hear(fills, 2, "BOT", 1, 20_020.0)  # heard first, happened last
    hear(fills, 0, "BOT", 1, 20_000.0)
    hear(fills, 1, "SLD", 1, 20_010.0)
    assert fills.realised_usd() == 20.0
    assert fills.holding(CON_ID).entry_ticks == 80_080


OPEN_TRADES = [
    ([], set()),
    ([("BOT", 2), ("SLD", 2)], set()),
    ([("BOT", 1), ("SLD", 1), ("BOT", 1), ("BOT", 1), ("SLD", 1)], {"e.2", "e.3", "e.4"}),
    ([("BOT", 1), ("BOT", 1), ("SLD", 3)], {"e.2"}),  # reversed: what was bought is over
]


@pytest.mark.parametrize(("rows", "stems"), OPEN_TRADES)
def test_own_fills_open_trade_begins_where_it_was_flat_or_reversed(rows, stems):
    fills = filled([(side, quantity, 20_000.0) for side, quantity in rows])
    assert fills.open_trade(CON_ID) == stems


@pytest.mark.parametrize(
    "fields", [{"price": 20_000.1}, {"price": math.nan}, {"price": 0.0, "con_id": 99}]
)
def test_own_fills_of_unknown_worth_move_the_position_and_leave_the_sum_unknown(fields):
    fills = filled([("BOT", 1, 20_000.0)])
    strange = {"con_id": CON_ID, **fields}
    assert fills.hear(executed(2, "x.01", **strange))
    assert fills.holding(strange["con_id"]).position == (3 if strange["con_id"] == CON_ID else 2)
    assert fills.realised_usd() is None
    assert fills.net_usd({CON_ID: 20_000.0, 99: 1.0}) is None


@pytest.mark.parametrize("mark", [None, math.nan, math.inf])
def test_own_fills_without_a_price_to_mark_at_are_of_unknown_worth(mark):
    fills = filled([("BOT", 1, 20_000.0)])
    marks = {} if mark is None else {CON_ID: mark}
    assert fills.unrealised_usd(marks) is None
    assert fills.net_usd(marks) is None


def test_own_fills_of_two_contracts_are_added():
    fills = filled([("BOT", 1, 20_000.0)])
    hear(fills, 1, "SLD", 1, 70.0, CL_ID)
    assert fills.con_ids() == (CL_ID, CON_ID)
    assert fills.unrealised_usd({CON_ID: 20_001.0, CL_ID: 70.05}) == 2.0 - 50.0


def test_own_fills_adopt_a_position_at_a_price_and_at_no_cost():
    fills = filled([("BOT", 1, 20_000.0)], fee=0.62)
    fills.adopt(CON_ID, -1, 20_010.0, START + timedelta(hours=1))  # sold 2: 40 ticks of one
    assert fills.holding(CON_ID).position == -1
    assert fills.net_usd({CON_ID: 20_008.0}) == 20.0 + 4.0 - 0.62
    fills.adopt(CON_ID, -1, 20_050.0, START + timedelta(hours=2))  # nothing to adopt
    assert fills.net_usd({CON_ID: 20_008.0}) == 23.38


def test_own_fills_until_a_time_are_those_before_it_with_what_they_cost():
    fills = filled([("BOT", 2, 20_000.0), ("SLD", 1, 20_010.0), ("SLD", 1, 20_005.0)], fee=0.62)
    before = fills.until(START + timedelta(seconds=2))
    assert before.holding(CON_ID).position == 1
    assert before.commissions_usd() == 1.86
    assert fills.until(START).con_ids() == ()
    fills.hear_commission(charged(9.0, "e.0.02"))
    assert before.commissions_usd() == 1.86  # as it was when it was asked for


def test_own_fills_say_when_a_sum_may_have_changed():
    fills = filled([("BOT", 1, 20_000.0)], fee=0.62)
    known = fills.n_news
    assert not hear(fills, 0, "BOT", 1, 20_000.0)  # known already
    fills.adopt(CON_ID, 1, 20_000.0, START)
    assert fills.n_news == known
    hear(fills, 1, "SLD", 1, 20_001.0)
    fills.hear_commission(charged(0.62, "e.1.01"))
    fills.adopt(CON_ID, 1, 20_000.0, START)
    assert fills.n_news == known + 3


@pytest.mark.parity
@pytest.mark.parametrize(
    "quantities", [(2, -2), (1, 2, -1, -3, 1), (-2, 3, -1, 4, -4), (3, -1, -1, 2, -3)]
)
def test_own_fills_come_to_what_the_kernels_ledger_says(quantities):
    bars = bar_records([(1000 + 10 * i * (-1) ** i,) * 4 for i in range(7)])
    kernel = KernelRun(Terms(slippage_ticks=0, instrument=MNQ), bars).send(quantities)
    fills = own()
    for i, (quantity, price) in enumerate(zip(quantities, bars["open"][1:], strict=False)):
        hear(fills, i, "BOT" if quantity > 0 else "SLD", abs(quantity), price / 4)
    account, mark = kernel.account, bars["close"][len(quantities)] / 4
    holding = fills.holding(CON_ID)
    assert holding.position == account.position
    if holding.position:
        assert holding.entry_ticks == pytest.approx(account.entry_ticks)
    assert fills.net_usd({CON_ID: mark}) == pytest.approx(account.equity_usd - 10_000)


QUANTITIES = st.integers(-3, 3).filter(bool)
FILLS = st.lists(st.tuples(QUANTITIES, st.integers(79_900, 80_100)), max_size=12)


@pytest.mark.property
@tried
@given(FILLS, st.integers(0, 1_000))
def test_own_fills_come_to_the_same_in_whatever_order_they_are_heard(rows, seed):
    events = [
        executed(abs(q), f"e.{i}.01", side="BOT" if q > 0 else "SLD", price=ticks / 4,
                 time=START + timedelta(seconds=i))
        for i, (q, ticks) in enumerate(rows)
    ]  # fmt: skip
    in_order, shuffled = own(), own()
    for event in events:
        in_order.hear(event)
    Random(seed).shuffle(events)
    for event in events + events[:2]:  # and some twice
        shuffled.hear(event)
    assert repr(shuffled.holding(CON_ID)) == repr(in_order.holding(CON_ID))
    marks = {CON_ID: 20_000.25}
    assert shuffled.net_usd(marks) == in_order.net_usd(marks)
    bought = np.array([[q, q * ticks] for q, ticks in rows]).reshape(-1, 2).sum(axis=0)
    worth = (bought[0] * 80_001 - bought[1]) * 0.5  # contracts at the mark, less what they cost
    assert in_order.realised_usd() + in_order.unrealised_usd(marks) == worth


def tell(fills, event):
    """Tell of an execution, or of what one cost."""
    if isinstance(event, ExecutionSeen):
        fills.hear(event)
    else:
        fills.hear_commission(event)


def sums_of(fills, time):
    """Return all that is asked of fills, also of those before a time."""
    marks = {CON_ID: 20_000.25, CL_ID: 70.0}
    return [
        (one.con_ids(), repr(one.holding(CON_ID)), repr(one.holding(CL_ID)), one.net_usd(marks),
         one.realised_usd(), one.commissions_usd(), one.open_trade(CON_ID))
        for one in (fills, fills.until(time))
    ]  # fmt: skip


@pytest.mark.property
@tried
@given(FILLS, st.integers(0, 1_000))
def test_own_fills_that_are_asked_all_the_time_come_to_what_they_do_when_asked_once(rows, seed):
    chance, asked, events = Random(seed), own(), []
    for i, (q, ticks) in enumerate(rows):
        side, con_id = "BOT" if q > 0 else "SLD", chance.choice([CON_ID, CON_ID, CL_ID])
        time = START + timedelta(seconds=chance.randrange(6))
        words = {"side": side, "price": ticks / 4, "time": time, "con_id": con_id}
        events.append(executed(abs(q), f"e.{i}.01", **words))
        if chance.random() < 0.4:  # a correction, perhaps of another contract and before it
            events.append(executed(abs(q) + 1, f"e.{i}.02", **words | {"con_id": CON_ID}))
        events.append(charged(0.5 * i, f"e.{i}.01"))
    chance.shuffle(events)
    for n, event in enumerate(events):
        tell(asked, event)
        sums = sums_of(asked, START + timedelta(seconds=3))
        once = own()
        for earlier in events[: n + 1]:
            tell(once, earlier)
        assert sums == sums_of(once, START + timedelta(seconds=3))
