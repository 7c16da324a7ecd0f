"""What has to be repaired so that the whole position has its stop, and nothing has more.

What is missing comes first: orders are enlarged, moved or placed; what is too much is made smaller
or cancelled after that. Nothing here may turn a position round: whatever is placed joins the OCA
group of the position, so that of all its exits one fills.

An exit that is in doubt (no word of it, or a cancel without an answer) protects nothing, and
another is placed beside it, if the group keeps the two from both filling; otherwise one has to
wait for the truth. A child whose parent still fills is dormant: it protects nothing yet, and is
left alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from config.trading_settings import ProtectionSettings
from env.kernel.matching import protective_stop_ticks, target_limit_ticks


class Standing(StrEnum):
    """How surely an exit is at the broker."""

    PENDING = "pending"
    RESTING = "resting"
    DOUBTFUL = "doubtful"
    DORMANT = "dormant"


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """A stop or a target.

    Attributes:
        key: Under which the book has it.
        quantity: What is left of it, signed: positive buys.
        price_ticks: Trigger of a stop, limit of a target.
        oca_group: Its group, or "".
        standing: How surely it is there.
    """

    key: str
    quantity: int
    price_ticks: int
    oca_group: str
    standing: Standing = Standing.RESTING


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceExit:
    """Place an exit in the position's OCA group; `is_stop` tells a stop from a target."""

    is_stop: bool
    quantity: int
    price_ticks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Change what is left of an exit to this signed quantity, at this price."""

    key: str
    quantity: int
    price_ticks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove:
    """Cancel an exit."""

    key: str


Repair = PlaceExit | Change | Remove


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What should stand behind a position.

    Attributes:
        position: Signed contracts.
        oca_group: That all its exits belong to.
        stop_ticks: Trigger beyond which no stop may lie; meaningless when flat.
        target_ticks: Limit of its target; None wants none.
    """

    position: int
    oca_group: str
    stop_ticks: int
    target_ticks: int | None = None


def plan_of(
    position: int,
    entry_ticks: float,
    oca_group: str,
    settings: ProtectionSettings,
    decided_stop_ticks: float | None = None,
) -> Plan:
    """Return the plan for a position: as was decided, or at the distances of the settings.

    Off the grid, stops round towards the smaller loss, targets to the better price.

    Args:
        position: Signed contracts, not 0.
        entry_ticks: Average entry, ticks; may be fractional.
        oca_group: Of the position's exits.
        settings: Distances.
        decided_stop_ticks: Trigger that the decision wanted, in ticks, perhaps fractional.
    """
    stop = (
        protective_stop_ticks(position, entry_ticks, settings.stop_ticks)
        if decided_stop_ticks is None
        else protective_stop_ticks(position, decided_stop_ticks, 0.0)
    )
    target = (
        None
        if settings.target_ticks is None
        else int(target_limit_ticks(position, entry_ticks, settings.target_ticks))
    )
    return Plan(position=position, oca_group=oca_group, stop_ticks=int(stop), target_ticks=target)


def repairs(plan: Plan, stops: Sequence[Leg], targets: Sequence[Leg]) -> tuple[Repair, ...]:
    """Return what is to be done, in order: first what is missing, then what is too much.

    Args:
        plan: What should be.
        stops: All stops of the contract that may still fill.
        targets: All its targets.
    """
    stop_repairs = _repaired(plan, stops, is_stop=True)
    target_repairs = _repaired(plan, targets, is_stop=False)
    held = {leg.key: abs(leg.quantity) for leg in (*stops, *targets)}
    return tuple(sorted([*stop_repairs, *target_repairs], key=lambda one: _turn(one, held)))


