"""One decision and the bar after it, as one compiled call: all that a step does but the window.

Arrays travel as one plain tuple, which numba takes in far faster than as many arguments.
"""

import numpy as np
from numpy.typing import NDArray

from env.actions import order_quantity
from env.kernel.advance import advance, place_market_order
from env.kernel.types import Reason, Records, Status
from env.observation import write_position_info
from env.position_sizer import contracts_of
from env.rewards import reward_of
from utils.jit import jit

Books = tuple[Records, Records, Records, Records, NDArray[np.float32]]
"""The account (ACCOUNT, one row), all bars (BAR_TICKS), fills so far (FILL), trades so far (TRADE)
and the observation's position_info, (4,)."""

StepResult = tuple[float, bool, int, float, int, int]
"""Reward, is ruined, position (signed contracts), equity (USD), trades closed, trades won."""


@jit
def take_step(books: Books, lookback: int, reward: int, sizer: int, action: int) -> StepResult:
    """Place the order of `action` at the close of `account.bar` and live through the next bar.

    An account that is being liquidated ignores the action.

    Args:
        books: With room for one more bar's fills and trades.
        lookback: Bars in one observation.
        reward: One of REWARD_CODES.
        sizer: One of SIZER_CODES.
        action: One of Action.
    """
    accounts, bars, fills, trades, position_info = books
    account = accounts[0]
    realised_before_usd, equity_before_usd = account.realised_usd, account.equity_usd
    if account.status == Status.ACTIVE:
        contracts = contracts_of(sizer, account)
        place_market_order(account, order_quantity(action, account, contracts), Reason.SIGNAL)
    advance(account, bars[account.bar + 1], fills, trades)
    write_position_info(account, lookback, position_info)
    return (
        reward_of(reward, account, realised_before_usd, equity_before_usd),
        bool(account.status == Status.RUINED),
        int(account.position),
        float(account.equity_usd),
        int(account.n_trades),
        int(account.n_wins),
    )
