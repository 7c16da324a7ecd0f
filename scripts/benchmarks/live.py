"""How fast the trader is: from a bar's close to its order at the broker, and through a rehearsal.

The whole trader runs over TCP against the simulated gateway: features, an LSTM policy, risk,
journal on the disk, bracket. What the policy says is turned into a reversal at each close, so that
each close has an entry; it is asked all the same.
"""

import asyncio
import logging
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from config.settings import DEFAULT_FEATURES, EnvSettings
from config.trader_settings import TraderSettings
from config.trading_settings import RiskLimits, TradingSettings
from data.synthetic import synthetic_bars
from env.actions import Action
from env.observation import Observation
from env.trading_env import TradingEnv
from models.agent import TradingAgent
from scripts.benchmarks.line import BenchLine
from scripts.benchmarks.live_process import RemoteMarket, market_process
from scripts.benchmarks.live_waits import entry_waits
from trading.alert_kinds import Alert
from trading.model_loading import LoadedModel
from trading.order_identity import Role
from trading.rehearsal_settings import rehearsed_trader
from trading.simulated_gateway.settings import broker_like
from trading.simulation import SimulatedMarket, SimulationTerms, simulated_market
from trading.status import TraderStatus
from trading.stepper import Stepper
from trading.trader import Trader
from trading.trader_terms import TraderTerms, fitted
from trading.warming import warm_up
from utils.errors import SimulationError

SUITE = "live"
ENTRIES, QUICK_ENTRIES = 500, 40
WARM_BARS = 400
ACCOUNT = "DU1234567"
BAR_SECONDS, BARS_PER_DAY = 300, 276
HIDDEN, SEED = 64, 1
BEGIN_SECONDS = 60.0
LOOK_SECONDS = 0.05
"""As between two bars, a look comes between two closes here."""

SWITCH_SECONDS = 1e-4
"""Where a market is a thread of this process, it need not wait long for its turn."""

ENV = EnvSettings(initial_balance=1e6, stop_loss_ticks=400.0)
LIMITS = RiskLimits(
    max_daily_loss_usd=1e6,
    max_orders_per_day=100_000,
    max_orders_per_minute=600,
    no_entry_seconds=0.0,
)


Market = SimulatedMarket | RemoteMarket


class Reversing:
    """An agent that is asked, and of which the answer is a reversal, whatever it says.

    Attributes:
        n_asked: How often.
    """

    def __init__(self, agent: TradingAgent) -> None:
        """Reverse what an agent says."""
        self.n_asked = 0
        self._agent = agent

    def __getattr__(self, name: str) -> Any:
        """Be the agent in everything else."""
        return getattr(self._agent, name)

    def predict(self, observation: Observation, state: Any = None) -> tuple[int, Any]:
        """Ask the agent, and return the opposite of the last answer."""
        _, memory = self._agent.predict(observation, state=state)
        self.n_asked += 1
        return int(Action.BUY if self.n_asked % 2 else Action.SELL), memory


class Nobody:
    """Is told how the trader stands, and does nothing with it."""

    def alert(self, alert: Alert) -> None:
        """Hear an alert."""

    def publish(self, status: TraderStatus) -> None:
        """Hear a status."""

    def alive(self) -> None:
        """Hear a sign of life."""

    def ready(self, text: str) -> None:
        """Hear that it is ready."""

    def stopping(self) -> None:
        """Hear that it ends."""


