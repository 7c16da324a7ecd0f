"""What somebody asks for who starts a trader, complete, with what a test changes."""

from pathlib import Path
from typing import Any

from trading.order_limits import OrderLimits
from trading.trade_request import TradeRequest


def request(**changes: Any) -> TradeRequest:
    """Return a request to trade one contract on paper, with fields of it changed."""
    limits = OrderLimits(max_position=1, max_daily_loss_usd=500.0)
    asked: dict[str, Any] = {"models": (Path("model"),), "mode": "paper", "limits": limits}
    asked |= {"folder": Path("var/trading/paper")}
    return TradeRequest(**(asked | changes))


def live_request(**changes: Any) -> TradeRequest:
    """Return a request to trade real money, consented to in full, with fields of it changed."""
    consent = {"profile": "live", "account": "U1234567", "is_live_confirmed": True}
    return request(**({"mode": "live"} | consent | changes))
