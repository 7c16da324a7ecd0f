"""The records of the kernel: what a bar, an order, an account, a fill and a trade are made of.

Prices are whole ticks, money is USD. What the numbers of kinds and reasons mean is in names.py;
what happens to the records is left to matching.py (where an order fills), ledger.py (what a fill
does to the money), orders.py (who waits in the book), limits.py (what is forbidden and forced) and
advance.py (in which order).
"""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Records = NDArray[np.void]
"""An array of one of the records below."""

MARKET_SLOT = 0
STOP_SLOT = 1
TARGET_SLOT = 2
N_OWN_SLOTS = 3
"""The first slots of every account: the decision's market order, or a forced one, and the stop and
target that protect its whole position. Orders with a life of their own wait in the slots after."""

NO_OFFSET = 0.0
"""Offset in ticks of a stop, target or trail that is not wanted."""

NO_LIMIT = np.inf
"""USD of a limit that is not wanted."""

NO_COUNT = 2**31 - 1
"""Count of a limit that is not wanted."""


def _record(fields: list[Any]) -> np.dtype[np.void]:
    """Return a dtype whose fields are read by name, compiled or not: `bar.low`."""
    base: DTypeLike = np.dtype(fields, align=True)
    return np.dtype((np.record, base))


BAR_TICKS = _record(
    [
        ("open", "i8"),
        ("high", "i8"),
        ("low", "i8"),
        ("close", "i8"),
        ("flag_bits", "i4"),  # BarFlag
        ("roll_gap", "i4"),  # ticks a new contract opens above the old one, on its first bar
        ("slippage", "f8"),  # adverse ticks beside the fixed ones, known before the bar
        (
            "average_range",
            "f8",
        ),  # average true range at the close, ticks; NaN where there is none yet
    ]
)

# COSTS, LIMITS and ORDER lie inside an account, whose record class they take on: they have none
# themselves, because numba finds them aligned only so.
COSTS = np.dtype(
    [
        ("tick_value_usd", "f8"),  # USD per tick and contract
        ("commission_per_side_usd", "f8"),  # USD per contract and fill, at full scale
        ("slippage_ticks", "f8"),  # adverse ticks on every market and stop fill, at full scale
        ("scale", "f8"),  # share of them that is charged, in [0, 1]
        ("through_ticks", "i8"),  # a resting limit fills when the price goes this far beyond it
    ],
    align=True,
)

LIMITS = np.dtype(
    [
        ("ruin_usd", "f8"),  # equity at or below it ends the account
        ("initial_margin_usd", "f8"),  # per contract, to open; 0 asks for none
        ("maintenance_margin_usd", "f8"),  # per contract, at each close; 0 asks for none
        ("daily_loss_usd", "f8"),  # loss of a session that locks it, or NO_LIMIT
        ("drawdown_usd", "f8"),  # fall from the peak that ends the account, or NO_LIMIT
        ("drawdown_floor_usd", "f8"),  # the level that the fall is counted to rises no higher
        ("is_drawdown_daily", "i1"),  # the peak is taken at the ends of sessions only
        ("ends_on_daily_loss", "i1"),  # the daily loss ends the account, not the session
        ("max_session_trades", "i8"),  # trades opened in a session, or NO_COUNT
        ("max_position", "i8"),  # contracts either way
    ],
    align=True,
)

SIZING = np.dtype(
    [
        ("risk_fraction", "f8"),  # share of equity that one trade may lose
        ("kelly_fraction", "f8"),  # share of the Kelly stake that is taken
        ("kelly_trades", "i8"),  # closed trades from which on Kelly goes by them
        ("kelly_win_rate", "f8"),  # expected until then, in (0, 1); NaN where nothing is
        ("kelly_payoff", "f8"),  # mean gain over mean loss expected until then
        ("range_multiple", "f8"),  # average true ranges that one trade may lose
        ("full_drawdown", "f8"),  # drawdown, as a share of the peak, at which nothing is staked
    ],
    align=True,
)

REWARDING = np.dtype(
    [
        ("gamma", "f8"),  # discount of the potential in the shaped reward
        ("decay", "f8"),  # weight of one bar in the running moments of risk-adjusted rewards
        ("drawdown_penalty", "f8"),  # what a USD of new drawdown costs beside itself
    ],
    align=True,
)

_ORDER_FIELDS: list[Any] = [
    ("kind", "i1"),  # OrderKind
    ("reason", "i1"),  # Reason that its fill will carry
    ("birth", "i1"),  # Birth, within the bar that is being lived through
    ("is_day", "i1"),  # cancelled when its session ends
    ("is_reduce_only", "i1"),  # never opens; cancelled with the position that it reduces
    ("quantity", "i8"),  # signed contracts: positive buys
    ("id", "i4"),  # > 0, in order of submission; 0 of the account's own slots
    ("group", "i4"),  # orders of one group > 0 cancel each other
    ("trigger_ticks", "i8"),  # of a stop, stop-limit
    ("limit_ticks", "i8"),  # of a limit, stop-limit
    ("trail_ticks", "f8"),  # the trigger follows the price at this distance, or NO_OFFSET
    ("stop_offset_ticks", "f8"),  # its fill brings a stop at this distance, or NO_OFFSET
    ("target_offset_ticks", "f8"),  # and a target at this one, or NO_OFFSET
    ("trail_offset_ticks", "f8"),  # and that stop trails at this one, or NO_OFFSET
]
ORDER = np.dtype(_ORDER_FIELDS, align=True)
ORDER_TICKET = _record(_ORDER_FIELDS)
"""An order by itself, as it is handed in."""