def uncovered(position: int, stops: Sequence[Leg]) -> int:
    """Return the contracts, >= 0, of a position that no resting stop protects.

    Of the stops of one group the largest counts: it cancels the others.
    """
    side = -1 if position > 0 else 1
    resting = [leg for leg in stops if leg.standing is Standing.RESTING and leg.quantity * side > 0]
    resting.sort(key=lambda leg: -abs(leg.quantity))
    return max(abs(position) - sum(abs(leg.quantity) for leg in _heads(resting)), 0)


def must_flatten(
    since: datetime | None, n_rejects: int, now: datetime, settings: ProtectionSettings
) -> bool:
    """Return whether a position is to be flattened because it could not be protected.

    Args:
        since: From when on some of it has been without a resting stop; None where all has one.
        n_rejects: Repairs of it that the broker has rejected.
        now: When this is asked; connected, with the market open.
        settings: How long, and how many.
    """
    if since is None:
        return False
    is_late = (now - since).total_seconds() >= settings.deadline_seconds
    return is_late or n_rejects >= settings.max_rejects


def _repaired(plan: Plan, legs: Sequence[Leg], is_stop: bool) -> list[Repair]:
    """Return the repairs of all stops, or of all targets."""
    awake = [leg for leg in legs if leg.standing is not Standing.DORMANT]
    sure = [leg for leg in awake if leg.standing is not Standing.DOUBTFUL]
    side = (plan.position < 0) - (plan.position > 0)
    wrong = [leg for leg in sure if leg.quantity * side <= 0]
    right = [leg for leg in sure if leg.quantity * side > 0]
    right.sort(key=lambda leg: (leg.price_ticks * side, -abs(leg.quantity), leg.key))
    waiting = sum(
        max(leg.quantity * side, 0)
        for leg in awake
        if leg.standing is Standing.DOUBTFUL and leg.oca_group != plan.oca_group
    )
    price = plan.stop_ticks if is_stop else plan.target_ticks
    need = max(abs(plan.position) - waiting, 0)
    kept = _shared(_heads(right), need)
    missing = need - sum(kept.values())
    out: list[Repair] = [Remove(key=leg.key) for leg in wrong]
    for leg in right:
        contracts = kept.get(leg.key, 0) + (missing if leg is right[0] else 0)
        out += _adjusted(leg, side * contracts, _no_worse(leg, side, plan, is_stop))
    if missing and not right and price is not None:
        out.append(PlaceExit(is_stop=is_stop, quantity=side * missing, price_ticks=price))
    return out


def _heads(legs: Sequence[Leg]) -> list[Leg]:
    """Return those that stand alone, and of each group the first: when it fills, others go."""
    groups: set[str] = set()
    heads = []
    for leg in legs:
        if not leg.oca_group or leg.oca_group not in groups:
            heads.append(leg)
        groups.add(leg.oca_group)
    return heads


def _shared(legs: Sequence[Leg], need: int) -> dict[str, int]:
    """Return how many contracts each leg is to have: as it has, until there are enough."""
    kept = {}
    for leg in legs:
        kept[leg.key] = min(abs(leg.quantity), need)
        need -= kept[leg.key]
    return kept


def _no_worse(leg: Leg, side: int, plan: Plan, is_stop: bool) -> int:
    """Return a leg's price; of a stop that would lose more than planned, the planned one."""
    if not is_stop:
        return leg.price_ticks
    return side * min(side * leg.price_ticks, side * plan.stop_ticks)


def _adjusted(leg: Leg, quantity: int, price_ticks: int) -> list[Repair]:
    if quantity == 0:
        return [Remove(key=leg.key)]
    if (quantity, price_ticks) == (leg.quantity, leg.price_ticks):
        return []
    return [Change(key=leg.key, quantity=quantity, price_ticks=price_ticks)]


def _turn(repair: Repair, held: dict[str, int]) -> int:
    """Return when a repair's turn is: what adds, what takes off, what cancels."""
    if isinstance(repair, Remove):
        return 2
    if isinstance(repair, Change) and abs(repair.quantity) < held[repair.key]:
        return 1
    return 0
