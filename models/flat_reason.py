"""Why validation has left an agent flat, in words; from what the provenance tells of it."""

from collections.abc import Mapping
from typing import Any, TypeGuard

from models.selection import LEAST_BARS
from utils.wording import counted


def is_left_flat(told: Mapping[str, Any] | None) -> TypeGuard[Mapping[str, Any]]:
    """Whether the agent of a provenance's "validation", None without one, was left flat."""
    return told is not None and told["kept"] is None


def flat_reason(told: Mapping[str, Any]) -> str:
    """Return why nothing was kept.

    Args:
        told: As `models.callback_validation.Validation.to_dict` has it, with nothing kept.
    """
    evaluations = told["evaluations"]
    looked = f"{counted(len(evaluations), 'evaluation')} on {told['n_decisions']:,} bars"
    if told["n_decisions"] < LEAST_BARS:
        return f"{looked} cannot tell anything from luck: it takes {LEAST_BARS:,} bars"
    traded = [each for each in evaluations if each["evidence"] is not None]
    if not traded:
        return f"of {looked} none made a trade"
    best = max(traded, key=lambda each: each["evidence"])
    if best["evidence"] <= 0.0:
        return (
            f"of {looked} none earned anything: the best lies {-best['evidence']:.2f} standard "
            "errors below nothing"
        )
    return (
        f"of {looked} the best earned {best['net_pnl_usd']:+,.2f} USD, {best['evidence']:.2f} "
        f"standard errors above nothing where {told['errors_needed']:.2f} are needed: luck "
        "explains it"
    )
