"""Import files of bars: the one function behind `data.py import`, and how its result is stored."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from config.instruments import Instrument
from data.bars import check_bars
from data.calendar import SECONDS_PER_DAY, calendar_of
from data.calendar_overrides import FIRST_DATE, LAST_DATE
from data.contract_bars import CONTRACT_COLUMN, check_contract_bars
from data.importers.contract_choice import ALL, N_SHOWN
from data.importers.file_import import FileImport, import_file
from data.importers.options import ImportOptions, OnProgress
from data.importers.rejections import joined
from data.importers.result import Guess, ImportResult
from data.importers.row_order import merged
from data.store import bar_metadata, is_made_up, save_bars, save_contracts
from utils.clock import Clock, SystemClock
from utils.errors import ConfigError, DataError

MONTHS_PER_YEAR = 12.0
DAYS_PER_YEAR = 365.25
SEVERAL_CONTRACTS = 2.0
"""Times for which a contract leads, from which on bars are hardly of one contract alone."""


def _no_progress(_done: int, _total: int) -> None:
    pass


def import_files(
    paths: Sequence[Path],
    instrument: Instrument,
    options: ImportOptions | None = None,
    on_progress: OnProgress = _no_progress,
    clock: Clock | None = None,
) -> ImportResult:
    """Return the bars of one or more files as one checked series.

    Each file is recognised by its content. Rows that are not fit are parted, never mended; float
    noise is taken off prices. Bars that several files have must be equal, and are kept once.

    Args:
        paths: Files of one instrument, in any order, dialect and zone.
        instrument: What the bars are of.
        options: What the user says.
        on_progress: Told of bytes read, file by file.
        clock: Says from when on a stamp lies in the future; the machine's own when None.

    Raises:
        DataError: If a file cannot be read, is of no known dialect, or is ambiguous; the line
            names the option that settles it. If files contradict each other.
        ConfigError: If no file is given, or one twice.
    """
    if not paths:
        raise ConfigError("there is nothing to import; name at least one file")
    if len({path.resolve() for path in paths}) < len(paths):
        raise ConfigError("a file is named twice; name each once")
    options = options or ImportOptions()
    now = pd.Timestamp((clock or SystemClock()).now())
    sizes = [path.stat().st_size if path.is_file() else 0 for path in paths]
    files: list[FileImport] = []
    for number, path in enumerate(paths):
        done, total = sum(sizes[:number]), sum(sizes)

        def report(read: int, _size: int, done: int = done, total: int = total) -> None:
            on_progress(done + read, total)

        files.append(import_file(path, instrument, options, report, now))
    return _result(files, instrument, options)


def _result(
    files: list[FileImport], instrument: Instrument, options: ImportOptions
) -> ImportResult:
    guesses = tuple(file.guess for file in files)
    kinds = {guess.adjustment for guess in guesses}
    if len(kinds) > 1:
        raise DataError(
            f"the files differ in adjustment ({', '.join(sorted(kinds))}); import them apart, or "
            f"say with --adjustment what they are"
        )
    rejected = joined([file.rejected for file in files])
    frames = [file.bars for file in files]
    files.clear()  # so that the frames can be let go one by one
    names = [f"`{guess.file}`" for guess in guesses]
    bars, n_shared = merged(frames, names, is_one_series=options.contract != ALL)
    del frames
    if options.contract != ALL:
        _refuse_overlap(bars)
        grid = None if guesses[0].adjustment == "ratio" else instrument
        bars = check_bars(bars, grid, where="the bars imported")
    return ImportResult(
        bars=bars,
        guesses=guesses,
        rejected=rejected,
        n_shared=n_shared,
        missing_sessions=_missing_sessions(
            pd.DatetimeIndex(bars.index), instrument, guesses[0].bar_seconds
        ),
        hints=tuple(_hints(bars, guesses, instrument, options)),
    )


def _hints(
    bars: pd.DataFrame,
    guesses: tuple[Guess, ...],
    instrument: Instrument,
    options: ImportOptions,
) -> Iterator[str]:
    """Yield a question about rolls, where there must be some and nothing says what became of them.

    A file that holds one contract over most of its life is asked too: nothing tells it apart.
    """
    is_known = options.adjustment is not None or guesses[0].adjustment != "none"
    is_marked = CONTRACT_COLUMN in bars.columns
    is_synthetic = any(is_made_up({"source": guess.origin}) for guess in guesses)
    if is_known or is_marked or is_synthetic or not instrument.contract_months:
        return
    months = MONTHS_PER_YEAR / len(instrument.contract_months)
    span = (bars.index.max() - bars.index.min()).days * MONTHS_PER_YEAR / DAYS_PER_YEAR
    if span > SEVERAL_CONTRACTS * months:
        yield (
            f"the bars span {span:.0f} months, contracts of {instrument.symbol} lead for about "
            f"{months:.2g}, and nothing marks a roll: if the vendor has adjusted the prices, "
            f"import again with --adjustment difference or ratio; if not, every roll's gap looks "
            f"like a move of the price"
        )


def _refuse_overlap(bars: pd.DataFrame) -> None:
    """Refuse bars of several contracts at one time, of which nobody said which to take."""
    if CONTRACT_COLUMN not in bars.columns or bars.index.is_unique:
        return
    contracts = bars[CONTRACT_COLUMN].unique()
    raise DataError(
        f"the files hold {len(contracts)} contracts that overlap ({', '.join(contracts[:N_SHOWN])}"
        f"{', ...' if len(contracts) > N_SHOWN else ''}); give --contract {ALL} to keep each for "
        f"`roll`, or import one of them"
    )


def _missing_sessions(
    stamps: pd.DatetimeIndex, instrument: Instrument, seconds: int
) -> tuple[str, ...]:
    """Return the calendar's trade dates, between the first bar and the last, that have no bar."""
    if seconds > SECONDS_PER_DAY:
        return ()
    calendar = calendar_of(instrument.symbol)
    dates = np.unique(calendar.trade_dates(stamps))
    first, last = max(dates[0], np.datetime64(FIRST_DATE)), min(dates[-1], np.datetime64(LAST_DATE))
    if first > last:
        return ()
    expected = calendar.sessions(first, last).index.to_numpy().astype("datetime64[D]")
    return tuple(str(date) for date in np.setdiff1d(expected, dates))


def save_import(result: ImportResult, instrument: Instrument, path: Path) -> None:
    """Write the imported bars with what is known of them.

    Bars of several contracts overlap, so they carry no fingerprint, and only `data.py roll` reads
    them.

    Raises:
        DataError: If they break an invariant, or another process keeps writing the file.
        ConfigError: If the folder cannot be written.
    """
    metadata = bar_metadata(
        result.bars,
        symbol=instrument.symbol,
        source=result.source,
        adjustment=result.adjustment,
        zone=result.zone,
        quality=result.quality,
    )
    metadata["bar_seconds"] = str(result.guesses[0].bar_seconds)
    if metadata["bar_seconds"] == "0":  # a single bar does not say its size
        del metadata["bar_seconds"]
    if result.bars.index.is_unique:
        save_bars(result.bars, path, metadata)
        return
    check_contract_bars(result.bars, instrument, where=f"bars for `{path}`")
    save_contracts(result.bars, path, metadata)
