"""Start the trader on a paper account (thin wiring)."""

from trading.trade_request import TradeRequest
from utils.errors import NotAvailableError


def start_paper_trader(request: TradeRequest) -> int:
    """Say plainly that this version cannot trade yet.

    Args:
        request: What was asked for; its mode is "paper".

    Raises:
        NotAvailableError: Always, in this version.
    """
    raise NotAvailableError(
        f"`--mode {request.mode}` is not in this version: no order was sent "
        f"(limits understood: {request.limits}); "
        "use scripts/backtest.py meanwhile"
    )
