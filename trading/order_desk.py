"""Manager, reconciler and protector of one account, as one thing that runs."""

import asyncio
from collections.abc import Mapping

from config.trading_settings import TradingSettings
from trading.journal_desk import JournalDesk
from trading.mode_keeper import ModeKeeper
from trading.modes import Hold
from trading.order_manager import OrderManager, TraderPorts
from trading.protector import Protector
from trading.reconciliation import Reconciler
from trading.risk_guard import RiskGuard
from trading.trader_books import TraderBooks


class OrderDesk:
    """All that stands between a decision and the broker.

    Attributes:
        manager: Sends, and is the gateway's listener (`manager.hear`).
        reconciler: Hears the connection's supervisor (`reconciler.hear`).
        protector: Keeps stops behind positions.
    """

    def __init__(
        self,
        ports: TraderPorts,
        books: TraderBooks,
        holds: Mapping[Hold, str],
        journal: JournalDesk,
        settings: TradingSettings,
    ) -> None:
        """Put the three together.

        Args:
            ports: The world outside.
            books: As restored (trading/order_restore.py).
            holds: Likewise.
            journal: Where everything is written.
            settings: All timers and limits.
        """
        modes = ModeKeeper(journal, ports.clock, holds)
        guard = RiskGuard(settings.limits)
        self.manager = OrderManager(ports, books, modes, journal, guard, settings)
        self.reconciler = Reconciler(ports.gateway, self.manager, settings.reconciliation)
        tick_seconds = settings.reconciliation.tick_seconds
        self.protector = Protector(self.manager, settings.protection, tick_seconds)

    async def run(self) -> None:
        """Reconcile and protect until cancelled.

        Raises:
            BaseException: What one of the two raised; the other has ended too.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self.reconciler.run())
            group.create_task(self.protector.run())
