"""What a rehearsal came to, in a few lines made of its journal: the words that its end leaves.

Money is what went in and out for the fills, contract by contract, and what is still held at the
last price. How each day compares with the kernel's is left to trading/drift_report.py.
"""

import shlex
from collections.abc import Iterable, Sequence
from pathlib import Path

from config.instruments import Instrument
from trading.day_reports import DRIFT_FOLDER
from trading.drift_records import asked
from trading.journal_reader import SIGNS, JournalReader
from trading.journal_rows import StoredFill
from trading.live_lines import UNKNOWN, usd
from trading.order_restore import LONG_AGO
from trading.trade_request import TradeRequest
from trading.trader_setup import JOURNAL
from utils.wording import counted


def summary_lines(
    request: TradeRequest, instrument: Instrument, last_price: float | None
) -> tuple[str, ...]:
    """Return what a rehearsal that is over came to, and what to look at next.

    Args:
        request: What was rehearsed, and where.
        instrument: What was traded.
        last_price: Newest price of the contract that was traded last, points; None without one.

    Raises:
        JournalError: If the journal cannot be read.
    """
    with JournalReader.open(request.folder / JOURNAL) as reader:
        fills = reader.fills_since(LONG_AGO)
        is_adopted = bool(asked(reader, "SELECT 1 FROM position_start"))
        denials = asked(reader, "SELECT code, n FROM denial ORDER BY code")
        bars = _bars(reader)
    filled = counted(len({fill.order_ref for fill in fills}), "order")
    held = UNKNOWN if is_adopted else _held(fills)  # an adopted position is of no fill
    net = None if is_adopted else net_usd(fills, instrument, last_price)
    denied = ", ".join(f"{code} {n}" for code, n in denials) or "none"
    return (
        f"rehearsed: {bars}; {filled} filled, position at the end {held}",
        f"net: {usd(net)} after commissions of {_costs(fills)}; denials: {denied}",
        f"folder: {request.folder}; drift reports in it: {len(_reports(request.folder))}",
        f"next: {_next(request)}",
    )


def net_usd(
    fills: Sequence[StoredFill], instrument: Instrument, last_price: float | None
) -> float | None:
    """Return what fills came to: cash in and out, less commissions, and what is held at its price.

    Args:
        fills: From flat on, of as many contracts as there are.
        instrument: Of all of them.
        last_price: Of the contract that is still held, points: the others are flat by then.

    Returns:
        None where a price, a commission or the last price of what is held is not known.
    """
    positions = [position for position in positions_of(fills).values() if position]
    if len(positions) > 1 or (positions and last_price is None):
        return None
    points = sum(positions) * (last_price or 0.0)
    costs = 0.0
    for fill in fills:
        if fill.price is None or fill.commission_usd is None:
            return None
        points -= SIGNS[fill.side] * fill.quantity * fill.price
        costs += fill.commission_usd
    return points * instrument.multiplier - costs


def positions_of(fills: Iterable[StoredFill]) -> dict[int, int]:
    """Return signed contracts by contract number, zeros included."""
    held: dict[int, int] = {}
    for fill in fills:
        held[fill.con_id] = held.get(fill.con_id, 0) + SIGNS[fill.side] * fill.quantity
    return held


def _bars(reader: JournalReader) -> str:
    """Return how many closes were decided on, and from when to when."""
    text = "SELECT COUNT(DISTINCT bar_close), MIN(bar_close), MAX(bar_close) FROM decision"
    ((n_bars, first, last),) = asked(reader, text)
    if not n_bars:
        return "no bar that anything was decided on"
    return f"{counted(n_bars, 'bar')}, {_minute(first)} to {_minute(last)} UTC of the market"


def _minute(stamp: str) -> str:
    return stamp[:16].replace("T", " ")


def _held(fills: Iterable[StoredFill]) -> str:
    held = [f"{position:+d}" for position in positions_of(fills).values() if position]
    return " and ".join(held) or "flat"


def _costs(fills: Iterable[StoredFill]) -> str:
    told = [fill.commission_usd for fill in fills]
    known = [cost for cost in told if cost is not None]
    return f"{sum(known):,.2f} USD" if len(known) == len(told) else UNKNOWN


def _reports(folder: Path) -> list[Path]:
    return sorted((folder / DRIFT_FOLDER).glob("*.json"))


def _next(request: TradeRequest) -> str:
    """Return what to run for the fills as a table, and for the last day beside the kernel's."""
    journal, out = request.folder / JOURNAL, request.folder / "fills.csv"
    models: list[str | Path] = [word for model in request.models for word in ("--model", model)]
    if request.forecaster is not None:
        models += ["--forecaster", request.forecaster]
    commands = (
        ("scripts/journal.py", "export", journal, "--out", out),
        ("scripts/drift.py", journal, "--bars", request.bars, *models),
    )
    return "; ".join(shlex.join(["python", *map(str, words)]) for words in commands)
