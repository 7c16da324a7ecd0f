"""Compare a trading day of a journal with what the kernel makes of the same decisions and bars."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from typer import Argument, Option

from utils.cli import DebugOption, make_app, run

if TYPE_CHECKING:
    from datetime import date

    from rich.console import Console

    from trading.drift_report import DriftReport
    from trading.journal_reader import JournalReader

IS_BEYOND = 1
"""Exit code where the difference is beyond the limit."""

app = make_app()


@app.command()
def drift(
    journal: Annotated[Path, Argument(help="Journal of a trader, also one that is running.")],
    bars: Annotated[Path, Option(help="Parquet file with the bars of that day, and earlier ones.")],
    model: Annotated[list[Path], Option(help="Model directory that traded; each of several.")],
    forecaster: Annotated[
        Path | None, Option(help="Its forecaster, where it sees forecasts.")
    ] = None,
    day: Annotated[
        str | None, Option(help="Trading day, YYYY-MM-DD; the last one with a decision.")
    ] = None,
    limit_usd: Annotated[
        float | None, Option(help="Exit 1 where the difference is larger, either way.")
    ] = None,
    out: Annotated[Path | None, Option(help="HTML file to write the report to.")] = None,
    as_json: Annotated[bool, Option("--json", help="Print one JSON object.")] = False,
    debug: DebugOption = False,
) -> int:
    """Put each fill of JOURNAL beside the kernel's, and say what the difference comes from."""
    from dataclasses import replace

    from scripts.drift_input import bars_until, model_notes, traded_model
    from scripts.printing import console, errors, shown
    from trading.drift_report import daily_drift
    from trading.drift_text import as_json as as_values
    from trading.journal_reader import JournalReader
    from utils.errors import ConfigError
    from utils.files import canonical_json

    if limit_usd is not None and not limit_usd >= 0:
        raise ConfigError(f"`--limit-usd` must be >= 0, was {limit_usd}")
    traded = traded_model(model, forecaster)
    settings = traded.settings
    with JournalReader.open(journal) as reader, reader.at_one_moment():
        wanted = _day(reader, settings.symbol, day)
        notes = model_notes(reader, traded, wanted)
        told = bars_until(bars, settings.symbol, wanted, traded.known_as)
        report = daily_drift(reader, told, settings, wanted)
    report = replace(report, remarks=(*report.remarks, *notes))
    if as_json:
        print(canonical_json({"file": str(journal), **as_values(report)}))
    else:
        _print(report, console)
    beside = errors if as_json else console
    if out is not None:
        _write_page(report, out)
        beside.print(f"report: {shown(out)}", soft_wrap=True)
    if limit_usd is None or abs(report.difference_usd) <= limit_usd:
        return 0
    text = f"beyond the limit: {report.difference_usd:+,.2f} USD, `--limit-usd` is {limit_usd:,g}"
    beside.print(text, soft_wrap=True)
    return IS_BEYOND


def _write_page(report: "DriftReport", out: Path) -> None:
    """Write as a page what a terminal is shown."""
    from io import StringIO

    from rich.console import Console

    from scripts.printing import PLAIN_WIDTH
    from utils.files import write_text_atomically

    page = Console(file=StringIO(), record=True, width=PLAIN_WIDTH, highlight=False, markup=False)
    _print(report, page)
    write_text_atomically(out, page.export_html())


def _day(reader: "JournalReader", symbol: str, text: str | None) -> "date":
    """Return the trading day that is asked for, or the last one of the journal."""
    from datetime import date

    from trading.drift_records import days_decided
    from utils.errors import ConfigError

    days = days_decided(reader, symbol)
    if not days:
        raise ConfigError(f"`{reader.path}` has no decision: there is nothing to compare")
    if text is None:
        return days[-1]
    try:
        wanted = date.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"`--day` must be YYYY-MM-DD, was {text!r}") from error
    if wanted not in days:
        raise ConfigError(
            f"`{reader.path}` has no decision on {wanted}; its {len(days)} days with some are from "
            f"{days[0]} to {days[-1]}"
        )
    return wanted


def _print(report: "DriftReport", console: "Console") -> None:
    """Print what the difference comes to, a table of the fills, and what to doubt."""
    from rich.table import Table
    from rich.text import Text

    from trading.drift_text import HEADINGS, cells, summary_lines

    for line in summary_lines(report):
        console.print(line, soft_wrap=True)
    if report.rows:
        table = Table(*HEADINGS)
        for row in report.rows:
            table.add_row(*map(Text, cells(row)))
        console.print(table)
    for remark in report.remarks:
        console.print(f"note: {remark}", soft_wrap=True)


if __name__ == "__main__":
    run(app)
