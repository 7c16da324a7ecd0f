"""The contract that a trader trades now: its facts, its hours, and the way to the next one.

Hours are asked for again before they run out. A contract is left for the next one when its last
session is over and nothing of ours is left in it; what closes the position is trader_watch's.
"""

import asyncio
import math
from collections.abc import Callable
from datetime import UTC, datetime

from config.trader_settings import TraderSettings
from data.calendar import Calendar
from trading.broker_line import BrokerLine
from trading.contract_choice import contract_code
from trading.contract_facts import ContractFacts
from trading.contract_roll import RollDue, roll_due
from trading.market_hours import MarketHours
from trading.risk_day import trading_day
from trading.trader_books import TraderBooks
from trading.trader_setup import Prepared, pinned
from trading.trader_terms import TraderTerms
from utils.errors import FatalGatewayError, TemporaryGatewayError
from utils.logger import get_logger

_LOG = get_logger("contract")

ASK_AGAIN_SECONDS = 10.0
"""Between two questions for the contract's facts, by the machine's time and the market's."""

LONG_AGO = datetime.min.replace(tzinfo=UTC)


class ContractDesk:
    """One contract at a time.

    Attributes:
        facts: Of the contract.
        hours: When it trades.
    """

    def __init__(
        self,
        prepared: Prepared,
        line: BrokerLine,
        terms: TraderTerms,
        settings: TraderSettings,
        on_pin: Callable[[int, str], None],
    ) -> None:
        """Begin with the contract that was prepared.

        Args:
            prepared: Contract, calendar and books.
            line: To the broker.
            terms: Whether contracts have names at all.
            settings: Timers.
            on_pin: Told number and code of each contract that is traded from then on.
        """
        self.facts: ContractFacts = prepared.facts
        self.hours: MarketHours = prepared.hours
        self._calendar: Calendar = prepared.calendar
        self._books: TraderBooks = prepared.restored.books
        self._line = line
        self._terms = terms
        self._settings = settings
        self._on_pin = on_pin
        never = -math.inf, LONG_AGO
        self._asked = {False: never, True: never}

    @property
    def code(self) -> str:
        """What bars of it are called; "" where contracts have no names."""
        return contract_code(self.facts) if self._terms.is_named else ""

    def roll_due(self, now: datetime) -> RollDue | None:
        """Return how near its roll is; None where contracts have no names."""
        if not self._terms.is_named:
            return None
        return roll_due(self.facts, trading_day(now, self._calendar))

    async def look(self, now: datetime) -> None:
        """Roll where it is time, and have hours told again that do not reach far enough.

        Raises:
            FatalGatewayError: If there is no contract to go on with.
        """
        is_roll, monotonic = self.is_roll_wanted(now), asyncio.get_running_loop().time()
        is_wanted = is_roll or self.hours.needs_renewal(now)
        again = self._settings.connection.scaled(ASK_AGAIN_SECONDS)
        asked_at, market_at = self._asked[is_roll]
        is_soon = monotonic - asked_at < again and (now - market_at).total_seconds() < again
        if not is_wanted or not self._line.supervisor.is_up or is_soon:
            return
        self._asked[is_roll] = monotonic, now
        try:
            if is_roll:
                await self._roll(now)
            else:
                await self._renew(now)
        except TemporaryGatewayError as error:
            _LOG.warning("the contract's facts are not known yet: %s", error)

    def is_roll_wanted(self, now: datetime) -> bool:
        """Return whether it is time for the next contract, and nothing is left in this one."""
        roll, books = self.roll_due(now), self._books
        if roll is None or not roll.is_over or books.position != 0:
            return False
        return not any(one.order.con_id == books.con_id for one in books.orders.live())

    async def _roll(self, now: datetime) -> None:
        """Go on with the contract that is in front now."""
        facts = await pinned(self._line, self._terms, trading_day(now, self._calendar), None)
        if facts.con_id == self.facts.con_id:
            return
        _LOG.info("%s is left for %s", self.facts.local_symbol, facts.local_symbol)
        self._on_pin(facts.con_id, contract_code(facts))  # the last bar of the old one closes
        self._books.pin(facts.con_id)
        self._take(facts, now)

    async def _renew(self, now: datetime) -> None:
        """Take over the hours that are told now; the last ones count where they are of no use."""
        try:
            self._take(await self._line.gateway.qualify(self.facts.con_id), now)
        except FatalGatewayError as error:
            _LOG.error("the hours of %s are not known anew: %s", self.facts.local_symbol, error)

    def _take(self, facts: ContractFacts, now: datetime) -> None:
        self.hours = MarketHours.of(facts, self._terms.symbol, now)
        self.facts = facts
        for text in self.hours.differences:
            _LOG.warning("hours of %s: %s", facts.local_symbol, text)
