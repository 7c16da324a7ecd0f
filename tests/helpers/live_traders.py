"""A whole trader over a real socket: bars of a rehearsal, a scripted model, all timers short."""

import asyncio
import hashlib
from collections.abc import Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import pandas as pd

from config.connection_settings import ConnectionSettings
from config.settings import EnvSettings
from config.trader_settings import SessionSettings, TraderSettings
from config.trading_settings import TradingSettings
from data.calendar import calendar_of
from data.feature_set import FeatureSet
from data.preprocessor import Scaler
from data.synthetic import synthetic_bars
from tests.helpers.bars import make_bars
from tests.helpers.gateways import until
from tests.helpers.ib_links import ACCOUNT
from tests.helpers.invariants import assert_invariants
from tests.helpers.live_orders import LINE, QUICK
from tests.helpers.live_pipeline import loaded
from trading.alert_kinds import Alert
from trading.alert_rules import standing_alerts
from trading.journal_reader import JournalReader
from trading.model_loading import LoadedModel
from trading.order_builder import EntryTerms
from trading.rehearsal_settings import FOREVER_SECONDS, rehearsed, rehearsed_connection
from trading.replay_clock import ReplayClock
from trading.risk_codes import Denied
from trading.simulated_gateway.settings import broker_like
from trading.simulation import SimulatedMarket, SimulationTerms, simulated_market
from trading.status import TraderStatus
from trading.stepper import Stepper
from trading.teller import Teller
from trading.trader import Trader
from trading.trader_setup import JOURNAL
from trading.trader_terms import TraderTerms, fitted
from utils.clock import Clock

BAR_SECONDS = 300
FEATURES = ("log_return", "rsi", "atr")
TERMS: dict[str, Any] = {
    "lookback_window": 8,
    "stop_loss_ticks": 60.0,
    "margin": "none",
    "max_position": 1,
}
SKEWED = QUICK.model_copy(
    update={"limits": QUICK.limits.model_copy(update={"max_skew_seconds": 600.0})}
)
"""For a clock of seconds in a market of steps: a probe may come back a bar later."""

SESSION = SessionSettings(tick_seconds=0.02, status_seconds=0.05, stop_seconds=3.0)


class HashPolicy:
    """Does now this, now that: what depends on every bit of what it is shown.

    Two runs of it agree only where their observations are the same to the bit.
    """

    def __init__(self, settings: EnvSettings, bars: pd.DataFrame, features=FEATURES) -> None:
        self.name = "hash"
        self.env_settings = settings
        self.feature_set = FeatureSet(features)
        self.scaler = Scaler.fit(self.feature_set.compute(bars), self.feature_set.columns)
        self.provenance = {"bar_seconds": BAR_SECONDS, "training_last": "2000-01-01T00:00:00Z"}
        self.agreement = None

    def predict(self, observation, state=None):
        """Return an action made of the observation's bytes."""
        digest = hashlib.sha256()
        for key in sorted(observation):
            digest.update(np.ascontiguousarray(observation[key]).tobytes())
        return digest.digest()[0] % 4, state

    def reset(self, market, settings) -> None:
        """Remember nothing."""

    def decide(self, bar, observation):
        """Decide as `predict` does."""
        return self.predict(observation)[0]


class ScriptedPolicy(HashPolicy):
    """Answers what a test puts into `answers`, one by one, and holds when there is nothing left."""

    def __init__(self, settings, bars, answers=()) -> None:
        super().__init__(settings, bars)
        self.answers = list(answers)
        self.always = None
        self.meanwhile = None

    def predict(self, observation, state=None):
        """Return the next answer; first, what a test wants done while the model thinks, once."""
        if self.meanwhile is not None:
            happen, self.meanwhile = self.meanwhile, None
            happen()
        if self.answers:
            return self.answers.pop(0), state
        return 0 if self.always is None else self.always, state


HOLD, BUY, SELL, CLOSE = range(4)


@dataclass
class Heard:
    """Operations that remember.

    Attributes:
        settings: By which statuses are alerts.
        alerts: What people were told.
        statuses: What was published.
        n_alive: Signs of life.
    """

    settings: TradingSettings = QUICK
    alerts: list[Alert] = field(default_factory=list)
    statuses: list[TraderStatus] = field(default_factory=list)
    n_alive: int = 0
    said: list[str] = field(default_factory=list)

    def alert(self, alert: Alert) -> None:
        self.alerts.append(alert)

    def publish(self, status: TraderStatus) -> None:
        self.statuses.append(status)

    def alive(self) -> None:
        self.n_alive += 1

    def ready(self, text: str) -> None:
        self.said.append(text)

    def stopping(self) -> None:
        self.said.append("stopping")

    def kinds(self) -> set[str]:
        """Return the kinds of alerts so far, those of statuses too."""
        told = {alert.kind for alert in self.alerts}
        return told | {kind for status in self.statuses for kind in self._of(status)}

    def standing(self) -> set[str]:
        """Return the kinds of alerts whose cause stands by the last status."""
        return self._of(self.statuses[-1])

    def _of(self, status: TraderStatus) -> set[str]:
        return {alert.kind for alert in standing_alerts(status, self.settings)}


