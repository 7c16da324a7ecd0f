"""Fetch bars into data/storage/: from Interactive Brokers, Yahoo, a file, or made up."""

import shlex
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
    host: Annotated[str | None, Option(help="Of TWS or IB Gateway; else IB_HOST.")] = None,
    port: Annotated[
        int | None, Option(min=1, max=65_535, help="Its API port; else IB_PAPER_PORT.")
    ] = None,
    client_id: Annotated[
        int | None, Option(min=0, max=2**31 - 1, help="Ours there; else IB_CLIENT_ID.")
    ] = None,
    debug: DebugOption = False,
) -> int:
    """Fetch bars of SYMBOL into data/storage/; exit 1 if 0.1 % of them or more are unsound."""
    from data.history_request import HistoryRequest
    from data.ib_history import address_from_environment
    from data.sources import BarRequest
    from scripts import fetching, fetching_ib

    history = HistoryRequest(
        symbol=symbol, duration=duration, bar_size=bar_size, is_rth_only=rth_only
    )
    if source == "ib":
        path, outcome = fetching_ib.download(
            fetching_ib.IbJob(history=history, out=out, is_update=update, revised=revised),
            address_from_environment(host, port, client_id),
            f"scripts/fetch_data.py {shlex.join(sys.argv[1:])}",
        )
    else:
        request = BarRequest(history=history, file=file, preset=preset, seed=seed)
        path = fetching.storage_path(source, history) if out is None else out
        outcome = fetching.fetch_into(path, source, request, is_update=update, revised=revised)
    if compute_features:
        fetching.store_features(path, symbol)
    return outcome


if __name__ == "__main__":
    run(app)
