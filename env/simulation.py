"""One account walking over a market, bar by bar: what the environment and the back-test share.

The rules are those of env.kernel; here are only the memory they write to and the way in.
"""

from array import array
from typing import Any, SupportsIndex

import numpy as np
from numpy.typing import NDArray

from config.settings import EnvSettings
from env.actions import ACTION_CODES, checked_action
from env.kernel.types import ACCOUNT, FILL, TRADE, Records, max_fills_per_bar
from env.market import Market
from env.observation import N_POSITION_INFO, Observation, observe, write_position_info
from env.position_sizer import SIZER_CODES
from env.rewards import REWARD_CODES
from env.step import Books, Codes, take_step
from env.terms import Terms, open_account, terms_of
from utils.errors import ConfigError
from utils.registry import lookup

MAX_FILLS_PER_BAR = max_fills_per_bar(ACCOUNT)

INITIAL_CAPACITY = 64
"""Fills that there is room for at first; doubled whenever they might not suffice."""

RecordArray = np.recarray[Any, np.dtype[np.void]]


class Simulation:
    """One account over one market.

    `reset` begins an episode, `step` lives one bar; a refused call changes nothing.

    Attributes:
        market: What is walked over.
        settings: The account's terms.
        bar: Row of the bar that has just closed, at which the next decision is made.
        position: Signed contracts at that close.
        equity_usd: Marked to that close.
        n_trades: Round trips completed.
        n_wins: Those of net PnL above zero.
        is_ruined: Whether the account was liquidated, or found empty, at its ruin level.
        is_done: Whether the episode is over; True before the first `reset`.
    """

    def __init__(self, market: Market, settings: EnvSettings) -> None:
        """Prepare an account.

        Raises:
            ConfigError: For an unknown reward or sizer, a ruin level not below the initial balance,
                or settings for another instrument.
        """
        self.terms = _checked_terms(market, settings)
        self.market = market
        self.settings = settings
        self._codes = codes_of(settings)
        self._lookback = settings.lookback_window
        self._bars: Records = market.bars.view(np.ndarray)
        self._accounts: Records = np.zeros(1, ACCOUNT)
        self._position_info = np.zeros(N_POSITION_INFO, dtype=np.float32)
        self._equity_path = array("d")
        self._position_path = array("q")
        self._make_records(INITIAL_CAPACITY)
        self._last_bar = 0
        self._steps_with_room = 0
        self.bar = 0
        self.position = 0
        self.equity_usd = settings.initial_balance
        self.n_trades = 0
        self.n_wins = 0
        self.is_ruined = False
        self.is_done = True
        self.denial = 0
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
    def cash_usd(self) -> float:
        """Initial balance + net PnL of closed trades - commission on the open one."""
        return float(self.account.cash_usd)

    @property
    def fills(self) -> RecordArray:
        """FILL records of the episode so far, oldest first; a copy."""
        return self._fills[: self.account.n_fills].copy().view(np.recarray)

    @property
    def trades(self) -> RecordArray:
        """TRADE records of the episode so far, by exit; a copy."""
        return self._trades[: self.account.n_trades].copy().view(np.recarray)

    @property
    def equity(self) -> NDArray[np.float64]:
        """USD at each close from the first decision to `bar`; row 0 is the initial balance."""
        return np.array(self._equity_path)

    @property
    def positions(self) -> NDArray[np.int64]:
        """Signed contracts at the same closes."""
        return np.array(self._position_path)

    def set_cost_scale(self, scale: float) -> None:
        """Let the coming fills cost `scale` in [0, 1] of the full commission and slippage.

        Slippage is rounded down to whole ticks.

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
        self.position, self.equity_usd = 0, self.settings.initial_balance
        self._position_path, self._equity_path = array("q", [0]), array("d", [self.equity_usd])
        self.n_trades, self.n_wins, self.denial = 0, 0, 0
        self.is_ruined, self.is_done = False, False

    def step(self, action: SupportsIndex) -> float:
        """Decide at the close of `bar`, live through the next bar and return the reward.

        Market orders fill at the next open. After the episode's last bar nothing is left open.

        Args:
            action: One of env.actions.Action, or its number.

        Raises:
            ConfigError: If there is no such action, or the episode is over.
        """
        choice = checked_action(action)
        if self.is_done:
            raise ConfigError("the episode is over, or none has begun: call reset() before step()")
        if self._steps_with_room == 0:
            self._make_room()
        (
            reward,
            self.is_ruined,
            self.position,
            self.equity_usd,
            self.n_trades,
            self.n_wins,
            self.denial,
        ) = take_step(self._books, self._lookback, self._codes, choice)
        self._equity_path.append(self.equity_usd)
        self._position_path.append(self.position)
        self._steps_with_room -= 1
        self.bar += 1
        self.is_done = self.is_ruined or self.bar == self._last_bar
        return reward

    def observation(self) -> Observation:
        """Return what an agent sees at the close of `bar`."""
        return observe(self.market.features, self.bar, self._lookback, self._position_info)

    def _open_account(self, start: int) -> None:
        """Write a new account at the close of row `start`."""
        account = self.account
        self._accounts[:] = np.zeros(1, ACCOUNT)
        open_account(account, self.terms, start, self._last_bar)
        account.costs.scale = self._cost_scale
        write_position_info(account, self._lookback, self._position_info)
        self._make_room()

    def _make_room(self) -> None:
        """Count for how many bars the fills have room, after doubling it where there is none."""
        room = (len(self._fills) - int(self.account.n_fills)) // MAX_FILLS_PER_BAR
        if room == 0:
            fills, trades = self._fills, self._trades
            self._make_records(2 * len(fills))
            self._fills[: len(fills)] = fills
            self._trades[: len(trades)] = trades
            room = (len(self._fills) - int(self.account.n_fills)) // MAX_FILLS_PER_BAR
        self._steps_with_room = room
        self._books: Books = (
            self._accounts,
            self._bars,
            self._fills,
            self._trades,
            self._position_info,
        )

    def _make_records(self, capacity: int) -> None:
        self._fills: Records = np.zeros(capacity, FILL)
        self._trades: Records = np.zeros(capacity, TRADE)


def codes_of(settings: EnvSettings) -> Codes:
    """Return how compiled code knows the reward, the sizer and the kind of action.

    Raises:
        ConfigError: For an unknown one.
    """
    return (
        lookup(REWARD_CODES, settings.reward, "reward"),
        lookup(SIZER_CODES, settings.position_sizer, "position sizer"),
        lookup(ACTION_CODES, settings.action_mode, "action mode"),
    )


def _checked_terms(market: Market, settings: EnvSettings) -> Terms:
    """Return the account's terms, refusing those for another instrument than the market's."""
    terms = terms_of(settings)
    if terms.instrument != market.instrument:
        raise ConfigError(
            f"`symbol` must be that of the market ({market.instrument.symbol}), was "
            f"{settings.symbol}; build another market for it"
        )
    return terms
