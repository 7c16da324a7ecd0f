"""The gate: one proposal that passes, and for each reason one thing about it that is wrong.

MNQ at 20000, long or flat; limits of 2 contracts and 500 USD a day.
"""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.instruments import get_instrument
from config.trading_settings import RiskLimits
from tests.helpers.broker_words import ACCOUNT, CON_ID
from tests.helpers.live_laws import tried
from trading.modes import Mode
from trading.order_identity import Role
from trading.risk_codes import Allowed, DenialCode, Denied
from trading.risk_guard import RiskGuard, check
from trading.risk_view import OrderProposal, Purpose, RiskView, purpose_of
from trading.worst_case import MayFill, exposure

LIMITS = RiskLimits(
    max_position=2,
    max_order_quantity=4,
    max_daily_loss_usd=500.0,
    max_orders_per_minute=4,
    max_orders_per_day=100,
    price_band_ticks=400,
    max_stop_ticks=2_000,
    stale_after_seconds=30.0,
    max_skew_seconds=10.0,
    no_entry_seconds=600.0,
)
ENTRY = OrderProposal(
    role=Role.ENTRY, con_id=CON_ID, account=ACCOUNT, quantity=1, protective_stop=19_950.0
)
FLATTEN = OrderProposal(
    role=Role.FLATTEN, con_id=CON_ID, account=ACCOUNT, quantity=-2, oca_group="g"
)
REPAIR = OrderProposal(
    role=Role.REPAIR_STOP, con_id=CON_ID, account=ACCOUNT, quantity=-2, oca_group="g",
    kind="STP", stop_price=19_950.0,
)  # fmt: skip
STOP = MayFill(quantity=-2, is_opening=False, oca_group="g")
FILLED = replace(STOP, is_certain=True)
FLAT = RiskView(
    instrument=get_instrument("MNQ"),
    con_id=CON_ID,
    account=ACCOUNT,
    mode=Mode.TRADING,
    position=0,
    working=(),
    has_unknown_entry=False,
    is_day_locked=False,
    is_day_current=True,
    day_pnl_usd=-100.0,
    orders_last_minute=0,
    orders_today=0,
    last_price=20_000.0,
    data_age_seconds=1.0,
    skew_seconds=0.1,
    is_market_open=True,
    seconds_to_close=3_600.0,
    is_journal_writable=True,
    initial_margin_usd=2_000.0,
    available_usd=10_000.0,
)
ONE_MORE = MayFill(quantity=1, is_opening=True)
LONG = replace(FLAT, position=2, working=(STOP,))
NAN = math.nan


def code(order, view):
    verdict = check(order, view, LIMITS)
    return verdict.code.value if isinstance(verdict, Denied) else None


PROPOSALS = [
    # well formed
    ({"quantity": 0}, "no_quantity"),
    ({"quantity": 1.0}, "no_quantity"),
    ({"quantity": NAN}, "no_quantity"),
    ({"quantity": True}, "no_quantity"),
    ({"account": "U999"}, "wrong_account"),
    ({"con_id": 1}, "wrong_contract"),
    ({"kind": "MOC"}, "unknown_kind"),
    ({"kind": "LMT"}, "no_price"),
    ({"limit_price": 20_000.0}, "no_price"),  # a market order has none
    ({"kind": "LMT", "limit_price": NAN}, "not_a_price"),
    ({"kind": "LMT", "limit_price": math.inf}, "not_a_price"),
    ({"protective_stop": -math.inf}, "not_a_price"),
    ({"kind": "LMT", "limit_price": 20_000.1}, "off_tick"),
    ({"protective_stop": 19_950.1}, "off_tick"),
    ({"protective_target": 20_050.1}, "off_tick"),
    # its size
    ({"quantity": 5}, "quantity_too_large"),
    ({"quantity": 3}, "max_position"),
    ({"quantity": 2}, None),
    # near the market: 400 ticks are 100 points
    ({"kind": "LMT", "limit_price": 19_900.0, "protective_stop": 19_800.0}, None),
    ({"kind": "LMT", "limit_price": 19_899.75, "protective_stop": 19_800.0}, "outside_band"),
    ({"kind": "STP", "stop_price": 20_100.25}, "outside_band"),
    # a stop on every order that opens, where it protects
    ({"protective_stop": None}, "no_stop"),
    ({"protective_stop": 20_000.0}, "stop_on_wrong_side"),
    ({"quantity": -1, "protective_stop": 19_950.0}, "stop_on_wrong_side"),
    ({"quantity": -1, "protective_stop": 20_050.0}, None),
    ({"kind": "LMT", "limit_price": 19_940.0}, "stop_on_wrong_side"),  # 19950 is above its fill
    ({"protective_stop": 19_500.0}, None),  # 2000 ticks
    ({"protective_stop": 19_499.75}, "stop_too_far"),
    ({"protective_target": 20_050.0}, None),
    ({"protective_target": 19_990.0}, "target_on_wrong_side"),
]


