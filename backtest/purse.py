"""The money that desks trade with: accounts of the kernel, one per instrument, and their orders."""

from collections.abc import Sequence

import numpy as np

from backtest.order_log import OrderLog
from backtest.series import Clock
from config.settings import EnvSettings
from env.account_bars import account_bars
from env.account_setup import codes_of, terms_on
from env.desk import DESK_ACCOUNT, Answer, Outcome, act, aim_at, hand_in, outcome_at, withdraw
from env.kernel.names import Denial
from env.kernel.types import ORDER_TICKET, Records
from env.market import Market
from env.step import Codes
from env.terms import open_account
from utils.jit import entry_of

NO_BAR_FOLLOWS: Answer = (Denial.FORCED_EXIT.value, 0)
"""To an order at the last close."""


class Purse:
    """Accounts that know the same money, and what was asked of them.

    Attributes:
        markets: One per instrument.
        settings: Of each.
        accounts: (k,) the kernel's records.
        bars: BAR_TICKS of each, as its account meets them.
        log: What was handed in.
        place: One number: the close at which all stand, among those of the run.
    """

    def __init__(
        self,
        markets: Sequence[Market],
        settings: Sequence[EnvSettings],
        rows: Sequence[tuple[int, int]],
        place: Clock,
    ):
        """Open fresh accounts.

        Args:
            markets: One per instrument.
            settings: Of each; the balance is one for all.
            rows: Of each: the row of the first decision, and after the last bar.
            place: Moved on by the run.

        Raises:
            ConfigError: For terms that fit no account.
        """
        self.markets, self.settings = tuple(markets), tuple(settings)
        self.accounts: Records = np.zeros(len(markets), DESK_ACCOUNT)
        self.bars = tuple(map(account_bars, markets, settings))
        self.log, self.place = OrderLog(), place
        self._codes: list[Codes] = [codes_of(own) for own in settings]
        for k, (start, stop) in enumerate(rows):
            account: np.record = self.accounts[k]
            open_account(account, terms_on(markets[k], settings[k]), start, stop - 1)
        self._last_rows = [stop - 1 for _, stop in rows]
        example = (self.accounts, 0, self.bars[0], np.zeros(1, ORDER_TICKET))
        self._hand_in = entry_of(hand_in, *example)
        self._aim_at = entry_of(aim_at, *example, 0)
        self._act = entry_of(act, *example, self._codes[0], 0)

    def outcome(self, which: int) -> Outcome:
        """Return how one account stands."""
        return outcome_at(self.accounts, which)

    def hand_in(self, which: int, row: int, tickets: Records) -> Answer:
        """Hand in a ticket at the close of `row`."""
        if row >= self._last_rows[which]:
            return NO_BAR_FOLLOWS
        return self._hand_in(self.accounts, which, self.bars[which], tickets)

    def aim_at(self, which: int, row: int, tickets: Records, target: int) -> Answer:
        """Bring a position to `target` at the next open."""
        if row >= self._last_rows[which]:
            return NO_BAR_FOLLOWS
        return self._aim_at(self.accounts, which, self.bars[which], tickets, target)

    def act(self, which: int, row: int, tickets: Records, choice: int) -> Answer:
        """Do what a choice means."""
        if row >= self._last_rows[which]:
            return NO_BAR_FOLLOWS
        codes = self._codes[which]
        return self._act(self.accounts, which, self.bars[which], tickets, codes, choice)

    def withdraw(self, which: int, order_id: int) -> bool:
        """Cancel an order; return whether it was still waiting."""
        return withdraw(self.accounts, which, order_id)
