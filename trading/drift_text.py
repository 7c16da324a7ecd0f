"""A drift report as lines for people, and as plain values for programs; no account is named."""

from typing import Any

from trading.drift_report import DriftReport, DriftSide
from trading.drift_rows import DriftRow, RowFill

HEADINGS = (
    "filled UTC",
    "side",
    "trader",
    "price",
    "kernel",
    "price",
    "ticks worse",
    "bars later",
    "USD",
    "what",
)
"""Of the cells of a row."""


def report_text(report: DriftReport) -> list[str]:
    """Return a report as lines: the difference and its parts, both sides, fills, remarks."""
    return [
        *summary_lines(report),
        *("  ".join(cell for cell in cells(row) if cell) for row in report.rows),
        *(f"note: {remark}" for remark in report.remarks),
    ]


def summary_lines(report: DriftReport) -> list[str]:
    """Return what a report comes to: one line for the difference, one for each side."""
    parts = {
        "price": report.price_usd,
        "commission": report.commission_usd,
        "missed": report.missed_usd,
        "extra": report.extra_usd,
        "rest": report.rest_usd,
    }
    sum_of = ", ".join(f"{name} {amount:+,.2f}" for name, amount in parts.items())
    return [
        f"drift of {report.symbol} on {report.day}: {report.difference_usd:+,.2f} USD = {sum_of}",
        _side_line("trader", report.live),
        _side_line("kernel", report.kernel),
    ]


def cells(row: DriftRow) -> tuple[str, ...]:
    """Return a row as text, a cell for each of HEADINGS; "" where there is nothing to say."""
    fill = row.live or row.kernel
    assert fill is not None
    worse, later = row.worse_ticks, row.bars_later
    return (
        f"{fill.time:%m-%d %H:%M:%S}",
        f"{'BUY' if row.quantity > 0 else 'SELL'} {abs(row.quantity)}",
        *_fill_cells(row.live),
        *_fill_cells(row.kernel),
        "" if worse is None else f"{worse:+d}",
        "" if not later else f"{later:+d}",
        f"{row.total_usd:+,.2f}",
        row.kind if not row.note else f"{row.kind}, {row.note}",
    )


def as_json(report: DriftReport) -> dict[str, Any]:
    """Return a report as plain values; times are ISO 8601, UTC."""
    return {
        "day": report.day.isoformat(),
        "symbol": report.symbol,
        "first": report.first.isoformat(),
        "last": report.last.isoformat(),
        "n_bars": report.n_bars,
        "n_decisions": report.n_decisions,
        "trader": _side_json(report.live),
        "kernel": _side_json(report.kernel),
        "difference_usd": report.difference_usd,
        "price_usd": report.price_usd,
        "commission_usd": report.commission_usd,
        "missed_usd": report.missed_usd,
        "extra_usd": report.extra_usd,
        "rest_usd": report.rest_usd,
        "rows": [_row_json(row) for row in report.rows],
        "remarks": list(report.remarks),
    }


def _side_line(name: str, side: DriftSide) -> str:
    return (
        f"{name}: net {side.net_usd:+,.2f} USD, commission {side.commission_usd:,.2f} USD, "
        f"{side.n_fills:,} fills of {side.n_contracts:,} contracts, position {side.position:+d}"
    )


def _fill_cells(fill: RowFill | None) -> tuple[str, str]:
    return ("", "") if fill is None else (fill.label, f"{fill.price:.12g}")


def _side_json(side: DriftSide) -> dict[str, Any]:
    return {
        "net_usd": round(side.net_usd, 4),
        "commission_usd": side.commission_usd,
        "n_fills": side.n_fills,
        "n_contracts": side.n_contracts,
        "position": side.position,
    }


def _row_json(row: DriftRow) -> dict[str, Any]:
    return {
        "kind": row.kind,
        "quantity": row.quantity,
        "trader": _fill_json(row.live),
        "kernel": _fill_json(row.kernel),
        "worse_ticks": row.worse_ticks,
        "bars_later": row.bars_later,
        "price_usd": round(row.price_usd, 4),
        "commission_usd": round(row.commission_usd, 4),
        "unmatched_usd": round(row.unmatched_usd, 4),
        "note": row.note,
    }


def _fill_json(fill: RowFill | None) -> dict[str, Any] | None:
    if fill is None:
        return None
    return {
        "time": fill.time.isoformat(),
        "price": fill.price,
        "fee_usd": round(fill.fee_usd, 4),
        "label": fill.label,
    }
