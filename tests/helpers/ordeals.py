"""What a trader that may be killed at any moment lives through, and how it stands at the end.

Each may be begun anew at any point of it, as a trader that was killed is: what is wanted at its end
is wanted however often it was begun.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from tests.helpers.live_traders import BUY, CLOSE, HOLD, SELL, SKEWED, Rehearsal
from trading.command_box import CommandBox
from trading.modes import Hold, Mode

SETTLE_SECONDS = 15.0
WANTED = {BUY: 1, SELL: -1, CLOSE: 0}
ROUNDS = (CLOSE, BUY, HOLD, SELL, CLOSE, SELL, BUY)
"""Entries, exits, reversals both ways; it is flat after the first."""

Answer = Callable[[int], None]
"""Has the model answer this at the next close."""


async def live_bar(run: Rehearsal, answer: Answer, action: int) -> int:
    """Live through a bar and return the position, once all is settled and what must hold does."""
    answer(action)
    assert await run.market.step(), "the bars are over"
    await settled(run)
    return int(run.manager.books.position)


async def settled(run: Rehearsal) -> None:
    """Wait until the trader wants nothing more; then check."""
    await run.settle(SETTLE_SECONDS)
    run.check()


async def _trade(run: Rehearsal, answer: Answer) -> None:
    """Have what the model wants after each close, but where a stop was hit."""
    for action in ROUNDS:
        position = await live_bar(run, answer, action)
        is_stopped = position == 0 and action == HOLD
        assert is_stopped or position == WANTED.get(action, position), (action, position)
        assert run.manager.modes.mode is Mode.TRADING, run.manager.modes.state


async def _lose(run: Rehearsal, answer: Answer) -> None:
    """Be flat and locked after a round trip, and after whatever the model wants then."""
    for action in (BUY, CLOSE, BUY, SELL):
        position = await live_bar(run, answer, action)
    assert position == 0
    assert Hold.DAILY_LOSS in run.manager.modes.state.holds


async def _be_killed(run: Rehearsal, answer: Answer) -> None:
    """Be flat and dead after the kill switch, and after whatever the model wants then."""
    await live_bar(run, answer, BUY)
    CommandBox(run.folder).put_kill()
    for action in (HOLD, BUY, SELL):
        position = await live_bar(run, answer, action)
    assert position == 0
    assert run.manager.modes.mode is Mode.KILLED
    orders = run.market.state()["orders"]  # half a bracket of a killed process cannot fill
    assert not [order for order in orders if order["is_transmitted"]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordeal:
    """What is lived through.

    Attributes:
        body: Lives through it.
        limits: Of risk, what is other than usual.
        is_fresh: Whether each point is come to by a trader without a past, since what the one
            before has done cannot be undone.
    """

    body: Callable[[Rehearsal, Answer], Awaitable[None]]
    limits: dict[str, Any] = field(default_factory=dict)
    is_fresh: bool = False

    @property
    def settings(self) -> Any:
        """Of trading."""
        limits = SKEWED.limits.model_copy(update=self.limits)
        return SKEWED.model_copy(update={"limits": limits})


ORDEALS = {
    "trading": Ordeal(body=_trade),
    "daily loss": Ordeal(body=_lose, limits={"max_daily_loss_usd": 1.0}, is_fresh=True),
    "kill switch": Ordeal(body=_be_killed, is_fresh=True),
}
