"""A market of old bars to rehearse on: the simulated gateway on a thread of this very process.

What is sent to it goes over a socket, as to a broker; where its time comes from, how it is moved
and where its history ends is said here. When it may be moved is left to trading/stepper.py.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from config.instruments import get_instrument
from data.contract_bars import CONTRACT_COLUMN, check_contract_bars
from trading.replay_clock import HeldClock, ReplayClock
from trading.simulated_gateway.broker import Broker
from trading.simulated_gateway.faults import Faults
from trading.simulated_gateway.in_thread import GatewayInThread
from trading.simulated_gateway.market import Market
from trading.simulated_gateway.process import bars_to_replay
from trading.simulated_gateway.settings import BrokerSettings, MarketSettings, Pacing
from trading.simulated_gateway.warming import warm_kernels
from utils.errors import DataError, SimulationError

LOCKSTEP = math.inf
"""Rate at which the market waits for the trader, and the trader for nothing."""

MAX_DAYS = 365
"""Of history that one request may ask for."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SimulationTerms:
    """What is replayed, and how.

    Attributes:
        bars: Parquet file, or its frame: one series, or several contracts in a column `contract`.
        symbol: Key of INSTRUMENTS.
        n_warm: Bars before the first one that is lived through; with several contracts those of
            the first that has so many.
        start: When that one opens, aware; None counts `n_warm` bars.
        speed: Market seconds per second, > 0; None is in lockstep, as fast as it goes.
        broker: The account and what trading costs it; `broker_like` has the model's.
    """

    bars: Path | pd.DataFrame
    symbol: str
    n_warm: int = 0
    start: datetime | None = None
    speed: float | None = None
    broker: BrokerSettings = field(default_factory=BrokerSettings)


class SimulatedMarket:
    """A running gateway and the market behind it; nothing moves before `release`, or a step.

    Attributes:
        clock: The market's time.
        start: Open time of the first bar that is lived through.
        warm_days: Sessions that hold all bars before it, the one at the start included, and one
            more for a late start; at most a year.
        gateway: To have something go wrong in it.
        broker: Behind it; touch it only on the gateway's thread.
    """

    def __init__(
        self, gateway: GatewayInThread, broker: Broker, held: HeldClock, rate: float
    ) -> None:
        """Look at a gateway that runs."""
        self.clock = ReplayClock(broker.market, rate)
        self.start = broker.market.now()
        self.warm_days = _warm_days(broker.market)
        self.gateway = gateway
        self.broker, self._held = broker, held

    @property
    def port(self) -> int:
        """Where it listens, on loopback."""
        return self.gateway.port

    @property
    def is_lockstep(self) -> bool:
        """Whether it moves only when stepped."""
        return self.clock.rate == LOCKSTEP

    @property
    def bar_sizes(self) -> tuple[int, ...]:
        """Sizes of the bars that are replayed, seconds, in ascending order."""
        return tuple(sorted({tape.seconds for tape in self.broker.market.tapes if tape.seconds}))

    @property
    def n_orders_heard(self) -> int:
        """Orders, changes and cancels that have reached it so far."""
        return self.broker.n_orders_heard

    def release(self) -> None:
        """Let time pass: the market's too, unless that is stepped."""
        self._held.release()

    async def step(self) -> bool:
        """Live on to the next close and the open after it; False once the bars are over.

        All that follows from it has been written to the sockets when this returns; whether it has
        been heard, only a question to the gateway can tell.

        Raises:
            SimulationError: If time moves it.
        """
        if not self.is_lockstep:
            raise SimulationError("a simulated market that goes by time was to be stepped")
        return bool(await self.gateway.answer(self._step))

    async def next_time(self) -> datetime | None:
        """Return when something happens next, in market time; None once the bars are over."""
        time: datetime | None = await self.gateway.answer(self.broker.market.next_time)
        return time

    def state(self) -> dict[str, Any]:
        """Return the broker's books: positions, orders, executions, money."""
        return self.gateway.state()

    def _step(self) -> bool:
        is_left = self.broker.market.next_time() is not None
        self.broker.step()
        return is_left


@contextmanager
def simulated_market(terms: SimulationTerms) -> Iterator[SimulatedMarket]:
    """Run a gateway on a free port of loopback while the `with` block does.

    Raises:
        ConfigError: If no bar is left to live through, or the speed is not above 0.
        DataError: If the bars cannot be read or break an invariant, or are fewer than `n_warm`.
    """
    frame = terms.bars
    if not isinstance(frame, pd.DataFrame):
        frame = bars_to_replay(frame, terms.symbol)
    warm_kernels()
    held = HeldClock()
    market = Market({terms.symbol: frame}, _market_settings(terms, frame), held)
    broker = Broker(market, terms.broker, held, Faults())
    with GatewayInThread(lambda: broker) as gateway:
        rate = LOCKSTEP if terms.speed is None else terms.speed
        yield SimulatedMarket(gateway, broker, held, rate)


def _market_settings(terms: SimulationTerms, frame: pd.DataFrame) -> MarketSettings:
    start = _start_after(frame, terms) if terms.start is None else terms.start
    if terms.speed is None:
        return MarketSettings(pacing=Pacing.LOCKSTEP, start=start)
    return MarketSettings(pacing=Pacing.TIMED, speed=terms.speed, start=start)


def _start_after(frame: pd.DataFrame, terms: SimulationTerms) -> datetime:
    """Return when the first bar opens that has enough bars before it."""
    frames = [frame]
    if CONTRACT_COLUMN in frame.columns:
        frames = list(check_contract_bars(frame, get_instrument(terms.symbol)).values())
    found = next((bars for bars in frames if len(bars) > terms.n_warm), None)
    if found is None:
        longest = max(len(bars) for bars in frames)
        raise DataError(
            f"the bars must be more than the {terms.n_warm} that the model needs before its "
            f"first decision, were {longest}; give more of them"
        )
    start: datetime = pd.DatetimeIndex(found.index)[terms.n_warm].to_pydatetime()
    return start


def _warm_days(market: Market) -> int:
    """Return how many sessions lie between the first bar and now, both counted, and one more."""
    tapes = [tape for tape in market.tapes if len(tape.opens)]
    first = min(tapes, key=lambda tape: int(tape.opens[0]))
    hours = market.hours(first.instrument.symbol)
    n_days = hours.session(market.now()) - hours.session(first.open_time(0)) + 1
    return min(n_days + 1, MAX_DAYS)
