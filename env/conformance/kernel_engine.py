"""Our kernel as an engine of the conformance suite: every order of a case is a ticket."""

import numpy as np
from numpy.typing import NDArray

from env.conformance.case_types import Case, CaseFill, CaseInstrument, CaseOrder, CaseTerms
from env.conformance.runner import Fill, Fills
from env.kernel.advance import advance
from env.kernel.names import PATH_POLICIES, BarFlag, Denial, OrderKind, Reason
from env.kernel.orders import submit
from env.kernel.types import (
    BAR_TICKS,
    FILL,
    NO_COUNT,
    NO_LIMIT,
    NO_OFFSET,
    ORDER_TICKET,
    TRADE,
    Records,
    account_type,
    max_fills_per_bar,
)
from utils.jit import lean_jit

N_FREE_SLOTS = 8
"""Orders that a case may have waiting."""

PRICE_DECIMALS = 8

Codes = NDArray[np.int64]

Books = tuple[Records, Records, Records, Records]
"""Account (one row), bars, fills, trades."""


@lean_jit
def live_through(books: Books, tickets: Records, ticket_bars: Codes, denials: Codes) -> None:
    """Hand every ticket in at the close of its row, and live through all bars.

    Args:
        books: With room for all fills and trades.
        tickets: ORDER_TICKET records, in order.
        ticket_bars: (n_tickets,) rows.
        denials: (n_tickets,) Denial of each is written here.
    """
    accounts, bars, fills, trades = books
    account = accounts[0]
    while account.bar + 1 < len(bars):
        flags = bars[account.bar].flag_bits
        for row in range(len(tickets)):
            if ticket_bars[row] == account.bar:
                denials[row] = submit(account, flags, tickets[row])
        advance(account, bars[account.bar + 1], fills, trades)


class KernelEngine:
    """Our kernel."""

    name = "kernel"

    def run(self, case: Case, instrument: CaseInstrument) -> Fills:
        """Return what the kernel does with a case."""
        accounts, fills, trades, denials = self.records(case, instrument)
        account = accounts[0]
        return Fills(
            fills=tuple(
                Fill(
                    bar=int(fill["bar"]),
                    price=_points(fill["price_ticks"], instrument),
                    quantity=int(fill["quantity"]),
                    reason=Reason(fill["reason"]).label,
                )
                for fill in fills
            ),
            net_usd=float(account["equity_usd"] - account["initial_usd"]),
            nets=tuple(trades["net_usd"].tolist()),
            denials=tuple(Denial(code).label for code in denials if code != Denial.NONE),
        )

    def records(
        self, case: Case, instrument: CaseInstrument
    ) -> tuple[Records, Records, Records, Codes]:
        """Return the account (one row), fills, trades, and the Denial of each order of a case."""
        accounts = _account(case, instrument)
        bars = _bars(case, instrument)
        room = max_fills_per_bar(accounts.dtype) * len(bars)
        fills, trades = np.zeros(room, FILL), np.zeros(room, TRADE)
        tickets, rows = _tickets(case.orders, instrument)
        denials = np.zeros(len(tickets), np.int64)
        live_through((accounts, bars, fills, trades), tickets, rows, denials)
        account = accounts[0]
        return accounts, fills[: account["n_fills"]], trades[: account["n_trades"]], denials


def without_slippage(case: Case, instrument: CaseInstrument) -> Case:
    """Return the case with no slippage, and what the kernel then does as what is expected.

    For engines that know no slippage in ticks.
    """
    bare = case.model_copy(update={"terms": case.terms.model_copy(update={"slippage_ticks": 0})})
    done = KernelEngine().run(bare, instrument)
    fills = tuple(
        CaseFill.model_validate(
            {"bar": fill.bar, "price": fill.price, "quantity": fill.quantity, "reason": fill.reason}
        )
        for fill in done.fills
    )
    return bare.model_copy(update={"fills": fills, "nets": done.nets})


def _ticks(points: float, instrument: CaseInstrument) -> int:
    return round(points / instrument.tick_size)


