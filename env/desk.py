"""What a strategy may do at a close, as compiled calls: orders, targets, actions, and the next bar.

The accounts of several instruments may share one purse, see env/shared_account.py; what the others
might need as margin is then not there for an order. With one account nothing is taken off.
"""

import numpy as np
from numpy.typing import NDArray

from env.actions import DECISIONS, order_quantity
from env.kernel.advance import advance
from env.kernel.limits import worst_position
from env.kernel.names import Denial, OrderKind
from env.kernel.orders import cancel, submit
from env.kernel.types import N_OWN_SLOTS, Records, account_type, max_fills_per_bar
from env.step import Books, Codes
from utils.jit import lean_jit

N_WAITING = 16
"""Orders that may wait at a time; one that brings both a stop and a target counts as two."""

DESK_ACCOUNT = account_type(N_WAITING)
MAX_DESK_FILLS = max_fills_per_bar(DESK_ACCOUNT)
"""The account of a strategy, and the fills that one bar can bring it."""

Track = tuple[NDArray[np.float64], NDArray[np.int64]]
"""Equity (USD) and position (signed contracts) at each row's close."""

Answer = tuple[int, int]
"""Denial of an order, or of its opening half, and its id: 0 if nothing of it was taken in."""

Outcome = tuple[int, int, float, float, float]
"""Fills so far, position (signed contracts), equity, cash and open PnL (USD), as of a close."""


@lean_jit
def live_bar(books: Books, track: Track) -> Outcome:
    """Live through the next bar, and write down how it closed.

    Args:
        books: One account, all its bars, and room for the fills and trades of a bar.
        track: Written to at the row of that bar.
    """
    accounts, bars, fills, trades = books
    equity, positions = track
    account = accounts[0]
    advance(account, bars[account.bar + 1], fills, trades)
    equity[account.bar] = account.equity_usd
    positions[account.bar] = account.position
    return outcome_of(account)


@lean_jit
def outcome_of(account: np.record) -> Outcome:
    """Return how an account stands."""
    return (
        int(account.n_fills),
        int(account.position),
        float(account.equity_usd),
        float(account.cash_usd),
        float(account.open_pnl_usd),
    )


@lean_jit
def outcome_at(accounts: Records, which: int) -> Outcome:
    """Return how one of the accounts stands."""
    return outcome_of(accounts[which])


@lean_jit
def hand_in(accounts: Records, which: int, bars: Records, tickets: Records) -> Answer:
    """Hand in the first of `tickets` for one of the accounts, at the close where it stands.

    Args:
        accounts: Of all instruments.
        which: The account.
        bars: BAR_TICKS records of its instrument.
        tickets: ORDER_TICKET, (1,).
    """
    account, ticket = accounts[which], tickets[0]
    equity_usd = account.equity_usd
    account.equity_usd = equity_usd - _reserved_usd(accounts, which)
    denial = submit(account, bars[account.bar].flag_bits, ticket)
    account.equity_usd = equity_usd
    return int(denial), int(ticket.id)


@lean_jit
def aim_at(accounts: Records, which: int, bars: Records, tickets: Records, target: int) -> Answer:
    """Let one market order bring the position to `target`, in place of those handed in before.

    Arguments and return value as for `hand_in`; the ticket is a plain market order, whose quantity
    is written here.
    """
    account = accounts[which]
    _cancel_market_orders(account)
    return _order(accounts, which, bars, tickets, target - account.position)


@lean_jit
def act(
    accounts: Records, which: int, bars: Records, tickets: Records, codes: Codes, choice: int
) -> Answer:
    """Do as `env.actions.decide` does with a choice, by an order that waits like any other.

    Arguments and return value as for `aim_at`; `codes` and `choice` as for `take_step`.
    """
    _, sizer, mode = codes
    account = accounts[which]
    _cancel_market_orders(account)
    account.denial = Denial.NONE
    if mode == DECISIONS:
        quantity = order_quantity(account, bars[account.bar], sizer, choice)
    else:
        quantity = choice - account.position
    denial_of_sizer = account.denial
    denial, order_id = _order(accounts, which, bars, tickets, quantity)
    if denial == Denial.NONE and denial_of_sizer != Denial.NONE:
        account.denial = denial_of_sizer
        account.n_denied += 1
    return int(account.denial), order_id


@lean_jit
def withdraw(accounts: Records, which: int, order_id: int) -> bool:
    """Cancel an order by its id; return whether it was still waiting."""
    return cancel(accounts[which], order_id)


@lean_jit
def _order(accounts: Records, which: int, bars: Records, tickets: Records, quantity: int) -> Answer:
    """Hand in a market order of so many signed contracts; 0 is none, and cannot be denied."""
    ticket = tickets[0]
    ticket.quantity = quantity
    if quantity == 0:
        accounts[which].denial = Denial.NONE
        return Denial.NONE.value, 0
    return hand_in(accounts, which, bars, tickets)


@lean_jit
def _cancel_market_orders(account: np.record) -> None:
    """Cancel what a strategy handed in for the next open; a forced exit stays."""
    for slot in range(N_OWN_SLOTS, len(account.orders)):
        if account.orders[slot].kind == OrderKind.MARKET:
            account.orders[slot].kind = OrderKind.NONE


@lean_jit
def _reserved_usd(accounts: Records, which: int) -> float:
    """Return the initial margin that the other accounts need, if all that waits there fills."""
    reserved = 0.0
    for other in range(len(accounts)):
        if other != which:
            account = accounts[other]
            size = max(abs(account.position), worst_position(account, 0))
            reserved += size * account.limits.initial_margin_usd
    return reserved
