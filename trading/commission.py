"""Which commission reports say what a fill cost: the same ones live and in the journal's tables."""

from trading.broker_events import CommissionSeen

MAX_COMMISSION_USD = 1e6
"""Beyond it a figure is the broker's way of saying that it has none."""


def is_figure(event: CommissionSeen) -> bool:
    """Return whether a report holds an amount in USD; an unknown currency is taken for it."""
    is_usd = event.currency in {"USD", ""}
    return is_usd and abs(event.commission_usd) <= MAX_COMMISSION_USD  # False for NaN too
