"""When a contract is left for the next one, and by how much the price jumps there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

import numpy as np

from data.calendar import calendar_of
from trading.contract_choice import contract_of
from trading.contract_facts import ContractFacts
from trading.contract_sessions import last_session_of


class ClosedPrice(Protocol):
    """A bar as far as a gap needs it; SeenBar is one."""

    @property
    def time(self) -> datetime:
        """Its open, aware."""
        ...

    @property
    def close(self) -> float:
        """Points."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RollDue:
    """How near a contract is to the calendar roll.

    Attributes:
        today: The trade date that was asked about.
        last_session: Trade date of the last session in which the contract is held.
        n_sessions_left: Sessions after today's up to that one; 0 in it and later.
    """

    today: date
    last_session: date
    n_sessions_left: int

    @property
    def is_last_session(self) -> bool:
        """Whether what is open must be closed before today's session ends."""
        return self.today == self.last_session

    @property
    def is_over(self) -> bool:
        """Whether the contract should have been left: its position is closed, none is opened."""
        return self.today > self.last_session


def roll_due(facts: ContractFacts, today: date) -> RollDue:
    """Return how near a contract is to its roll.

    Args:
        facts: Of the contract.
        today: The trade date: on a Sunday evening Monday's.

    Raises:
        DataError: As for `contract_code`.
    """
    contract = contract_of(facts)
    last = last_session_of(contract)
    dates = calendar_of(contract.root).table.dates
    passed, until = np.searchsorted(dates, [np.datetime64(today), last], side="right").tolist()
    return RollDue(
        today=today, last_session=last.astype(object), n_sessions_left=max(0, until - passed)
    )


def roll_gap(
    old: Sequence[ClosedPrice], new: Sequence[ClosedPrice], first_new: datetime
) -> float | None:
    """Return how many points a new contract trades above the old one; None if not to be measured.

    New close less old close in the last bar that both have before the first new one, as
    data/continuous.py has it in history: later bars, although they may be there, are not looked at.

    Args:
        old: Bars of the contract that was left.
        new: Bars of its successor, from before the roll too.
        first_new: Open of the first bar of the new contract that is made use of, aware.
    """
    closes = {bar.time: bar.close for bar in old if bar.time < first_new}
    common = [bar for bar in new if bar.time in closes]
    if not common:
        return None
    last = max(common, key=lambda bar: bar.time)
    return last.close - closes[last.time]
