"""The command `data.py repair`: mend bars, each repair by name, each change written down."""

from pathlib import Path
from typing import Annotated

from typer import Argument, Option


def repair(
    file: Annotated[Path, Argument(help="Parquet file of bars, ours or anybody's.")],
    out: Annotated[Path, Option(help="Parquet file to write the mended bars to.")],
    symbol: Annotated[str | None, Option(help="What they are bars of; the file may say.")] = None,
    drop_nan: Annotated[
        bool, Option("--drop-nan", help="Take out bars without stamp, price or volume.")
    ] = False,
    drop_impossible: Annotated[
        bool, Option("--drop-impossible", help="Negative volume; prices <= 0, except of energy.")
    ] = False,
    sort: Annotated[bool, Option("--sort", help="Oldest first.")] = False,
    drop_duplicates: Annotated[
        bool, Option("--drop-duplicates", help="Of one stamp, keep the last bar in the file.")
    ] = False,
    drop_outside_hours: Annotated[
        bool, Option("--drop-outside-hours", help="Take out bars of the closed market.")
    ] = False,
    snap_to_tick: Annotated[
        bool, Option("--snap-to-tick", help="Move prices to the nearest tick.")
    ] = False,
    clip_ohlc: Annotated[
        bool, Option("--clip-ohlc", help="Widen high and low to hold open and close.")
    ] = False,
    accept_changed: Annotated[
        bool, Option("--accept-changed", help="Take values that were edited since; not in --all.")
    ] = False,
    do_all: Annotated[
        bool, Option("--all", help="All repairs that suit bars of this size.")
    ] = False,
    as_json: Annotated[bool, Option("--json", help="Print what was done as JSON.")] = False,
) -> None:
    """Mend FILE into OUT; rows removed or changed go to OUT.repaired.csv. Nothing is filled in."""
    from dataclasses import asdict

    from data.repair import ACCEPT_CHANGED, REPAIRS, account_path, repair_file, suitable_repairs
    from scripts.data_commands.common import instrument_of
    from scripts.printing import console, shown
    from utils.errors import ConfigError
    from utils.files import canonical_json

    asked = {
        "drop-nan": drop_nan,
        "drop-impossible": drop_impossible,
        "sort": sort,
        "drop-duplicates": drop_duplicates,
        "drop-outside-hours": drop_outside_hours,
        "snap-to-tick": snap_to_tick,
        "clip-ohlc": clip_ohlc,
        ACCEPT_CHANGED: accept_changed,
    }
    instrument = instrument_of(file, symbol)
    repairs = [name for name, is_asked in asked.items() if is_asked]
    if do_all:
        repairs = [*suitable_repairs(file), *(name for name in repairs if name == ACCEPT_CHANGED)]
    if not repairs:
        options = ", ".join(f"--{name}" for name in REPAIRS)
        raise ConfigError(f"say what to repair: {options}, or --all of them")
    result = repair_file(file, instrument, repairs, out)
    if as_json:
        done = {"steps": [asdict(step) for step in result.steps], "rows": len(result.bars)}
        files = {"out": str(out), "account": str(account_path(out))}
        print(canonical_json({**done, **files, "quality": result.report.summary}))
        return
    for step in result.steps:
        console.print(
            f"{step.name}: {step.n_removed:,} removed, {step.n_changed:,} changed, "
            f"{step.n_moved:,} out of order"
        )
    console.print(f"{len(result.bars):,} bars: {shown(out)} ({result.report.summary})")
    console.print(f"{len(result.changes):,} rows removed or changed: {shown(account_path(out))}")
