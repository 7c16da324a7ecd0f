"""Two accounts that begin a day alike: the trader's, by its fills, and the kernel's, by its rules.

Both stand as the trader's stood at the last close before the day, with what was decided there, so
that a day is compared by itself: what went apart earlier is not counted again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from config.settings import EnvSettings
from data.calendar import calendar_of
from env.account_setup import codes_of
from env.actions import decide
from env.kernel.advance import advance
from env.kernel.names import BarFlag, OrderKind, Reason
from env.kernel.types import ACCOUNT, BAR_TICKS, FILL, MARKET_SLOT, TRADE, Records
from trading.bar_verdicts import LiveBar
from trading.drift_bars import DriftBars, is_roll
from trading.drift_fills import JournalFill
from trading.drift_pairs import DayFill
from trading.fill_book import LiveFill
from trading.live_account import LiveAccount
from utils.errors import DataError

_KEPT = 64
"""Fills and trades that the kernel writes before it begins anew: more than one bar can bring."""

_PROTECTIVE = frozenset({Reason.STOP, Reason.TRAILING_STOP, Reason.TARGET})

_INSTANT = pd.Timedelta(1, unit="us")


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPath:
    """What one of the accounts did on the day.

    Attributes:
        fills: In the order in which they happened.
        net_usd: Change of its equity, all marked to the last close.
        position: Signed contracts at the last close.
        held: Signed contracts at each close.
        wanted: The position that waited for the next open at each close; empty of the trader's.
    """

    fills: tuple[DayFill, ...]
    net_usd: float
    position: int
    held: Mapping[pd.Timestamp, int]
    wanted: Mapping[pd.Timestamp, int]


def account_before(
    bars: DriftBars, settings: EnvSettings, fills: Sequence[JournalFill], choice: int | None
) -> LiveAccount:
    """Return the trader's account as it stood at the last close before the day.

    Days of which the bars are not there any more are lived through as one bar each, at the price of
    their last fill. So are those up to a change of contract at which the trader, by these bars,
    neither closed nor rolled: it may have changed on another day than they do.

    Args:
        bars: What is known of the market.
        settings: The account's.
        fills: All own ones, oldest first.
        choice: What was decided at that close, as `decide` takes it; None: nothing new.

    Raises:
        DataError: If the last bar before the day is such a change of contract.
    """
    try:
        return _rebuilt(bars.before, bars, settings, fills, choice)
    except DataError:
        rolls = [place for place, bar in enumerate(bars.before) if is_roll(bar)]
        if not rolls or rolls[-1] + 1 == len(bars.before):
            raise
    return _rebuilt(bars.before[rolls[-1] + 1 :], bars, settings, fills, choice)


def _rebuilt(
    before: Sequence[LiveBar],
    bars: DriftBars,
    settings: EnvSettings,
    fills: Sequence[JournalFill],
    choice: int | None,
) -> LiveAccount:
    first = (*before, *bars.day)[0]
    early = [fill.fill for fill in fills if fill.fill.time < first.opened]
    lived = (*_days_of_fills(early, settings.symbol, first), *before)
    choices = {} if choice is None else {lived[-1].opened: choice}
    return LiveAccount.rebuilt(settings, lived, [fill.fill for fill in fills], choices)


def live_path(account: LiveAccount, bars: DriftBars, fills: Sequence[JournalFill]) -> DayPath:
    """Let the trader's account live through the day, and return what it did.

    Args:
        account: As `account_before` returns it; it has heard of all fills.
        bars: What is known of the market.
        fills: All own ones, oldest first.

    Raises:
        DataError: If a position of before a roll was neither closed nor rolled.
    """
    before_usd = float(account.record.equity_usd)
    held = {}
    for bar in bars.day:
        account.close_bar(bar)
        held[bar.closed] = account.position
    own = [fill for fill in fills if bars.begun <= fill.fill.time < bars.day[-1].closed]
    return DayPath(
        fills=tuple(_day_fill(each, bars, account.terms.commission_usd) for each in own),
        net_usd=float(account.record.equity_usd) - before_usd,
        position=account.position,
        held=held,
        wanted={},
    )


def kernel_path(
    account: LiveAccount, bars: DriftBars, choices: Mapping[pd.Timestamp, int]
) -> DayPath:
    """Let the kernel trade the same decisions on the same bars, from the same account.

    Args:
        account: As `account_before` returns it; it stays as it is.
        bars: What is known of the market.
        choices: By the close at which they were made, as `decide` takes them.
    """
    accounts: Records = np.zeros(1, ACCOUNT)
    accounts[0] = account.record
    own = accounts[0]
    _, sizer, mode = codes_of(account.settings)
    papers = np.zeros(_KEPT, FILL), np.zeros(_KEPT, TRADE)
    found: list[DayFill] = []
    held: dict[pd.Timestamp, int] = {}
    wanted: dict[pd.Timestamp, int] = {}
    decided, before_usd = bars.begun, float(own.equity_usd)
    for place, bar in enumerate(bars.day):
        first = int(own.n_fills)
        advance(own, bar.ticks, *papers)
        news = [papers[0][count % _KEPT] for count in range(first, int(own.n_fills))]
        found += [_kernel_fill(fill, bar, place, decided) for fill in news]
        if bar.closed in choices:
            decide(own, bar.ticks, sizer, mode, choices[bar.closed])
        held[bar.closed], wanted[bar.closed] = int(own.position), _wanted(own)
        decided = bar.closed
    return DayPath(
        fills=tuple(found),
        net_usd=float(own.equity_usd) - before_usd,
        position=int(own.position),
        held=held,
        wanted=wanted,
    )


def _wanted(account: np.record) -> int:
    """Return the position that waits for the next open."""
    order = account.orders[MARKET_SLOT]
    waiting = int(order.quantity) if order.kind == OrderKind.MARKET else 0
    return int(account.position) + waiting


def _kernel_fill(fill: np.record, bar: LiveBar, place: int, decided: pd.Timestamp) -> DayFill:
    reason = Reason(int(fill.reason))
    return DayFill(
        time=bar.opened,
        place=place,
        quantity=int(fill.quantity),
        price_ticks=int(fill.price_ticks),
        fee_usd=float(fill.fee_usd),
        decided=None if reason in _PROTECTIVE else decided,
        label=reason.label,
    )


def _day_fill(own: JournalFill, bars: DriftBars, usual_usd: float) -> DayFill:
    fill = own.fill
    cost = abs(fill.quantity) * usual_usd if fill.commission_usd is None else fill.commission_usd
    return DayFill(
        time=fill.time,
        place=bars.place_of(fill.time),
        quantity=fill.quantity,
        price_ticks=fill.price_ticks,
        fee_usd=cost,
        decided=own.decided,
        label=own.role,
    )


def _days_of_fills(fills: Sequence[LiveFill], symbol: str, first: LiveBar) -> list[LiveBar]:
    """Return bars for the account's beginning and for each day of fills before the first bar."""
    if not fills:
        return [_stand_in(first, first.opened, -1, int(first.ticks.open))]
    dates = calendar_of(symbol).trade_dates(pd.DatetimeIndex([fill.time for fill in fills]))
    lasts = [*np.flatnonzero(dates[1:] != dates[:-1]).tolist(), len(fills) - 1]
    closes = [*(fills[place].time + _INSTANT for place in lasts[:-1]), first.opened]
    found = [_stand_in(first, fills[0].time, -1 - len(lasts), fills[0].price_ticks)]
    for row, (place, closed) in enumerate(zip(lasts, closes, strict=True), start=-len(lasts)):
        found.append(_stand_in(first, closed, row, fills[place].price_ticks))
    return found


def _stand_in(first: LiveBar, closed: pd.Timestamp, row: int, ticks: int) -> LiveBar:
    """Return a bar of one price that begins a session."""
    record: np.record = np.zeros(1, BAR_TICKS)[0]
    record.open = record.high = record.low = record.close = ticks
    record.flag_bits, record.average_range = BarFlag.SESSION_START, np.nan
    return replace(first, row=first.row + row, opened=closed, closed=closed, ticks=record)
