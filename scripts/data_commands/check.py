"""The command `data.py check`: a report on every defect of a file of bars."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Argument, Option

if TYPE_CHECKING:
    from data.quality import QualityReport

HAS_ERRORS = 1
"""Exit code where the report has errors."""


def check(
    file: Annotated[Path, Argument(help="Parquet file of bars, ours or anybody's.")],
    symbol: Annotated[str | None, Option(help="What they are bars of; the file may say.")] = None,
    as_json: Annotated[bool, Option("--json", help="Print the whole report as JSON.")] = False,
) -> int:
    """Count, locate and explain what is wrong with the bars of FILE; exit 1 on errors."""
    from data.quality import check_file
    from scripts.data_commands.common import instrument_of
    from scripts.printing import console, shown
    from utils.files import canonical_json

    instrument = instrument_of(file, symbol)
    if as_json:
        report = check_file(file, instrument)
        about = {"file": str(file), "symbol": instrument.symbol}
        print(canonical_json({**about, **report.to_dict()}))
    else:
        with console.status(f"checking {shown(file)}"):
            report = check_file(file, instrument)
        print_report(report, f"{shown(file)} as {instrument.symbol}")
    return HAS_ERRORS if report.has_errors else 0


def print_report(report: "QualityReport", title: str) -> None:
    """Print what the bars are, then one block per finding, errors first."""
    from rich.table import Table
    from rich.text import Text

    from scripts.printing import console

    span = "" if report.span is None else f", {report.span[0]} to {report.span[1]}"
    size = f"{report.bar_seconds:,} s" if report.bar_seconds else "unknown size"
    console.print(f"{title}: {report.n_rows:,} bars of {size}{span}")
    sessions = report.sessions
    console.print(
        f"{len(sessions):,} sessions; {sessions['present'].sum():,} of "
        f"{sessions['expected'].sum():,} expected bars are there"
    )
    if report.findings:
        table = Table("", "what", "count", "problem, what to do, and the first", show_lines=True)
        for found in report.findings:
            lines = (f"{found.problem}; {found.advice}", *found.first)
            cells = (found.severity.value, found.code, f"{found.count:,}", "\n".join(lines))
            table.add_row(*map(Text, cells))
        console.print(table)
    console.print(report.summary)
