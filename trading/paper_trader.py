"""Start the trader on a paper account or on the simulated gateway (thin wiring)."""

from typing import NoReturn

from trading.order_manager import OrderLimits
from utils.errors import NotAvailableError


def start_paper_trader(mode: str, limits: OrderLimits) -> NoReturn:
    """Say plainly that this version cannot trade yet.

    Args:
        mode: "paper" or "sim".
        limits: Bounds that the process would trade under.

    Raises:
        NotAvailableError: Always, in this version.
    """
    raise NotAvailableError(
        f"`--mode {mode}` is not in this version: no order was sent "
        f"(limits understood: {limits}); "
        "use scripts/backtest.py meanwhile"
    )
