"""The command `data.py resample`: larger bars of small ones, session by session."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option


def resample(
    file: Annotated[Path, Argument(help="Parquet file of bars.")],
    minutes: Annotated[int, Option(help="Size of the bars to make.")],
    out: Annotated[Path, Option(help="Parquet file to write.")],
    symbol: Annotated[str | None, Option(help="What they are bars of; the file may say.")] = None,
    bar_seconds: Annotated[
        int | None, Option(min=1, help="Size of FILE's bars; needed where many are missing.")
    ] = None,
    overrides: Annotated[
        Path | None, Option(help="TOML file of calendar exceptions of your own.")
    ] = None,
) -> None:
    """Make larger bars of FILE; none reaches across a close, a pause or the end of the data."""
    import pandas as pd

    from data.bars import bar_seconds as usual_seconds
    from data.calendar import calendar_of
    from data.resample import finished_buckets, merge_bars
    from data.store import load_bars, load_metadata, save_bars
    from scripts.data_commands.common import instrument_of
    from scripts.printing import console, shown
    from utils.errors import ConfigError, DataError

    if out.resolve() == file.resolve():
        raise ConfigError(f"`--out {out}` is the file itself; choose another name")
    notes = load_metadata(file)
    instrument = instrument_of(file, symbol)
    calendar = calendar_of(instrument.symbol, overrides)
    with console.status(f"resampling {shown(file)}"):
        is_on_grid = notes.get("adjustment") != "ratio"
        bars = load_bars(file, instrument if is_on_grid else None)
        stamps = pd.DatetimeIndex(bars.index)
        buckets = finished_buckets(stamps, minutes, calendar, bar_seconds or _noted_seconds(notes))
        larger = merge_bars(bars, buckets)
        if larger.empty:
            raise DataError(
                f"`{file}`: {len(bars)} bars make no whole bar of {minutes} minutes; give more"
            )
        changed = {"symbol": instrument.symbol, "bar_seconds": str(minutes * 60), "quality": ""}
        save_bars(larger, out, {**notes, **changed})
    console.print(
        f"{len(bars):,} bars of {usual_seconds(stamps):,} s made {len(larger):,} of "
        f"{minutes * 60:,} s, {larger.index[0]} to {larger.index[-1]}: {shown(out)}"
    )
    n_unfinished = len(bars) - 1 - int(buckets.lasts[-1])
    if n_unfinished:
        console.print(
            f"left out, because the larger bar they belong to is not over: {n_unfinished:,}"
        )
    n_outside = int((~calendar.is_open(stamps)).sum())
    if n_outside:
        console.print(
            f"warning: outside the calendar's hours, kept in bars of their own: {n_outside:,}"
        )


def _noted_seconds(notes: dict[str, str]) -> int | None:
    """Return the size of the bars that a file notes; None where it does not."""
    text = notes.get("bar_seconds", "")
    return int(text) if text.isdigit() and int(text) > 0 else None
