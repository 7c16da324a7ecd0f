"""Scenarios of everything that the kernel knows, drawn number by number, and their runner.

A scenario is drawn through `pick(low, high)`, both included: hypothesis's, which shrinks, or that
of a seeded generator, for runs that two processes must both have.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from env.kernel.advance import advance
from env.kernel.limits import permitted_quantity
from env.kernel.names import BarFlag, OrderKind, PathPolicy, Reason
from env.kernel.orders import place_market_order, submit
from env.kernel.types import FILL, NO_COUNT, NO_LIMIT, ORDER_TICKET, TRADE, max_fills_per_bar
from tests.helpers.accounts import NEVER, Terms, bar_records, new_account
from utils.jit import jit

Pick = Callable[[int, int], int]

N_FREE_SLOTS = 5
INITIAL_USD = 10_000.0
OFFSETS = (0.0, 0.0, 1.0, 2.5, 10.0, 30.0)
FLAGS = (
    *[0] * 16,
    BarFlag.SESSION_START,
    BarFlag.NO_ENTRY,
    BarFlag.FLATTEN,
    BarFlag.FLATTEN | BarFlag.LAST_CHANCE,
    BarFlag.FLATTEN | BarFlag.ROLL_AHEAD,
)
MIRRORED_PATHS = {
    PathPolicy.WORST: PathPolicy.WORST,
    PathPolicy.OHLC: PathPolicy.OLHC,
    PathPolicy.OLHC: PathPolicy.OHLC,
    PathPolicy.ADAPTIVE: PathPolicy.ADAPTIVE,
}


@jit
def live_orders(books, tickets, rows, quantities, equity, until):
    """Hand in the tickets of each close and a decision, and live on, up to the row `until`."""
    accounts, bars, fills, trades = books
    account = accounts[0]
    while account.bar < until:
        flags = bars[account.bar].flag_bits
        for index in range(len(tickets)):
            if rows[index] == account.bar:
                submit(account, flags, tickets[index])
        quantity = permitted_quantity(account, flags, quantities[account.bar])
        place_market_order(account, quantity, Reason.SIGNAL.value)
        advance(account, bars[account.bar + 1], fills, trades)
        equity[account.bar] = account.equity_usd


@dataclass(frozen=True, slots=True)
class Scenario:
    """Terms, bars, tickets with the rows of their closes, and a decision (mostly none) per row."""

    terms: Terms
    bars: np.ndarray
    tickets: np.ndarray
    rows: np.ndarray
    quantities: np.ndarray


class ScenarioRun:
    """An account that lives through a scenario."""

    def __init__(self, scenario: Scenario):
        self.scenario = scenario
        self.accounts = new_account(scenario.terms)
        room = max_fills_per_bar(self.accounts.dtype) * len(scenario.bars)
        self._fills, self._trades = np.zeros(room, FILL), np.zeros(room, TRADE)
        self.equity = np.full(len(scenario.bars), INITIAL_USD)
        self.tickets = scenario.tickets.copy()

    def live(self, until: int = -1) -> "ScenarioRun":
        """Live up to the close of row `until`, or the last one."""
        scenario = self.scenario
        books = (self.accounts, scenario.bars, self._fills, self._trades)
        last = len(scenario.bars) - 1 if until < 0 else until
        live_orders(books, self.tickets, scenario.rows, scenario.quantities, self.equity, last)
        return self

    @property
    def account(self):
        """The account as it stands."""
        return self.accounts[0]

    @property
    def fills(self):
        """Fills so far."""
        return self._fills[: self.account.n_fills].view(np.recarray)

    @property
    def trades(self):
        """Trades so far."""
        return self._trades[: self.account.n_trades].view(np.recarray)

    def records(self):
        """Return all that is left behind."""
        return self.accounts, self.fills, self.trades, self.tickets["id"]


def draw_scenario(pick: Pick) -> Scenario:
    """Return a scenario of up to ten bars."""
    bars = _draw_bars(pick, pick(2, 10))
    terms = _draw_terms(pick, len(bars))
    rows = [row for row in range(len(bars) - 1) for _ in range(pick(0, 2))]
    tickets = np.zeros(len(rows), ORDER_TICKET)
    for ticket, row in zip(tickets, rows, strict=True):
        _draw_ticket(pick, ticket, int(bars["close"][row]))
    quantities = [pick(-3, 3) if pick(0, 2) == 0 else 0 for _ in range(len(bars))]
    return Scenario(
        terms, bars, tickets, np.array(rows, dtype=np.int64), np.array(quantities, dtype=np.int64)
    )


def _draw_bars(pick: Pick, n_bars: int) -> np.ndarray:
    rows, last = [], pick(-300, 300)
    for _ in range(n_bars):
        gap = pick(-30, 30) if pick(0, 6) == 0 else 0
        open_ = last + gap + pick(-25, 25)
        close = open_ + pick(-25, 25)
        high, low = max(open_, close) + pick(0, 20), min(open_, close) - pick(0, 20)
        flags = int(FLAGS[pick(0, len(FLAGS) - 1)])
        rows.append((open_, high, low, close, flags, gap, float(pick(0, 2)), 0.0))
        last = close
    return bar_records(rows)


def _draw_terms(pick: Pick, n_bars: int) -> Terms:
    def one_of(*values):
        return values[pick(0, len(values) - 1)]

    return Terms(
        initial_usd=INITIAL_USD,
        stop_offset_ticks=one_of(*OFFSETS),
        target_offset_ticks=one_of(*OFFSETS),
        trail_offset_ticks=one_of(*OFFSETS),
        slippage_ticks=pick(0, 3),
        commission_usd=one_of(0.0, 0.62, 2.37),
        through_ticks=pick(0, 2),
        path_policy=one_of(*MIRRORED_PATHS),
        last_bar=one_of(NEVER, n_bars - 1),
        n_free_slots=N_FREE_SLOTS,
        max_position=one_of(2, 1_000, 1_000),
        initial_margin_usd=one_of(0.0, 0.0, 3_330.0),
        maintenance_margin_usd=one_of(0.0, 0.0, 3_330.0),
        ruin_usd=one_of(-np.inf, -np.inf, 9_970.0),
        daily_loss_usd=one_of(NO_LIMIT, NO_LIMIT, 30.0),
        drawdown_usd=one_of(NO_LIMIT, NO_LIMIT, 50.0),
        drawdown_floor_usd=one_of(NO_LIMIT, INITIAL_USD),
        max_session_trades=one_of(NO_COUNT, NO_COUNT, 2),
        is_drawdown_daily=bool(pick(0, 1)),
        ends_on_daily_loss=bool(pick(0, 1)),
    )


def _draw_ticket(pick: Pick, ticket, close: int) -> None:
    kind = pick(OrderKind.MARKET.value, OrderKind.STOP_LIMIT.value)
    ticket["kind"] = kind
    ticket["quantity"] = pick(1, 3) * (1 if pick(0, 1) else -1)
    ticket["trigger_ticks"] = close + pick(-30, 30)
    ticket["limit_ticks"] = close + pick(-30, 30)
    if kind == OrderKind.STOP and pick(0, 2) == 0:
        ticket["trail_ticks"] = pick(1, 20)
    for name in ("stop_offset_ticks", "target_offset_ticks", "trail_offset_ticks"):
        ticket[name] = OFFSETS[pick(0, len(OFFSETS) - 1)]
    ticket["group"] = pick(1, 2) if pick(0, 2) == 0 else 0
    ticket["is_day"] = pick(0, 1)
    ticket["is_reduce_only"] = pick(0, 3) == 0


def mirrored_scenario(scenario: Scenario) -> Scenario:
    """Return the scenario with prices negated and sides swapped."""
    bars, tickets = scenario.bars.copy(), scenario.tickets.copy()
    for name, source in (("open", "open"), ("high", "low"), ("low", "high"), ("close", "close")):
        bars[name] = -scenario.bars[source]
    bars["roll_gap"] = -scenario.bars["roll_gap"]
    for name in ("quantity", "trigger_ticks", "limit_ticks"):
        tickets[name] = -scenario.tickets[name]
    path = MIRRORED_PATHS[scenario.terms.path_policy]
    terms = replace(scenario.terms, path_policy=path)
    return Scenario(terms, bars, tickets, scenario.rows, -scenario.quantities)


def seeded_runs(n_runs: int):
    """Return what as many seeded scenarios leave behind, always the same."""
    rng = np.random.default_rng(2024)

    def pick(low: int, high: int) -> int:
        return int(rng.integers(low, high, endpoint=True))

    return [ScenarioRun(draw_scenario(pick)).live().records() for _ in range(n_runs)]
