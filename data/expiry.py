"""When a futures contract stops trading, and when a calendar roll leaves it: one rule per family.

Written after the exchanges' specifications. Exact as long as the holidays below are those that the
exchange kept; days closed once (mourning, storms, a jubilee) are not known, so a date may be a
business day off around them. Good enough to roll by; ask the exchange before holding to the end.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
import pandas as pd

YEARS = range(1970, 2070)
"""Years whose holidays are known, which are also those that a two-digit year may mean."""

JUNETEENTH_SINCE = 2022
DAYS_FROM_MONDAY_TO_FRIDAY = 4

Day = np.datetime64
"""datetime64[D]; a contract's month is datetime64[M]."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpiryRule:
    """How the dates of a contract follow from its delivery month (datetime64[M]).

    Attributes:
        last_trade: Last day on which it trades.
        roll: First trade date on which a calendar roll uses the next contract; not after
            `last_trade`, and for metals and grains before the first delivery notices.
    """

    last_trade: Callable[[Day], Day]
    roll: Callable[[Day], Day]


def _weekday(month: Day, n: int, weekday: str) -> Day:
    """Return the n-th weekday, e.g. "Fri", of a month; n = 0 is the last of the month before."""
    return np.busday_offset(month, n - 1, roll="forward", weekmask=weekday)


def _day(month: Day, number: int) -> Day:
    first: Day = month.astype("datetime64[D]")
    return first + np.timedelta64(number - 1, "D")


def _nearest_weekday(day: Day) -> Day:
    """Return Friday for a Saturday and Monday for a Sunday."""
    shift = {5: -1, 6: 1}.get(pd.Timestamp(day).weekday(), 0)
    return day + np.timedelta64(shift, "D")


def _next_weekday(day: Day) -> Day:
    return np.busday_offset(day, 0, roll="forward")


def _easter(year: int) -> Day:
    return np.datetime64(pd.Timestamp(year, 1, 1) + pd.offsets.Easter(), "D")


def _months(year: int) -> list[Day]:
    """Return the months of a year, so that index 1 is January."""
    return [np.datetime64(f"{year}", "M") + k for k in range(-1, 12)]


@cache
def us_business_days() -> np.busdaycalendar:
    """Return the days on which New York and Chicago clear futures."""
    holidays = []
    for year in YEARS:
        month = _months(year)
        new_year, fourth, christmas = _day(month[1], 1), _day(month[7], 4), _day(month[12], 25)
        holidays += [
            _next_weekday(new_year),
            _weekday(month[1], 3, "Mon"),  # Martin Luther King
            _weekday(month[2], 3, "Mon"),  # Presidents
            _easter(year) - np.timedelta64(2, "D"),
            _weekday(month[6], 0, "Mon"),  # Memorial Day
            _nearest_weekday(fourth),
            _weekday(month[9], 1, "Mon"),  # Labor Day
            _weekday(month[11], 4, "Thu"),  # Thanksgiving
            _nearest_weekday(christmas),
        ]
        if year >= JUNETEENTH_SINCE:
            holidays.append(_nearest_weekday(_day(month[6], 19)))
    return np.busdaycalendar(holidays=holidays)


@cache
def london_business_days() -> np.busdaycalendar:
    """Return the days on which London's banks are open, by the holidays of every year."""
    holidays = []
    for year in YEARS:
        month = _months(year)
        christmas = _next_weekday(_day(month[12], 25))
        holidays += [
            _next_weekday(_day(month[1], 1)),
            _easter(year) - np.timedelta64(2, "D"),
            _easter(year) + np.timedelta64(1, "D"),
            _weekday(month[5], 1, "Mon"),
            _weekday(month[6], 0, "Mon"),
            _weekday(month[9], 0, "Mon"),
            christmas,
            np.busday_offset(max(_day(month[12], 26), christmas + 1), 0, roll="forward"),
        ]
    return np.busdaycalendar(holidays=holidays)


def _us_day(day: Day, offset: int, roll: Literal["forward", "backward"] = "forward") -> Day:
    """Return the US business day `offset` from `day`, or from the next one (backward: the last)."""
    return np.busday_offset(day, offset, roll=roll, busdaycal=us_business_days())


def _third_friday(month: Day) -> Day:
    return _us_day(_weekday(month, 3, "Fri"), 0, "backward")


def _monday_of_expiry(month: Day) -> Day:
    """Return the Monday before the third Friday, CME's roll date; holidays do not move it."""
    return _weekday(month, 3, "Fri") - np.timedelta64(DAYS_FROM_MONDAY_TO_FRIDAY, "D")


def _currency(month: Day) -> Day:
    """Return the second business day before the third Wednesday."""
    return _us_day(_weekday(month, 3, "Wed"), -2)


def _crude_oil(month: Day) -> Day:
    """Return three business days before the 25th of the month before, four if that is none."""
    return _us_day(_day(month - 1, 25), -3, "backward")


def _brent(month: Day) -> Day:
    """Return the last London business day two months before; for February the last but one.

    So since the March 2016 contract; earlier ones stopped in the middle of the month before.
    """
    n_before = 2 if month.astype(object).month == 2 else 1
    return np.busday_offset(
        _day(month - 1, 1), -n_before, roll="forward", busdaycal=london_business_days()
    )


def _metals(month: Day) -> Day:
    """Return the third last business day of the month."""
    return _us_day(_day(month + 1, 1), -3)


def _grains(month: Day) -> Day:
    """Return the business day before the 15th."""
    return _us_day(_day(month, 15), -1)


def _first_notice(month: Day) -> Day:
    """Return the last business day of the month before, from when deliveries are announced."""
    return _us_day(_day(month, 1), -1)


EXPIRY_RULES: dict[str, ExpiryRule] = {
    "third_friday": ExpiryRule(last_trade=_third_friday, roll=_monday_of_expiry),
    "currency": ExpiryRule(
        last_trade=_currency,
        roll=lambda month: _us_day(_currency(month), -2),
    ),
    "crude_oil": ExpiryRule(
        last_trade=_crude_oil,
        roll=lambda month: _us_day(_crude_oil(month), -3),
    ),
    "micro_crude_oil": ExpiryRule(
        last_trade=lambda month: _us_day(_crude_oil(month), -1),
        roll=lambda month: _us_day(_crude_oil(month), -3),
    ),
    "brent": ExpiryRule(
        last_trade=_brent,
        roll=lambda month: _us_day(_brent(month), -3),
    ),
    "metals": ExpiryRule(
        last_trade=_metals,
        roll=lambda month: _us_day(_first_notice(month), -3),
    ),
    "grains": ExpiryRule(
        last_trade=_grains,
        roll=lambda month: _us_day(_first_notice(month), -5),
    ),
}
"""Each family's rule. How many days before the end a calendar roll leaves a contract is ours: about
when most traders do; the volume rule says when they did."""
