"""Which session is a contract's last one, as it is known beforehand."""

from collections.abc import Callable

import numpy as np

from data.calendar import calendar_of
from data.contracts import Contract, parse_contract, roll_date

LastSession = Callable[[str, np.datetime64], np.datetime64 | None]
"""From a contract's code, and a trade date on which it trades, to the last trade date on which it
is held; None where there is none."""


def calendar_rolls(symbol: str) -> LastSession:
    """Return the rule of the calendar roll: the session before the one that uses the next contract.

    Args:
        symbol: Key of INSTRUMENTS.
    """
    calendar_of(symbol)  # a ConfigError for an unknown one, before it is traded

    def last_session(contract: str, on: np.datetime64) -> np.datetime64 | None:
        return last_session_of(parse_contract(contract, on.astype("datetime64[D]").item()))

    return last_session


def last_session_of(contract: Contract) -> np.datetime64:
    """Return the trade date of the last session that a calendar roll holds a contract in."""
    dates = calendar_of(contract.root).table.dates
    before: np.datetime64 = dates[np.searchsorted(dates, np.datetime64(roll_date(contract))) - 1]
    return before


def never_rolls(contract: str, on: np.datetime64) -> np.datetime64 | None:
    """Return no session: the contract is held on, or does not expire."""
    return None