def live_suite(quick: bool) -> Iterator[BenchLine]:
    """Yield one line after the other, each once its work has been checked."""
    n_entries = QUICK_ENTRIES if quick else ENTRIES
    bars = synthetic_bars(WARM_BARS + n_entries + n_entries // 4 + 20, seed=SEED)
    waits = _waits(bars, n_entries)
    for name, percentile in {"bar_to_order": 50, "bar_to_order_p99": 99}.items():
        value = float(np.percentile(waits, percentile))
        yield BenchLine(suite=SUITE, name=name, value=value, unit="ms")
    yield _rehearsal_line(bars.iloc[: WARM_BARS + (QUICK_ENTRIES if quick else BARS_PER_DAY)])


def _waits(bars: pd.DataFrame, n_entries: int) -> np.ndarray:
    """Return the milliseconds from close to entry; check that each entry was filled."""
    policy = _policy(bars)
    with (
        tempfile.TemporaryDirectory() as folder,
        _quiet(),
        market_process(_terms(bars)) as market,
    ):
        waits = asyncio.run(
            entry_waits(market, lambda here: _trading(here, policy, Path(folder)), n_entries)
        )
        _check(market, policy, n_entries)
    return waits


def _rehearsal_line(bars: pd.DataFrame) -> BenchLine:
    """Return the bars per second of a rehearsal with an order at each close."""
    policy = _policy(bars)

    async def lived_through(market: SimulatedMarket, folder: Path) -> float:
        async with _trading(market, policy, folder) as trader:
            stepper, started = Stepper(market, trader), time.perf_counter()
            await stepper.run()
            return stepper.n_steps / (time.perf_counter() - started)

    with tempfile.TemporaryDirectory() as folder, _market(bars) as market:
        value = asyncio.run(lived_through(market, Path(folder)))
        _check(market, policy, (len(bars) - WARM_BARS) * 3 // 4)
    return BenchLine(suite=SUITE, name="rehearsal", value=value, unit="bars/s")


def _check(market: Market, policy: Reversing, least: int) -> None:
    """Refuse a run in which the policy was asked, or an entry filled, less often."""
    done = [order for order in market.state()["done"] if f"/{Role.ENTRY}/" in order["ref"]]
    n_filled = sum(order["status"] == "Filled" for order in done)
    if not least <= n_filled == len(done) <= policy.n_asked:
        raise SimulationError(
            f"{n_filled} of {len(done)} entries were filled, after {policy.n_asked} decisions; "
            f"at least {least} must be"
        )


def _policy(bars: pd.DataFrame) -> Reversing:
    """Return an untrained network: what it says is not used, and its work is that of a trained."""
    env = TradingEnv(bars, list(DEFAULT_FEATURES), settings=ENV)
    agent = TradingAgent(env, feature_extractor="lstm", hidden_size=HIDDEN, seed=SEED)
    return Reversing(agent)


def _terms(bars: pd.DataFrame) -> SimulationTerms:
    return SimulationTerms(
        bars=bars, symbol=ENV.symbol, n_warm=WARM_BARS, broker=broker_like(ENV, ACCOUNT)
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Have no log stand between the figures."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


@contextmanager
def _market(bars: pd.DataFrame) -> Iterator[SimulatedMarket]:
    """Run a market in this process; threads take turns quickly."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(SWITCH_SECONDS)
    try:
        with _quiet(), simulated_market(_terms(bars)) as market:
            yield market
    finally:
        sys.setswitchinterval(before)


@asynccontextmanager
async def _trading(market: Market, policy: Any, folder: Path) -> AsyncIterator[Trader]:
    """Run a trader, begun and settled, until the block is left."""
    terms = TraderTerms(
        mode="sim",
        account=ACCOUNT,
        folder=folder,
        model=LoadedModel(policy=policy, forecaster=None, identity="0" * 64),
        bar_seconds=BAR_SECONDS,
        is_named=False,
    )
    settings = TraderSettings(trading=TradingSettings(limits=LIMITS))
    session = settings.session.model_copy(
        update={"warm_days": market.warm_days, "tick_seconds": LOOK_SECONDS}
    )
    settings = settings.model_copy(update={"session": session})
    settings = fitted(rehearsed_trader(settings, market.clock.rate, market.port), terms)
    warm_up(terms, settings, market.clock)
    trader = Trader(terms, settings, market.clock, Nobody())
    running = asyncio.ensure_future(trader.run())
    try:
        async with asyncio.timeout(BEGIN_SECONDS):
            while trader.unsettled() and not running.done():
                await asyncio.sleep(0.01)
        yield trader
    finally:
        trader.stop("the benchmark is over")
        await running
