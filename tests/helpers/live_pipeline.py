"""The live pipeline over a frame of bars, filled by the kernel."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from backtest.engine import BacktestEngine
from config.decision_settings import DecisionSettings
from data.bars import bar_seconds
from env.kernel.advance import advance
from env.kernel.names import Reason
from env.kernel.orders import place_market_order
from env.kernel.types import ACCOUNT, FILL, NO_COUNT, TRADE
from env.market import build_market
from env.simulation import Simulation
from env.terms import open_account
from models.policy import TrainedPolicy
from trading.account_snapshot import resumed
from trading.account_snapshot import snapshot_of as account_snapshot
from trading.bar_verdicts import Accepted, ClosedBar
from trading.decision_stream import DecisionStream, observation_hash
from trading.fill_book import LiveFill
from trading.live_account import LiveAccount
from trading.live_bars import LiveBars
from trading.live_bars_snapshot import go_on
from trading.live_bars_snapshot import snapshot_of as bars_snapshot
from trading.model_loading import LoadedModel

PLENTY = 60.0
"""Seconds that a policy has, so that a busy machine changes nothing."""


def closed_bars(frame: pd.DataFrame) -> list[ClosedBar]:
    """Return the rows of a frame as a market tells them."""
    contracts = frame.get("contract", pd.Series("", index=frame.index))
    gaps = frame.get("roll_gap", pd.Series(0.0, index=frame.index))
    names = ["open", "high", "low", "close", "volume"]
    rows = zip(frame.index, *(frame[n].tolist() for n in names), contracts, gaps, strict=True)
    return [
        ClosedBar(
            opened=row[0],
            open=row[1],
            high=row[2],
            low=row[3],
            close=row[4],
            volume=row[5],
            contract=str(row[6]),
            roll_gap=float(row[7]),
        )
        for row in rows
    ]


class KernelBroker:
    """A broker that fills as the kernel does: it has an account of its own."""

    def __init__(self, account: LiveAccount):
        self._accounts = np.zeros(1, ACCOUNT)
        open_account(self._accounts[0], account.terms, account.bar.row, NO_COUNT)
        self._papers = np.zeros(64, FILL), np.zeros(64, TRADE)

    def send(self, quantity: int, reason: Reason) -> None:
        """Have a market order filled at the next open."""
        place_market_order(self._accounts[0], quantity, reason)

    def fills_of(self, bar) -> list[LiveFill]:
        """Live through a bar and return its fills."""
        account = self._accounts[0]
        first = account.n_fills
        advance(account, bar.ticks, *self._papers)
        return [
            LiveFill(
                exec_id=f"0000e0d5.{count:08x}.01.01",
                time=bar.opened + pd.Timedelta(seconds=1),
                quantity=int(fill["quantity"]),
                price_ticks=int(fill["price_ticks"]),
                commission_usd=float(fill["fee_usd"]),
                reason=Reason(int(fill["reason"])),
            )
            for count in range(first, account.n_fills)
            for fill in [self._papers[0][count % 64]]
        ]


@dataclass(kw_only=True)
class LiveRun:
    """What the pipeline did.

    Attributes:
        bars: Live bars.
        stream: Decides.
        account: Its account.
        broker: Who fills.
        decisions: At each close.
        fills: As they were told.
        lived: Bars from the first decision's on.
        n_before: Trades that the account had when it was begun anew.
    """

    bars: LiveBars
    stream: DecisionStream
    account: LiveAccount
    broker: KernelBroker
    decisions: list = field(default_factory=list)
    fills: list = field(default_factory=list)
    lived: list = field(default_factory=list)
    n_before: int = 0

    @property
    def n_since_restart(self) -> int:
        """Trades that the account itself has written down."""
        return int(self.account.record.n_trades) - self.n_before

    def close(self, told: ClosedBar) -> None:
        """Live through one bar and decide at its close."""
        verdict = self.bars.take(told, is_gap_known=True)
        assert isinstance(verdict, Accepted), verdict
        for fill in self.broker.fills_of(verdict.bar):
            self.account.add_fill(fill)
            self.fills.append(fill)
        self.account.close_bar(verdict.bar)
        self.lived.append(verdict.bar)
        self.decide(verdict.bar)

    def decide(self, bar) -> None:
        """Decide at the close of a bar and send what comes of it."""
        decision = self.stream.update(bar, self.account)
        self.decisions.append(decision)
        if decision.quantity:
            self.broker.send(decision.quantity, Reason[decision.reason.upper()])

    def restart(self, last_session=None) -> None:
        """Go on in new objects, from snapshots and the journal's fills and decisions."""
        old, model = self.stream, self.stream.model
        settings = model.policy.env_settings
        stream = DecisionStream(model, GIVEN)
        stream.restore(old.snapshot())
        assert stream.snapshot() == old.snapshot()
        bars = LiveBars(settings, self.bars.bar_seconds, last_session)
        go_on(bars, bars_snapshot(self.bars))
        choices = {each.opened: each.choice for each in self.decisions}
        account = LiveAccount.rebuilt(settings, self.lived, self.fills, choices)
        assert account.record.tobytes() == self.account.record.tobytes()
        resumed_account = resumed(settings, account_snapshot(self.account), self.lived[-1])
        assert resumed_account.record.tobytes() == self.account.record.tobytes()
        self.n_before = int(self.account.record.n_trades)
        self.stream, self.bars, self.account = stream, bars, resumed_account


GIVEN = DecisionSettings(policy_seconds=PLENTY)


def loaded(policy: TrainedPolicy, forecaster=None) -> LoadedModel:
    """Return an agent as a loaded model."""
    return LoadedModel(policy=policy, forecaster=forecaster, identity="0" * 64)


def begin_run(model: LoadedModel, frame: pd.DataFrame, start: int, last_session=None) -> LiveRun:
    """Return a run that has decided at the close of row `start`."""
    seconds = bar_seconds(pd.DatetimeIndex(frame.index))
    settings = model.policy.env_settings
    bars = LiveBars(settings, seconds, last_session)
    history = bars.warm_up(frame.iloc[: start + 1])
    stream = DecisionStream(model, GIVEN)
    stream.warm_up(history[:-1])
    account = LiveAccount(settings, history[-1])
    run = LiveRun(bars=bars, stream=stream, account=account, broker=KernelBroker(account))
    run.lived.append(history[-1])
    run.decide(history[-1])
    return run


@dataclass(kw_only=True)
class Expected:
    """What environment and back-test did.

    Attributes:
        simulation: The environment's, at its end.
        observations: Hash of the observation at each decision.
        choices: Of the environment's policy.
        result: Of the back-test.
    """

    simulation: Simulation
    observations: list
    choices: list
    result: object


def expected_of(policy: TrainedPolicy, frame: pd.DataFrame, start: int) -> Expected:
    """Step the environment from row `start` on by `predict`, and back-test the same span."""
    settings = policy.env_settings
    market = build_market(
        frame,
        policy.feature_set.names,
        symbol=settings.symbol,
        scaler=policy.scaler,
        forecast_columns=policy.feature_set.forecasts,
    )
    simulation = Simulation(market, settings)
    simulation.reset(start, market.n_bars)
    observations, choices, state = [], [], None
    while not simulation.is_done:
        observation = simulation.observation()
        action, state = policy.predict(observation, state=state)
        observations.append(observation_hash(observation))
        choices.append(simulation._choice_of(action))
        simulation.step(action)
    result = BacktestEngine(frame, start=frame.index[start]).run_with_model(policy)
    return Expected(
        simulation=simulation, observations=observations, choices=choices, result=result
    )
