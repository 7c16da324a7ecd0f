"""How much is said to the broker, and what first: cancels, then orders, then questions.

The broker breaks a connection off above 50 messages a second, and the client libraries hold back in
queues of their own what is then lost with the connection; so ours stays far below, and what it
holds back is given back when the line breaks, as never sent.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Generic, TypeVar

from config.trading_settings import PacingSettings

Message = TypeVar("Message")

FLOAT_NOISE = 1e-9
"""Of a token: waiting exactly as long as was said must be enough."""


class Lane(IntEnum):
    """What goes first; less is sooner."""

    CANCEL = 0
    ORDER = 1
    REST = 2


@dataclass(slots=True, kw_only=True)
class TokenBucket:
    """A rate with a burst. Full when new; a clock that goes back adds nothing.

    Attributes:
        per_second: Tokens that come each second.
        size: The most that it holds.
    """

    per_second: float
    size: float
    _tokens: float | None = None
    _at: datetime | None = None

    def level(self, now: datetime) -> float:
        """Return the tokens there are."""
        tokens = self.size if self._tokens is None else self._tokens
        if self._at is not None:
            seconds = max((now - self._at).total_seconds(), 0.0)
            tokens = min(tokens + seconds * self.per_second, self.size)
        self._tokens = tokens
        self._at = now if self._at is None else max(now, self._at)
        return tokens

    def take(self, now: datetime, leaving: float = 0.0) -> bool:
        """Take one token if `leaving` are left after it; return whether that was so."""
        tokens = self.level(now)
        if tokens < 1 + leaving - FLOAT_NOISE:
            return False
        self._tokens = tokens - 1
        return True

    def seconds_until(self, now: datetime, leaving: float = 0.0) -> float:
        """Return how long it takes until `take` succeeds, >= 0."""
        return max(1 + leaving - self.level(now), 0.0) / self.per_second


@dataclass(slots=True)
class MessagePacer(Generic[Message]):
    """The queue before the wire.

    Attributes:
        settings: Rate, burst, and what of it is kept for cancels and orders.
    """

    settings: PacingSettings
    _bucket: TokenBucket = field(init=False)
    _lanes: Mapping[Lane, deque[Message]] = field(
        default_factory=lambda: {lane: deque() for lane in Lane}
    )

    def __post_init__(self) -> None:
        """Fill the bucket."""
        self._bucket = TokenBucket(
            per_second=self.settings.messages_per_second, size=self.settings.burst_messages
        )

    def __len__(self) -> int:
        """Return how many messages wait."""
        return sum(len(lane) for lane in self._lanes.values())

    def put(
        self, lane: Lane, message: Message, is_void: Callable[[Message], bool] | None = None
    ) -> None:
        """Queue a message; within a lane, first come, first sent.

        Args:
            lane: Which.
            message: What is to be sent.
            is_void: Whether it makes a message that waits in this lane void, whose place it takes.
        """
        queue = self._lanes[lane]
        for place, waiting in enumerate(queue):
            if is_void is not None and is_void(waiting):
                queue[place] = message
                return
        queue.append(message)

    def due(self, now: datetime) -> list[Message]:
        """Return the messages that may go out now, in the order in which they are to."""
        out = []
        for lane in Lane:
            while self._lanes[lane] and self._bucket.take(now, self._leaving(lane)):
                out.append(self._lanes[lane].popleft())
        return out

    def seconds_until_due(self, now: datetime) -> float | None:
        """Return how long the first message has to wait, >= 0; None where none waits."""
        for lane in Lane:
            if self._lanes[lane]:
                return self._bucket.seconds_until(now, self._leaving(lane))
        return None

    def drop(self) -> list[Message]:
        """Empty the queue and return what was in it: never sent, and never to be."""
        dropped = [message for lane in Lane for message in self._lanes[lane]]
        for lane in Lane:
            self._lanes[lane].clear()
        return dropped

    def _leaving(self, lane: Lane) -> float:
        return self._reserve() if lane is Lane.REST else 0.0

    def _reserve(self) -> float:
        """Return the tokens that questions leave; a bucket always has one more than these."""
        return min(self.settings.reserved_messages, self.settings.burst_messages - 1)
