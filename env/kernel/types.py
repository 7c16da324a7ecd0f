"""The records and names of the kernel: what a bar, an order, an account, a fill and a trade are.

Prices are whole ticks, money is USD. What happens to the records is left to matching.py (where an
order fills), ledger.py (what a fill does to the money) and advance.py (in which order).
"""

from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

Records = NDArray[np.void]
"""An array of one of the records below."""


class OrderKind(IntEnum):
    """How an order waits for its price; NONE is an empty slot."""

    NONE = 0
    MARKET = 1
    STOP = 2


class Reason(IntEnum):
    """Why a fill happened, or why a trade ended."""

    SIGNAL = 0
    STOP = 1
    END_OF_DATA = 2
    LIQUIDATION = 3

    @property
    def label(self) -> str:
        """The name in reports, e.g. "end_of_data"."""
        return self.name.lower()


class Status(IntEnum):
    """ACTIVE obeys orders; LIQUIDATING is closed at the next open; RUINED is flat and over."""

    ACTIVE = 0
    LIQUIDATING = 1
    RUINED = 2


MARKET_SLOT = 0
STOP_SLOT = 1
N_ORDER_SLOTS = 2
"""Orders of one account. At the open, slots act in order: market orders before gapped stops."""

MAX_FILLS_PER_BAR = N_ORDER_SLOTS + 1
"""Each slot may fill once, and the end of the data may close what is left."""

NO_STOP = 0.0
"""`stop_offset_ticks` of an account that trades without a protective stop."""


def _record(fields: list[Any]) -> np.dtype[np.void]:
    """Return a dtype whose fields are read by name, compiled or not: `bar.low`."""
    base: DTypeLike = np.dtype(fields, align=True)
    return np.dtype((np.record, base))


BAR_TICKS = _record([("open", "i8"), ("high", "i8"), ("low", "i8"), ("close", "i8")])

# COSTS and ORDER lie inside an account, whose record class they take on: they have none themselves,
# because numba finds them aligned only so.
COSTS = np.dtype(
    [
        ("tick_value_usd", "f8"),  # USD per tick and contract
        ("commission_per_side_usd", "f8"),  # USD per contract and fill
        ("slippage_ticks", "i8"),  # adverse ticks on every market and stop fill
    ],
    align=True,
)

ORDER = np.dtype(
    [
        ("kind", "i1"),  # OrderKind
        ("reason", "i1"),  # Reason that its fill will carry
        ("quantity", "i4"),  # signed contracts: positive buys
        ("trigger_ticks", "i8"),  # of a stop
    ],
    align=True,
)

ACCOUNT = _record(
    [
        # terms, constant through an episode
        ("initial_usd", "f8"),
        ("ruin_usd", "f8"),  # equity at or below it ends the account
        ("stop_offset_ticks", "f8"),  # protective stop from the average entry, or NO_STOP
        ("max_position", "i4"),  # contracts either way
        ("last_bar", "i8"),  # row after whose close nothing is left open
        ("costs", COSTS),
        # state
        ("status", "i1"),  # Status
        ("bar", "i8"),  # row of the last bar that has closed
        ("position", "i4"),  # signed contracts
        ("orders", ORDER, (N_ORDER_SLOTS,)),
        ("cash_usd", "f8"),  # settled: initial + net PnL of closed trades - fees of the open one
        ("open_pnl_usd", "f8"),  # of the open trade, marked to the last close, before fees
        ("equity_usd", "f8"),  # cash + open PnL
        ("realised_usd", "f8"),  # net PnL of closed trades
        ("fees_usd", "f8"),  # commission ever paid
        ("n_fills", "i8"),
        ("n_trades", "i8"),
        ("n_wins", "i8"),  # trades of net PnL above zero
        # the open trade; meaningless when flat
        ("entry_ticks", "f8"),  # average entry of the contracts held
        ("entry_bar", "i8"),  # row of its first fill
        ("entered_quantity", "i4"),  # contracts ever entered, unsigned
        ("entered_ticks", "i8"),  # sum of contracts x price over its entries
        ("flow_ticks", "i8"),  # contracts x price received less paid, over all its fills
        ("open_fees_usd", "f8"),  # commission paid on it so far
    ]
)

FILL = _record(
    [
        ("bar", "i8"),  # row of the bar in which it happened
        ("quantity", "i4"),  # signed contracts
        ("price_ticks", "i8"),  # slippage included
        ("fee_usd", "f8"),
        ("reason", "i1"),  # Reason
    ]
)

TRADE = _record(
    [
        ("entry_bar", "i8"),  # row of the first entry
        ("exit_bar", "i8"),  # row of the last exit
        ("quantity", "i4"),  # contracts entered, positive for a long trade
        ("entry_ticks", "f8"),  # average over all entries
        ("exit_ticks", "f8"),  # average over all exits
        ("gross_usd", "f8"),  # before commission; slippage is in the prices
        ("fees_usd", "f8"),
        ("net_usd", "f8"),
        ("reason", "i1"),  # Reason of the last exit
    ]
)
