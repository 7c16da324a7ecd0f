"""Kernel records made by hand, and a runner that sends orders through the kernel alone."""

from dataclasses import dataclass

import numpy as np

from config.instruments import Instrument, get_instrument
from env.kernel.advance import advance, place_market_order
from env.kernel.types import ACCOUNT, BAR_TICKS, FILL, MAX_FILLS_PER_BAR, NO_STOP, TRADE, Reason
from utils.jit import jit

MNQ = get_instrument("MNQ")

NEVER = -1
"""`last_bar` of a run that does not close what is open."""


@jit
def run_orders(accounts, bars, quantities, fills, trades, equity):
    """Send one market order (0 for none) at each close, and live through the bar after it."""
    account = accounts[0]
    for quantity in quantities:
        place_market_order(account, quantity, Reason.SIGNAL)
        advance(account, bars[account.bar + 1], fills, trades)
        equity[account.bar] = account.equity_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an account pays and may do; whole ticks."""

    instrument: Instrument = MNQ
    initial_usd: float = 10_000.0
    ruin_usd: float = -np.inf
    stop_offset_ticks: float = NO_STOP
    slippage_ticks: int = 1
    commission_usd: float | None = None
    last_bar: int = NEVER


def new_account(terms: Terms) -> np.ndarray:
    """Return an ACCOUNT array of one row, at the close of row 0."""
    accounts = np.zeros(1, ACCOUNT)
    account = accounts[0]
    account.initial_usd = account.cash_usd = account.equity_usd = terms.initial_usd
    account.ruin_usd = terms.ruin_usd
    account.stop_offset_ticks = terms.stop_offset_ticks
    account.last_bar = terms.last_bar
    account.costs.tick_value_usd = terms.instrument.tick_value_usd
    account.costs.slippage_ticks = terms.slippage_ticks
    account.costs.commission_per_side_usd = (
        terms.instrument.commission_per_side_usd
        if terms.commission_usd is None
        else terms.commission_usd
    )
    return accounts


def bar_records(rows) -> np.ndarray:
    """Return BAR_TICKS records of (open, high, low, close) rows in ticks."""
    return np.array([tuple(row) for row in rows], dtype=BAR_TICKS)


class KernelRun:
    """One account of the kernel and the paper it writes on."""

    def __init__(self, terms: Terms, bars: np.ndarray):
        self.accounts = new_account(terms)
        self.bars = bars
        room = MAX_FILLS_PER_BAR * len(bars)
        self.fill_records, self.trade_records = np.zeros(room, FILL), np.zeros(room, TRADE)
        self.equity = np.full(len(bars), terms.initial_usd)

    def send(self, quantities) -> "KernelRun":
        """Send one order per close, from the close where the account stands."""
        orders = np.asarray(quantities, dtype=np.int64)
        run_orders(
            self.accounts, self.bars, orders, self.fill_records, self.trade_records, self.equity
        )
        return self

    @property
    def account(self) -> np.record:
        """The account as it stands."""
        return self.accounts[0]

    @property
    def fills(self) -> np.recarray:
        """Fills so far."""
        return self.fill_records[: self.account.n_fills].view(np.recarray)

    @property
    def trades(self) -> np.recarray:
        """Trades so far."""
        return self.trade_records[: self.account.n_trades].view(np.recarray)
