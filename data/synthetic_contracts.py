"""The synthetic market as contracts that expire and overlap, for whoever rolls them.

Every contract moves with the one path of the market, at a level of its own: the cost of carry from
the first trade date to its end. So a later one is dearer by a constant ratio, a roll shows as a gap
in unadjusted prices, and none of them has a drift that the path has not.
"""

from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.instruments import get_instrument
from data.bars import PRICE_COLUMNS
from data.contract_bars import CONTRACT_COLUMN, check_contract_bars
from data.contracts import (
    Contract,
    check_has_contracts,
    front_contract,
    last_trade_date,
    next_contract,
    previous_contract,
    roll_date,
)
from data.synthetic import MarketPath, market_path, price_columns, volume_level
from data.synthetic_clock import FIRST_TRADE_DATE
from data.synthetic_presets import PRESETS
from utils.registry import lookup

ANNUAL_CARRY = 0.045
"""What a contract costs more that ends a year later, as a share: interest less dividends."""

DAYS_BEFORE_ROLL = 10
"""Business days before the roll into a contract on which its bars begin."""

ROLL_STEEPNESS = 1.2
ROLL_LEAD = 0.6
"""Logistic in business days: two thirds of the volume have moved on by the end of the day that a
calendar roll calls the first of the new contract. NQ does much the same."""

DAYS_PER_YEAR = 365.0

_Floats = NDArray[np.float64]


def synthetic_contracts(
    n_bars: int, preset: str = "default", seed: int = 0, symbol: str = "MNQ"
) -> pd.DataFrame:
    """Return a synthetic market as bars per contract, in the form that `check_contract_bars` takes.

    Rolled and ratio-adjusted they are the bars of `synthetic_bars` at another level, to rounding.
    Equal arguments give identical frames, and a longer market begins with the shorter one.

    Args:
        n_bars: Bars of the market, as for `synthetic_bars`; where contracts overlap there are two
            rows or more for one of them.
        preset: Key of PRESETS.
        seed: Seeds all randomness.
        symbol: Product, which must have contracts.

    Returns:
        Index `timestamp` (UTC, each contract's own bars in order), OHLCV, signals as in
        `synthetic_bars`, and the column `contract`, e.g. "MNQH24".

    Raises:
        ConfigError: As for `synthetic_bars`, and for a product without contracts.
    """
    instrument = get_instrument(symbol)
    check_has_contracts(instrument)
    path = market_path(n_bars, lookup(PRESETS, preset, "preset"), seed)
    dates = path.clock.dates
    parts = [_bars_of(contract, path) for contract in _contracts(instrument.symbol, dates[-1])]
    frame = pd.concat(parts).sort_index(kind="stable")
    check_contract_bars(frame, instrument, where="synthetic contracts")
    return frame


def _contracts(root: str, last: np.datetime64) -> list[Contract]:
    """Return the contracts that have bars up to a trade date, the earliest first."""
    contracts = [front_contract(root, _as_date(FIRST_TRADE_DATE))]
    while _first_date(next_contract(contracts[-1])) <= last:
        contracts.append(next_contract(contracts[-1]))
    return contracts


def _bars_of(contract: Contract, path: MarketPath) -> pd.DataFrame:
    """Return the bars of one contract, with its name."""
    instrument = get_instrument(contract.root)
    dates = path.clock.dates
    end = np.datetime64(last_trade_date(contract))
    rows = ((dates >= _first_date(contract)) & (dates <= end))[path.clock.session]
    years = (end - FIRST_TRADE_DATE) / np.timedelta64(1, "D") / DAYS_PER_YEAR
    level = (1.0 + ANNUAL_CARRY) ** years
    bars = pd.DataFrame(index=path.clock.stamps[rows])
    prices = price_columns(level * path.ticks[rows])
    bars[list(PRICE_COLUMNS)] = instrument.to_prices(prices)
    share = volume_level(contract.root) * _volume_share(contract, dates)[path.clock.session]
    bars["volume"] = np.maximum(np.rint((share * path.volume)[rows]), 1.0)
    signals = {name: values[rows] for name, values in path.signals.items()}
    return bars.assign(**signals, **{CONTRACT_COLUMN: contract.code})


def _first_date(contract: Contract) -> np.datetime64:
    """Return the trade date from which on a contract has bars."""
    rolled_into = roll_date(previous_contract(contract))
    return np.busday_offset(rolled_into, -DAYS_BEFORE_ROLL, roll="forward")


def _volume_share(contract: Contract, dates: NDArray[np.datetime64]) -> _Floats:
    """Return a contract's share of the market's volume on each trade date, shape (s,)."""
    moved_in = _moved_on(previous_contract(contract), dates)
    return moved_in * (1.0 - _moved_on(contract, dates))


def _moved_on(contract: Contract, dates: NDArray[np.datetime64]) -> _Floats:
    """Return the share of the volume that has left a contract for the next one, shape (s,)."""
    days = np.busday_count(np.datetime64(roll_date(contract)), dates)
    return np.asarray(1.0 / (1.0 + np.exp(-ROLL_STEEPNESS * (days + ROLL_LEAD))))


def _as_date(day: np.datetime64) -> date:
    value = day.astype(object)
    assert isinstance(value, date)
    return value
