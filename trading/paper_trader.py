"""Start the trader on a paper account (thin wiring)."""

from config.ib_config import load_trader_ib_config
from trading.trade_request import TradeRequest
from trading.trading_process import trade_at_broker


def start_paper_trader(request: TradeRequest) -> int:
    """Trade a paper account until told to end; a live one is refused before the first order.

    Args:
        request: What was asked for; its mode is "paper".

    Raises:
        FuturesGymError: What was refused, or ended it.
    """
    config = load_trader_ib_config()
    return trade_at_broker(request, config, config.paper_port)
