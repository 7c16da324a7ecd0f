"""Prove the zone and the stamp of intraday bars by the hour in which nothing trades, or propose.

Products on Globex rest from 16:00 to 17:00 Chicago. Read in the right zone, and from the right end
of the bar, exactly that hour is empty and both hours beside it are not, in winter and in summer.
Bars of a market without such a break, or larger than an hour, can prove nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from data.importers.closed_hours import FRIDAY, REOPEN_SECOND, ChicagoClock
from data.importers.options import Stamp
from data.importers.zones import NO_STAMP, NS_PER_DAY, NS_PER_SECOND, Stamps, Zone, to_utc

SECONDS_PER_HOUR = 3_600
MIN_HOURS_OF_DAY = 20
"""Bars in fewer hours of the day than these are of a day session."""

MAX_EMPTY_SHARE = 0.2
"""An hour counts as empty with at most this share of the bars of the hours beside it."""

MIN_FULL_SHARE = 0.5
"""A day with more than this share in the closed hour speaks for another zone."""

MAX_BAD_SHARE = 0.01
"""Bad days, at most, as a share of good ones: their bars in the closed hour are rejected."""

MAX_EDGE_SHARE = 0.3
"""Bars in the break's first and last slot, at most, as a share of those just outside."""

SAMPLE_WEEKS = 60
"""Weeks by which a change of zone is looked for."""

MIN_WINTER_OFFSET_HOURS = -6
"""Chicago's distance from UTC in winter."""

PLACES = (
    "UTC",
    "America/Chicago",
    "America/New_York",
    "America/Denver",
    "America/Los_Angeles",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Helsinki",
    "Asia/Jerusalem",
    "Europe/Moscow",
    "Asia/Kolkata",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Pacific/Auckland",
)
"""Zones that are proposed before others: one place for each way of changing the clock."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakFit:
    """How well the daily break is empty, read in one zone from one end of the bars.

    Attributes:
        n_good: Days on which the hour is empty, and the hours beside it are not.
        n_bad: Days on which it is as full as they are.
        n_closed: Bars in the hour.
        is_edge_clean: Whether the first and the last bar of the break are missing too.
        has_winter: Whether a good day lies in Chicago's winter time.
        has_summer: Whether one lies in its summer time.
    """

    n_good: int
    n_bad: int
    n_closed: int
    is_edge_clean: bool
    has_winter: bool
    has_summer: bool

    @property
    def is_likely(self) -> bool:
        """Whether this reading is right, unless another one has fewer bad days."""
        is_seldom_bad = self.n_bad <= MAX_BAD_SHARE * self.n_good
        return self.n_good > 0 and is_seldom_bad and self.is_edge_clean

    @property
    def season(self) -> str:
        """What the good days cover."""
        if self.has_winter and self.has_summer:
            return "winter and summer"
        return "winter only" if self.has_winter else "summer only"


def can_prove(stamps: Stamps, seconds: int) -> bool:
    """Return whether bars of this size, stamped so on any clock, might show a daily break."""
    if not 0 < seconds <= SECONDS_PER_HOUR:
        return False
    hours = np.unique(stamps // (SECONDS_PER_HOUR * NS_PER_SECOND) % 24)
    return len(hours) >= MIN_HOURS_OF_DAY


def break_fit(stamps: Stamps, seconds: int, zone: Zone, stamp: Stamp) -> BreakFit:
    """Return how well bars fit the break, read as stamps of `zone` at that end of the bar."""
    utc = to_utc(stamps, zone)
    utc = utc[utc != NO_STAMP]
    if stamp is Stamp.END:
        utc = utc - seconds * NS_PER_SECOND
    clock = ChicagoClock(utc)
    closes = clock.closes()
    # A bar cannot show a break that is shorter than itself.
    usable = (clock.weekdays <= FRIDAY) & (REOPEN_SECOND - closes >= seconds)
    before = usable & _between(clock.seconds, 15 * 3_600, 16 * 3_600)
    closed = usable & (clock.seconds >= closes) & (clock.seconds < REOPEN_SECOND)
    after = usable & _between(clock.seconds, REOPEN_SECOND, REOPEN_SECOND + 3_600)
    days, places = np.unique(clock.days, return_inverse=True)
    n_before, n_closed, n_after = (
        np.bincount(places, weights=rows, minlength=len(days))
        for rows in (before, closed * (3_600 / (REOPEN_SECOND - closes)), after)
    )
    is_good = (n_before > 0) & (n_after > 0)
    is_good &= n_closed <= MAX_EMPTY_SHARE * np.minimum(n_before, n_after)
    is_bad = n_closed > MIN_FULL_SHARE * np.maximum(n_before, n_after)
    is_summer = _is_summer(utc, clock)
    return BreakFit(
        n_good=int(is_good.sum()),
        n_bad=int(is_bad.sum()),
        n_closed=int(closed.sum()),
        is_edge_clean=_is_edge_clean(clock, closes, usable & (clock.weekdays < FRIDAY), seconds),
        has_winter=bool((is_good[places] & ~is_summer).any()),
        has_summer=bool((is_good[places] & is_summer).any()),
    )


def _is_edge_clean(
    clock: ChicagoClock, closes: NDArray[np.int64], usable: Mask, seconds: int
) -> bool:
    """Return whether the break begins and ends on the bar: stamps of the other end do not."""

    def count(start: NDArray[np.int64] | int) -> int:
        return int((usable & _between(clock.seconds, start, start + seconds)).sum())

    first, last = count(closes), count(REOPEN_SECOND - seconds)
    outside_before, outside_after = count(closes - seconds), count(REOPEN_SECOND)
    return first <= MAX_EDGE_SHARE * outside_before and last <= MAX_EDGE_SHARE * outside_after


def _between(
    seconds: NDArray[np.int64], start: NDArray[np.int64] | int, end: NDArray[np.int64] | int
) -> Mask:
    return np.asarray((seconds >= start) & (seconds < end))


def _is_summer(utc: Stamps, clock: ChicagoClock) -> Mask:
    """Return which instants lie in Chicago's summer time."""
    wall = (clock.days * 86_400 + clock.seconds) * NS_PER_SECOND
    hours = np.rint((wall - utc) / (SECONDS_PER_HOUR * NS_PER_SECOND))
    return np.asarray(hours > MIN_WINTER_OFFSET_HOURS)