def _points(ticks: int, instrument: CaseInstrument) -> float:
    return round(float(ticks * instrument.tick_size), PRICE_DECIMALS)


def _offset(points: float | None, instrument: CaseInstrument) -> float:
    """Return a distance in ticks, free of float noise, or none."""
    if points is None:
        return NO_OFFSET
    return round(points / instrument.tick_size, PRICE_DECIMALS)


def _account(case: Case, instrument: CaseInstrument) -> Records:
    terms = case.terms
    accounts = np.zeros(1, account_type(N_FREE_SLOTS))
    account = accounts[0]
    for name in ("initial", "cash", "equity", "peak", "drawdown_peak", "session_start"):
        account[f"{name}_usd"] = terms.initial_usd
    account.path_policy = PATH_POLICIES[terms.path_policy]
    account.last_bar = len(case.bars) - 1 if terms.closes_at_end else -1
    costs = account.costs
    costs.tick_value_usd = round(instrument.tick_size * instrument.usd_per_point, PRICE_DECIMALS)
    costs.commission_per_side_usd = instrument.commission_per_side_usd
    costs.slippage_ticks = terms.slippage_ticks
    costs.scale = 1.0
    costs.through_ticks = terms.limit_through_ticks
    _write_limits(account.limits, terms)
    return accounts


def _write_limits(limits: np.record, terms: CaseTerms) -> None:
    limits.ruin_usd = -np.inf if terms.ruin_usd is None else terms.ruin_usd
    limits.initial_margin_usd = terms.initial_margin_usd or 0.0
    limits.maintenance_margin_usd = terms.maintenance_margin_usd or 0.0
    limits.daily_loss_usd = NO_LIMIT if terms.daily_loss_usd is None else terms.daily_loss_usd
    limits.drawdown_usd = limits.drawdown_floor_usd = NO_LIMIT
    trades = terms.max_session_trades
    limits.max_session_trades = NO_COUNT if trades is None else trades
    limits.max_position = 1_000_000


def _bars(case: Case, instrument: CaseInstrument) -> Records:
    bars = np.zeros(len(case.bars), BAR_TICKS)
    for column, name in enumerate(("open", "high", "low", "close")):
        bars[name] = [_ticks(row[column], instrument) for row in case.bars]
    bars["average_range"] = np.nan
    for rows, flag in (
        (case.session_starts, BarFlag.SESSION_START),
        (case.flatten_at, BarFlag.FLATTEN),
        (case.flatten_last, BarFlag.LAST_CHANCE),
        ([roll.bar for roll in case.rolls], BarFlag.ROLL),
    ):
        bars["flag_bits"][list(rows)] |= flag
    for roll in case.rolls:
        bars["roll_gap"][roll.bar] = _ticks(roll.gap, instrument)
    return bars


def _tickets(orders: tuple[CaseOrder, ...], instrument: CaseInstrument) -> tuple[Records, Codes]:
    """Return ORDER_TICKET records, and the row at whose close each is handed in."""
    tickets = np.zeros(len(orders), ORDER_TICKET)
    for row, order in enumerate(orders):
        _write_ticket(tickets[row], order, instrument)
    return tickets, np.array([order.at for order in orders], dtype=np.int64)


def _write_ticket(ticket: np.record, order: CaseOrder, instrument: CaseInstrument) -> None:
    ticket.kind = OrderKind[order.kind.upper()]
    ticket.quantity = order.quantity
    ticket.trigger_ticks = _ticks(order.stop or 0.0, instrument)
    ticket.limit_ticks = _ticks(order.limit or 0.0, instrument)
    ticket.stop_offset_ticks = _offset(order.stop_loss_points, instrument)
    ticket.target_offset_ticks = _offset(order.take_profit_points, instrument)
    ticket.trail_offset_ticks = _offset(order.trail_points, instrument)
    ticket.group = order.group
    ticket.is_day, ticket.is_reduce_only = order.day, order.reduce_only
