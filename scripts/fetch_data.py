"""Fetch bars into data/storage/: from Yahoo, a file or the synthetic market; from IB later."""

import sys
from pathlib import Path
from typing import Annotated

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from typer import Option

from utils.cli import DebugOption, make_app, run

app = make_app()


@app.command()
def fetch_data(
    symbol: Annotated[str, Option(help="Exchange root, e.g. MNQ.")] = "MNQ",
    duration: Annotated[str, Option(help='How far back: "1 Y", "6 M", "30 D".')] = "1 Y",
    bar_size: Annotated[str, Option(help='As IB spells it: "5 mins", "1 hour".')] = "5 mins",
    rth_only: Annotated[bool, Option("--rth-only", help="Regular hours only.")] = False,
    compute_features: Annotated[
        bool, Option("--compute-features", help="Also store feature columns, in a second file.")
    ] = False,
    update: Annotated[bool, Option("--update", help="Append only what is missing.")] = False,
    source: Annotated[str, Option(help="ib, yahoo, synthetic or file.")] = "ib",
    file: Annotated[Path | None, Option(help="Parquet file for --source file.")] = None,
    preset: Annotated[str, Option(help="Market for --source synthetic.")] = "default",
    seed: Annotated[int, Option(help="Its seed.")] = 0,
    revised: Annotated[
        str, Option(help="Bars that --update finds changed: refuse, keep_old or take_new.")
    ] = "refuse",
    out: Annotated[
        Path | None, Option(help="File to write; the usual is in data/storage/.")
    ] = None,
    debug: DebugOption = False,
) -> int:
    """Fetch bars of SYMBOL into data/storage/; exit 1 if 0.1 % of them or more are unsound."""
    from data.fetcher import HistoryRequest
    from data.sources import BarRequest
    from scripts import fetching

    history = HistoryRequest(
        symbol=symbol, duration=duration, bar_size=bar_size, is_rth_only=rth_only
    )
    request = BarRequest(history=history, file=file, preset=preset, seed=seed)
    path = fetching.storage_path(source, history) if out is None else out
    outcome = fetching.fetch_into(path, source, request, is_update=update, revised=revised)
    if compute_features:
        fetching.store_features(path, symbol)
    return outcome


if __name__ == "__main__":
    run(app)
