"""When coverage is so low that the family's forecasts give way to the fallback's.

The 90 % interval of the return is watched, the tracker's corrections included, over the last WINDOW
outcomes that do not overlap. Were each of them missed with probability .1 by itself, a window with
as many misses as `alarm_bounds` asks for would come up with probability FALSE_ALARM. While the
alarm is on, the family's forecasts are still made and watched, and it goes off when they are good
again. By simulation of such misses over 100,000 sessions, three horizons of 3, 12 and 36 bars raise
one false alarm in some 2,000 sessions together. The arithmetic is in
models/compiled/forecast_online.py.
"""

from functools import lru_cache
from math import comb, sqrt

MISS = 0.1
"""Share of outcomes that lie outside the 90 % interval if the forecast is right."""

WINDOW = 200
"""Outcomes that are looked at together: at 12 bars some nine full sessions of five-minute bars."""

FALSE_ALARM = 1e-4
"""Probability that one window of a right forecast has too many misses, at most."""

RECOVERY = 0.5
"""Standard errors above the misses to be expected at which the alarm goes off again."""


@lru_cache(maxsize=1)
def alarm_bounds() -> tuple[int, int]:
    """Return at how many misses of a window the alarm goes on, or more, and off, or fewer.

    On: the fewest misses whose binomial tail is at most FALSE_ALARM, 38 of 200, a coverage of 81 %.
    Off: 22 of 200, a coverage of 89 %.
    """
    tail, misses = 0.0, WINDOW
    while tail + _probability(misses) <= FALSE_ALARM:
        tail += _probability(misses)
        misses -= 1
    expected, error = WINDOW * MISS, sqrt(WINDOW * MISS * (1.0 - MISS))
    return misses + 1, round(expected + RECOVERY * error)


def _probability(misses: int) -> float:
    """Return the binomial probability of so many misses in a window."""
    return comb(WINDOW, misses) * MISS**misses * (1.0 - MISS) ** (WINDOW - misses)
