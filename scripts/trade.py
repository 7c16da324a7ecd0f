"""Trade a model, simulated, on paper or live (the loop itself is not in this version)."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from typer import Option

from utils.cli import DebugOption, make_app, run

app = make_app()


class Mode(StrEnum):
    """Where orders go."""

    PAPER = "paper"
    LIVE = "live"
    SIM = "sim"


@app.command()
def trade(
    model: Annotated[Path, Option(help="Model directory made by train.py.")],
    mode: Annotated[Mode, Option(help="Where orders go.")],
    max_position: Annotated[int, Option(help="Largest position, contracts.")] = 1,
    max_daily_loss: Annotated[float, Option(help="Loss per trade date, USD.")] = 500.0,
    use_stop_loss: Annotated[
        bool, Option("--use-stop-loss", help="Accepted; stops are always on.")
    ] = True,
    profile: Annotated[str | None, Option(help="Live only: must be `live`.")] = None,
    account: Annotated[str | None, Option(help="Live only: the account id.")] = None,
    confirm_live: Annotated[
        bool, Option("--confirm-live", help="Live only: yes, real money.")
    ] = False,
    debug: DebugOption = False,
) -> None:
    """Trade MODEL under risk limits."""
    from trading.live_trader import LiveConsent, start_live_trader
    from trading.order_manager import OrderLimits
    from trading.paper_trader import start_paper_trader

    limits = OrderLimits(max_position=max_position, max_daily_loss_usd=max_daily_loss)
    _verify(model)
    if mode is Mode.LIVE:
        start_live_trader(
            LiveConsent(profile=profile, account=account, is_confirmed=confirm_live), limits
        )
    start_paper_trader(mode.value, limits)


def _verify(model: Path) -> None:
    """Refuse a model directory that is missing, damaged or of other features."""
    from models.agent import TradingAgent

    TradingAgent.load(model)


if __name__ == "__main__":
    run(app)
