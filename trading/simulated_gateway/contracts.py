"""Which contracts the gateway lists, what they are called there, and which one a client means.

Dated contracts of the known instruments, from two years after their end to a year and more before;
and of each product the continuous future, which is the front contract under another type.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache

from config.instruments import Instrument, get_instrument
from data.contracts import (
    Contract,
    check_has_contracts,
    front_contract,
    last_trade_date,
    next_contract,
    parse_contract,
    previous_contract,
)
from trading.simulated_gateway.order_types import WireContract
from utils.errors import ConfigError

FUTURE = "FUT"
CONTINUOUS = "CONTFUT"

DAYS_KEPT = 2 * 365
"""How long after its end a contract, and its history, can still be asked for."""

N_AHEAD = 5
"""Contracts listed after the front one."""

MAX_CON_ID = 900_000_000

COMPARED = (
    "symbol",
    "sec_type",
    "multiplier",
    "exchange",
    "currency",
    "local_symbol",
    "trading_class",
)
"""What of a contract must be as a client gave it; an expiry may be given as a month."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """One dated contract as the gateway knows it."""

    instrument: Instrument
    contract: Contract

    @property
    def con_id(self) -> int:
        """The broker's number, always the same for one contract."""
        return self.wire.con_id

    @property
    def last_day(self) -> date:
        """The last day on which it trades."""
        return _last_day(self.contract)

    @property
    def wire(self) -> WireContract:
        """The contract as messages carry it."""
        return _wire(self.contract)


@cache
def _front(symbol: str, on: date) -> Contract:
    return front_contract(symbol, on)


@cache
def _last_day(contract: Contract) -> date:
    return last_trade_date(contract)


@cache
def _wire(contract: Contract) -> WireContract:
    instrument = get_instrument(contract.root)
    return WireContract(
        con_id=zlib.crc32(contract.code.encode()) % MAX_CON_ID + 1,
        symbol=instrument.ib_symbol or instrument.symbol,
        sec_type=FUTURE,
        expiry=f"{_last_day(contract):%Y%m%d}",
        multiplier=instrument.ib_multiplier or f"{instrument.multiplier:g}",
        exchange=instrument.ib_exchange or instrument.exchange,
        currency=instrument.currency,
        local_symbol=contract.short_code,
        trading_class=instrument.symbol,
    )


class ContractList:
    """The contracts of some products; which are listed depends on the day that is asked about."""

    def __init__(self, symbols: Sequence[str]):
        """List products.

        Args:
            symbols: Keys of INSTRUMENTS, any case, each with contracts.

        Raises:
            ConfigError: For an unknown symbol, one that never expires, or none at all.
        """
        self.instruments = tuple(get_instrument(symbol) for symbol in symbols)
        if not self.instruments:
            raise ConfigError("the gateway must list at least one product, was given none")
        for instrument in self.instruments:
            check_has_contracts(instrument)
        self._fronts: dict[str, Contract] = {}
        self._listings: dict[tuple[str, date], tuple[Listed, ...]] = {}

    def front(self, symbol: str, on: date) -> Listed:
        """Return the front contract of a product: by its calendar, unless `set_front` said else."""
        instrument = get_instrument(symbol)
        contract = self._fronts.get(instrument.symbol) or _front(instrument.symbol, on)
        return Listed(instrument=instrument, contract=contract)

    def set_front(self, code: str) -> None:
        """Make a contract the front one, e.g. "MNQH26"; a DataError if it is no contract."""
        contract = parse_contract(code)
        self._fronts[contract.root] = contract

    def listed(self, instrument: Instrument, on: date) -> tuple[Listed, ...]:
        """Return all contracts of a product that can be asked for on a day, expired ones too."""
        key = (instrument.symbol, on)
        if key not in self._listings:
            self._listings[key] = self._listing(instrument, on)
        return self._listings[key]

    def by_id(self, con_id: int, on: date) -> Listed | None:
        """Return the listed contract of a number."""
        rows = (row for item in self.instruments for row in self.listed(item, on))
        return next((row for row in rows if row.con_id == con_id), None)

    def find(self, wanted: WireContract, on: date, has_expired: bool) -> tuple[Listed, ...]:
        """Return the contracts that a client may mean, the nearest expiry first.

        Args:
            wanted: What the client gave; what it left out fits everything.
            on: Today.
            has_expired: Whether contracts that are over are meant too.
        """
        if wanted.sec_type == CONTINUOUS:
            fronts = (self.front(item.symbol, on) for item in self.instruments)
            fitting = replace(wanted, sec_type=FUTURE)
            return tuple(row for row in fronts if _fits(row.wire, fitting))
        return tuple(
            row
            for item in self.instruments
            for row in self.listed(item, on)
            if (has_expired or row.last_day >= on) and _fits(row.wire, wanted)
        )

    def _listing(self, instrument: Instrument, on: date) -> tuple[Listed, ...]:
        front = _front(instrument.symbol, on)
        months = [front]
        for _ in range(N_AHEAD):
            months.append(next_contract(months[-1]))
        oldest = on - timedelta(days=DAYS_KEPT)
        while _last_day(earlier := previous_contract(months[0])) >= oldest:
            months.insert(0, earlier)
        return tuple(Listed(instrument=instrument, contract=month) for month in months)


def _fits(own: WireContract, wanted: WireContract) -> bool:
    """Return whether a contract is what a client gave, as far as it gave anything."""
    if wanted.con_id:
        return own.con_id == wanted.con_id
    if not (wanted.symbol or wanted.local_symbol or wanted.trading_class):
        return False
    return own.expiry.startswith(wanted.expiry) and all(
        getattr(wanted, name) in ("", getattr(own, name)) for name in COMPARED
    )
