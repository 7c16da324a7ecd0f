"""The report's sentences: span, warnings, summary, key figures, and what it does not show."""

from collections.abc import Sequence
from dataclasses import dataclass

from backtest.remarks import account_remarks
from backtest.result import BacktestResult
from backtest.tables import METRIC_ROWS, number
from utils.wording import counted

TILES = ("net_profit_usd", "sharpe", "max_drawdown", "n_trades", "win_rate", "profit_factor")
"""Metrics that are told first."""

SIGNED_TILES = frozenset({"net_profit_usd", "sharpe"})
"""Those that are coloured by their sign."""

SHORT_HEADINGS = {"max_drawdown": "Maximum drawdown"}

UNTESTED = (
    "One pass over one stretch of bars, without a significance test: a difference between two "
    "columns may be chance."
)
TESTED = (
    "One pass over one stretch of bars. The tests of significance know of the trials that were "
    "logged, and of no other search; sessions that were looked at often are no hold-out."
)
CAVEATS = (
    "All columns trade the same bars with the same capital, commission, slippage and protective "
    "stop. Buy and hold therefore buys again after a stop took it out.",
    "Orders fill in full, at the next bar's open or at their stop, with the slippage shown; what "
    "is open at the end is closed at the last close. Inside a bar only open, high, low and close "
    "are known.",
    "Ratios use session-daily returns and 252 sessions a year. Drawdown and value at risk are "
    "negative: a loss.",
)


@dataclass(frozen=True, slots=True)
class Tile:
    """A key figure: its heading, its text, and "gain", "loss" or nothing for its colour."""

    heading: str
    text: str
    mood: str


def caveats(is_assessed: bool) -> tuple[str, ...]:
    """Return what the page does not show.

    Args:
        is_assessed: Whether it has tests of significance.
    """
    promise = "Simulated results. Nothing here promises a profit, and it is no investment advice."
    return (promise, TESTED if is_assessed else UNTESTED, *CAVEATS)


def span_text(result: BacktestResult) -> str:
    """Say from when to when, in how many bars and sessions."""
    first, last = result.span
    n_sessions = result.metrics["n_sessions"]
    return (
        f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC, "
        f"{len(result.timestamps):,} bars, {n_sessions:,} sessions"
    )


def warnings(results: Sequence[BacktestResult], is_synthetic: bool) -> list[str]:
    """Return what a reader must know before the first number."""
    found = []
    if is_synthetic:
        found.append(
            "SYNTHETIC MARKET: these bars are made up. The result says nothing about real trading."
        )
    if any(result.is_in_sample for result in results):
        found.append(
            "IN-SAMPLE: the model was trained on some of these bars, or on later ones. It may have "
            "memorised what they show."
        )
    return found + [remark for result in results for remark in account_remarks(result)]


def summary(results: Sequence[BacktestResult], n_tested: int = 1) -> str:
    """Say in a sentence what the tested results made, and which baseline did best."""
    tested, baselines = results[:n_tested], results[n_tested:]
    sentence = "; ".join(
        f"{each.name} {_made(each)} in {counted(len(each.trades), 'trade')} after costs"
        for each in tested
    )
    if not baselines:
        return sentence + "."
    best = max(baselines, key=lambda result: result.metrics["net_profit_usd"])
    return f"{sentence}; the best baseline, {best.name}, {_made(best)}."


def tiles(result: BacktestResult) -> list[Tile]:
    """Return the key figures of a result."""
    styles = {key: (heading, style) for key, heading, style in METRIC_ROWS}
    found = []
    for key in TILES:
        heading, style = styles[key]
        value = result.metrics[key]
        mood = ("gain" if value > 0 else "loss" if value < 0 else "") if key in SIGNED_TILES else ""
        found.append(Tile(SHORT_HEADINGS.get(key, heading), number(value, style), mood))
    return found


def _made(result: BacktestResult) -> str:
    profit = result.metrics["net_profit_usd"]
    share = abs(result.metrics["total_return"])
    if profit == 0:
        return "neither made nor lost anything"
    return f"{'made' if profit > 0 else 'lost'} {abs(profit):,.2f} USD ({share:.1%})"
