"""The command `data.py facts`: stylised facts of a file beside real markets and a synthetic one."""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from typer import Argument, Option

DECIMALS_FROM = {100.0: 0, 10.0: 1, 1.0: 2, 0.0: 3}
"""How many decimals to print of numbers at least this large."""


def facts(
    file: Annotated[Path, Argument(help="Parquet file of intraday bars.")],
    symbol: Annotated[str | None, Option(help="What they are bars of; the file may say.")] = None,
    preset: Annotated[str, Option(help="Synthetic market to put beside them.")] = "default",
    as_json: Annotated[bool, Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Measure the bars of FILE, a synthetic market, and say which rows are like NQ's."""
    from data.facts import stylised_facts
    from data.store import load_bars
    from data.synthetic_facts import SEEDS, median_facts
    from data.synthetic_presets import PRESETS
    from scripts.data_commands.common import instrument_of
    from scripts.printing import console
    from utils.files import canonical_json
    from utils.registry import lookup

    market = lookup(PRESETS, preset, "preset")
    instrument = instrument_of(file, symbol)
    with console.status(f"measuring {file.name} and {len(SEEDS)} synthetic markets"):
        own = stylised_facts(load_bars(file, instrument), instrument.symbol)
        synthetic = median_facts(market)
    summary = {
        "file": str(file),
        "symbol": instrument.symbol,
        "preset": preset,
        "synthetic_seeds": list(SEEDS),
        "rows": _rows(own, synthetic),
    }
    if as_json:
        print(canonical_json(summary))
    else:
        _print(summary)


def _rows(
    own: Mapping[str, tuple[float, ...]], synthetic: Mapping[str, tuple[float, ...]]
) -> list[dict[str, Any]]:
    """Return one entry per row of facts; what is not known is NaN."""
    from data.fact_targets import FACTS

    return [
        {
            "fact": name,
            "title": row.title,
            "parts": list(row.parts),
            "file": list(own[name]),
            "targets": {symbol: list(values) for symbol, values in row.targets.items()},
            "band": [list(pair) for pair in row.bands()],
            "synthetic": list(synthetic[name]),
            "file_met": row.is_met(own[name]),
            "synthetic_met": row.is_met(synthetic[name]),
        }
        for name, row in FACTS.items()
    ]


def _print(summary: Mapping[str, Any]) -> None:
    """Print one line per number, and how many rows lie in their bands."""
    from rich.table import Table

    from scripts.printing import console

    rows = summary["rows"]
    table = Table("fact", "")
    markets = list(rows[0]["targets"])
    for heading in (summary["symbol"], *(f"real {name}" for name in markets), "band", "synthetic"):
        table.add_column(heading, justify="right")
    for row in rows:
        for i, part in enumerate(row["parts"]):
            low, high = row["band"][i]
            table.add_row(
                row["title"] if i == 0 else "",
                part,
                _marked(row["file"][i], row["file_met"]),
                *(_shown(row["targets"][name][i]) for name in markets),
                f"{_shown(low)} to {_shown(high)}",
                _marked(row["synthetic"][i], row["synthetic_met"]),
            )
    console.print(table)
    n_seeds = len(summary["synthetic_seeds"])
    for what, key in (
        (summary["file"], "file_met"),
        (f"synthetic `{summary['preset']}`, median of {n_seeds} seeds", "synthetic_met"),
    ):
        met = sum(row[key] for row in rows)
        console.print(f"{what}: {met} of {len(rows)} rows within the bands around NQ")
    console.print("* a row with a number outside its band")


def _marked(value: float, is_met: bool) -> str:
    return _shown(value) + (" " if is_met else "*")


def _shown(value: float) -> str:
    """Return a number with about three digits; a dash for NaN."""
    if math.isnan(value):
        return "-"
    decimals = next(count for least, count in DECIMALS_FROM.items() if abs(value) >= least)
    return f"{value:,.{decimals}f}"
