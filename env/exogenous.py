"""The market as it is whatever we do: what each decision leads to, for every state at every close.

A small trader does not move the market, so on a known path nothing need be tried: what a position
and a decision come to is known beforehand. Without stop, target and trail that depends on the row
and the position alone; with them on the entry too. Each number is the kernel's own answer, so that
flattened sessions, rolls, refused entries and slippage by volatility are as in every environment.

What depends on the account's money cannot be described so. Ruin, margin and its calls are left out:
the description is that of an account that never comes near them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from config.settings import EnvSettings
from env.account_bars import account_bars
from env.account_setup import codes_of, terms_on
from env.action_modes import n_actions
from env.actions import N_ACTIONS, Action
from env.episodes import SESSION, Episodes, episode_mode_of
from env.exogenous_steps import Tables, Trial, write_runs, write_steps
from env.kernel.types import ACCOUNT, FILL, NO_LIMIT, NO_OFFSET, TRADE, Records, max_fills_per_bar
from env.market import Market
from env.not_enumerable import check_entries_enumerable, check_enumerable
from env.terms import Terms, open_account

_KEEPS = np.zeros((3, N_ACTIONS), np.bool_)
_KEEPS[:, Action.HOLD] = True
_KEEPS[0, Action.SELL] = _KEEPS[1, Action.CLOSE] = _KEEPS[2, Action.BUY] = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Runs:
    """What becomes of a position that is entered and then held, under its stop, target or trail.

    Row t is that of the decision to enter; side 0 is short, 1 long.

    Attributes:
        entries: As `Exogenous.tables`, (n, a) each: what each choice made flat leads to, exits of
            the entry bar included.
        end_rows: (n, 2) row of the bar in which it is gone, 0 where it outlives `max_age`.
        end_gains_usd: (n, 2) change of equity in that bar.
        end_costs_usd: (n, 2) what of it was paid in commission and slippage.
        open_usd: (n, 2, max_age) open PnL before fees at the close of the entry bar and of those
            after it; (n, 2, 0) where it was not asked for.
    """

    entries: Tables
    end_rows: NDArray[np.int64]
    end_gains_usd: NDArray[np.float64]
    end_costs_usd: NDArray[np.float64]
    open_usd: NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exogenous:
    """A market's description; row t is for a decision at its close.

    Attributes:
        market: What is described.
        settings: Of the account.
        positions: (k,) signed contracts that can be held, lowest first; k is odd.
        max_position: Largest of them.
        is_decided: (n,) whether there is a decision at a close, with a full window and a bar after.
        tables: (n, k, a) each: index of the next position, change of equity (USD) at full costs,
            and what of it was paid in commission and slippage; without stop, target and trail.
        runs: What these do; None where there are none.
        close_action: The action that is flat at the next open.
        is_kept: (k, a) whether an action trades nothing in a position, so that the bar is lived
            through in it.
    """

    market: Market
    settings: EnvSettings
    positions: NDArray[np.int64]
    max_position: int
    is_decided: NDArray[np.bool_]
    tables: Tables
    runs: Runs | None
    close_action: int
    is_kept: NDArray[np.bool_]

    @property
    def n_actions(self) -> int:
        """How many actions there are."""
        return int(self.tables[0].shape[2])

    @property
    def flat(self) -> int:
        """Index of no position."""
        return len(self.positions) // 2


def describe(
    market: Market, settings: EnvSettings, max_age: int = 0, *, has_open_pnl: bool = False
) -> Exogenous:
    """Return the description of a market for one kind of account.

    Args:
        market: Rows that may be learnt from, no others.
        settings: Of the account.
        max_age: Bars that a position is followed from its entry on, its entry bar included; 0
            leaves stop, target and trail out.
        has_open_pnl: Whether the open PnL of positions that are followed is kept.

    Raises:
        ConfigError: If what happens depends on more than a position and its entry; it says on what.
    """
    check_enumerable(settings)
    if max_age > 0:
        check_entries_enumerable(settings)
    terms = terms_on(market, settings)
    last_rows = _last_rows(market, settings)
    positions = _positions(terms)
    grid = positions, int(positions[1] - positions[0]), len(positions) // 2
    n_choices = n_actions(settings.action_mode, terms.max_position)
    choices = _choices(settings, n_choices)
    bars, codes = account_bars(market, settings), codes_of(settings)
    tables = _empty_tables(market.n_bars, len(positions), n_choices)
    write_steps(_trial(terms, bars, False), codes, grid, choices, last_rows, tables)
    return Exogenous(
        market=market,
        settings=settings,
        positions=positions,
        max_position=terms.max_position,
        is_decided=last_rows > np.arange(market.n_bars),
        tables=tables,
        runs=_runs(terms, bars, (last_rows, choices), (max_age, has_open_pnl)) if max_age else None,
        close_action=int(Action.CLOSE) if is_decision(settings) else n_choices // 2,
        is_kept=_KEEPS if is_decision(settings) else np.eye(n_choices, dtype=np.bool_),
    )


def is_protected(settings: EnvSettings) -> bool:
    """Return whether positions have a stop, a target or a trail."""
    ticks = (settings.stop_loss_ticks, settings.take_profit_ticks, settings.trailing_stop_ticks)
    return any(each is not None for each in ticks)


def is_decision(settings: EnvSettings) -> bool:
    """Return whether actions are decisions, else positions."""
    return settings.action_mode == "discrete"


def _runs(
    terms: Terms,
    bars: Records,
    rows_and_choices: tuple[NDArray[np.int64], NDArray[np.int64]],
    kept: tuple[int, bool],
) -> Runs:
    max_age, has_open_pnl = kept
    last_rows, choices = rows_and_choices
    n_bars, codes = len(bars), codes_of(terms.settings)
    trial = _trial(terms, bars, True)
    entries = _empty_tables(n_bars, 1, len(choices))
    grid = np.zeros(1, np.int64), terms.max_position, 1
    write_steps(trial, codes, grid, choices, last_rows, entries)
    ends = np.zeros((n_bars, 2), np.int64), np.zeros((n_bars, 2)), np.zeros((n_bars, 2))
    open_usd = np.zeros((n_bars, 2, max_age if has_open_pnl else 0), np.float32)
    sides = np.array([Action.SELL, Action.BUY, Action.HOLD], dtype=np.int64)
    if not is_decision(terms.settings):
        sides = np.array([choices[0], choices[-1], 0], dtype=np.int64)
    write_runs(trial, codes, (sides, max_age), last_rows, ends, open_usd)
    return Runs(
        entries=(entries[0][:, 0], entries[1][:, 0], entries[2][:, 0]),
        end_rows=ends[0],
        end_gains_usd=ends[1],
        end_costs_usd=ends[2],
        open_usd=open_usd,
    )


def _positions(terms: Terms) -> NDArray[np.int64]:
    """Return what can be held: all or nothing where actions are decisions, else every size."""
    if is_decision(terms.settings):
        return terms.max_position * np.arange(-1, 2)
    return np.arange(-terms.max_position, terms.max_position + 1)


def _choices(settings: EnvSettings, n_choices: int) -> NDArray[np.int64]:
    """Return what compiled code takes for each action."""
    return np.arange(n_choices) - (0 if is_decision(settings) else n_choices // 2)


def _last_rows(market: Market, settings: EnvSettings) -> NDArray[np.int64]:
    """Return the row after whose close nothing is left open, of the episode of each row.

    Where there is no decision it is the row itself: before the first full window, at the last bar,
    and between two sessions where episodes are sessions.
    """
    rows = np.arange(market.n_bars)
    last_rows = rows.copy()
    first = market.first_decision(settings.lookback_window)
    if episode_mode_of(settings) != SESSION:
        last_rows[first:] = market.n_bars - 1
        return last_rows
    for start, stop in Episodes(market, settings).spans():
        last_rows[start:stop] = stop - 1
    return last_rows


def _trial(terms: Terms, bars: Records, has_exits: bool) -> Trial:
    """Return an account that never runs out of money, and the memory to try it in."""
    fresh = np.zeros(1, ACCOUNT)
    account = fresh.view(np.recarray)[0]
    open_account(account, terms, 0, 0)
    account.limits.ruin_usd = -NO_LIMIT
    account.limits.initial_margin_usd = account.limits.maintenance_margin_usd = 0.0
    if not has_exits:
        account.stop_offset_ticks = account.target_offset_ticks = NO_OFFSET
        account.trail_offset_ticks = NO_OFFSET
    n_scratch = max_fills_per_bar(ACCOUNT)
    return fresh, np.zeros(1, ACCOUNT), bars, np.zeros(n_scratch, FILL), np.zeros(n_scratch, TRADE)


def _empty_tables(n_bars: int, n_positions: int, n_choices: int) -> Tables:
    """Return tables that stay flat and earn nothing."""
    shape = n_bars, n_positions, n_choices
    following = np.full(shape, n_positions // 2, np.int8)
    return following, np.zeros(shape), np.zeros(shape)