@pytest.mark.parametrize(("change", "expected"), PROPOSALS)
def test_guard_judges_an_entry(change, expected):
    assert code(replace(ENTRY, **change), FLAT) == expected


OTHER_ENTRY = MayFill(quantity=2, is_opening=True)
VIEWS = [
    ({}, None),
    # who and what
    ({"account": None}, "account_unknown"),
    ({"account": ""}, "account_unknown"),
    ({"con_id": None}, "contract_unknown"),
    # the mode: TRADING only
    ({"mode": None}, "mode_unknown"),
    ({"mode": Mode.DISCONNECTED}, "not_synced"),
    ({"mode": Mode.CONNECTING}, "not_synced"),
    ({"mode": Mode.SYNCING}, "not_synced"),
    ({"mode": Mode.REDUCE_ONLY}, "reduce_only"),
    ({"mode": Mode.HALTED}, "halted"),
    ({"mode": Mode.KILLED}, "killed"),
    # the worst case
    ({"position": None}, "position_unknown"),
    ({"working": None}, "orders_unknown"),
    ({"position": 1}, None),
    ({"position": 2}, "max_position"),
    ({"working": (OTHER_ENTRY,)}, "max_position"),
    ({"working": (STOP,)}, None),  # left behind by a position: to -2 at worst
    ({"working": (STOP, STOP)}, None),  # one group
    ({"working": (replace(STOP, quantity=-3),)}, "max_position"),
    # an entry that nobody knows of
    ({"has_unknown_entry": None}, "unknown_entry_unknown"),
    ({"has_unknown_entry": True}, "unknown_entry"),
    # the day
    ({"is_day_locked": None}, "day_unknown"),
    ({"is_day_current": None}, "day_unknown"),
    ({"is_day_locked": True}, "day_locked"),
    ({"is_day_current": False}, "day_not_begun"),
    ({"day_pnl_usd": None}, "pnl_unknown"),
    ({"day_pnl_usd": NAN}, "pnl_unknown"),
    ({"day_pnl_usd": -499.99}, None),
    ({"day_pnl_usd": -500.0}, "daily_loss"),
    ({"day_pnl_usd": -math.inf}, "daily_loss"),
    # how many
    ({"orders_last_minute": None}, "rate_unknown"),
    ({"orders_today": None}, "rate_unknown"),
    ({"orders_last_minute": 3}, None),
    ({"orders_last_minute": 4}, "too_many_per_minute"),
    ({"orders_today": 99}, None),
    ({"orders_today": 100}, "too_many_per_day"),
    # data, clock, hours
    ({"data_age_seconds": None}, "age_unknown"),
    ({"data_age_seconds": NAN}, "age_unknown"),
    ({"data_age_seconds": 30.0}, None),
    ({"data_age_seconds": 30.1}, "stale_data"),
    ({"skew_seconds": None}, "skew_unknown"),
    ({"skew_seconds": NAN}, "skew_unknown"),
    ({"skew_seconds": -10.0}, None),
    ({"skew_seconds": -10.1}, "clock_skew"),
    ({"skew_seconds": 90.0}, "clock_skew"),
    ({"is_market_open": None}, "hours_unknown"),
    ({"seconds_to_close": None}, "hours_unknown"),
    ({"seconds_to_close": NAN}, "hours_unknown"),
    ({"is_market_open": False}, "market_closed"),
    ({"seconds_to_close": 600.0}, None),
    ({"seconds_to_close": 599.0}, "near_close"),
    ({"last_price": None}, "price_unknown"),
    ({"last_price": NAN}, "price_unknown"),
    # the journal
    ({"is_journal_writable": None}, "journal_unknown"),
    ({"is_journal_writable": False}, "journal_not_writable"),
    # margin
    ({"initial_margin_usd": None}, "margin_unknown"),
    ({"available_usd": None}, "margin_unknown"),
    ({"initial_margin_usd": NAN}, "margin_unknown"),
    ({"initial_margin_usd": 0.0}, "margin_unknown"),
    ({"available_usd": NAN}, "margin_unknown"),
    ({"available_usd": 2_000.0}, None),
    ({"available_usd": 1_999.99}, "margin"),
    ({"available_usd": 4_000.0, "working": (ONE_MORE,)}, None),  # to +2 at worst
    ({"available_usd": 3_999.99, "working": (ONE_MORE,)}, "margin"),
]


