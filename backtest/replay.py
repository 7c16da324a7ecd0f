"""Decisions that are known beforehand, replayed by the kernel in one compiled loop.

The same decisions under another path policy, other fees or more slippage; and those of many random
traders, of whom only the equity is wanted.
"""

from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from backtest.course import Course, carried_on, result_of
from backtest.result import BacktestResult
from config.settings import EnvSettings
from env.account_bars import account_bars
from env.account_setup import codes_of, terms_on
from env.actions import ACTION_CODES, DECISIONS, N_ACTIONS
from env.kernel.names import Denial, Status
from env.kernel.types import ACCOUNT, FILL, TRADE, Records
from env.market import Market
from env.replay import Track, replay_choices
from env.step import Books
from env.terms import open_account
from env.trade_log import MAX_FILLS_PER_BAR, TradeLog
from utils.errors import ConfigError

ENDLESS = 2**62
"""More fills than any run has."""

Rows = tuple[int, int]
"""Of the first decision, and after the last bar."""


def replay_decisions(
    decisions: ArrayLike, market: Market, settings: EnvSettings, rows: Rows, name: str
) -> BacktestResult:
    """Return what decisions come to: bit for bit what a policy taking them does.

    Args:
        decisions: (n - 1,) as in `BacktestResult.decisions`, one per close of the rows but the
            last. Those after a ruin are not taken, and 0 in the result.
        market: What is traded; no feature of it is looked at.
        settings: The account.
        rows: What is walked over.
        name: What reports call it.

    Raises:
        ConfigError: If there are too few or too many decisions, or one is no choice.
    """
    choices = _checked(decisions, settings, rows)
    accounts, bars = _opened(market, settings, rows)
    log = TradeLog()
    track, n_done = _empty_track(len(choices), settings), 0
    while True:
        log.make_room(int(accounts["n_fills"][0]), 1)
        enough = len(log.fills) - MAX_FILLS_PER_BAR + 1
        books = (accounts, bars, log.fills, log.trades)
        n_done = replay_choices(books, codes_of(settings), choices, n_done, enough, track)
        if n_done == len(choices) or accounts["status"][0] == Status.RUINED:
            break
    choices[n_done:] = 0
    choices.flags.writeable = False
    course = _course(books, track, n_done)
    return replace(result_of(name, course, market, settings, rows), decisions=choices)


def equity_of_decisions(
    decisions: ArrayLike, market: Market, settings: EnvSettings, rows: Rows
) -> NDArray[np.float64]:
    """Return the equity (n,), USD, that `replay_decisions` has, and nothing else: much faster."""
    choices = _checked(decisions, settings, rows)
    accounts, bars = _opened(market, settings, rows)
    papers = np.zeros(MAX_FILLS_PER_BAR, FILL), np.zeros(MAX_FILLS_PER_BAR, TRADE)
    track = _empty_track(len(choices), settings)
    books = (accounts, bars, *papers)
    n_done = replay_choices(books, codes_of(settings), choices, 0, ENDLESS, track)
    return carried_on(track[0][: n_done + 1], len(choices) - n_done)


def _checked(decisions: ArrayLike, settings: EnvSettings, rows: Rows) -> NDArray[np.int64]:
    """Return the decisions as an array of our own, or refuse them."""
    given, n_wanted = np.asarray(decisions), rows[1] - rows[0] - 1
    if given.shape != (n_wanted,) or given.dtype.kind not in "iu":
        raise ConfigError(
            f"`decisions` must be {n_wanted} whole numbers, one per close of the span but the "
            f"last, was {given.dtype} of shape {given.shape}"
        )
    if ACTION_CODES[settings.action_mode] == DECISIONS:
        wrong = (given < 0) | (given >= N_ACTIONS)
        if wrong.any():
            raise ConfigError(
                f"`decisions` must be actions, 0 to {N_ACTIONS - 1}, was {given[wrong][0]} at "
                f"{int(wrong.argmax())}"
            )
    return given.astype(np.int64)


def _opened(market: Market, settings: EnvSettings, rows: Rows) -> tuple[Records, Records]:
    """Return a fresh account at the first decision, and the bars as it meets them."""
    accounts: Records = np.zeros(1, ACCOUNT)
    open_account(accounts[0], terms_on(market, settings), rows[0], rows[1] - 1)
    return accounts, account_bars(market, settings)


def _empty_track(n_choices: int, settings: EnvSettings) -> Track:
    equity = np.full(n_choices + 1, settings.initial_balance)
    return equity, np.zeros(n_choices + 1, np.int64), np.zeros(len(Denial), np.int64)


def _course(books: Books, track: Track, n_done: int) -> Course:
    accounts, _, fills, trades = books
    account = accounts[0]
    equity, positions, denials = track
    return Course(
        equity=equity[: n_done + 1],
        positions=positions[: n_done + 1],
        fills=fills[: account["n_fills"]],
        trades=trades[: account["n_trades"]],
        denials={Denial(code).label: int(n) for code, n in enumerate(denials) if n > 0},
        n_ambiguous=int(account["n_ambiguous"]),
        is_ruined=bool(account["status"] == Status.RUINED),
    )
