"""The bars of a day that is compared, as the account saw them: by what was known at each close.

Flags and slippage are those of live bars, not those that a finished frame would give.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from config.instruments import get_instrument
from config.settings import EnvSettings
from data.bars import bar_seconds
from data.calendar import calendar_of
from env.kernel.names import BarFlag
from trading.bar_verdicts import Accepted, ClosedBar, LiveBar
from trading.contract_sessions import LastSession
from trading.live_bars import LiveBars
from utils.errors import DataError


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DriftBars:
    """Bars as an account sees them.

    Attributes:
        before: Of earlier days, oldest first; what they brought is known at the day's beginning.
        day: Of the trading day; at least one.
        n_expected: How many the calendar has.
        day_ends: Close of the last one that the calendar has.
    """

    before: tuple[LiveBar, ...]
    day: tuple[LiveBar, ...]
    n_expected: int
    day_ends: pd.Timestamp

    @property
    def begun(self) -> pd.Timestamp:
        """The close at which the first decision was made that counts to the day."""
        return self.before[-1].closed if self.before else self.day[0].opened

    @property
    def closes(self) -> list[pd.Timestamp]:
        """When each bar of the day closed."""
        return [bar.closed for bar in self.day]

    @property
    def gaps(self) -> list[int]:
        """Ticks that each bar's contract trades above the one before; 0 but on a roll."""
        return [int(bar.ticks.roll_gap) for bar in self.day]

    @property
    def roll_places(self) -> list[int]:
        """Places of the day's bars that are the first of a new contract."""
        return [place for place, bar in enumerate(self.day) if is_roll(bar)]

    def place_of(self, time: pd.Timestamp) -> int:
        """Return the place of the day's bar that a time counts to: the first that closes after."""
        return int(np.searchsorted(np.array(self.closes, dtype=object), time, side="right"))

    def points_at(self, symbol: str) -> Callable[[pd.Timestamp], float]:
        """Return what tells the last close before a time; the first open, where there is none."""
        bars = (*self.before, *self.day)
        closes = np.array([bar.closed for bar in bars], dtype=object)

        def points(time: pd.Timestamp) -> float:
            place = int(np.searchsorted(closes, time, side="right"))
            ticks = bars[place - 1].ticks.close if place else bars[0].ticks.open
            return float(get_instrument(symbol).to_prices(int(ticks)))

        return points


def drift_bars(
    bars: Sequence[ClosedBar],
    settings: EnvSettings,
    day: date,
    last_session: LastSession | None = None,
) -> DriftBars:
    """Return bars as the account sees them, parted at the beginning of a trading day.

    Args:
        bars: Oldest first, without holes of which anybody knows; later ones are left out.
        settings: The account's.
        day: CME trade date.
        last_session: See `LiveBars`.

    Raises:
        DataError: If none is of the day, there is a single one, or one cannot be used.
    """
    opens = pd.DatetimeIndex([bar.opened for bar in bars])
    calendar, wanted = calendar_of(settings.symbol), np.datetime64(day)
    dates = calendar.trade_dates(opens) if len(bars) else np.array([], "datetime64[D]")
    n_before, n_until = int((dates < wanted).sum()), int((dates <= wanted).sum())
    if n_until - n_before == 0 or n_until < 2:
        raise DataError(
            f"of {len(bars)} bars {n_until - n_before} are of trading day {day}: give the bars of "
            "that day, and some before it"
        )
    seconds = bar_seconds(opens)
    live = LiveBars(settings, seconds, last_session)
    taken = tuple(_taken(live, bar) for bar in bars[:n_until])
    expected = calendar.expected_bars(day, day, seconds)
    ends = expected[-1] + pd.Timedelta(seconds=seconds) if len(expected) else taken[-1].closed
    return DriftBars(
        before=taken[:n_before], day=taken[n_before:], n_expected=len(expected), day_ends=ends
    )


def _taken(live: LiveBars, bar: ClosedBar) -> LiveBar:
    verdict = live.take(bar, is_gap_known=True)
    if isinstance(verdict, Accepted):
        return verdict.bar
    raise DataError(f"the bar of {bar.opened} cannot be used: {verdict}")


def is_roll(bar: LiveBar) -> bool:
    """Return whether a bar is the first of a new contract."""
    return bool(bar.ticks.roll_gap != 0 or bar.ticks.flag_bits & BarFlag.ROLL)
