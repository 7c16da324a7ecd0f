"""All that trades, once it is known for whom and what: joined here, and run as one.

It hears the broker and the line, and hands on; it knows what the guard asks for; several times a
second it has people's words, the watch and the roll looked at. What it does is in its parts.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime

from config.trader_settings import TraderSettings
from trading.alert_kinds import Alert
from trading.broker_events import (
    BrokerEvent,
    CommissionSeen,
    ConnectionLost,
    ErrorSeen,
    ExecutionSeen,
    FundsSeen,
)
from trading.broker_line import BrokerLine
from trading.command_box import CommandBox
from trading.command_desk import CommandDesk
from trading.connection_events import ConnectionEvent, ConnectionUp
from trading.contract_choice import contract_code
from trading.contract_roll import RollDue, roll_due
from trading.day_keeper import DayKeeper
from trading.decision_desk import DecisionDesk
from trading.funds import Funds
from trading.journal_desk import JournalDesk
from trading.market_desk import SNAPSHOT, MarketDesk, first_pipeline
from trading.market_hours import MarketHours
from trading.modes import SYNCED
from trading.order_desk import OrderDesk
from trading.order_manager import TraderPorts
from trading.order_steering import OrderSteering
from trading.pipeline_snapshot import SnapshotKeeper
from trading.risk_day import trading_day
from trading.risk_view import RiskView
from trading.trader_setup import Prepared, pinned
from trading.trader_terms import TraderTerms
from trading.trader_watch import Sights, TraderWatch
from utils.clock import Clock
from utils.errors import TemporaryGatewayError
from utils.logger import get_logger

_LOG = get_logger("trader")

ASK_AGAIN_SECONDS = 10.0
"""Between two questions for the contract's facts."""