@pytest.mark.parametrize(("change", "expected"), VIEWS)
def test_guard_judges_the_moment_of_an_entry(change, expected):
    assert code(ENTRY, replace(FLAT, **change)) == expected


EXITS = [
    # closing all or some, in the group of the stop
    (FLATTEN, LONG, {}, None),
    (FLATTEN, LONG, {"quantity": -1}, None),
    # never beyond the position, nor with it, nor flat
    (FLATTEN, LONG, {"quantity": -3}, "would_open"),
    (FLATTEN, LONG, {"quantity": 1}, "would_open"),
    (FLATTEN, FLAT, {"quantity": -1}, "would_open"),
    # nor together with an exit that it does not cancel
    (FLATTEN, LONG, {"oca_group": ""}, "would_open"),
    (FLATTEN, LONG, {"oca_group": "h"}, "would_open"),
    # a stop by itself
    (REPAIR, LONG, {}, None),
    (REPAIR, LONG, {"quantity": -3}, "would_open"),
    (REPAIR, LONG, {"quantity": 2}, "would_open"),
    (REPAIR, FLAT, {}, "would_open"),
    # nor what the broker's own count would not close, while it stands against ours
    (FLATTEN, replace(LONG, disputed_position=0), {}, "would_open"),
    (FLATTEN, replace(LONG, disputed_position=-2), {}, "would_open"),
    (FLATTEN, replace(LONG, disputed_position=1), {}, "would_open"),
    (FLATTEN, replace(LONG, disputed_position=1), {"quantity": -1}, None),
    (FLATTEN, replace(LONG, disputed_position=5), {}, None),
    (REPAIR, replace(LONG, disputed_position=0), {}, "would_open"),
    # nor what an exit has closed of which the executions are not told
    (FLATTEN, replace(LONG, working=(FILLED,)), {}, "would_open"),
    (REPAIR, replace(LONG, working=(FILLED,)), {}, "would_open"),
    (REPAIR, LONG, {"stop_price": 19_950.1}, "off_tick"),
    (REPAIR, LONG, {"stop_price": NAN}, "not_a_price"),
    (REPAIR, LONG, {"stop_price": None}, "no_price"),
    (REPAIR, replace(LONG, is_journal_writable=False), {}, "journal_not_writable"),
    (FLATTEN, replace(LONG, is_journal_writable=False), {}, None),
    (replace(FLATTEN, role=Role.EXIT), replace(LONG, is_journal_writable=None), {}, None),
    (FLATTEN, replace(LONG, mode=Mode.SYNCING), {}, "not_synced"),
    (FLATTEN, replace(LONG, mode=None), {}, "mode_unknown"),
    (FLATTEN, replace(LONG, position=None), {}, "position_unknown"),
    (FLATTEN, LONG, {"account": "U999"}, "wrong_account"),
    (FLATTEN, LONG, {"con_id": 1}, "wrong_contract"),
    # a child that still waits for its parent closes nothing
    (FLATTEN, replace(LONG, working=(replace(STOP, oca_group="h", parent_left=2),)), {}, None),
]


