"""Each reason why nothing may be opened, at its bound and just inside it."""

import numpy as np
import pytest

from env.kernel.limits import entry_denial, permitted_quantity, worst_position
from env.kernel.names import BarFlag, Denial, OrderKind, Reason, Status
from env.kernel.orders import place_market_order
from env.kernel.types import MARKET_SLOT, N_OWN_SLOTS
from tests.helpers.accounts import Terms, new_account


def account_of(position=0, equity_usd=10_000.0, **terms):
    """Return an account that holds a position; its arrays live as long as it does."""
    account = new_account(Terms(n_free_slots=3, **terms))[0]
    account.position, account.equity_usd = position, equity_usd
    return account


def wait(account, slot, quantity, is_reduce_only=0):
    order = account.orders[N_OWN_SLOTS + slot]
    order["kind"], order["quantity"] = OrderKind.LIMIT, quantity
    order["is_reduce_only"] = is_reduce_only


BOUNDS = [
    # terms, position, equity, quantity; denial
    pytest.param({"max_position": 3}, 1, 0.0, 2, Denial.NONE, id="at the cap"),
    pytest.param({"max_position": 3}, 1, 0.0, 3, Denial.POSITION_CAP, id="over the cap"),
    pytest.param({"max_position": 3}, 1, 0.0, -4, Denial.NONE, id="short at the cap"),
    pytest.param({"max_position": 3}, 1, 0.0, -5, Denial.POSITION_CAP, id="short over the cap"),
    pytest.param({"initial_margin_usd": 1_000.0}, 0, 3_000.0, 3, Denial.NONE, id="margin covers"),
    pytest.param(
        {"initial_margin_usd": 1_000.0}, 0, 2_999.99, 3, Denial.MARGIN, id="a cent too little"
    ),
    pytest.param(
        {"initial_margin_usd": 1_000.0}, 2, 2_999.99, 1, Denial.MARGIN, id="with what is held"
    ),
    pytest.param(
        {"initial_margin_usd": 1_000.0}, 1, 2_000.0, -3, Denial.NONE, id="short two covered"
    ),
    pytest.param(
        {"initial_margin_usd": 1_000.0}, 0, np.nan, 1, Denial.MARGIN, id="equity unknown denies"
    ),
    pytest.param({"initial_margin_usd": 0.0}, 0, -5.0, 1, Denial.NONE, id="no margin asked for"),
]


@pytest.mark.parametrize(("terms", "position", "equity_usd", "quantity", "denial"), BOUNDS)
def test_entry_is_denied_beyond_its_bound(terms, position, equity_usd, quantity, denial):
    account = account_of(position, equity_usd, **terms)
    assert entry_denial(account, 0, quantity) == denial


@pytest.mark.parametrize(
    ("flags", "denial"),
    [
        (0, Denial.NONE),
        (BarFlag.NO_ENTRY, Denial.LAST_MINUTES),
        (BarFlag.FLATTEN, Denial.LAST_MINUTES),
        (BarFlag.FLATTEN | BarFlag.ROLL_AHEAD, Denial.LAST_MINUTES),
        (BarFlag.SESSION_START | BarFlag.LAST_CHANCE, Denial.NONE),
    ],
)
def test_last_minutes_are_what_the_bar_says(flags, denial):
    assert entry_denial(account_of(), int(flags), 1) == denial


def test_locked_session_denies_entries():
    account = account_of()
    account.is_locked = 1
    assert entry_denial(account, 0, 1) == Denial.DAILY_LOSS


@pytest.mark.parametrize(("n_trades", "denial"), [(1, Denial.NONE), (2, Denial.MAX_TRADES)])
def test_trades_of_a_session_are_counted(n_trades, denial):
    account = account_of(max_session_trades=2)
    account.session_trades = n_trades
    assert entry_denial(account, 0, 1) == denial


@pytest.mark.parametrize(
    ("quantity", "denial"),
    [(1, Denial.NONE), (-2, Denial.MAX_TRADES)],  # an addition is of the trade that is open
)
def test_addition_is_no_further_trade_of_the_session(quantity, denial):
    account = account_of(position=1, max_session_trades=1)
    account.session_trades = 1
    assert entry_denial(account, 0, quantity) == denial


def test_closings_that_wait_are_counted_together():
    account = account_of(position=2)
    account.is_locked = 1
    wait(account, 0, -1)
    assert permitted_quantity(account, 0, -2) == -1
    assert account.denial == Denial.DAILY_LOSS
    wait(account, 1, -1)
    assert permitted_quantity(account, 0, -1) == 0


def test_reduce_only_orders_take_no_closing_from_others():
    account = account_of(position=2)
    wait(account, 0, -2, is_reduce_only=1)
    assert permitted_quantity(account, 0, -2) == -2
    assert account.denial == Denial.NONE


def test_worst_position_counts_what_waits_on_the_worse_side():
    account = account_of(position=1)
    wait(account, 0, 2)
    wait(account, 1, -4)
    wait(account, 2, -9, is_reduce_only=1)
    assert worst_position(account, 0) == 3
    assert worst_position(account, 1) == 4
    assert worst_position(account, -2) == 5


def test_worst_position_of_a_reversal_is_not_the_one_that_is_left():
    account = account_of(position=3)
    assert worst_position(account, -4) == 1
    assert worst_position(account, -7) == 4
    assert worst_position(account, 1) == 4


@pytest.mark.parametrize(
    ("position", "quantity", "permitted", "denial"),
    [
        (0, 1, 0, Denial.DAILY_LOSS),  # an entry
        (2, 1, 0, Denial.DAILY_LOSS),  # an addition
        (2, -1, -1, Denial.NONE),  # a reduction
        (2, -2, -2, Denial.NONE),  # a close
        (2, -5, -2, Denial.DAILY_LOSS),  # a reversal closes
        (-2, 5, 2, Denial.DAILY_LOSS),
        (0, 0, 0, Denial.NONE),  # nothing
    ],
)
def test_what_is_barred_executes_its_closing_half(position, quantity, permitted, denial):
    account = account_of(position)
    account.is_locked = 1
    assert permitted_quantity(account, 0, quantity) == permitted
    assert account.denial == denial
    assert account.n_denied == (denial != Denial.NONE)


@pytest.mark.parametrize(
    ("status", "denial"),
    [(Status.LIQUIDATING, Denial.FORCED_EXIT), (Status.RUINED, Denial.ACCOUNT_CLOSED)],
)
def test_account_that_is_over_takes_no_order(status, denial):
    account = account_of(1)
    account.status = status
    assert permitted_quantity(account, 0, -1) == 0
    assert account.denial == denial


def test_forced_exit_that_waits_takes_no_order_beside_it():
    account = account_of(1)
    place_market_order(account, -1, Reason.SESSION_END)
    assert permitted_quantity(account, 0, -1) == 0
    assert permitted_quantity(account, 0, 0) == 0
    assert (account.denial, account.n_denied) == (Denial.FORCED_EXIT, 1)
    assert account.orders[MARKET_SLOT]["quantity"] == -1