class TraderDesk:
    """One account, one contract at a time, one model.

    Attributes:
        orders: Sends, reconciles, protects.
        decisions: Decides.
        market: Bars.
        day: The trading day's money.
        watch: Puts holds.
        facts: Of the contract.
    """

    def __init__(
        self,
        prepared: Prepared,
        line: BrokerLine,
        terms: TraderTerms,
        settings: TraderSettings,
        clock: Clock,
        alert: Callable[[Alert], None],
    ) -> None:
        """Join the parts; nothing is heard or sent yet.

        Args:
            prepared: Account, contract, journal, books.
            line: To the broker.
            terms: What to do.
            settings: Timers and limits, as `fitted` returns them.
            clock: What time it is, in the market.
            alert: Tells people.
        """
        self.facts = prepared.facts
        self._hours = prepared.hours
        self._calendar = prepared.calendar
        self._line = line
        self._terms = terms
        self._settings = settings
        self._clock = clock
        books = prepared.restored.books
        journal = JournalDesk(prepared.journal)
        ports = TraderPorts(gateway=line.gateway, clock=clock, facts=self._view, alert=alert)
        self.orders = OrderDesk(ports, books, prepared.restored.holds, journal, settings.trading)
        self.day = DayKeeper(
            books,
            journal,
            prepared.calendar,
            settings.trading.limits,
            prepared.restored.risk_day,
        )
        self._funds = Funds(prepared.account, terms.instrument)
        self._steering = OrderSteering(self.orders.manager, settings.trading.protection)
        self.decisions = DecisionDesk(
            first_pipeline(terms, settings),
            self.orders.manager,
            self._steering,
            line.supervisor.probe,
            is_dry_run=terms.is_dry_run,
        )
        self.market = MarketDesk(line, terms, settings, clock, self.decisions, alert)
        self._snapshots = SnapshotKeeper(terms.folder / SNAPSHOT)
        self.decisions.before = lambda: self.watch.look(clock.now())
        self.decisions.on_idle = self._save
        self._box = CommandBox(terms.folder)
        self.watch = TraderWatch(self.orders, self.day, settings, self._sights)
        self._commands = CommandDesk(self._box, self.orders, self.watch, self.day)
        self._ask_from = 0.0

    @property
    def code(self) -> str:
        """What bars of the contract are called; "" where contracts have no names."""
        return contract_code(self.facts) if self._terms.is_named else ""

    def unsettled(self) -> str:
        """Return what is not done, or not answered by the broker, yet; "" where nothing is."""
        manager = self.orders.manager
        if not self.market.has_begun:
            return "bars have not come yet"
        if manager.is_in_doubt or manager.modes.mode not in SYNCED:
            return "the broker's books are not known"
        if not self.decisions.is_idle:
            return "a decision is being acted on"
        if not self._steering.is_in_place(self.decisions.pipeline):
            return "an exit is not where it belongs"
        return manager.unsettled()

    def hear(self, event: BrokerEvent) -> None:
        """Hear the broker."""
        self.orders.manager.hear(event)
        match event:
            case ExecutionSeen():
                self.decisions.hear_fill(event)
            case CommissionSeen():
                self.decisions.hear_commission(event)
            case FundsSeen() | ConnectionLost():
                self._funds.hear(event)
            case ErrorSeen():
                self.watch.hear(event)
            case _:
                pass

    def hear_line(self, event: ConnectionEvent) -> None:
        """Hear the line."""
        self.orders.reconciler.hear(event)
        self.market.hear(event)
        if isinstance(event, ConnectionUp):
            self._follow_the_account()

    async def run(self) -> None:
        """Trade until cancelled.

        Raises:
            BaseException: What one of the parts raised; all have ended then.
        """
        self.market.pin(self.facts.con_id, self.code)
        async with asyncio.TaskGroup() as group:
            for part in (self.orders.run, self.decisions.run, self.market.run, self._look_on):
                group.create_task(part())

    async def _look_on(self) -> None:
        while True:
            self.look(self._clock.now())
            await self._look_at_the_contract()
            await asyncio.sleep(self._settings.session.tick_seconds)

    async def close(self) -> None:
        """Return when the model's state is on the disk."""
        self._save()
        await self._snapshots.close()

    def _save(self) -> None:
        self._snapshots.save(self.decisions.pipeline)

    def look(self, now: datetime) -> None:
        """Look at people's words, the day, the clock, the data and the roll."""
        self._commands.look(now)
        self.watch.look(now)
        self.market.look(now)
        self._funds.ask_when_due(self._line.gateway)
        self._steering.follow(self.decisions.pipeline)

    def _follow_the_account(self) -> None:
        account = self.orders.manager.books.account
        try:
            self._line.gateway.follow_profit(account)
        except TemporaryGatewayError as error:
            _LOG.warning("%s", error)  # the line is gone again; the next one follows it

    def _is_roll_wanted(self) -> bool:
        """Return whether the contract is to be left for the next one, and nothing is left in it."""
        roll = self._roll_due()
        books = self.orders.manager.books
        has_orders = any(one.order.con_id == books.con_id for one in books.orders.live())
        is_free = books.position == 0 and not has_orders
        return roll is not None and roll.is_over and is_free

    async def _look_at_the_contract(self) -> None:
        """Roll where it is time, and have hours told again that do not reach far enough."""
        now, monotonic = self._clock.now(), asyncio.get_running_loop().time()
        is_wanted = self._is_roll_wanted() or self._hours.needs_renewal(now)
        if not is_wanted or not self._line.supervisor.is_up or monotonic < self._ask_from:
            return
        self._ask_from = monotonic + self._settings.connection.scaled(ASK_AGAIN_SECONDS)
        try:
            if self._is_roll_wanted():
                await self._roll(now)
            else:
                self.facts = await self._line.gateway.qualify(self.facts.con_id)
                self._hours = MarketHours.of(self.facts, self._terms.symbol, now)
        except TemporaryGatewayError as error:
            _LOG.warning("the contract's facts are not known yet: %s", error)

    async def _roll(self, now: datetime) -> None:
        """Go on with the contract that is in front now."""
        facts = await pinned(self._line, self._terms, trading_day(now, self._calendar), held=None)
        if facts.con_id == self.facts.con_id:
            return
        _LOG.info("%s is left for %s", self.facts.local_symbol, facts.local_symbol)
        self.facts = facts
        self._hours = MarketHours.of(facts, self._terms.symbol, now)
        self.orders.manager.books.pin(facts.con_id)
        self.market.pin(facts.con_id, self.code)

    def _roll_due(self) -> RollDue | None:
        if not self._terms.is_named:
            return None
        return roll_due(self.facts, trading_day(self._clock.now(), self._calendar))

    def _sights(self) -> Sights:
        return Sights(
            last_price=self.market.last_price,
            skew_seconds=self._line.supervisor.clock_skew_seconds,
            is_connected=self._line.supervisor.is_up,
            stale_reason=self.market.stale_reason,
            roll=self._roll_due(),
            code=self.facts.local_symbol,
            hours=self._hours,
            is_kill_wanted=self._box.is_kill_wanted,
        )

    def _view(self) -> RiskView:
        """Return what the guard asks for beside orders, position and mode."""
        now, heard_at = self._clock.now(), self.market.heard_at
        begins = self.day.begins_at
        return RiskView(
            instrument=self._terms.instrument,
            is_day_locked=self.day.is_locked,
            is_day_current=self.day.is_current(now),
            day_pnl_usd=self.day.day_pnl_usd,
            orders_today=(
                None if begins is None else self.orders.manager.books.entries_since(begins)
            ),
            last_price=self.market.last_price,
            data_age_seconds=None if heard_at is None else (now - heard_at).total_seconds(),
            skew_seconds=self._line.supervisor.clock_skew_seconds,
            is_market_open=self._hours.is_open(now),
            seconds_to_close=self._hours.seconds_to_close(now),
            initial_margin_usd=self._funds.initial_margin_usd,
            available_usd=self._funds.available_usd,
        )
