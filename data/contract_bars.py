"""Bars of several contracts in one frame: split by contract, each checked like any other bars.

The contracts overlap in time, so `check_bars` would refuse the frame as a whole.
"""

from pathlib import Path

import pandas as pd

from config.instruments import Instrument
from data.bars import check_bars
from data.contracts import Contract, check_has_contracts, parse_contract
from data.store import CHANGED, read_unchecked
from utils.errors import ConfigError, DataError

CONTRACT_COLUMN = "contract"

ContractBars = dict[Contract, pd.DataFrame]
"""Checked bars by contract, the earliest delivery month first."""


def load_contract_bars(path: Path, instrument: Instrument) -> ContractBars:
    """Return the bars of a parquet file by contract; see `check_contract_bars`.

    Raises:
        DataError: If the file is missing, no parquet or damaged, if its prices are adjusted
            already, and as for `check_contract_bars`.
        ConfigError: As for `check_contract_bars`.
    """
    frame, notes, is_intact = read_unchecked(path)
    if not is_intact:
        raise DataError(f"`{path}`: {CHANGED}")
    adjustment = notes.get("adjustment", "none")
    if adjustment != "none":
        raise DataError(
            f"`{path}`: its prices are adjusted already ({adjustment}); give them as traded"
        )
    return check_contract_bars(frame, instrument, where=f"`{path}`")


def check_contract_bars(
    frame: pd.DataFrame, instrument: Instrument, where: str = "bars"
) -> ContractBars:
    """Return the bars of each contract, checked, or refuse them with one line.

    Args:
        frame: What `check_bars` takes, with a column `contract` of names such as "NQM24". The
            contracts may overlap, and lie in any order; each one's own bars are oldest first. A
            one-digit year is the first that was not over at the contract's last bar.
        instrument: The product that all the contracts are of.
        where: What to call the frame in an error, e.g. its file.

    Returns:
        For each contract its bars, as `check_bars` returns them, without the column `contract`.

    Raises:
        DataError: If the column is missing or has gaps, a name is no contract or two names are
            the same one, or a contract's bars break an invariant.
        ConfigError: If the instrument has no contracts, or the contracts are of another product.
    """
    check_has_contracts(instrument)
    names = _names(frame, where)
    bars: ContractBars = {}
    for name, own in frame.groupby(names, sort=False):
        place = f"{where}, contract {name}"
        checked = check_bars(own.drop(columns=CONTRACT_COLUMN), instrument, place)
        contract = parse_contract(str(name), on=checked.index[-1].date())
        _check_root(contract, instrument, where)
        if contract in bars:
            raise DataError(f"{place}: is {contract.code}, which has bars already; use one name")
        bars[contract] = checked
    return dict(sorted(bars.items()))


def _names(frame: pd.DataFrame, where: str) -> "pd.Series[str]":
    """Return the column of contract names, complete."""
    if not isinstance(frame, pd.DataFrame):
        raise DataError(f"{where}: must be a pandas DataFrame, was {type(frame).__name__}")
    if len(frame) == 0:
        raise DataError(f"{where}: there are no bars; give at least one row")
    if CONTRACT_COLUMN not in frame.columns:
        present = ", ".join(map(str, frame.columns))
        raise DataError(
            f"{where}: no column `{CONTRACT_COLUMN}` (present: {present}); name each bar's "
            f"contract in it, e.g. NQM24"
        )
    names = frame[CONTRACT_COLUMN]
    missing = names.isna()
    if missing.any():
        raise DataError(
            f"{where}: {int(missing.sum())} of {len(frame)} bars have no `{CONTRACT_COLUMN}`, "
            f"first in row {int(missing.to_numpy().argmax())}; name or drop them"
        )
    # without the categories of a categorical column that no bar has
    return names.astype(str)


def _check_root(contract: Contract, instrument: Instrument, where: str) -> None:
    if contract.root != instrument.symbol:
        raise ConfigError(
            f"{where}: {contract.code} is a contract of {contract.root}, not {instrument.symbol}; "
            f"name that symbol here (bars of NQ can be traded as MNQ once they are rolled)"
        )