@pytest.mark.parametrize(("order", "view", "change", "expected"), EXITS)
def test_guard_judges_what_reduces(order, view, change, expected):
    assert code(replace(order, **change), view) == expected


@pytest.mark.parametrize("mode", [Mode.TRADING, Mode.REDUCE_ONLY, Mode.HALTED, Mode.KILLED])
@pytest.mark.parametrize("order", [FLATTEN, REPAIR, replace(FLATTEN, role=Role.EXIT)])
def test_guard_lets_a_position_be_reduced_and_protected_whatever_else_is_wrong(order, mode):
    bare = RiskView(
        instrument=LONG.instrument, con_id=CON_ID, account=ACCOUNT, mode=mode, position=2,
        working=(STOP,), is_journal_writable=True,
    )  # fmt: skip
    assert check(order, bare, LIMITS) == Allowed()


def test_guard_lets_a_reversal_pass_that_joins_the_group_of_the_stop():
    reversal = replace(ENTRY, quantity=-4, protective_stop=20_050.0, oca_group="g")
    assert code(reversal, replace(LONG, available_usd=0.0)) is None  # as many contracts as before
    assert code(replace(reversal, oca_group=""), LONG) == "max_position"


def test_guard_has_a_row_for_every_reason():
    expected = [row[-1] for row in (*PROPOSALS, *VIEWS, *EXITS)]
    assert {code for code in expected if code is not None} == {code.value for code in DenialCode}


def test_guard_counts_every_denial():
    guard = RiskGuard(LIMITS)
    assert guard.check(ENTRY, FLAT) == Allowed()
    for _ in range(2):
        guard.check(ENTRY, replace(FLAT, mode=Mode.HALTED))
    guard.check(replace(ENTRY, quantity=0), FLAT)
    assert guard.denials == {DenialCode.HALTED: 2, DenialCode.NO_QUANTITY: 1}


def test_guard_says_what_bound_and_value():
    verdict = check(ENTRY, replace(FLAT, day_pnl_usd=-612.5), LIMITS)
    assert verdict.reason == "the day's loss must be < 500.00 USD, is 612.50"


def test_guard_never_writes_an_account_out():
    verdict = check(replace(ENTRY, account="U7654321"), FLAT, LIMITS)
    assert "7654321" not in verdict.reason
    assert ACCOUNT not in verdict.reason


def test_purposes_of_all_roles():
    assert {role.value: purpose_of(role) for role in Role} == {
        "entry": Purpose.OPEN, "exit": Purpose.REDUCE, "flatten": Purpose.REDUCE,
        "stop": Purpose.PROTECT, "repair_stop": Purpose.PROTECT, "target": Purpose.PROTECT,
        "repair_target": Purpose.PROTECT,
    }  # fmt: skip


OTHERS = st.lists(
    st.builds(
        MayFill,
        quantity=st.integers(-3, 3).filter(bool),
        is_opening=st.booleans(),
        oca_group=st.sampled_from(["", "g"]),
    ),
    max_size=3,
)


@pytest.mark.property
@tried
@given(st.integers(-3, 3), OTHERS, st.integers(-5, 5), st.sampled_from(list(Role)))
def test_guard_never_lets_the_worst_case_out_of_bounds(position, working, quantity, role):
    stop = 19_950.0 if quantity > 0 else 20_050.0
    order = replace(ENTRY, role=role, quantity=quantity, protective_stop=stop, oca_group="g")
    view = replace(FLAT, position=position, working=tuple(working))
    if check(order, view, LIMITS) != Allowed():
        return
    if order.purpose is Purpose.OPEN:
        assert exposure(position, (*working, order.may_fill)).worst <= 2
    else:
        assert abs(position + quantity) < abs(position)
        assert position * (position + quantity) >= 0
