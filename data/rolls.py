"""Which contract a continuous series uses in which session; nothing later than that is looked at.

Decided before a session (CME trade date) opens, from whole sessions before it and from dates that
are known in advance. The stitching is left to data/continuous.py.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.calendar import trade_dates
from data.contract_bars import ContractBars
from data.contracts import Contract, is_in_cycle, last_trade_date, roll_date
from utils.errors import ConfigError
from utils.registry import lookup

_Dates = NDArray[np.datetime64]


@dataclass(frozen=True, slots=True, kw_only=True)
class RollSettings:
    """How to change from one contract to the next.

    Attributes:
        rule: Key of ROLL_RULES; "volume" or "calendar".
        confirm: Further sessions in a row, after the first, in which the new contract's volume must
            exceed the old one's; for the volume rule only.
    """

    rule: str = "volume"
    confirm: int = 0

    def __post_init__(self) -> None:
        """Refuse what no rule knows.

        Raises:
            ConfigError: If the rule is unknown, or `confirm` negative or not for the rule.
        """
        lookup(ROLL_RULES, self.rule, "roll rule")
        if self.confirm < 0:
            raise ConfigError(f"`confirm` must be >= 0 sessions, was {self.confirm}")
        if self.confirm and self.rule != "volume":
            raise ConfigError(f"`confirm` is for the volume rule, not for the {self.rule} rule")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sessions:
    """What was traded of each contract in each session; columns are contracts, earliest first.

    Attributes:
        contracts: m contracts, by delivery month.
        dates: The trade dates on which any of them has bars, shape (n,), datetime64[D].
        volumes: Contracts traded, shape (n, m); NaN where a contract has no bars.
        last_trade: Last day each may be used, shape (m,), datetime64[D].
        roll: First trade date on which a calendar roll has left it, shape (m,), datetime64[D].
        in_cycle: Whether the product is rolled through its month, shape (m,).
    """

    contracts: tuple[Contract, ...]
    dates: _Dates
    volumes: NDArray[np.float64]
    last_trade: _Dates
    roll: _Dates
    in_cycle: NDArray[np.bool_]


def sessions_of(contracts: ContractBars) -> Sessions:
    """Return the volume of every contract per session, and the dates known in advance."""
    per_contract = []
    for bars in contracts.values():
        dates = pd.DatetimeIndex(trade_dates(pd.DatetimeIndex(bars.index)))
        per_contract.append(bars["volume"].groupby(dates).sum())
    table = pd.concat(per_contract, axis=1, sort=False).sort_index()
    names = tuple(contracts)
    return Sessions(
        contracts=names,
        dates=table.index.to_numpy().astype("datetime64[D]"),
        volumes=table.to_numpy(dtype=np.float64),
        last_trade=np.array([last_trade_date(name) for name in names], dtype="datetime64[D]"),
        roll=np.array([roll_date(name) for name in names], dtype="datetime64[D]"),
        in_cycle=np.array([is_in_cycle(name) for name in names]),
    )


def contracts_in_use(sessions: Sessions, settings: RollSettings) -> NDArray[np.int64]:
    """Return the column of the contract that each session uses, shape (n,); it never goes back.

    The first session uses the earliest contract that has bars in it. A contract is not used after
    its last trade date if there is a later one.
    """
    decide = ROLL_RULES[settings.rule]
    held = int(np.argmax(~np.isnan(sessions.volumes[0])))
    in_use = np.empty(len(sessions.dates), dtype=np.int64)
    for session, date in enumerate(sessions.dates):
        held = decide(sessions, session, held, settings.confirm)
        if date > sessions.last_trade[held]:
            held = _most_traded(sessions, session, held)
        in_use[session] = held
    return in_use


def _by_volume(sessions: Sessions, session: int, held: int, confirm: int) -> int:
    """Return the later contract whose volume exceeded that of `held`, or `held`.

    Of several later ones it is the most traded in the session before.
    """
    first = session - 1 - confirm
    if first < 0 or held + 1 == len(sessions.contracts):
        return held
    candidate = _most_traded(sessions, session, held)
    past = slice(first, session)
    new, old = sessions.volumes[past, candidate], sessions.volumes[past, held]
    # A hole in the old contract's bars is no sign that trading has moved on, unless it is late.
    is_silent = np.isnan(old)
    is_late = sessions.dates[past] >= sessions.roll[held]
    exceeds = np.where(is_silent, is_late & (new > 0), new > old)
    return candidate if exceeds.all() else held


def _most_traded(sessions: Sessions, session: int, held: int) -> int:
    """Return the later contract with most volume in the session before; `held` if it is the last.

    Contracts that have stopped trading by then do not count; if none traded, the next one.
    """
    date = sessions.dates[session]
    later = [
        column
        for column in range(held + 1, len(sessions.contracts))
        if sessions.last_trade[column] >= date
    ]
    if not later or session == 0:
        return later[0] if later else held
    volumes = np.nan_to_num(sessions.volumes[session - 1, later])
    return later[int(volumes.argmax())]


def _by_calendar(sessions: Sessions, session: int, held: int, confirm: int) -> int:
    """Return the first contract of the cycle, from `held` on, that the calendar has not left."""
    for column in range(held, len(sessions.contracts)):
        is_candidate = column == held or sessions.in_cycle[column]
        if is_candidate and sessions.dates[session] < sessions.roll[column]:
            return column
    return held


ROLL_RULES: dict[str, Callable[[Sessions, int, int, int], int]] = {
    "volume": _by_volume,
    "calendar": _by_calendar,
}
"""(sessions, session to decide for, contract held before it, confirm) -> contract to use in it.
A rule reads volumes of sessions before that one only, and any of the dates."""
