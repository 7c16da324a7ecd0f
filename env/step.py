"""One decision and the bar after it, as one compiled call: all that a step does but the window.

Arrays travel as one plain tuple, which numba takes in far faster than as many arguments.
"""

import numpy as np
from numpy.typing import NDArray

from env.actions import decide
from env.kernel.advance import advance
from env.kernel.names import Status
from env.kernel.types import Records
from env.observation import write_position_info
from env.rewards import reward_of
from utils.jit import lean_jit

Books = tuple[Records, Records, Records, Records]
"""The account (ACCOUNT, one row), all bars (BAR_TICKS), fills so far (FILL) and trades so far
(TRADE)."""

Codes = tuple[int, int, int]
"""Of REWARD_CODES, SIZER_CODES and ACTION_CODES."""

StepResult = tuple[float, bool, int, float, int, int, int, float, int]
"""Reward, is ruined, position (signed contracts), equity (USD), trades closed, trades won, Denial
of the decision, commission so far (USD), and trades opened in the session."""


@lean_jit
def take_step(
    books: Books, position_info: NDArray[np.float32], lookback: int, codes: Codes, choice: int
) -> StepResult:
    """Decide at the close of `account.bar` and live through the next bar.

    Args:
        books: With room for one more bar's fills and trades.
        position_info: The observation's, (4,); written over.
        lookback: Bars in one observation.
        codes: Which reward, sizer and kind of action.
        choice: One of Action, or a signed target position.
    """
    accounts, bars, fills, trades = books
    account = accounts[0]
    reward = step_account(account, bars, (fills, trades), codes, choice)
    write_position_info(account, lookback, position_info)
    return (
        reward,
        bool(account.status == Status.RUINED),
        int(account.position),
        float(account.equity_usd),
        int(account.n_trades),
        int(account.n_wins),
        int(account.denial),
        float(account.fees_usd),
        int(account.session_trades),
    )


@lean_jit
def step_account(
    account: np.record, bars: Records, papers: tuple[Records, Records], codes: Codes, choice: int
) -> float:
    """Decide for one account, live through the next bar and return the reward.

    Args:
        account: Account record.
        bars: BAR_TICKS records, all of them.
        papers: FILL and TRADE records to write on.
        codes: Which reward, sizer and kind of action.
        choice: One of Action, or a signed target position.
    """
    reward, sizer, mode = codes
    fills, trades = papers
    before = (account.realised_usd, account.equity_usd, account.max_drawdown_usd)
    decide(account, bars[account.bar], sizer, mode, choice)
    advance(account, bars[account.bar + 1], fills, trades)
    return reward_of(reward, account, before)