FILL = _record(
    [
        ("bar", "i8"),  # row of the bar in which it happened
        ("quantity", "i8"),  # signed contracts
        ("price_ticks", "i8"),  # slippage included
        ("slippage_ticks", "i4"),  # how much of the price that is, >= 0
        ("fee_usd", "f8"),
        ("reason", "i1"),  # Reason
        ("order_id", "i4"),
    ]
)

TRADE = _record(
    [
        ("entry_bar", "i8"),  # row of the first entry
        ("exit_bar", "i8"),  # row of the last exit
        ("quantity", "i8"),  # contracts entered, positive for a long trade
        ("entry_ticks", "f8"),  # average over all entries
        ("exit_ticks", "f8"),  # average over all exits
        ("mae_ticks", "f8"),  # <= 0: how far the price went against the average entry
        ("mfe_ticks", "f8"),  # >= 0: how far it went in its favour
        ("gross_usd", "f8"),  # before commission; slippage is in the prices
        ("fees_usd", "f8"),
        ("net_usd", "f8"),
        ("reason", "i1"),  # Reason of the last exit
    ]
)


@cache
def account_type(n_free_slots: int) -> np.dtype[np.void]:
    """Return the dtype of an account with room for so many orders beside its own three.

    One record is the whole state: its bytes are a snapshot.
    """
    return _record(
        [
            # terms, constant through an episode
            ("initial_usd", "f8"),
            ("stop_offset_ticks", "f8"),  # protective stop from the average entry, or NO_OFFSET
            ("target_offset_ticks", "f8"),  # target likewise
            ("trail_offset_ticks", "f8"),  # trailing distance of the protective stop
            ("path_policy", "i1"),  # PathPolicy
            ("last_bar", "i8"),  # row after whose close nothing is left open
            ("costs", COSTS),
            ("limits", LIMITS),
            ("sizing", SIZING),
            ("rewarding", REWARDING),
            # state
            ("status", "i1"),  # Status
            ("bar", "i8"),  # row of the last bar that has closed
            ("position", "i8"),  # signed contracts
            ("orders", ORDER, (N_OWN_SLOTS + n_free_slots,)),
            ("last_id", "i4"),  # of the order submitted last
            ("denial", "i1"),  # Denial of the last decision
            ("cash_usd", "f8"),  # initial + net PnL of closed trades - fees of the open one
            ("open_pnl_usd", "f8"),  # of the open trade, marked to the last close, before fees
            ("equity_usd", "f8"),  # cash + open PnL
            ("realised_usd", "f8"),  # net PnL of closed trades
            ("fees_usd", "f8"),  # commission ever paid
            ("slippage_usd", "f8"),  # ever paid in worse prices
            ("peak_usd", "f8"),  # highest equity at a close, the initial included
            ("drawdown_peak_usd", "f8"),  # the one that the drawdown limit counts from
            ("max_drawdown_usd", "f8"),  # largest fall below the peak at a close, >= 0
            ("gains_usd", "f8"),  # sum of net PnL above zero
            ("losses_usd", "f8"),  # sum of net PnL below zero, <= 0
            ("unit_gains_usd", "f8"),  # as gains_usd, of each trade per contract entered
            ("unit_losses_usd", "f8"),  # as losses_usd, likewise
            ("n_fills", "i8"),
            ("n_trades", "i8"),
            ("n_wins", "i8"),  # trades of net PnL above zero
            ("n_losses", "i8"),  # trades of net PnL below zero
            ("last_exit", "i1"),  # Reason of the last exit of the last trade; 0 before the first
            ("n_denied", "i8"),
            ("n_ambiguous", "i8"),  # bars whose result depends on the path policy
            # the session
            ("session_start_usd", "f8"),  # equity before it
            ("session_trades", "i8"),  # opened in it
            ("is_locked", "i1"),  # no entries until the next one
            # running moments of the return per bar, for risk-adjusted rewards
            ("reward_mean", "f8"),
            ("reward_square", "f8"),
            # the open trade; meaningless when flat
            ("entry_ticks", "f8"),  # average entry of the contracts held
            ("entry_bar", "i8"),  # row of its first fill
            ("entered_quantity", "i8"),  # contracts ever entered, unsigned
            ("entered_ticks", "i8"),  # sum of contracts x price over its entries
            ("flow_ticks", "i8"),  # contracts x price received less paid, over all its fills
            ("open_fees_usd", "f8"),  # commission paid on it so far
            ("highest_ticks", "i8"),  # since its entry
            ("lowest_ticks", "i8"),
            ("began_at_open", "i1"),  # its first fill was at the open of its bar
            ("is_at_open", "i1"),  # the bar that is being lived through stands at its open
            ("is_rolling", "i1"),  # and the position is still one in the old contract
        ]
    )


ACCOUNT = account_type(0)
"""What the environment needs: a decision's market order, its stop, its target."""


def max_fills_per_bar(account: np.dtype[np.void]) -> int:
    """Return how many fills one bar can bring at most.

    Each order may fill once and each may bring another that fills; a roll closes and opens, and the
    end closes.
    """
    fields = account.fields
    assert fields is not None
    n_slots = fields["orders"][0].shape[0]
    return 2 * int(n_slots) + 3
