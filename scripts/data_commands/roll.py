"""`data.py roll`: one continuous series out of the bars of many contracts."""

import json
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Option

if TYPE_CHECKING:
    import pandas as pd
    from rich.status import Status

    from data.continuous import ContinuousSeries
    from data.rolls import RollSettings

N_SHOWN = 5
"""Sessions of one kind that are named in full."""


def roll(
    file: Annotated[Path, Argument(help="Parquet file with a column `contract`, e.g. NQM24.")],
    symbol: Annotated[str, Option(help="Product of the contracts, e.g. NQ.")],
    out: Annotated[Path, Option(help="Parquet file to write.")],
    adjust: Annotated[str, Option(help="none, difference or ratio.")] = "none",
    rule: Annotated[
        str | None, Option(help="volume or calendar; the product's own by default.")
    ] = None,
    confirm: Annotated[int, Option(help="Further sessions that must agree (volume).")] = 0,
    rolls: Annotated[Path | None, Option(help="CSV file for the table of rolls.")] = None,
    as_json: Annotated[bool, Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Join the contracts in FILE into one series, changing contract by volume or by date."""
    from config.instruments import get_instrument
    from data.continuous import continuous_series
    from data.contract_bars import load_contract_bars
    from data.contracts import check_has_contracts
    from data.rolls import RollSettings
    from data.store import bar_metadata, load_metadata, save_bars
    from utils.errors import ConfigError
    from utils.files import write_text_atomically

    if out.resolve() == file.resolve():
        raise ConfigError(f"`--out {out}` is the file itself; choose another name")
    instrument = get_instrument(symbol)
    check_has_contracts(instrument)
    settings = RollSettings(rule=rule or instrument.roll_rule, confirm=confirm)
    with nullcontext() if as_json else _status(file):
        contracts = load_contract_bars(file, instrument)
        series = continuous_series(contracts, instrument, settings, adjust)
    notes = load_metadata(file)
    origin = notes.get("source") or file.name
    metadata = bar_metadata(
        series.bars,
        symbol=instrument.symbol,
        source=f"{origin}, rolled by {settings.rule}, {settings.confirm} to confirm",
        adjustment=adjust,
        zone=notes.get("zone", "UTC"),
        quality=_quality(series, adjust),
    )
    save_bars(series.bars, out, {**notes, **metadata})
    if rolls is not None:
        write_text_atomically(rolls, _csv(series.rolls))
    summary = _summary(series, settings, instrument.symbol, adjust, out)
    if as_json:
        print(json.dumps(summary, indent=2, allow_nan=False))
    else:
        _print_summary(summary, series.rolls)


def _status(file: Path) -> "Status":
    from scripts.printing import console, shown

    return console.status(f"rolling {shown(file)}")


def _quality(series: "ContinuousSeries", adjust: str) -> str:
    grid = "off the tick grid (ratio-adjusted)" if adjust == "ratio" else "on the tick grid"
    return (
        f"rolls: {len(series.rolls)}, sessions without bars of the contract in use: "
        f"{len(series.missing_sessions)}, {grid}"
    )


def _csv(rolls: "pd.DataFrame") -> str:
    text: str = rolls.to_csv(index=False, float_format="%.12g", lineterminator="\n")
    return text


def _summary(
    series: "ContinuousSeries", settings: "RollSettings", symbol: str, adjust: str, out: Path
) -> dict[str, Any]:
    """Return what was done, in types that JSON has; what could not be measured is null."""
    stamps = series.bars.index
    rolls = series.rolls.assign(
        decision_session=series.rolls["decision_session"].dt.strftime("%Y-%m-%d"),
        first_session_new=series.rolls["first_session_new"].dt.strftime("%Y-%m-%d"),
    )
    records = rolls.to_json(orient="records", date_format="iso", double_precision=12)
    return {
        "out": str(out),
        "symbol": symbol,
        "adjustment": adjust,
        "rule": settings.rule,
        "confirm": settings.confirm,
        "n_bars": len(stamps),
        "first": stamps[0].isoformat(),
        "last": stamps[-1].isoformat(),
        "last_contract": str(series.bars["contract"].iloc[-1]),
        "rolls": json.loads(records),
        "missing_sessions": [str(date) for date in series.missing_sessions],
        "cut_sessions": {str(date): n for date, n in series.cut_sessions.items()},
        "left_out_columns": list(series.left_out),
    }


def _print_summary(summary: dict[str, Any], rolls: "pd.DataFrame") -> None:
    from rich.table import Table

    from scripts.printing import console, shown

    table = Table(*rolls.columns[:-1])
    for line in _csv(rolls).splitlines()[1:]:
        table.add_row(*line.split(",")[:-1])
    console.print(table)
    console.print(
        f"{summary['n_bars']:,} bars of {summary['symbol']}, {summary['first']} to "
        f"{summary['last']}, rolls by {summary['rule']}: {len(rolls)}, "
        f"adjustment {summary['adjustment']}: {shown(Path(summary['out']))}"
    )
    if summary["adjustment"] == "ratio":
        console.print("ratio-adjusted prices are off the tick grid: use their returns only")
    if summary["left_out_columns"]:
        console.print(f"columns left out: {', '.join(summary['left_out_columns'])}")
    missing, cut = summary["missing_sessions"], summary["cut_sessions"]
    if missing:
        console.print(
            f"sessions left out, since the contract in use has no bars in them: {len(missing)} "
            f"({_some(missing)})"
        )
    if cut:
        console.print(
            f"bars left out, since the contract in use had expired earlier that day: "
            f"{sum(cut.values()):,} ({_some(list(cut))})"
        )


def _some(dates: list[str]) -> str:
    return ", ".join(dates[:N_SHOWN]) + (", ..." if len(dates) > N_SHOWN else "")
