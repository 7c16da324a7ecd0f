"""Fetch history from Interactive Brokers (the download itself is not in this version)."""

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
        bool, Option("--compute-features", help="Also store feature columns.")
    ] = False,
    update: Annotated[bool, Option("--update", help="Append only what is missing.")] = False,
    debug: DebugOption = False,
) -> None:
    """Fetch bars of SYMBOL from Interactive Brokers into data/storage/."""
    from data.fetcher import HistoryRequest, fetch_history

    fetch_history(
        HistoryRequest(symbol=symbol, duration=duration, bar_size=bar_size, is_rth_only=rth_only)
    )


if __name__ == "__main__":
    run(app)
