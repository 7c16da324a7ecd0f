"""The command `data.py synth`: a file of synthetic bars."""

from pathlib import Path
from typing import Annotated

from typer import Option


def synth(
    out: Annotated[Path, Option(help="Parquet file to write.")],
    preset: Annotated[str, Option(help="Which market, e.g. martingale or crisis.")] = "default",
    sessions: Annotated[int | None, Option(help="Length in trade dates.")] = None,
    bars: Annotated[int | None, Option(help="Length in five-minute bars.")] = None,
    seed: Annotated[int, Option(help="Seeds all randomness.")] = 0,
    symbol: Annotated[str, Option(help="Instrument whose ticks the prices are in.")] = "MNQ",
    contracts: Annotated[
        bool, Option("--contracts", help="Overlapping contracts, to be rolled.")
    ] = False,
) -> None:
    """Make up bars: not a real market, but much like one. Give --sessions or --bars."""
    from data.store import SYNTHETIC, bar_metadata, save_bars, save_contracts
    from data.synthetic import synthetic_bars
    from data.synthetic_clock import sessions_to_bars
    from data.synthetic_contracts import synthetic_contracts
    from scripts.printing import console, shown
    from utils.errors import ConfigError

    if (sessions is None) == (bars is None):
        raise ConfigError("say how long the market is to be, with one of --sessions and --bars")
    n_bars = bars if sessions is None else sessions_to_bars(sessions)
    assert n_bars is not None
    with console.status(f"making {n_bars:,} synthetic bars"):
        make = synthetic_contracts if contracts else synthetic_bars
        frame = make(n_bars, preset, seed=seed, symbol=symbol)
        one_of_each = frame[~frame.index.duplicated()]  # contracts overlap
        source = f"{SYNTHETIC} {preset}"
        notes = bar_metadata(one_of_each, symbol=symbol.upper(), source=source)
        save = save_contracts if contracts else save_bars
        save(frame, out, {**notes, "seed": str(seed)})
    what = f"of {frame['contract'].nunique()} contracts" if contracts else f"of {symbol.upper()}"
    console.print(
        f"{len(frame):,} synthetic bars {what}, preset `{preset}`, seed {seed}, "
        f"{frame.index[0]} to {frame.index[-1]}: {shown(out)}"
    )
