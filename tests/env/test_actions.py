"""Actions: what is one, which order it becomes, and what of it is denied."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from env.action_masks import masks_of
from env.actions import (
    ACTION_CODES,
    Action,
    action_space,
    checked_action,
    decide,
    order_quantity,
    would_place,
)
from env.kernel.names import BarFlag, Denial, OrderKind, Reason, Status
from env.kernel.orders import place_market_order
from env.kernel.types import MARKET_SLOT, NO_COUNT
from env.position_sizer import SIZER_CODES
from tests.helpers.accounts import Terms, bar_records, new_account
from utils.errors import ConfigError

HOLD, BUY, SELL, CLOSE = Action
FIXED, BY_STOP, BY_RANGE = (
    SIZER_CODES[name] for name in ("fixed", "fixed_fractional", "volatility")
)
DISCRETE, CONTRACTS, CONTINUOUS = (
    ACTION_CODES[name] for name in ("discrete", "contracts", "continuous")
)


def _bar(flags=0, average_range=np.nan):
    return bar_records([(0, 0, 0, 0, flags, 0, 0.0, average_range)])[0]


def _account(position=0, **terms):
    account = new_account(Terms(**{"max_position": 2, **terms}))[0]
    account.position = position
    sizing = account.sizing
    sizing.risk_fraction, sizing.range_multiple, sizing.full_drawdown = 0.01, 2.0, 0.2
    return account


def _decided(account, choice, *, sizer=FIXED, mode=DISCRETE, bar=None):
    """Return the contracts ordered, and the label of what was denied."""
    decide(account, _bar() if bar is None else bar, sizer, mode, int(choice))
    order = account.orders[MARKET_SLOT]
    is_placed = order.kind == OrderKind.MARKET and order.reason == Reason.SIGNAL
    return (int(order.quantity) if is_placed else 0), Denial(int(account.denial)).label


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
    assert order_quantity(_account(position), _bar(), FIXED, int(action)) == quantity
    assert _decided(_account(position), action) == (quantity, "none")


@pytest.mark.parametrize("mode", [CONTRACTS, CONTINUOUS])
@pytest.mark.parametrize(
    ("target", "position", "quantity"),
    [(0, 0, 0), (2, 0, 2), (2, 1, 1), (1, 2, -1), (-2, 2, -4), (0, -1, 1), (-1, -1, 0)],
)
def test_decide_on_a_target_trades_the_difference(mode, target, position, quantity):
    # the sizer, which would deny for want of a stop, is not asked
    decided = _decided(_account(position), target, mode=mode, sizer=BY_STOP)
    assert decided == (quantity, "none")


@pytest.mark.parametrize(
    ("position", "flags", "terms", "decided"),
    [
        (0, BarFlag.NO_ENTRY, {}, (0, "last_minutes")),
        (-2, BarFlag.NO_ENTRY, {}, (2, "last_minutes")),  # the closing half goes out
        (0, 0, {"initial_margin_usd": 5_001.0}, (1, "none")),  # as many as the margin allows
        (-1, 0, {"initial_margin_usd": 5_001.0}, (2, "none")),
        (0, 0, {"initial_margin_usd": 10_001.0}, (0, "margin")),
        (-1, 0, {"initial_margin_usd": 10_001.0}, (1, "margin")),
        (0, 0, {"max_session_trades": 0}, (0, "max_trades")),
        (0, 0, {"max_session_trades": NO_COUNT}, (2, "none")),
    ],
)
def test_decide_denies_the_opening_half_and_counts_it_once(position, flags, terms, decided):
    account = _account(position, **terms)
    assert _decided(account, BUY, bar=_bar(flags)) == decided
    assert account.n_denied == (decided[1] != "none")


@pytest.mark.parametrize(
    ("position", "sizer", "decided"),
    [
        (0, BY_STOP, (0, "no_stop")),
        (-2, BY_STOP, (2, "no_stop")),  # a reversal without a size closes
        (2, BY_STOP, (0, "none")),  # holds: the sizer is not asked
        (0, BY_RANGE, (0, "no_volatility")),
    ],
)
def test_decide_passes_on_why_the_sizer_gives_no_size_and_counts_it_once(position, sizer, decided):
    account = _account(position)
    assert _decided(account, BUY, sizer=sizer) == decided
    assert account.n_denied == (decided[1] != "none")


def test_decide_counts_once_what_sizer_and_forced_exit_both_deny():
    account = _account(-2)
    place_market_order(account, 2, Reason.SESSION_END)
    assert _decided(account, BUY, sizer=BY_STOP) == (0, "forced_exit")
    assert account.n_denied == 1
    assert account.orders[MARKET_SLOT].reason == Reason.SESSION_END


def test_decide_forgets_the_last_denial():
    account = _account()
    _decided(account, BUY, sizer=BY_STOP)
    assert _decided(account, BUY) == (2, "none")
    assert account.n_denied == 1


STATES = st.fixed_dictionaries(
    {
        "position": st.integers(-2, 2),
        "status": st.sampled_from([Status.ACTIVE, Status.ACTIVE, Status.LIQUIDATING]),
        "is_locked": st.booleans(),
        "equity_usd": st.sampled_from([-50.0, 900.0, 4_000.0, 10_000.0]),
        "session_trades": st.integers(0, 2),
        "stop_offset_ticks": st.sampled_from([0.0, 40.0]),
        "denial": st.integers(0, 9),
        "n_denied": st.integers(0, 5),
    }
)
FLAGS = st.sampled_from([0, 0, 0, BarFlag.NO_ENTRY, BarFlag.FLATTEN])


def _state(fields, is_closing):
    account = _account(initial_margin_usd=2_000.0, max_session_trades=2)
    for name, value in fields.items():
        account[name] = value
    if is_closing:
        place_market_order(account, -account.position, Reason.MARGIN_CALL)
    return account


def _array(account):
    """Return a copy of the account, as an array of one row."""
    accounts = np.zeros(1, account.dtype)
    accounts[0] = account
    return accounts


def _copy(account):
    return _array(account)[0]


@pytest.mark.property
@settings(max_examples=200, deadline=None, derandomize=True)
@given(
    fields=STATES,
    flags=FLAGS,
    is_closing=st.booleans(),
    sizer=st.sampled_from(sorted(SIZER_CODES.values())),
    average_range=st.sampled_from([np.nan, 20.0]),
)
def test_masks_say_what_decide_would_place_and_leave_the_account(
    fields, flags, is_closing, sizer, average_range
):
    bars = bar_records([(0, 0, 0, 0, flags, 0, 0.0, average_range)])
    bar = bars[0]
    account = _state(fields, is_closing)
    before = account.tobytes()
    accounts = _array(account)
    (decisions,) = masks_of(accounts, bars, (0, sizer, DISCRETE), 4)
    (targets,) = masks_of(accounts, bars, (0, sizer, CONTRACTS), 5)
    assert accounts.tobytes() == before
    placed = [_decided(_copy(account), i, sizer=sizer, bar=bar)[0] != 0 for i in range(4)]
    assert decisions.tolist() == [True, *placed[1:]]
    wanted = [i - 2 for i in range(5)]
    placed = [_decided(_copy(account), i, mode=CONTRACTS, bar=bar)[0] != 0 for i in wanted]
    kept = [i == account.position for i in wanted]
    assert targets.tolist() == [a or b for a, b in zip(placed, kept, strict=True)]
    said = [would_place(account, bar, sizer, CONTRACTS, i) for i in wanted]
    assert said == placed
    assert account.tobytes() == before


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
