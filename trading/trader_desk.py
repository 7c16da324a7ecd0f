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
    OrderStatusSeen,
    ProfitSeen,
)
from trading.broker_line import BrokerLine
from trading.command_box import CommandBox
from trading.command_desk import CommandDesk
from trading.connection_events import ConnectionEvent, ConnectionUp
from trading.contract_desk import ContractDesk
from trading.day_keeper import DayKeeper
from trading.day_reports import DayReports
from trading.decision_desk import DecisionDesk
from trading.denial_counts import KEPT
from trading.funds import Funds
from trading.journal_desk import JournalDesk
from trading.journal_events import ConnectionStep
from trading.market_desk import MarketDesk
from trading.modes import SYNCED
from trading.order_desk import OrderDesk
from trading.order_manager import TraderPorts
from trading.order_steering import OrderSteering
from trading.pipeline_snapshot import SNAPSHOT, SnapshotKeeper
from trading.protection_legs import is_matched
from trading.risk_view import RiskView
from trading.trader_setup import Prepared
from trading.trader_terms import TraderTerms
from trading.trader_watch import Sights, TraderWatch
from utils.clock import Clock
from utils.errors import TemporaryGatewayError
from utils.logger import get_logger

_LOG = get_logger("trader")


class TraderDesk:
    """One account, one contract at a time, one model.

    Attributes:
        orders: Sends, reconciles, protects.
        decisions: Decides.
        market: Bars.
        day: The trading day's money.
        watch: Puts holds.
        contract: Which one, when it trades, and the way to the next.
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
            prepared.pipeline,
            self.orders.manager,
            self._steering,
            line.supervisor.probe,
            is_dry_run=terms.is_dry_run,
        )
        self.market = MarketDesk(line, terms, settings, clock, self.decisions, self._tell)
        self._snapshots = SnapshotKeeper(terms.folder / SNAPSHOT)
        self.decisions.before = lambda: self.watch.look(clock.now())
        self.decisions.on_idle = self._save
        self._box = CommandBox(terms.folder)
        self.watch = TraderWatch(self.orders, self.day, settings, self._sights)
        self.market.on_live = self.watch.data_came
        self._commands = CommandDesk(self._box, self.orders, self.watch, self.day)
        self.contract = ContractDesk(prepared, line, terms, settings, self.market.pin)
        reader = prepared.journal.reader
        self.orders.manager.denials.recall(reader, clock.now() - KEPT)
        self._reports = DayReports(terms, settings.session, self.day, reader, self._tell)
        self._is_fill_followed = True

    def unsettled(self) -> str:
        """Return what is not done, or not answered by the broker, yet; "" where nothing is."""
        return self._unknown() or self._undone()

    def _unknown(self) -> str:
        """Return what the broker has not told yet of all that a decision needs."""
        manager = self.orders.manager
        if not self.market.has_begun or self.market.is_asking:
            return "bars have not come yet"
        if manager.is_in_doubt or manager.modes.mode not in SYNCED:
            return "the broker's books are not known"
        if self.contract.hours.is_open(self._clock.now()) is None:
            return "the trading hours are not known"
        if self._funds.available_usd is None:
            return "what is free for margin is not known"
        return ""

    def _undone(self) -> str:
        """Return what is to be done, or being done."""
        if self.contract.is_roll_wanted(self._clock.now()):
            return "the next contract is not traded yet"
        if not self.decisions.is_idle:
            return "a decision is being acted on"
        is_in_place = self._steering.is_in_place(self.decisions.pipeline)
        manager = self.orders.manager
        if not (is_in_place and is_matched(manager.books, manager.guarded_position)):
            return "an exit is not where it belongs"
        return manager.unsettled()

    def hear(self, event: BrokerEvent) -> None:
        """Hear the broker."""
        self.orders.manager.hear(event)
        match event:
            case ExecutionSeen():
                self.decisions.hear_fill(event)
                self._is_fill_followed = False
                self._follow_soon()
            case OrderStatusSeen():
                self._follow_soon()
            case CommissionSeen():
                self.decisions.hear_commission(event)
            case FundsSeen():
                self._funds.hear(event)
            case ConnectionLost():
                self._funds.hear(event)
                self._reports.hear(event)
            case ErrorSeen():
                self.watch.hear(event)
            case ProfitSeen():
                self._reports.hear(event)
            case _:
                pass

    def _follow_soon(self) -> None:
        """Have exits follow a fill as soon as they rest, and all that was heard is in the books.

        Once: each refusal would ask for it anew.
        """
        if not self._is_fill_followed:
            asyncio.get_running_loop().call_soon(self._follow)

    def _follow(self) -> None:
        if not self._is_fill_followed:
            self._follow_now()
            self._is_fill_followed = self._steering.is_in_place(self.decisions.pipeline)

    def _follow_now(self) -> None:
        """Have exits follow; a stop that has trailed past the price goes after a decision."""
        if self.decisions.is_idle:
            self._steering.follow(self.decisions.pipeline)

    def hear_line(self, event: ConnectionEvent) -> None:
        """Hear the line."""
        step = ConnectionStep(state=type(event).__name__, detail=str(event))
        self.orders.manager.journal.note(step)
        self.orders.reconciler.hear(event)
        self.market.hear(event)
        if isinstance(event, ConnectionUp):
            self._follow_the_account()

    async def run(self) -> None:
        """Trade until cancelled.

        Raises:
            BaseException: What one of the parts raised; all have ended then.
        """
        self.market.pin(self.contract.facts.con_id, self.contract.code)
        async with asyncio.TaskGroup() as group:
            for part in (self.orders.run, self.decisions.run, self.market.run):
                group.create_task(part())
            group.create_task(self._look_on())
            group.create_task(self._keep_the_contract())

    async def _look_on(self) -> None:
        while True:
            self.look(self._clock.now())
            await asyncio.sleep(self._settings.session.tick_seconds)

    async def _keep_the_contract(self) -> None:
        """Look at the contract, apart from all else: the broker may be long in answering."""
        while True:
            await self.contract.look(self._clock.now())
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
        self._reports.look(self.market.bars, now)
        self._funds.ask_when_due(self._line.gateway)
        self._follow_now()

    def _tell(self, alert: Alert) -> None:
        """Tell people, and write down that they were told."""
        self.orders.manager.alert(alert.kind, alert.text, alert.subject)

    def _follow_the_account(self) -> None:
        account = self.orders.manager.books.account
        try:
            self._line.gateway.follow_profit(account)
        except TemporaryGatewayError as error:
            _LOG.warning("%s", error)  # the line is gone again; the next one follows it

    def _sights(self) -> Sights:
        return Sights(
            last_price=self.market.last_price,
            skew_seconds=self._line.supervisor.clock_skew_seconds,
            is_connected=self._line.supervisor.is_up,
            stale_reason=self.market.stale_reason,
            roll=self.contract.roll_due(self._clock.now()),
            code=self.contract.facts.local_symbol,
            hours=self.contract.hours,
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
            is_market_open=self.contract.hours.is_open(now),
            seconds_to_close=self.contract.hours.seconds_to_close(now),
            initial_margin_usd=self._funds.initial_margin_usd,
            available_usd=self._funds.available_usd,
        )
