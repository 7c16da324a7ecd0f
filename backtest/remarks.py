"""What a reader must know of a result's account before its numbers mean anything."""

from collections.abc import Mapping
from typing import Any

from backtest.result import BacktestResult
from models.flat_reason import flat_reason, is_left_flat

DENIED_SHARE = 0.05
"""Share of the decisions that may be denied without a word."""


def account_remarks(result: BacktestResult) -> list[str]:
    """Return its own remarks, and one each where it was closed by force, often denied or shared."""
    remarks = list(result.remarks)
    if result.agreement is not None:
        remarks.append(
            f"ENSEMBLE: on average {result.agreement:.0%} of the members of {result.name} were for "
            "what it decided."
        )
    if result.metrics["is_ruined"]:
        remarks.append(
            f"RUINED: {result.name} was closed by force, at its ruin level or by a rule of its "
            "account, and stood aside from then on."
        )
    n_decisions = len(result.timestamps) - 1
    n_denied = sum(result.denials.values())
    if n_denied > DENIED_SHARE * n_decisions:
        reason = max(result.denials, key=lambda label: result.denials[label])
        remarks.append(
            f"DENIED: {n_denied:,} of {n_decisions:,} decisions of {result.name}, most often for "
            f"`{reason}` ({result.denials[reason]:,})."
        )
    return remarks


def flat_remarks(name: str, provenance: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a sentence for an agent, or each member of an ensemble, that training left flat.

    Args:
        name: Of the agent or the ensemble.
        provenance: Likewise.
    """
    told = provenance.get("validation")
    if "member_1" not in provenance and is_left_flat(told):
        return (f"FLAT: {name} makes no trade, as training has left it: {flat_reason(told)}.",)
    return tuple(
        f"FLAT: {key.replace('_', ' ')} of {name} was left flat in training and votes for that "
        "with its whole weight: leave it out, or expect few trades."
        for key, member in provenance.items()
        if key.startswith("member_") and is_left_flat(member.get("validation"))
    )


def remarks_after_ruin(n_denied: int) -> tuple[str, ...]:
    """Return a sentence on the orders of a strategy that came when its account was over, if any."""
    if n_denied == 0:
        return ()
    orders = "1 order" if n_denied == 1 else f"{n_denied:,} orders"
    return (f"TOO LATE: {orders} of the strategy came after its account was over; all denied.",)
