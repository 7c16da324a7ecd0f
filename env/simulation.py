"""One account walking over a market, bar by bar: what the environment and the back-test share.

The rules are those of env.kernel; here are only the memory they write to and the way in.
"""

from array import array
from typing import Any

import numpy as np
from numpy.typing import NDArray

from config.settings import EnvSettings
from env.account_bars import account_bars
from env.account_setup import codes_of, terms_on
from env.action_masks import Mask, masks_of
from env.action_modes import ACTION_MODES, n_actions
from env.costs_paid import CostsPaid, costs_paid
from env.kernel.types import ACCOUNT, Records
from env.market import Market
from env.observation import Observation, Page, page_bars, page_from, write_position_info
from env.step import Books, StepResult, take_step
from env.step_info import DENIAL_LABELS
from env.terms import open_account
from env.trade_log import TradeLog
from utils.errors import ConfigError
from utils.jit import entry_of

RecordArray = np.recarray[Any, np.dtype[np.void]]


class Simulation:
    """One account over one market.

    `reset` begins an episode, `step` lives one bar; a refused call changes nothing.

    Attributes:
        market: What is walked over.
        settings: The account's terms.
        bar: Row of the bar that has just closed, at which the next decision is made.
        outcome: What the last step came to, as of that close.
        is_done: Whether the episode is over; True before the first `reset`.
    """

    def __init__(self, market: Market, settings: EnvSettings) -> None:
        """Prepare an account.

        Raises:
            ConfigError: For an unknown name, terms that fit no account, or another instrument's.
        """
        self.terms = terms_on(market, settings)
        self.market = market
        self.settings = settings
        self._codes = codes_of(settings)
        self._choice_of = ACTION_MODES[settings.action_mode].reader(self.terms.max_position)
        self._lookback = settings.lookback_window
        self._bars = account_bars(market, settings)
        self._features, self._forecasts = market.windowed, market.forecasts
        self._accounts: Records = np.zeros(1, ACCOUNT)
        self._equity_path = array("d")
        self._log = TradeLog()
        self._page_bars = page_bars(self._lookback, self._features.shape[1])
        self._page = self._page_of(self._lookback - 1)
        self._place = 0
        self._books = self._books_with_room()
        self._take_step = entry_of(
            take_step, self._books, self._page.position_infos[0], self._lookback, self._codes, 0
        )
        self._last_bar = 0
        self.bar = 0
        self.outcome = self._beginning()
        self.is_done = True
        self._cost_scale = 1.0

    @property
    def has_begun(self) -> bool:
        """Whether there is an episode at all, over or not."""
        return len(self._equity_path) > 0

    @property
    def first_decision(self) -> int:
        """First row at whose close a decision can be made: its window is complete."""
        return self.market.first_decision(self._lookback)

    @property
    def account(self) -> np.record:
        """The kernel's own record, live, e.g. `account.open_pnl_usd`; not to be written to."""
        record: np.record = self._accounts[0]
        return record

    @property
    def is_ruined(self) -> bool:
        """Whether the account was liquidated, or found empty, at its ruin level."""
        return self.outcome[1]

    @property
    def position(self) -> int:
        """Signed contracts at the close of `bar`."""
        return self.outcome[2]

    @property
    def equity_usd(self) -> float:
        """Marked to the close of `bar`."""
        return self.outcome[3]

    @property
    def n_trades(self) -> int:
        """Round trips completed."""
        return self.outcome[4]

    @property
    def n_wins(self) -> int:
        """Those of net PnL above zero."""
        return self.outcome[5]

    @property
    def denial(self) -> int:
        """Denial of the last decision."""
        return self.outcome[6]

    @property
    def fees_usd(self) -> float:
        """Commission paid."""
        return self.outcome[7]

    @property
    def session_trades(self) -> int:
        """Trades opened in the session of `bar`, as far as it is in the episode."""
        return self.outcome[8]

    @property
    def cash_usd(self) -> float:
        """Initial balance + net PnL of closed trades - commission on the open one."""
        return float(self.account.cash_usd)

    @property
    def costs(self) -> CostsPaid:
        """What the episode's trading has cost so far."""
        return costs_paid(self.account, self.trades)

    @property
    def n_denied(self) -> int:
        """Decisions that were denied so far, or whose opening half was."""
        return int(self.account.n_denied)

    @property
    def last_denial(self) -> str:
        """Label of the Denial of the last decision, "none" where it was taken whole."""
        return DENIAL_LABELS[self.denial]

    @property
    def n_ambiguous(self) -> int:
        """Bars so far whose result depends on the path policy."""
        return int(self.account.n_ambiguous)

    @property
    def fills(self) -> RecordArray:
        """FILL records of the episode so far, oldest first; a copy."""
        return self._log.fills[: self.account.n_fills].copy().view(np.recarray)

    @property
    def trades(self) -> RecordArray:
        """TRADE records of the episode so far, by exit; a copy."""
        return self._log.trades[: self.account.n_trades].copy().view(np.recarray)

    @property
    def equity(self) -> NDArray[np.float64]:
        """USD at each close from the first decision to `bar`; row 0 is the initial balance."""
        return np.array(self._equity_path)

    @property
    def positions(self) -> NDArray[np.int64]:
        """Signed contracts at the same closes."""
        changes = np.zeros(len(self._equity_path), np.int64)
        fills = self.fills
        np.add.at(changes, fills.bar - (self.bar + 1 - len(changes)), fills.quantity)
        return np.cumsum(changes)

    def set_cost_scale(self, scale: float) -> None:
        """Let the coming fills cost `scale` in [0, 1] of full commission and whole-tick slippage.

        Raises:
            ConfigError: If `scale` is out of bounds.
        """
        if not 0.0 <= scale <= 1.0:
            raise ConfigError(f"`scale` of the costs must be in [0, 1], was {scale}")
        self._cost_scale = scale
        self.account.costs.scale = scale

    def reset(self, start: int, stop: int) -> None:
        """Begin an episode with a fresh account; the scale of the costs stays.

        Args:
            start: Row at whose close the first decision is made.
            stop: Row after the last bar of the episode.

        Raises:
            ConfigError: If a window does not fit, or there is no bar after the first decision.
        """
        first, n_bars = self.first_decision, self.market.n_bars
        if not first <= start < stop - 1 < n_bars:
            raise ConfigError(
                f"an episode needs a first decision in [{first}, {n_bars - 2}] (warm-up, and "
                f"`lookback_window` {self._lookback}) and a bar after it, was rows {start} to "
                f"{stop - 1} of {n_bars} bars; give more bars or a shorter lookback"
            )
        self._last_bar = stop - 1
        self._open_account(start)
        self.bar = start
        self.outcome = self._beginning()
        self._equity_path = array("d", [self.equity_usd])
        self.is_done = False

    def step(self, action: Any) -> float:
        """Decide at the close of `bar`, live through the next bar and return the reward.

        Market orders fill at the next open. After the episode's last bar nothing is left open.

        Args:
            action: As the action mode has it, e.g. one of env.actions.Action.

        Raises:
            ConfigError: If there is no such action, or the episode is over; nothing has changed.
        """
        choice = self._choice_of(action)
        if self.is_done:
            raise ConfigError("the episode is over, or none has begun: call reset() before step()")
        self._place += 1
        if self._place == self._page_bars:
            self._turn_page(self.bar + 1)
        position_info = self._page.position_infos[self._place]
        outcome = self._take_step(self._books, position_info, self._lookback, self._codes, choice)
        self.outcome = outcome
        self._equity_path.append(outcome[3])
        self.bar += 1
        self.is_done = outcome[1] or self.bar == self._last_bar
        return outcome[0]

    def observation(self) -> Observation:
        """Return what an agent sees at the close of `bar`; the same arrays if asked again."""
        windows, position_infos, forecasts = self._page
        seen: Observation = {
            "market_features": windows[self._place],
            "position_info": position_infos[self._place],
        }
        if forecasts is not None:
            seen["forecast"] = forecasts[self._place]
        return seen

    def action_mask(self) -> Mask:
        """Return which actions would not be wholly denied at the close of `bar`, one bool each.

        Raises:
            ConfigError: If actions are not numbered, or no episode has begun.
        """
        if not self.has_begun:
            raise ConfigError("no episode has begun: call reset() before asking for a mask")
        n_choices = n_actions(self.settings.action_mode, self.terms.max_position)
        masks = masks_of(self._accounts, self._bars, self._codes, n_choices)
        return masks.reshape(n_choices)

    def _beginning(self) -> StepResult:
        """Return the outcome before the first step."""
        return (0.0, False, 0, self.settings.initial_balance, 0, 0, 0, 0.0, 0)

    def _open_account(self, start: int) -> None:
        """Write a new account at the close of row `start`."""
        account = self.account
        self._accounts[:] = np.zeros(1, ACCOUNT)
        open_account(account, self.terms, start, self._last_bar)
        account.costs.scale = self._cost_scale
        self._turn_page(start)
        write_position_info(account, self._lookback, self._page.position_infos[0])

    def _turn_page(self, bar: int) -> None:
        """Make ready for a page of closes from that of row `bar` on."""
        self._page, self._place = self._page_of(bar), 0
        self._books = self._books_with_room()

    def _page_of(self, bar: int) -> Page:
        return page_from(self._features, bar, self._lookback, self._forecasts)

    def _books_with_room(self) -> Books:
        """Return what the kernel writes to, with room for the fills of a page of bars."""
        self._log.make_room(int(self._accounts["n_fills"][0]), self._page_bars)
        return self._accounts, self._bars, self._log.fills, self._log.trades