def settings_of(port: int, **changed: Any) -> TraderSettings:
    """Return settings of a trader whose timers are short."""
    line = LINE | {"port": port, "silence_seconds": 5.0} | changed.pop("connection", {})
    trading: TradingSettings = changed.pop("trading", QUICK)
    session = SESSION.model_copy(update=changed.pop("session", {}))
    assert not changed, changed
    return TraderSettings(connection=ConnectionSettings(**line), trading=trading, session=session)


class Place(Protocol):
    """A market, as far as a trader's settings depend on it.

    Attributes:
        port: Of its gateway.
        warm_days: Sessions before its start.
        clock: Its time.
    """

    port: int
    warm_days: int
    clock: ReplayClock


@dataclass
class Rehearsal:
    """A trader in a simulated market.

    Attributes:
        market: Where.
        trader: Under test.
        heard: What people were told.
        folder: Of the trader.
        task: It runs in.
    """

    market: SimulatedMarket
    trader: Trader
    heard: Heard
    folder: Path
    task: "asyncio.Task[None]"

    @property
    def desk(self):
        """All that trades."""
        assert self.trader.desk is not None
        return self.trader.desk

    @property
    def manager(self):
        """Of orders."""
        return self.desk.orders.manager

    @property
    def far(self):
        """The gateway."""
        return self.market.gateway

    @property
    def stops(self) -> list[dict[str, Any]]:
        """The stops that work at the gateway."""
        orders = self.market.state()["orders"]
        return [one for one in orders if one["kind"] == "STP" and one["is_working"]]

    async def begun(self) -> None:
        """Wait until the trader has begun, and knows all it needs; raise what ended it instead."""
        await until(lambda: self.task.done() or not self.trader.unsettled(), 20.0)
        if self.task.done():
            self.task.result()

    def denied(self, target: int) -> str:
        """Ask for a position by hand, and return the code under which that was denied."""
        price = self.desk.market.last_price or 20_000.0
        stop = price - 15.0 * (1 if target > 0 else -1)
        answer = self.manager.enter(EntryTerms(decision_id="by-hand", target=target, stop=stop))
        assert isinstance(answer, Denied), answer
        return answer.code.name

    async def settle(self, seconds: float = 10.0) -> None:
        """Wait until all is done."""
        await Stepper(self.market, self.trader, seconds).settle()

    async def step(self, n: int = 1) -> None:
        """Live through bars."""
        for _ in range(n):
            assert await self.market.step(), "the bars are over"
            await self.settle()

    def check(self, **terms: Any) -> None:
        """Check the invariants by the gateway's books."""
        self.manager.catch_up()
        with JournalReader.open(self.folder / JOURNAL) as reader:
            assert_invariants(
                self.market.state(), reader, bot=self.manager.books.orders.bot, **terms
            )


def _unstretched(settings: TraderSettings, real: dict[str, dict[str, Any]]) -> TraderSettings:
    """Return settings of which these, by part, are as a broker's are."""
    line = settings.connection.model_copy(update=real.get("connection", {}))
    own = {name: part for name, part in real.items() if name != "connection"}
    parts = {name: getattr(settings.trading, name).model_copy(update=own[name]) for name in own}
    trading = settings.trading.model_copy(update=parts)
    return settings.model_copy(update={"connection": line, "trading": trading})


def made_for(
    market: "SimulatedMarket | Place",
    model: LoadedModel,
    folder: Path,
    terms: dict[str, Any] | None = None,
    real: dict[str, dict[str, Any]] | None = None,
    **settings: Any,
) -> tuple[TraderTerms, TraderSettings]:
    """Return what a trader in a market is made of; the arguments are those of `trading`."""
    own = TraderTerms(
        folder=folder,
        model=model,
        bar_seconds=BAR_SECONDS,
        **({"mode": "sim", "account": ACCOUNT, "is_named": False} | (terms or {})),
    )
    clock = settings.pop("clock", market.clock)
    own_session = {"warm_days": market.warm_days, "late_seconds": FOREVER_SECONDS}
    session = own_session | settings.pop("session", {})
    made = settings_of(market.port, session=session, **settings)
    made = made.model_copy(
        update={
            "connection": rehearsed_connection(made.connection, market.port),
            "trading": rehearsed(made.trading, clock.rate),
        }
    )
    return own, _unstretched(fitted(made, own), real or {})


