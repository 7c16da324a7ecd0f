"""Which contract of a file is taken where it holds several, and what each is called."""

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from config.instruments import Instrument
from data.contracts import parse_contract
from data.importers.raw_bars import RawBars
from data.importers.zones import NO_STAMP
from utils.errors import DataError

ALL = "all"
"""What takes every contract, to be rolled into one series later."""

N_SHOWN = 5


def chosen_rows(
    raw: RawBars, asked: str | None, instrument: Instrument, where: str
) -> tuple[RawBars, int]:
    """Return the rows of the contract that is asked for, and how many were left out.

    A file that does not say its contract is of the one asked for. With "all", spreads and whatever
    else is no contract of the instrument is left out. Names become complete: MGCG1 is MGCG21.
    Contracts that follow each other and never overlap are one series already, as after a roll.

    Raises:
        DataError: If several contracts overlap and none is asked for, or the one asked for is not
            there.
    """
    if raw.contracts is None:
        return _named(raw, asked, where), 0
    counts = pd.Series(raw.contracts).value_counts()
    counts = counts[counts > 0]
    if asked is None and len(counts) > 1:
        if _follow_each_other(raw):
            return _as_series(raw, instrument), 0
        raise DataError(
            f"{where} holds {len(counts)} contracts ({_shown(counts)}); give --contract "
            f"{counts.index[0]} for one of them, or --contract {ALL} to keep all for `roll`"
        )
    names = _complete_names(raw, instrument)
    codes = np.asarray(raw.contracts.codes)
    if asked == ALL:
        wanted = [place for place, name in enumerate(names) if name is not None]
    elif asked is None:
        wanted = [int(codes[0])]
    else:
        shown = [str(name).upper() for name in raw.contracts.categories]
        either = zip(shown, names, strict=True)
        wanted = [place for place, both in enumerate(either) if asked.upper() in both]
    kept = np.isin(codes, wanted)
    if not kept.any():
        raise DataError(f"{where} has no bars of {asked}; it has {_shown(counts)}")
    if None in (names[place] for place in wanted):  # no contract's name, so not worth keeping
        return replace(raw.rows(kept), contracts=None), int((~kept).sum())
    renamed = pd.Categorical(pd.Series([names[code] for code in range(len(names))])[codes[kept]])
    return replace(raw.rows(kept), contracts=renamed), int((~kept).sum())


def _follow_each_other(raw: RawBars) -> bool:
    """Return whether each contract's rows end before the next one's begin."""
    assert raw.contracts is not None
    codes = np.asarray(raw.contracts.codes)[raw.stamps != NO_STAMP]
    stamps = raw.stamps[raw.stamps != NO_STAMP]
    order = np.lexsort((codes, stamps))
    codes, stamps = codes[order], stamps[order]
    is_change = np.diff(codes) != 0
    is_complete = bool((np.asarray(raw.contracts.codes) >= 0).all())
    is_apart = bool((np.diff(stamps)[is_change] > 0).all())
    return is_complete and is_apart and int(is_change.sum()) == len(np.unique(codes)) - 1


def _as_series(raw: RawBars, instrument: Instrument) -> RawBars:
    """Return rows of contracts that follow each other, named, the categories in that order."""
    assert raw.contracts is not None
    found = [str(name) for name in raw.contracts.categories]
    codes = np.asarray(raw.contracts.codes)
    names = [name or found[code] for code, name in enumerate(_complete_names(raw, instrument))]
    in_time = pd.unique(codes[np.argsort(raw.stamps, kind="stable")])
    ordered = list(dict.fromkeys(names[code] for code in in_time))
    note = (
        f"{len(ordered)} contracts that follow each other, {ordered[0]} to {ordered[-1]}: taken as "
        f"one series, with its gaps at the rolls as they are"
    )
    contracts = pd.Categorical(np.array(names, dtype=object)[codes], categories=ordered)
    return replace(raw, contracts=contracts, notes=(*raw.notes, note))


def _named(raw: RawBars, asked: str | None, where: str) -> RawBars:
    """Return rows of a file without contracts, all of them of the one asked for."""
    if asked is None:
        return raw
    if asked == ALL:
        raise DataError(
            f"{where} does not say which contract its bars are of; name it with --contract, "
            f"e.g. MNQH24"
        )
    name = parse_contract(asked, _last_day(raw.stamps)).code
    codes = np.zeros(len(raw.lines), dtype=np.int8)
    return replace(raw, contracts=pd.Categorical.from_codes(codes, [name]))


def _complete_names(raw: RawBars, instrument: Instrument) -> list[str | None]:
    """Return each category's name as a contract of the instrument; None for no such contract."""
    assert raw.contracts is not None
    codes = np.asarray(raw.contracts.codes)
    names: list[str | None] = []
    for place, name in enumerate(raw.contracts.categories):
        day = _last_day(raw.stamps[codes == place])
        try:
            contract = parse_contract(str(name), day)
        except DataError:
            names.append(None)
            continue
        names.append(contract.code if contract.root == instrument.symbol else None)
    return names


def _last_day(stamps: NDArray[np.int64]) -> date | None:
    known = stamps[stamps != NO_STAMP]
    return pd.Timestamp(int(known.max())).date() if len(known) else None


def _shown(counts: "pd.Series[int]") -> str:
    first = ", ".join(f"{name} {n:,} rows" for name, n in counts.head(N_SHOWN).items())
    return first + (", ..." if len(counts) > N_SHOWN else "")
