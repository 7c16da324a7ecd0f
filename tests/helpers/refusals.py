"""A whole trader that ends by itself: what it ended with, what people were told, what was sent."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from tests.helpers.live_traders import Heard, Rehearsal, market_of, trading
from trading.model_loading import LoadedModel
from trading.simulated_gateway.in_thread import GatewayInThread

END_SECONDS = 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a trader ended.

    Attributes:
        error: What it raised; None where it was told to end.
        heard: What people were told.
        state: The gateway's books.
    """

    error: Exception | None
    heard: Heard
    state: dict[str, Any]

    @property
    def line(self) -> str:
        """What a person reads of it."""
        text = str(self.error)
        assert "\n" not in text
        return text


def ended(
    folder: Path,
    model: LoadedModel,
    bars: pd.DataFrame,
    spoil: Callable[[GatewayInThread], object] = lambda far: None,
    symbol: str | None = None,
    **terms: Any,
) -> Ended:
    """Start a trader in a new market, and return how it ended.

    Args:
        folder: Of the trader.
        model: What decides.
        bars: Of the market.
        spoil: Has something go wrong at the gateway before the trader connects.
        symbol: Of the bars; None is what the model trades.
        terms: As of `trading`.
    """
    runs: list[Rehearsal] = []

    async def in_loop(market: Any) -> None:
        spoil(market.gateway)
        async with trading(market, model, folder, is_begun=False, **terms) as run:
            runs.append(run)
            await asyncio.wait({run.task}, timeout=END_SECONDS)
            assert run.task.done(), f"it goes on: {run.trader.unsettled()}"

    error: Exception | None = None
    settings = model.policy.env_settings
    traded = settings if symbol is None else settings.model_copy(update={"symbol": symbol})
    with market_of(bars, 60, traded) as market:
        try:
            asyncio.run(in_loop(market))
        except AssertionError:
            raise
        except Exception as caught:
            error = caught
        market.gateway.do("heal")
        return Ended(error=error, heard=runs[0].heard, state=market.state())