def best_zones(
    stamps: Stamps, seconds: int, ends: tuple[Stamp, ...], fewer_bad_than: int | None = None
) -> list[tuple[Zone, Stamp]]:
    """Return the likely readings with the fewest bad days, the most usual first.

    Args:
        stamps: Sorted, unique.
        seconds: Size of a bar.
        ends: Ends of the bar to try.
        fewer_bad_than: Readings must have fewer bad days than this; None for any number.
    """
    sample = _some_weeks(stamps)
    found: list[tuple[int, Zone, Stamp]] = []
    for zone in _candidates():
        for stamp in ends:
            if not break_fit(sample, seconds, zone, stamp).is_edge_clean:
                continue
            fit = break_fit(stamps, seconds, zone, stamp)
            if fit.is_likely and (fewer_bad_than is None or fit.n_bad < fewer_bad_than):
                found.append((fit.n_bad, zone, stamp))
    fewest = min((n_bad for n_bad, _, _ in found), default=0)
    return _distinct(stamps, [(zone, end) for n_bad, zone, end in found if n_bad == fewest])


def _distinct(stamps: Stamps, readings: list[tuple[Zone, Stamp]]) -> list[tuple[Zone, Stamp]]:
    """Return the readings without those that an earlier one's clock agrees with throughout."""
    kept: list[tuple[Zone, Stamp]] = []
    clocks: list[Stamps] = []
    for zone, stamp in readings:
        utc = to_utc(stamps, zone)
        if not any(np.array_equal(utc, clock) for clock in clocks):
            kept.append((zone, stamp))
            clocks.append(utc)
    return kept


def zone_change(
    stamps: Stamps, seconds: int, ends: tuple[Stamp, ...]
) -> tuple[tuple[str, str], tuple[str, str]] | None:
    """Return two weeks that by themselves fit different zones: (day, zone) before and after.

    None where fewer than half of the weeks fit any zone, or all of them the same.
    """
    weeks = _week_numbers(stamps)
    distinct = _spread(np.unique(weeks))
    fits: list[tuple[str, str, int]] = []
    for week in distinct:
        own = stamps[weeks == week]
        zones = best_zones(own, seconds, ends)
        if zones:
            offset = int(to_utc(own[:1], zones[0][0])[0] - own[0])
            fits.append((str(np.datetime64(int(own[0]), "ns"))[:10], zones[0][0].name, offset))
    if 2 * len(fits) < len(distinct):
        return None
    for before, after in pairwise(fits):
        if before[2] != after[2]:
            return before[:2], after[:2]
    return None


def _candidates() -> Iterator[Zone]:
    """Yield zones by how usual they are: places, fixed offsets, clocks that follow New York's."""
    hour = SECONDS_PER_HOUR * NS_PER_SECOND
    yield from (Zone(place) for place in PLACES)
    yield from (Zone("UTC", hours * hour) for hours in range(-12, 15) if hours)
    yield from (Zone("America/New_York", hours * hour) for hours in range(-8, 20) if hours)


def _week_numbers(stamps: Stamps) -> NDArray[np.int64]:
    """Return in which week each stamp lies; weeks begin with Saturday."""
    return np.asarray((stamps // NS_PER_DAY + 5) // 7)


def _some_weeks(stamps: Stamps) -> Stamps:
    """Return the stamps of at most SAMPLE_WEEKS weeks."""
    weeks = _week_numbers(stamps)
    return stamps[np.isin(weeks, _spread(np.unique(weeks)))]


def _spread(weeks: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return at most SAMPLE_WEEKS of the weeks, evenly spread."""
    if len(weeks) <= SAMPLE_WEEKS:
        return weeks
    return weeks[np.linspace(0, len(weeks) - 1, SAMPLE_WEEKS).astype(np.int64)]