@asynccontextmanager
async def trading(
    market: SimulatedMarket,
    model: LoadedModel,
    folder: Path,
    is_begun: bool = True,
    terms: dict[str, Any] | None = None,
    real: dict[str, dict[str, Any]] | None = None,
    **settings: Any,
):
    """Run a trader until the block is left, then end it in good order (unless it has ended).

    Args:
        market: Where.
        model: What decides.
        folder: Of the trader.
        is_begun: Whether the block is entered once it is ready, or at once.
        terms: Of TraderTerms, what is other than usual.
        real: What a rehearsal would stretch and this one does not, by part of TradingSettings, and
            of the connection.
        settings: As of `settings_of`; and `teller`, who hears what people are told instead of
            `heard`, and `clock`, which the trader goes by instead of the market's.
    """
    teller: Teller | None = settings.pop("teller", None)
    clock: Clock = settings.get("clock", market.clock)
    own, made = made_for(market, model, folder, terms, real, **settings)
    heard = Heard(made.trading)
    trader = Trader(own, made, clock, teller or heard)
    task = asyncio.ensure_future(trader.run())
    run = Rehearsal(market, trader, heard, folder, task)
    try:
        if is_begun:
            await run.begun()
        yield run
    finally:
        trader.stop("the test is over")
        await asyncio.wait({task}, timeout=10.0)
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
        task.result()


def market_of(bars: pd.DataFrame, n_warm: int, settings: EnvSettings, **terms: Any):
    """Return a simulated market in which orders cost what the model's account says."""
    return simulated_market(
        SimulationTerms(
            bars=bars,
            symbol=settings.symbol,
            n_warm=n_warm,
            broker=broker_like(settings, ACCOUNT),
            **terms,
        )
    )


def hash_model(bars: pd.DataFrame, **terms: Any) -> LoadedModel:
    """Return a model of HashPolicy."""
    return loaded(HashPolicy(EnvSettings(**(TERMS | terms)), bars))


def scripted_model(bars: pd.DataFrame, *answers: int, **terms: Any) -> LoadedModel:
    """Return a model of ScriptedPolicy; its policy is `model.policy`."""
    return loaded(ScriptedPolicy(EnvSettings(**(TERMS | terms)), bars, answers))


def some_bars(n: int = 400, seed: int = 3) -> pd.DataFrame:
    """Return synthetic bars of MNQ from 2024-01-02 on."""
    return synthetic_bars(n, seed=seed)


def calm_bars(n: int = 200, fall_at: int | None = None, points: float = 0.0) -> pd.DataFrame:
    """Return bars between 19,999 and 20,001 that close where they open, at 20,000: 276 a session.

    From bar `fall_at` on, counted from 0, they are so many points lower: it opens up there, and
    falls to where it closes.
    """
    levels = [20_000.0 - points * (fall_at is not None and row >= fall_at) for row in range(n)]
    rows = [(one, one + 1.0, one - 1.0, one) for one in levels]
    if fall_at is not None:
        rows[fall_at] = (20_000.0, 20_001.0, 19_999.0 - points, 20_000.0 - points)
    times = calendar_of("MNQ").expected_bars(date(2024, 1, 2), date(2024, 1, 12), BAR_SECONDS)
    return make_bars(rows).set_index(times[:n].rename("timestamp"))


Body = Callable[[Rehearsal], Any]


def rehearse(
    folder: Path,
    body: Body,
    bars: pd.DataFrame,
    model: LoadedModel,
    n_warm: int = 60,
    faults: dict[str, Any] | None = None,
    **terms: Any,
) -> None:
    """Run `body` over a new market and a trader in it, then check the invariants.

    Args:
        folder: Of the trader.
        body: What happens.
        bars: Of the market.
        model: What decides.
        n_warm: Bars before the first one that is lived through.
        faults: Of the gateway, from before the trader on.
        terms: As of `trading`.
    """

    async def in_loop(market: SimulatedMarket) -> None:
        async with trading(market, model, folder, **terms) as run:
            await body(run)
            if run.trader.desk is not None and not run.task.done():
                run.check()

    with market_of(bars, n_warm, model.policy.env_settings) as market:
        market.gateway.set(**(faults or {}))
        asyncio.run(in_loop(market))
