"""The steps of scripts/fetch_data.py: ask a source, store what is sound, say what came."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd

from config.instruments import Instrument, get_instrument
from config.settings import load_profile
from data.feature_set import FeatureSet
from data.history_request import HistoryRequest
from data.sources import BarRequest, FetchedBars, fetch_bars
from data.store import load_bars, load_metadata, save_bars
from data.store_append import append_bars
from scripts.printing import console, shown
from scripts.second_market import OTHER_SYMBOL, beside, noted_symbol
from utils.clock import Clock
from utils.errors import ConfigError, DataError
from utils.files import atomic_path
from utils.paths import BARS_DIR

FEATURES_OF = "features_of"
"""Where a file of stored features notes the name of the file of bars that they are of."""

REJECTED_SHARE = 0.001
"""From this share of rejected bars on, a fetch counts as failed: exit code 1."""

UPDATE_OVERLAP = pd.Timedelta(days=3)
"""How far an update reaches back into what is there, to see that it is the same series."""


def storage_path(source: str, history: HistoryRequest) -> Path:
    """Return where bars of a source usually lie: data/storage/MNQ_5mins_yahoo.parquet."""
    symbol = get_instrument(history.symbol).symbol
    hours = "_rth" if history.is_rth_only else ""
    return BARS_DIR / f"{symbol}_{history.bar_size.replace(' ', '')}_{source}{hours}.parquet"


def fetch_into(
    path: Path,
    source: str,
    request: BarRequest,
    *,
    is_update: bool,
    revised: str,
    clock: Clock | None = None,
) -> int:
    """Fetch bars and store them in `path`; return the exit code. Not for the source `ib`.

    Args:
        path: Parquet file; rejected rows go to `rejected_path(path)`.
        source: Key of SOURCES.
        request: What to ask for.
        is_update: Whether to append what is missing to the file, if there is one.
        revised: What to do with bars that the file has with other values, one of `Revised`.
        clock: Says what time it is; the machine's own when None.

    Raises:
        ConfigError: If the file exists and no update was asked for, or the request is not one that
            the source can answer.
        DataError: If nothing sound came, or it does not fit what is there.
    """
    instrument = get_instrument(request.history.symbol)
    exists = path.exists()
    if exists and not is_update:
        raise ConfigError(
            f"`{shown(path)}` exists: add --update to append what is missing, or choose --out"
        )
    if exists and is_update:
        last = load_bars(path, _grid_of(path, instrument)).index[-1]
        request = replace(request, since=last - UPDATE_OVERLAP)
    with console.status(f"fetching {instrument.symbol} from {source}"):
        fetched = fetch_bars(source, request, clock)
    if exists:
        append_fetched(path, fetched, instrument, revised)
    else:
        save_bars(fetched.bars, path, fetched.metadata)
        print_stored(path, fetched)
    return account_for_rest(path, fetched)


def print_stored(path: Path, fetched: FetchedBars) -> None:
    """Say what was stored in a new file."""
    console.print(
        f"{len(fetched.bars):,} bars, {fetched.bars.index[0]} to {fetched.bars.index[-1]}: "
        f"{shown(path)} ({fetched.metadata['quality']})"
    )


def _grid_of(path: Path, instrument: Instrument) -> Instrument | None:
    """Return the instrument whose tick grid the bars of a file lie on; None for any grid."""
    return None if load_metadata(path).get("adjustment") == "ratio" else instrument


def append_fetched(path: Path, fetched: FetchedBars, instrument: Instrument, revised: str) -> None:
    """Append to a file what it lacks, and say how much that was; errors as `append_bars`."""
    grid = _grid_of(path, instrument)
    report = append_bars(path, fetched.bars, grid, revised=revised, metadata=fetched.metadata)
    console.print(
        f"{report.n_added:,} bars added to {report.n_before:,}, {report.n_identical:,} were there "
        f"already, {report.n_revised:,} were there with other values: {shown(path)}"
    )
    if report.n_revised:
        console.print(f"revised ({revised}), first: {'; '.join(report.first_revised)}")


def rejected_path(path: Path) -> Path:
    """Return where the bars lie that were not sound: beside the others."""
    return path.with_name(f"{path.name}.rejected.csv")


def account_for_rest(path: Path, fetched: FetchedBars) -> int:
    """Say what was not stored, and write the rejected rows; return the exit code."""
    if fetched.n_forming:
        console.print(f"{fetched.n_forming:,} bars were left out: their time is not over")
    n_rejected = len(fetched.rejected)
    if n_rejected == 0:
        return 0
    target = rejected_path(path)
    with atomic_path(target) as temporary:
        fetched.rejected.to_csv(temporary)
    share = n_rejected / (n_rejected + len(fetched.bars))
    counts = fetched.rejected["reason"].value_counts()
    reasons = ", ".join(f"{reason} {count}" for reason, count in counts.items())
    console.print(f"{n_rejected:,} bars rejected ({share:.2%}: {reasons}): {shown(target)}")
    return 1 if share >= REJECTED_SHARE else 0


def store_features(
    path: Path, symbol: str, names: Sequence[str] | None = None, other: Path | None = None
) -> Path:
    """Store the bars of `path` with feature columns, unscaled, in a file beside it; return that.

    At bar t a feature uses bars <= t. The first rows are NaN, where features are warming up.
    Whoever reads the file computes features of these names again, and refuses other numbers. The
    same features of the same file are stored anew; any other file is left as it is.

    Args:
        path: Parquet file of bars.
        symbol: What they are bars of.
        names: Features, recipes or columns of the file; None takes the default profile's.
        other: Parquet file of a second market's bars; its columns are stored too.

    Raises:
        ConfigError: For an unknown feature.
    """
    bars = load_bars(path, _grid_of(path, get_instrument(symbol)))
    features = FeatureSet(names or load_profile("default").train.features, tuple(bars.columns))
    bars = beside(bars, features.specs, other)
    values = features.compute(bars)
    columns = pd.DataFrame(values, index=bars.index, columns=features.columns)
    fresh = columns.drop(columns=[name for name in columns if name in bars])
    if fresh.empty:
        console.print(f"{len(columns.columns)} feature columns are there already: {shown(path)}")
        return path
    notes = {"feature_set": features.hash, FEATURES_OF: path.name}
    second = noted_symbol(other, path)
    notes |= {} if second is None else {OTHER_SYMBOL: second}
    target = _features_path(path, notes)
    save_bars(bars.join(fresh), target, {**load_metadata(path), **notes})
    console.print(f"{len(fresh.columns)} feature columns: {shown(target)}")
    return target


def _features_path(path: Path, notes: Mapping[str, str]) -> Path:
    """Return where features of `path` belong: a new file, or one with these notes."""
    for count in itertools.count(1):
        number = "" if count == 1 else f"_{count}"
        target = path.with_name(f"{path.stem}_features{number}.parquet")
        if not target.exists() or notes.items() <= _notes_of(target).items():
            return target
    raise AssertionError("itertools.count never ends")


def _notes_of(path: Path) -> dict[str, str]:
    """Return the notes of a file; none where it is no parquet file."""
    try:
        return load_metadata(path)
    except DataError:
        return {}
