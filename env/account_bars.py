"""The bars as one account meets them: when it must be flat, what may be opened, what fills cost.

Everything here is known before it matters, with two exceptions that are facts of the data. A bar
is a LAST_CHANCE because no further bar of its session, or of its contract, follows: an account that
has to be flat by then is closed at that very close, and whatever it decides there is denied, so
that no decision can make use of it. And which session is a contract's last is taken from the bars:
a roll by volume is settled at that session's end, minutes after the account was flattened for it.
"""

from collections import OrderedDict
from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from config.settings import EnvSettings
from env.bar_places import Mask, Places, flag_bits, or_never
from env.bar_ranges import average_ranges, excess_ranges, n_usual_bars
from env.kernel.types import Records
from env.market import Market
from utils.errors import ConfigError

KEPT_PER_MARKET = 4
"""Arrays for other settings that a market keeps: 56 bytes per bar each."""


class _Rules(NamedTuple):
    """The settings that matter here."""

    flatten_minutes: int | None
    no_entry_minutes: int | None
    roll: str
    volatility_slippage_ticks: float
    off_hours_slippage_ticks: int


_CACHE: WeakKeyDictionary[Market, OrderedDict[_Rules, Records]] = WeakKeyDictionary()


def account_bars(market: Market, settings: EnvSettings) -> Records:
    """Return the market's bars with flags, slippage and average ranges, shape (n,).

    Accounts of the same market and of like settings share one array, which is read-only.

    Args:
        market: Bars in ticks.
        settings: Of the account.

    Raises:
        ConfigError: If no bar is left at which something may be opened, or rolls are to be charged
            whose gaps the frame does not have.
        DataError: If the calendar is needed and does not know the years.
    """
    rules = _Rules(
        settings.flatten_minutes_before_close,
        settings.no_entry_minutes_before_close,
        settings.roll,
        settings.volatility_slippage_ticks,
        settings.off_hours_slippage_ticks,
    )
    kept = _CACHE.setdefault(market, OrderedDict())
    if rules not in kept:
        kept[rules] = _made(market, rules)
        if len(kept) > KEPT_PER_MARKET:
            kept.popitem(last=False)
    kept.move_to_end(rules)
    return kept[rules]


def _made(market: Market, rules: _Rules) -> Records:
    _check_gaps(market, rules)
    bars: Records = np.array(market.bars.view(np.ndarray), order="C")
    bars["flag_bits"] = _flag_bits(market, rules)
    ranges = average_ranges(bars)
    bars["average_range"] = ranges
    bars["slippage"] = _slippage(market, rules, ranges)
    bars.flags.writeable = False
    return bars


def _check_gaps(market: Market, rules: _Rules) -> None:
    """Refuse to charge a roll whose gap would count as a gain or a loss."""
    if rules.roll != "charge" or market.has_roll_gaps or not market.is_roll.any():
        return
    first = market.timestamps[int(market.is_roll.argmax())]
    raise ConfigError(
        f'`roll` = "charge" needs the column `roll_gap` (points) where the contract changes, first '
        f'at {first}; roll the bars with data.continuous, or set `roll` to "flatten"'
    )


def _flag_bits(market: Market, rules: _Rules) -> NDArray[np.int32]:
    """Return the BarFlags of each bar, shape (n,)."""
    starts, ends = market.session_bounds.T
    is_start = _marked(market.n_bars, starts)
    is_last_of_contract = np.zeros(market.n_bars, dtype=np.bool_)
    if rules.roll == "flatten":
        is_last_of_contract[:-1] = market.is_roll[1:]
    places = Places(
        is_start=is_start,
        is_end=_marked(market.n_bars, ends[:-1]),  # whether a bar follows the last is not known
        is_roll=market.is_roll,
        is_last_of_contract=is_last_of_contract,
        is_last_session=_before_roll(is_start | market.is_roll, is_last_of_contract),
        minutes_left=_minutes_left(market, rules, bool(is_last_of_contract.any())),
    )
    is_late = places.minutes_left <= or_never(rules.flatten_minutes)
    is_closed = places.minutes_left <= or_never(rules.no_entry_minutes)
    _check_openings(market, rules, is_late | is_closed)
    return flag_bits(places, rules.flatten_minutes, rules.no_entry_minutes)


def _minutes_left(market: Market, rules: _Rules, has_rolls: bool) -> NDArray[np.float64]:
    """Return the minutes to each session's close; infinite where no rule asks for the calendar."""
    if has_rolls or rules.flatten_minutes is not None or rules.no_entry_minutes is not None:
        return market.minutes_left()
    return np.full(market.n_bars, np.inf)


def _before_roll(is_first: Mask, is_last_of_contract: Mask) -> Mask:
    """Return which bars belong to the last session of a contract, or the part of it before a roll.

    Args:
        is_first: Whether a session, or a contract, begins with a bar.
        is_last_of_contract: Whether a roll follows a bar.
    """
    runs = np.cumsum(is_first)
    return np.isin(runs, runs[is_last_of_contract])


def _check_openings(market: Market, rules: _Rules, is_barred: Mask) -> None:
    """Refuse rules under which nothing could ever be opened, as with daily bars."""
    if market.n_bars > 1 and is_barred.all():
        name, minutes = "no_entry_minutes_before_close", rules.no_entry_minutes
        if minutes is None:
            name, minutes = "flatten_minutes_before_close", rules.flatten_minutes
        raise ConfigError(
            f"`{name}` of {minutes} leaves none of {market.n_bars} bars of {market.bar_seconds} "
            f"seconds at which {market.instrument.symbol} may be bought or sold, first "
            f"{market.timestamps[0]}; give fewer minutes, None, shorter bars, or the right symbol"
        )


def _slippage(market: Market, rules: _Rules, ranges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the ticks that a fill in each bar slips beside the fixed ones, whole, shape (n,).

    At bar t uses the time of its open, and bars < t.
    """
    ticks = np.where(market.is_regular, 0.0, rules.off_hours_slippage_ticks)
    if rules.volatility_slippage_ticks > 0.0:
        n_usual = n_usual_bars(market.calendar.template, market.bar_seconds)
        ticks += np.rint(rules.volatility_slippage_ticks * excess_ranges(ranges, n_usual))
    return ticks


def _marked(n_bars: int, rows: NDArray[np.int64]) -> Mask:
    mask = np.zeros(n_bars, dtype=np.bool_)
    mask[rows] = True
    return mask
