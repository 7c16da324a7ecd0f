"""Kernel records made by hand, and a runner that sends orders through the kernel alone."""

from dataclasses import dataclass

import numpy as np

from config.instruments import Instrument, get_instrument
from env.kernel.advance import advance
from env.kernel.names import PathPolicy, Reason
from env.kernel.orders import place_market_order, submit
from env.kernel.types import (
    BAR_TICKS,
    FILL,
    NO_COUNT,
    NO_LIMIT,
    NO_OFFSET,
    ORDER_TICKET,
    TRADE,
    account_type,
    max_fills_per_bar,
)
from utils.jit import jit

MNQ = get_instrument("MNQ")

NEVER = -1
"""`last_bar` of a run that does not close what is open."""

BARS_WITHOUT_RANGE = (0, 0, 0.0, np.nan)
"""Flags, roll gap, further slippage, average range."""


@jit
def run_orders(accounts, bars, quantities, fills, trades, equity):
    """Send one market order (0 for none) at each close, and live through the bar after it."""
    account = accounts[0]
    for quantity in quantities:
        place_market_order(account, quantity, Reason.SIGNAL)
        advance(account, bars[account.bar + 1], fills, trades)
        equity[account.bar] = account.equity_usd


@jit
def submit_ticket(accounts, bars, tickets):
    """Hand in one ticket at the close where the account stands."""
    account = accounts[0]
    return submit(account, bars[account.bar].flag_bits, tickets[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What an account pays and may do; whole ticks."""

    instrument: Instrument = MNQ
    initial_usd: float = 10_000.0
    ruin_usd: float = -np.inf
    stop_offset_ticks: float = NO_OFFSET
    target_offset_ticks: float = NO_OFFSET
    trail_offset_ticks: float = NO_OFFSET
    slippage_ticks: float = 1
    commission_usd: float | None = None
    through_ticks: int = 1
    path_policy: PathPolicy = PathPolicy.WORST
    last_bar: int = NEVER
    n_free_slots: int = 0
    max_position: int = 1_000
    initial_margin_usd: float = 0.0
    maintenance_margin_usd: float = 0.0
    daily_loss_usd: float = NO_LIMIT
    drawdown_usd: float = NO_LIMIT
    drawdown_floor_usd: float = NO_LIMIT
    max_session_trades: int = NO_COUNT
    is_drawdown_daily: bool = False
    ends_on_daily_loss: bool = False


def new_account(terms: Terms) -> np.ndarray:
    """Return an account array of one row, at the close of row 0."""
    accounts = np.zeros(1, account_type(terms.n_free_slots))
    account = accounts[0]
    account.initial_usd = account.cash_usd = account.equity_usd = terms.initial_usd
    account.peak_usd = account.drawdown_peak_usd = account.session_start_usd = terms.initial_usd
    for name in ("stop_offset_ticks", "target_offset_ticks", "trail_offset_ticks", "last_bar"):
        account[name] = getattr(terms, name)
    account.path_policy = terms.path_policy
    limits = account.limits
    limits.ruin_usd = terms.ruin_usd
    limits.initial_margin_usd = terms.initial_margin_usd
    limits.maintenance_margin_usd = terms.maintenance_margin_usd
    limits.daily_loss_usd = terms.daily_loss_usd
    limits.drawdown_usd = terms.drawdown_usd
    limits.drawdown_floor_usd = terms.drawdown_floor_usd
    limits.max_session_trades = terms.max_session_trades
    limits.max_position = terms.max_position
    limits.is_drawdown_daily = terms.is_drawdown_daily
    limits.ends_on_daily_loss = terms.ends_on_daily_loss
    account.costs.tick_value_usd = terms.instrument.tick_value_usd
    account.costs.slippage_ticks = terms.slippage_ticks
    account.costs.scale = 1.0
    account.costs.through_ticks = terms.through_ticks
    account.costs.commission_per_side_usd = (
        terms.instrument.commission_per_side_usd
        if terms.commission_usd is None
        else terms.commission_usd
    )
    return accounts


def bar_records(rows) -> np.ndarray:
    """Return BAR_TICKS records of (open, high, low, close[, flags, gap, slippage, range]) rows."""
    whole = [(*row, *BARS_WITHOUT_RANGE[len(row) - 4 :]) for row in rows]
    return np.array(whole, dtype=BAR_TICKS)


def ticket(**fields) -> np.ndarray:
    """Return a ticket array of one row."""
    tickets = np.zeros(1, ORDER_TICKET)
    for name, value in fields.items():
        tickets[0][name] = value
    return tickets


class KernelRun:
    """One account of the kernel and the paper it writes on."""

    def __init__(self, terms: Terms, bars: np.ndarray):
        self.accounts = new_account(terms)
        self.bars = bars
        room = max_fills_per_bar(self.accounts.dtype) * len(bars)
        self.fill_records, self.trade_records = np.zeros(room, FILL), np.zeros(room, TRADE)
        self.equity = np.full(len(bars), terms.initial_usd)

    def submit(self, **fields) -> int:
        """Hand in a ticket at the close where the account stands; return its denial."""
        return submit_ticket(self.accounts, self.bars, ticket(**fields))

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
