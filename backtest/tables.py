"""The report's tables: which numbers and settings are shown, under which headings."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from backtest.metrics import Metrics
from backtest.result import BacktestResult
from config.instruments import Instrument, get_instrument
from config.settings import EnvSettings

UNDEFINED = "–"

NUMERIC = re.compile(r"^(p )?[+\-–∞]?\d*[\d.,]*( ?[%s])?$")
"""A number as tables write it, perhaps with a unit."""

SHOWN_SETTINGS = (
    "symbol",
    "initial_balance",
    "commission",
    "slippage_ticks",
    "stop_loss_ticks",
    "max_position",
    "position_sizer",
    "lookback_window",
)
"""Fields of EnvSettings that every report shows, in words of its own."""

METRIC_ROWS: tuple[tuple[str, str, str], ...] = (
    ("net_profit_usd", "Net profit, USD", "{:+,.2f}"),
    ("final_equity_usd", "Final equity, USD", "{:,.2f}"),
    ("total_return", "Total return", "{:+.2%}"),
    ("annualised_return", "Annualised return", "{:+.2%}"),
    ("cagr", "CAGR", "{:+.2%}"),
    ("annualised_volatility", "Annualised volatility", "{:.2%}"),
    ("sharpe", "Sharpe ratio", "{:.2f}"),
    ("sortino", "Sortino ratio", "{:.2f}"),
    ("calmar", "Calmar ratio", "{:.2f}"),
    ("max_drawdown", "Maximum drawdown (sessions)", "{:.2%}"),
    ("max_drawdown_usd", "Maximum drawdown (sessions), USD", "{:,.2f}"),
    ("bar_max_drawdown", "Maximum drawdown (bars)", "{:.2%}"),
    ("average_drawdown", "Average drawdown (sessions)", "{:.2%}"),
    ("drawdown_duration_sessions", "Longest drawdown, sessions", "{:,d}"),
    ("recovery_factor", "Recovery factor", "{:.2f}"),
    ("var_5", "Value at risk 5 %, per session", "{:.2%}"),
    ("cvar_5", "Expected shortfall 5 % (CVaR)", "{:.2%}"),
    ("n_trades", "Trades", "{:,d}"),
    ("win_rate", "Win rate", "{:.1%}"),
    ("profit_factor", "Profit factor", "{:.2f}"),
    ("expectancy_usd", "Expectancy per trade, USD", "{:+,.2f}"),
    ("expectancy_ticks", "Expectancy per trade, ticks", "{:+,.1f}"),
    ("expectancy_r", "Expectancy per trade, R", "{:+.3f}"),
    ("average_win_usd", "Average win, USD", "{:+,.2f}"),
    ("average_loss_usd", "Average loss, USD", "{:+,.2f}"),
    ("payoff_ratio", "Payoff ratio", "{:.2f}"),
    ("longest_losing_streak", "Longest losing streak, trades", "{:,d}"),
    ("mean_mae_usd", "Mean worst excursion (MAE), USD", "{:+,.2f}"),
    ("mean_mfe_usd", "Mean best excursion (MFE), USD", "{:+,.2f}"),
    ("mean_holding_bars", "Mean holding time, bars", "{:,.1f}"),
    ("exposure", "Exposure (share of bars)", "{:.1%}"),
    ("turnover", "Turnover, times equity per year", "{:,.0f}"),
    ("total_fees_usd", "Commission paid, USD", "{:,.2f}"),
    ("cost_share", "Commission / gross wins", "{:.1%}"),
    ("total_slippage_usd", "Slippage paid, USD", "{:,.2f}"),
    ("slippage_share", "Slippage / wins before it", "{:.1%}"),
)
"""Metric, heading and format of each row of the table."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table: its heading and a text per column."""

    heading: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table under a heading of its own.

    Attributes:
        heading: What it shows.
        columns: Headings of the columns, that of the rows' own headings first.
        rows: One cell per column after the first.
        note: A sentence below it; empty for none.
    """

    heading: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]
    note: str = ""


COST_ROWS: tuple[tuple[str, str, Callable[[Metrics], float]], ...] = (
    ("Profit before costs, USD", "{:+,.2f}", lambda found: found["net_profit_usd"] + _paid(found)),
    ("Slippage, USD", "{:,.2f}", lambda found: 0.0 - found["total_slippage_usd"]),
    ("Commission, USD", "{:,.2f}", lambda found: 0.0 - found["total_fees_usd"]),
    ("Net profit, USD", "{:+,.2f}", lambda found: found["net_profit_usd"]),
    ("Costs per trade, USD", "{:,.2f}", lambda found: _per_trade(_paid(found), found)),
    (
        "Profit before costs per trade, USD",
        "{:+,.2f}",
        lambda found: _per_trade(found["net_profit_usd"] + _paid(found), found),
    ),
)
"""Heading, format and value of each row of the table of costs."""


def cost_table(results: Sequence[BacktestResult]) -> Table:
    """Return what prices alone would have made, what costs took, and what was left."""
    rows = tuple(
        Row(heading, tuple(number(value(result.metrics), style) for result in results))
        for heading, style, value in COST_ROWS
    )
    return Table(
        heading="Costs",
        columns=("Cost", *(result.name for result in results)),
        rows=rows,
        note="Slippage is what fills were worse than the price they were due at; it is in the "
        "prices of fills and trades, so that a trade's gross profit is after it.",
    )


def _paid(found: Metrics) -> float:
    return found["total_fees_usd"] + found["total_slippage_usd"]


def _per_trade(value: float, found: Metrics) -> float:
    return value / found["n_trades"] if found["n_trades"] else math.nan


def metric_table(results: Sequence[BacktestResult]) -> Table:
    """Return one row per metric, one column per result."""
    columns = ("Metric", *(result.name for result in results))
    return Table(heading="Metrics", columns=columns, rows=tuple(metric_rows(results)))


def is_numeric(table: Table, column: int) -> bool:
    """Return whether all cells of a column (1: the first after the headings) begin like a number.

    Args:
        table: Any table.
        column: As `table.columns` counts them.
    """
    cells = [row.cells[column - 1] for row in table.rows] if column else ["text"]
    return bool(cells) and all(NUMERIC.match(cell) for cell in cells)


def metric_rows(results: Sequence[BacktestResult]) -> list[Row]:
    """Return one row per metric, one cell per result; an undefined number is a dash."""
    return [
        Row(heading, tuple(number(result.metrics[key], style) for result in results))
        for key, heading, style in METRIC_ROWS
    ]


def number(value: float, style: str) -> str:
    """Return a value in a format; an undefined one is a dash."""
    if math.isnan(value):
        return UNDEFINED
    return "∞" if math.isinf(value) else style.format(value)


def setting_rows(result: BacktestResult) -> list[Row]:
    """Return the account, its costs and what the policy saw, in words."""
    settings, traded = result.settings, [get_instrument(symbol) for symbol in result.symbols]
    stop = "none" if settings.stop_loss_ticks is None else f"{settings.stop_loss_ticks:,g} ticks"
    facts = (
        *(("Instrument", _contract(each)) for each in traded),
        ("Initial capital, USD", f"{settings.initial_balance:,.2f}"),
        ("Commission, USD per contract and side", _commissions(traded, settings)),
        ("Slippage, ticks per market or stop fill", f"{settings.slippage_ticks}"),
        ("Protective stop", stop),
        ("Largest position, contracts", f"{settings.max_position}"),
        ("Position sizer", settings.position_sizer),
        ("Lookback, bars", f"{settings.lookback_window}"),
        ("Features", ", ".join(result.feature_columns)),
        *_further_terms(settings),
    )
    return [Row(heading, (text,)) for heading, text in facts]


def _contract(instrument: Instrument) -> str:
    return f"{instrument.symbol}, {instrument.name}, {instrument.multiplier:g} USD per point"


def _commissions(traded: Sequence[Instrument], settings: EnvSettings) -> str:
    """Return the commission; of several instruments with their own, each with its symbol."""
    if settings.commission is not None:
        return f"{settings.commission:.2f}"
    own = [f"{each.commission_per_side_usd:.2f}" for each in traded]
    if len(set(own)) == 1:
        return own[0]
    return ", ".join(f"{each.symbol} {text}" for each, text in zip(traded, own, strict=True))


def _further_terms(settings: EnvSettings) -> list[tuple[str, str]]:
    """Return the settings that are not those of a plain account, by their own names."""
    usual = EnvSettings().model_dump()
    others = {name: value for name, value in settings if value != usual[name]}
    return [(name, str(value)) for name, value in others.items() if name not in SHOWN_SETTINGS]


def provenance_rows(provenance: Mapping[str, Any]) -> list[Row]:
    """Return one row per value; those inside nested mappings have dotted headings."""
    return [Row(key, (value,)) for key, value in _flat(provenance)]


def _flat(values: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    """Return nested mappings as dotted names and texts, in their own order."""
    pairs: list[tuple[str, str]] = []
    for key, value in values.items():
        if isinstance(value, Mapping):
            pairs += _flat(value, f"{prefix}{key}.")
        else:
            pairs.append((f"{prefix}{key}", str(value)))
    return pairs
