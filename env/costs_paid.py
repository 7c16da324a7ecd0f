"""What an episode's trading has cost: commission, and slippage in worse prices."""

import math
from dataclasses import dataclass

import numpy as np

from env.kernel.types import Records


@dataclass(frozen=True, slots=True, kw_only=True)
class CostsPaid:
    """The costs of an episode so far, those of the open trade included.

    Attributes:
        fees_usd: Commission.
        slippage_usd: How much worse the prices of market and stop fills were.
        won_usd: Sum of the gross PnL of the trades that won before commission.
    """

    fees_usd: float
    slippage_usd: float
    won_usd: float

    @property
    def total_usd(self) -> float:
        """Commission and slippage."""
        return self.fees_usd + self.slippage_usd

    @property
    def share_of_gross(self) -> float:
        """All costs as a fraction of what was won, NaN where nothing was."""
        return self.total_usd / self.won_usd if self.won_usd > 0 else math.nan


def costs_paid(account: np.record, trades: Records) -> CostsPaid:
    """Return the costs of an account.

    Args:
        account: Account record.
        trades: TRADE records of its closed trades.
    """
    gross_usd = trades["gross_usd"]
    return CostsPaid(
        fees_usd=float(account.fees_usd),
        slippage_usd=float(account.slippage_usd),
        won_usd=float(gross_usd[gross_usd > 0].sum()),
    )
