"""Names of futures contracts, which one follows which, and which one is in front on a date."""

import re
from dataclasses import dataclass
from datetime import date

import numpy as np

from config.instruments import Instrument, get_instrument
from data.expiry import EXPIRY_RULES, YEARS, ExpiryRule
from utils.errors import ConfigError, DataError
from utils.registry import lookup

MONTH_CODES = "FGHJKMNQUVXZ"
"""January to December."""

CENTURY_TURN = YEARS[0] % 100
"""Two-digit years from here on are of the last century."""

_CODE = re.compile(rf"([A-Z0-9]{{1,6}}?)([{MONTH_CODES}])(\d{{1,2}}|\d{{4}})")


@dataclass(frozen=True, slots=True, order=True)
class Contract:
    """One delivery month of one product; ordered by product, then by month.

    Attributes:
        root: The product's symbol, e.g. "MNQ".
        year: All four digits.
        month: 1 to 12.
    """

    root: str
    year: int
    month: int

    @property
    def code(self) -> str:
        """Name with a two-digit year, e.g. "MNQH24"."""
        return f"{self.root}{self.month_code}{self.year % 100:02d}"

    @property
    def short_code(self) -> str:
        """Name with a one-digit year, e.g. "MNQH4": the same every ten years."""
        return f"{self.root}{self.month_code}{self.year % 10}"

    @property
    def month_code(self) -> str:
        """Letter of the delivery month."""
        return MONTH_CODES[self.month - 1]


def parse_contract(text: str, on: date | None = None) -> Contract:
    """Return the contract that a name means, e.g. "MNQH24", "MNQH2024" or "MNQH4".

    Args:
        text: Root, month code and a year of four, two (70 to 99 are 1970 to 1999) or one digit.
        on: A day on which it traded; a one-digit year is the first that is not over by then.

    Raises:
        DataError: If the text is no such name, or its year has one digit and `on` is not given.
    """
    match = _CODE.fullmatch(text.strip().upper())
    if match is None:
        raise DataError(
            f"`{text}` is no contract: it must be root, month code ({MONTH_CODES}) and year, "
            f"e.g. MNQH24"
        )
    root, code, digits = match.groups()
    month = MONTH_CODES.index(code) + 1
    return Contract(root, _year(text, digits, month, on), month)


def _year(text: str, digits: str, month: int, on: date | None) -> int:
    number = int(digits)
    if len(digits) == 4:
        if number not in YEARS:
            raise DataError(
                f"`{text}`: the year must be from {YEARS[0]} to {YEARS[-1]}, was {number}"
            )
        return number
    if len(digits) == 2:
        return number + (1900 if number >= CENTURY_TURN else 2000)
    if on is None:
        raise DataError(f"`{text}`: a one-digit year means one in ten; write two, or give a date")
    earliest = on.year if month >= on.month else on.year + 1
    return earliest + (number - earliest) % 10


def last_trade_date(contract: Contract) -> date:
    """Return the last day on which a contract trades; how exact that is, data/expiry.py says.

    Raises:
        ConfigError: If its root is no instrument, or one that never expires.
    """
    return _as_date(_rule(contract.root).last_trade(_month(contract)))


def roll_date(contract: Contract) -> date:
    """Return the first trade date on which a calendar roll uses the next contract.

    Raises:
        ConfigError: As for `last_trade_date`.
    """
    return _as_date(_rule(contract.root).roll(_month(contract)))


def next_contract(contract: Contract) -> Contract:
    """Return the contract of the next month in the product's cycle.

    Raises:
        ConfigError: If its root is no instrument, or one without contracts.
    """
    months = _cycle(contract.root)
    later = [month for month in months if month > contract.month]
    if later:
        return Contract(contract.root, contract.year, later[0])
    return Contract(contract.root, contract.year + 1, months[0])


def previous_contract(contract: Contract) -> Contract:
    """Return the contract of the month before in the product's cycle.

    Raises:
        ConfigError: As for `next_contract`.
    """
    months = _cycle(contract.root)
    earlier = [month for month in months if month < contract.month]
    if earlier:
        return Contract(contract.root, contract.year, earlier[-1])
    return Contract(contract.root, contract.year - 1, months[-1])


def front_contract(symbol: str, on: date) -> Contract:
    """Return the contract that a calendar roll uses on a trade date.

    Known in advance, so nothing is looked up in bars. Which one most people trade can be another
    by some days.

    Args:
        symbol: Key of INSTRUMENTS, any case.
        on: The trade date.

    Raises:
        ConfigError: If the symbol is unknown, or has no contracts.
    """
    root = get_instrument(symbol).symbol
    contract = Contract(root, on.year, on.month)
    if on.month not in _cycle(root):
        contract = next_contract(contract)
    while roll_date(contract) <= on:
        contract = next_contract(contract)
    return contract


def is_in_cycle(contract: Contract) -> bool:
    """Return whether the contract's month is one of those that its product is rolled through."""
    return contract.month in _cycle(contract.root)


def check_has_contracts(instrument: Instrument) -> None:
    """Refuse a product that never expires; a ConfigError says what to do."""
    if instrument.expiry_rule is None or not instrument.contract_months:
        raise ConfigError(
            f"{instrument.symbol} has no contracts and never expires; use its bars as they are"
        )


def _cycle(root: str) -> list[int]:
    """Return the months, 1 to 12, that a product is rolled through."""
    instrument = get_instrument(root)
    check_has_contracts(instrument)
    return [MONTH_CODES.index(code) + 1 for code in instrument.contract_months]


def _rule(root: str) -> ExpiryRule:
    instrument = get_instrument(root)
    check_has_contracts(instrument)
    return lookup(EXPIRY_RULES, str(instrument.expiry_rule), "expiry rule")


def _month(contract: Contract) -> np.datetime64:
    return np.datetime64(f"{contract.year:04d}-{contract.month:02d}", "M")


def _as_date(day: np.datetime64) -> date:
    value = day.astype(object)
    assert isinstance(value, date)
    return value
