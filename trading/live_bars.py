"""Live bars, one by one: checked against the calendar and those before, made into records.

The records are those that a frame of the same bars would give, to the bit, from its first row on:
average ranges remember all bars, so that a history must begin where the frame does. Flags are as
they are known at a bar's close by the calendar. Two things only later bars tell, and are not known
here: that a session ended before the calendar says (the batch flags its last bar LAST_CHANCE, and
FLATTEN where positions are flattened), and that a contract was left before its planned last
session.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from config.instruments import get_instrument
from config.settings import EnvSettings
from data.bars import BAR_COLUMNS, check_bars
from data.feature_stream import REVISABLE_BARS
from env.bar_places import Places, flag_bits
from env.bar_ranges import ATR_LENGTH, excess_ranges, n_usual_bars, next_range
from env.contract_changes import CONTRACT_COLUMN, GAP_COLUMN, roll_gaps
from env.kernel.types import BAR_TICKS
from trading.bar_clock import BarClock, BarTime
from trading.bar_verdicts import (
    Accepted,
    ClosedBar,
    Duplicate,
    Gap,
    Late,
    LiveBar,
    Refused,
    Revised,
    Verdict,
)
from trading.contract_sessions import LastSession, calendar_rolls
from trading.live_bar_checks import is_other_contract, problem_of, problem_of_place


class BarsStanding(NamedTuple):
    """All that the next bar is made with.

    Attributes:
        n_bars: How many there were.
        told: The last one; None before the first.
        feature_date: Its trade date by the clock of features, days since 1970.
        trade_date: By the instrument's own.
        range_state: Of the average range, two numbers.
        ranges: The last average ranges, as many as slippage by volatility looks at.
    """

    n_bars: int
    told: ClosedBar | None
    feature_date: int
    trade_date: int
    range_state: tuple[float, ...]
    ranges: tuple[float, ...]


_BEGINNING = BarsStanding(0, None, 0, 0, (0.0, 0.0), ())


class LiveBars:
    """The bars of one instrument of one size, for one kind of account.

    Attributes:
        settings: The account's terms.
        bar_seconds: Size of a bar.
    """

    def __init__(
        self, settings: EnvSettings, bar_seconds: int, last_session: LastSession | None = None
    ) -> None:
        """Start before the first bar.

        Args:
            settings: The account's terms: what flags and slippage depend on.
            bar_seconds: Size of a bar.
            last_session: When each contract is held last; None: as a calendar roll has it.
        """
        self.settings, self.bar_seconds = settings, bar_seconds
        self._instrument = get_instrument(settings.symbol)
        self._size = pd.Timedelta(seconds=bar_seconds)
        self._clock = BarClock(self._instrument, bar_seconds)
        self._n_usual = n_usual_bars(self._clock.calendar.template, bar_seconds)
        self._last_session = last_session or calendar_rolls(settings.symbol)
        self._last_dates: dict[str, int | None] = {}
        self._standing = _BEGINNING
        self._tail: deque[tuple[BarsStanding, ClosedBar]] = deque(maxlen=REVISABLE_BARS)

    @property
    def n_bars(self) -> int:
        """How many were taken in, the history's included."""
        return self._standing.n_bars

    @property
    def last(self) -> ClosedBar | None:
        """The last bar that was taken in; None before the first."""
        return self._standing.told

    @property
    def standing(self) -> BarsStanding:
        """What the next bar is made with; see trading/live_bars_snapshot.py."""
        return self._standing

    def go_on_from(self, standing: BarsStanding) -> None:
        """Go on from where other live bars stood; none before can be revised any more."""
        self._standing = standing
        self._tail.clear()

    def warm_up(self, frame: pd.DataFrame, contract: str = "") -> tuple[LiveBar, ...]:
        """Take in history, gaps and all; arguments and errors are those of `history`."""
        return tuple(self.history(frame, contract))

    def history(self, frame: pd.DataFrame, contract: str = "") -> Iterator[LiveBar]:
        """Take in history bar by bar, as it is iterated over; all of it is checked before.

        Args:
            frame: As for `check_bars`; its columns `contract` and `roll_gap` are used where they
                are there.
            contract: Of all of its bars, where it has no such column.

        Raises:
            DataError: If a bar breaks an invariant.
        """
        bars = check_bars(frame, self._instrument, "the history")
        roll_gaps(bars, self._instrument)  # refuses what is none
        contracts = bars.get(CONTRACT_COLUMN, pd.Series(contract, index=bars.index))
        gaps = bars.get(GAP_COLUMN, pd.Series(0.0, index=bars.index))
        columns = [bars[name].tolist() for name in BAR_COLUMNS]
        rows = zip(bars.index, *columns, contracts, gaps.tolist(), strict=True)
        return (
            self._take(
                ClosedBar(
                    opened=opened,
                    open=open_,
                    high=high,
                    low=low,
                    close=close,
                    volume=volume,
                    contract=str(code),
                    roll_gap=gap,
                )
            )
            for opened, open_, high, low, close, volume, code, gap in rows
        )

    def prepare(self) -> None:
        """Look up what the calendar says of the next bar; best while nothing waits for it."""
        if self._standing.told is not None:
            self._clock.prepare_after(self._standing.told.opened)

    def take(self, bar: ClosedBar, *, is_gap_known: bool = False) -> Verdict:
        """Take in one closed bar, if it is the one that comes next, and say what was done.

        Args:
            bar: As the market told it.
            is_gap_known: Whether bars that the calendar expects before it are known never to have
                been: nobody traded.
        """
        told = self._standing.told
        problem = problem_of(bar, told, self._instrument)
        if problem is not None:
            return Refused(opened=bar.opened, reason=problem)
        if told is None or bar.opened > told.opened:
            missing = None if is_gap_known or told is None else self._missing(told, bar)
            return missing or Accepted(bar=self._take(bar))
        return self._again(bar)

    def _missing(self, told: ClosedBar, bar: ClosedBar) -> Gap | None:
        """Return what lies between two bars."""
        if bar.opened - told.opened == self._size:
            return None
        missing = self._clock.missing(told.opened, bar.opened)
        if len(missing) == 0:
            return None
        return Gap(first=missing[0], last=missing[-1], n_missing=len(missing))

    def _again(self, bar: ClosedBar) -> Verdict:
        """Return the verdict on a bar that is not later than the last one."""
        told = self._standing.told
        if told is not None and told.opened == bar.opened and told.says_the_same(bar):
            return Duplicate(opened=bar.opened)
        opens = [each.opened for _, each in self._tail]
        place = int(np.searchsorted(np.array(opens, dtype=object), bar.opened)) if opens else 0
        if place == len(opens) or (place == 0 and opens[0] != bar.opened):
            return Refused(
                opened=bar.opened,
                reason=f"it lies before the last {len(opens)} bars, which alone can be revised "
                f"(at most {REVISABLE_BARS}, none from before a restart): start anew from history",
            )
        known = self._tail[place][1]
        is_known = known.opened == bar.opened
        if is_known and known.says_the_same(bar):
            return Duplicate(opened=bar.opened)
        if is_known and bar.roll_gap is None:
            bar = replace(bar, roll_gap=known.roll_gap)
        problem = problem_of_place(bar, known if is_known else None, self._tail[place][0].told)
        if problem is not None:
            return Refused(opened=bar.opened, reason=problem)
        n_back = len(opens) - place
        later = [each for _, each in list(self._tail)[place + is_known :]]
        bars = self._instead(n_back, [bar, *later])
        kind = Revised if is_known else Late
        return kind(n_back=n_back, bars=bars)

    def _instead(self, n_back: int, bars: Sequence[ClosedBar]) -> tuple[LiveBar, ...]:
        """Take so many bars back, and these in."""
        for _ in range(n_back):
            self._standing, _ = self._tail.pop()
        return tuple(self._take(bar) for bar in bars)

    def _take(self, bar: ClosedBar) -> LiveBar:
        """Take in the bar that comes next."""
        before = self._standing
        self._tail.append((before, bar))
        time = self._clock.at(bar.opened)
        features, ticks = self._features(bar, before, time), self._ticks(bar, before, time)
        state = np.array(before.range_state)
        ticks.average_range = next_range(state, ticks, before.n_bars)
        kept = (*before.ranges, float(ticks.average_range))[-(self._n_usual + ATR_LENGTH - 1) :]
        self._standing = BarsStanding(
            n_bars=before.n_bars + 1,
            told=bar,
            feature_date=time.feature_date,
            trade_date=time.trade_date,
            range_state=tuple(state.tolist()),
            ranges=kept if self.settings.volatility_slippage_ticks > 0.0 else (),
        )
        return LiveBar(
            row=before.n_bars,
            opened=bar.opened,
            closed=bar.opened + self._size,
            contract=bar.contract,
            features=features,
            ticks=ticks,
        )

    def _features(self, bar: ClosedBar, before: BarsStanding, time: BarTime) -> np.record:
        record: np.record = time.features.copy()
        record.open, record.high, record.low, record.close = bar.prices
        record.volume, record.roll_gap = bar.volume, bar.roll_gap or 0.0
        record.is_session_start = before.told is None or time.feature_date != before.feature_date
        return record

    def _ticks(self, bar: ClosedBar, before: BarsStanding, time: BarTime) -> np.record:
        record: np.record = np.zeros(1, BAR_TICKS)[0]
        prices = self._instrument.to_ticks((*bar.prices, bar.roll_gap or 0.0)).tolist()
        record.open, record.high, record.low, record.close, record.roll_gap = prices
        settings = self.settings
        places = self._places(bar, before, time)
        record.flag_bits = flag_bits(
            places,
            settings.flatten_minutes_before_close,
            settings.no_entry_minutes_before_close,
        )[0]
        record.slippage = self._slippage(before, time)
        return record

    def _places(self, bar: ClosedBar, before: BarsStanding, time: BarTime) -> Places:
        """Return where a bar stands, as is known at its close."""
        is_end = time.minutes_left <= 0.0
        is_last = self.settings.roll == "flatten" and self._is_last_session(bar.contract, time)
        told = before.told
        is_roll = told is not None and is_other_contract(told, bar)
        is_start = told is None or time.trade_date != before.trade_date
        return Places(
            is_start=np.array([is_start]),
            is_end=np.array([is_end]),
            is_roll=np.array([is_roll]),
            is_last_of_contract=np.array([is_last and is_end]),
            is_last_session=np.array([is_last]),
            minutes_left=np.array([time.minutes_left]),
        )

    def _is_last_session(self, contract: str, time: BarTime) -> bool:
        """Return whether a contract is, or should be, held no longer than this session."""
        if not contract:
            return False
        if contract not in self._last_dates:
            last = self._last_session(contract, np.datetime64(time.trade_date, "D"))
            days = None if last is None else int(last.astype("datetime64[D]").astype(np.int64))
            self._last_dates[contract] = days
        last_date = self._last_dates[contract]
        return last_date is not None and time.trade_date >= last_date

    def _slippage(self, before: BarsStanding, time: BarTime) -> float:
        """Return the ticks that a fill in a bar slips beside the fixed ones."""
        settings = self.settings
        ticks = 0.0 if time.is_regular else float(settings.off_hours_slippage_ticks)
        if settings.volatility_slippage_ticks > 0.0:
            ranges = np.array([*before.ranges, np.nan])
            excess = excess_ranges(ranges, self._n_usual)[-1]
            ticks += float(np.rint(settings.volatility_slippage_ticks * excess))
        return ticks
