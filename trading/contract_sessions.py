"""Which session is a contract's last one, as it is known beforehand."""

from collections.abc import Callable

import numpy as np

from data.calendar import calendar_of
from data.contracts import parse_contract, roll_date

LastSession = Callable[[str, np.datetime64], np.datetime64 | None]
"""From a contract's code, and a trade date on which it trades, to the last trade date on which it
is held; None where there is none."""


def calendar_rolls(symbol: str) -> LastSession:
    """Return the rule of the calendar roll: the session before the one that uses the next contract.

    Args:
        symbol: Key of INSTRUMENTS.
    """
    dates = calendar_of(symbol).table.dates

    def last_session(contract: str, on: np.datetime64) -> np.datetime64 | None:
        first_of_next = roll_date(parse_contract(contract, on.astype("datetime64[D]").item()))
        before: np.datetime64 = dates[np.searchsorted(dates, np.datetime64(first_of_next)) - 1]
        return before

    return last_session


def never_rolls(contract: str, on: np.datetime64) -> np.datetime64 | None:
    """Return no session: the contract is held on, or does not expire."""
    return None
