"""Whether the broker counts the day's PnL as we do: a second opinion, which no limit hangs on.

The broker's figure is of the whole account, marked at its own price, and its day may turn at
another hour than ours; so a difference is something for a person to look at, and nothing more.
"""

import math

from trading.broker_events import ProfitSeen


def profit_differs(
    own_usd: float | None, seen: ProfitSeen | None, tolerance_usd: float
) -> str | None:
    """Return in words by how much two counts of the day differ; None while they agree.

    What is not known on either side says nothing.

    Args:
        own_usd: Ours, `DayKeeper.comparable_pnl_usd`.
        seen: The broker's last.
        tolerance_usd: Difference that is still taken for the same, >= 0: the two are never marked
            at one price.
    """
    if own_usd is None or seen is None:
        return None
    difference = seen.daily_usd - own_usd
    if not math.isfinite(difference) or round(abs(difference), 2) <= tolerance_usd:
        return None
    return (
        f"the broker counts {seen.daily_usd:.2f} USD for the day, our fills come to "
        f"{own_usd:.2f}: {abs(difference):.2f} apart"
    )
