"""What scripts print for people: tables, paths and commands that can be typed again."""

import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from backtest.remarks import account_remarks
from backtest.result import BacktestResult
from utils.paths import PROJECT_ROOT

OPTIONS = {
    "initial_balance": "--initial-capital",
    "stop_loss_ticks": "--fixed-sl-ticks",
    "lookback_window": "--lookback",
    "position_sizer": "--sizer",
    "cost_ramp_steps": "--cost-ramp",
    "n_evaluations": "--evaluations",
}
"""Settings that the command line knows by another name."""

PLAIN_WIDTH = 120
"""Columns to print in where the output is no terminal."""

console = Console(highlight=False, markup=False)
if not console.is_terminal:
    console = Console(highlight=False, markup=False, width=PLAIN_WIDTH)

errors = Console(stderr=True, highlight=False, markup=False)
"""What is said while standard output is for JSON alone."""

TABLE_COLUMNS = {
    "net_profit_usd": ("net USD", "{:,.2f}"),
    "total_return": ("return", "{:.2%}"),
    "sharpe": ("Sharpe", "{:.2f}"),
    "max_drawdown": ("max drawdown", "{:.2%}"),
    "n_trades": ("trades", "{:,d}"),
    "win_rate": ("win rate", "{:.1%}"),
    "total_fees_usd": ("fees USD", "{:,.2f}"),
}
"""Metric name: heading and format of its column in the printed table."""


def print_results(results: Sequence[BacktestResult]) -> None:
    """Print the span and one row of metrics per result; say so where the model knew the bars."""
    first, last = results[0].span[0], results[-1].span[1]
    console.print(f"decisions from the close of {first} on, last bar {last}")
    table = Table()
    table.add_column("policy")
    for heading, _ in TABLE_COLUMNS.values():
        table.add_column(heading, justify="right")
    for result in results:
        table.add_row(Text(result.name), *_cells(result.metrics))
    console.print(table)
    for remark in (remark for result in results for remark in account_remarks(result)):
        console.print(Text(remark))
    if any(result.is_in_sample for result in results):
        console.print("IN-SAMPLE: the model was trained on some of these bars or later ones")


def _cells(metrics: dict[str, Any]) -> list[str]:
    """Return formatted values; an undefined one (NaN) is a dash."""
    values = ((metrics[name], style) for name, (_, style) in TABLE_COLUMNS.items())
    return ["-" if pd.isna(value) else style.format(value) for value, style in values]


def shown(path: Path) -> str:
    """Return `path` as it can be typed in the current folder: short in the repository root."""
    absolute = path.absolute()
    if Path.cwd() == PROJECT_ROOT and absolute.is_relative_to(PROJECT_ROOT):
        absolute = absolute.relative_to(PROJECT_ROOT)
    return shlex.quote(absolute.as_posix())


def print_commands(heading: str, *commands: str, told: Console = console) -> None:
    """Print commands of ours, each a script and its options, ready to be typed here."""
    # the link in .venv, not the interpreter it leads to, which knows nothing of our packages
    python = shown(Path(sys.executable))
    told.print(f"{heading}:")
    for command in commands:
        script, options = command.split(" ", 1)
        told.print(f"  {python} {shown(PROJECT_ROOT / script)} {options}", soft_wrap=True)
