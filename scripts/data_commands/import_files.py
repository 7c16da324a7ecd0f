"""`data.py import`: bars of any dialect into one parquet file, with the guess shown and proven."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Option

if TYPE_CHECKING:
    from data.importers.options import OnProgress
    from data.importers.result import Guess, ImportResult

STORED_SUFFIX = ".parquet"

TOO_MANY_REJECTED = 1
"""Exit code where a thousandth of the rows or more were rejected."""


def import_files(
    files: Annotated[list[Path], Argument(help="Files of one instrument, of any dialect.")],
    symbol: Annotated[str, Option(help="What they are bars of, e.g. MNQ.")],
    out: Annotated[Path, Option(help="Parquet file to write.")],
    tz: Annotated[
        str | None, Option(help="Zone of the stamps, e.g. America/Chicago or UTC+2.")
    ] = None,
    stamp: Annotated[str | None, Option(help="Which end of a bar is stamped: open, end.")] = None,
    dates: Annotated[str | None, Option(help="How 03/04/2024 is meant: dmy or mdy.")] = None,
    contract: Annotated[
        str | None, Option(help="Contract to take, or `all` to keep each for `roll`.")
    ] = None,
    adjustment: Annotated[
        str | None, Option(help="none, difference, or ratio (which lies on no tick grid).")
    ] = None,
    sort: Annotated[bool, Option("--sort", help="Sort rows that are not in order.")] = False,
    as_json: Annotated[bool, Option("--json", help="Print one JSON object.")] = False,
) -> int:
    """Recognise FILES, show the guess, prove the zone, and store the rows that are fit.

    The others go to OUT.rejected.csv; exit 1 if they are a thousandth of all, or more.
    """
    from config.instruments import get_instrument
    from data.importers import importing
    from data.importers.options import ImportOptions
    from data.importers.rejections import save_rejections
    from utils.errors import ConfigError
    from utils.files import canonical_json

    instrument = get_instrument(symbol)
    options = ImportOptions(
        tz=tz, stamp=stamp, dates=dates, contract=contract, adjustment=adjustment, sort=sort
    )
    if out.resolve() in {file.resolve() for file in files}:
        raise ConfigError(f"`--out {out}` is one of the files to import; choose another name")
    if out.suffix != STORED_SUFFIX:
        raise ConfigError(
            f"`--out {out}` must end in {STORED_SUFFIX}: bars are stored as parquet, whatever the "
            f"file is called"
        )
    with _progress() as on_progress:
        result = importing.import_files(files, instrument, options, on_progress)
    importing.save_import(result, instrument, out)
    rejected = save_rejections(result.rejected, out)
    if as_json:
        print(canonical_json(_summary(result, instrument.symbol, out, rejected)))
    else:
        _print(result, instrument.symbol, out, rejected)
    return 0 if result.is_clean else TOO_MANY_REJECTED


@contextmanager
def _progress() -> Iterator["OnProgress"]:
    """Show a bar of the bytes read, on standard error."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("importing"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    console = Console(stderr=True)
    is_hidden = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=is_hidden) as progress:
        task = progress.add_task("importing", total=None)

        def show(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        yield show


def _summary(
    result: "ImportResult", symbol: str, out: Path, rejected: Path | None
) -> dict[str, Any]:
    """Return what was done, in types that JSON has."""
    stamps = result.bars.index
    return {
        "out": str(out),
        "symbol": symbol,
        "n_bars": len(stamps),
        "n_read": result.n_read,
        "n_rejected": len(result.rejected),
        "rejected": result.rejected.counts(),
        "rejected_file": None if rejected is None else str(rejected),
        "n_shared": result.n_shared,
        "first": stamps.min().isoformat(),
        "last": stamps.max().isoformat(),
        "bar_seconds": result.guesses[0].bar_seconds,
        "adjustment": result.adjustment,
        "zone": result.zone,
        "quality": result.quality,
        "missing_sessions": list(result.missing_sessions),
        "hints": list(result.hints),
        "is_clean": result.is_clean,
        "files": [guess.as_json() for guess in result.guesses],
    }


def _print(result: "ImportResult", symbol: str, out: Path, rejected: Path | None) -> None:
    from scripts.printing import console, shown

    for guess in result.guesses:
        for line in _guess_lines(guess):
            console.print(line)
    if result.n_shared:
        console.print(f"{result.n_shared:,} equal bars that several files have, kept once")
    for reason, count in result.rejected.counts().items():
        console.print(f"rejected: {count:,} {reason}, first {result.rejected.first(reason)}")
    n_missing = len(result.missing_sessions)
    if n_missing:
        console.print(
            f"{n_missing:,} sessions of the calendar have no bars, first "
            f"{result.missing_sessions[0]}; `data.py check` says more"
        )
    console.print(
        f"{len(result.bars):,} bars of {symbol} of {result.n_read:,} rows, "
        f"{len(result.rejected):,} rejected: {shown(out)}"
    )
    for hint in result.hints:
        console.print(f"note: {hint}")
    if rejected is not None:
        verdict = "" if result.is_clean else ": a thousandth or more, look at them first"
        console.print(f"rejected rows: {shown(rejected)}{verdict}")


def _guess_lines(guess: "Guess") -> Iterator[str]:
    """Yield what a file was taken for, one fact a line."""
    yield f"{guess.file}: {guess.title} ({guess.dialect}), {guess.n_read:,} rows"
    yield f"  zone: {guess.zone_status}, {guess.zone} ({guess.zone_reason})"
    size = f"{guess.bar_seconds:,} s" if guess.bar_seconds else "unknown size, there is only one"
    yield f"  stamp: {guess.stamp_status}, the {guess.stamp} of a bar of {size}"
    yield f"  first {guess.first}, last {guess.last}, {guess.n_bars:,} bars"
    if guess.n_off_tick is None:
        yield f"  ticks: unchecked, adjustment {guess.adjustment}"
    else:
        noise = f", {guess.n_snapped:,} bars freed of float noise" if guess.n_snapped else ""
        yield (
            f"  ticks: {guess.n_off_tick:,} rows off the grid of {guess.tick_size:g}{noise}, "
            f"adjustment {guess.adjustment}"
        )
    for note in guess.notes:
        yield f"  note: {note}"
    for warning in guess.warnings:
        yield f"  warning: {warning}"
