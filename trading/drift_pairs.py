"""Fills of two accounts side by side: each contract with the one that the other account traded.

Two rules, in this order. What the same decision asked for belongs together, whenever it was filled.
What closed the same trade belongs together, whatever closed it: so a stop that was hit one bar
later is late, not missing. What neither rule pairs is missed, or extra.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from env.kernel.ledger import reducing_quantity

CARRIED = "carried"
"""The trade that was open before the first fill."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayFill:
    """A fill of one of the two accounts.

    Attributes:
        time: When; the kernel knows no more than the open of the bar.
        place: Of its bar among the bars that are compared.
        quantity: Signed contracts, not 0.
        price_ticks: Slippage included.
        fee_usd: Commission, of all of its contracts.
        decided: Close of the decision that asked for it; None of a stop or target, and of what no
            decision asked for.
        label: What it is called.
    """

    time: pd.Timestamp
    place: int
    quantity: int
    price_ticks: int
    fee_usd: float
    decided: pd.Timestamp | None
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """The part of a fill that closes, or the one that opens.

    Attributes:
        number: Of its fill, in order.
        fill: The whole of it.
        quantity: Signed contracts of this part.
        trade: Which trade it is of, by what opened that.
        is_closing: Whether it brings the position nearer to flat.
        is_old: Whether it was traded in the contract that its bar has left.
    """

    number: int
    fill: DayFill
    quantity: int
    trade: Hashable
    is_closing: bool
    is_old: bool

    @property
    def fee_usd(self) -> float:
        """Commission of this part."""
        return abs(self.quantity) * self.fill.fee_usd / abs(self.fill.quantity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """As many contracts of one account as of the other; None where one of them has none."""

    live: Leg | None
    kernel: Leg | None


def legs_of(fills: Iterable[DayFill], position: int, roll_places: Iterable[int] = ()) -> list[Leg]:
    """Return the parts of an account's fills.

    On a bar that changes the contract, a position of before it is closed in the old contract first.

    Args:
        fills: In the order in which they happened.
        position: Signed contracts before the first.
        roll_places: Of the bars that change the contract.
    """
    legs: list[Leg] = []
    rolls, place, is_old = set(roll_places), -1, False
    trade: Hashable = CARRIED
    for number, fill in enumerate(fills):
        if fill.place != place:
            place, is_old = fill.place, fill.place in rolls and position != 0
        closing = int(reducing_quantity(position, fill.quantity))
        opening = fill.quantity - closing
        leg = Leg(
            number=number, fill=fill, quantity=closing, trade=trade, is_closing=True, is_old=is_old
        )
        if closing:
            legs.append(leg)
            position += closing
            is_old = is_old and position != 0
        if opening:
            if position == 0:
                trade = fill.time if fill.decided is None else fill.decided
            legs.append(
                replace(leg, quantity=opening, trade=trade, is_closing=False, is_old=is_old)
            )
            position += opening
    return legs


def paired(live: Sequence[Leg], kernel: Sequence[Leg]) -> list[Pair]:
    """Return all contracts of both sides, each once; pairs of the same two fills are one."""
    pairs: list[Pair] = []
    rest_live, rest_kernel = list(live), list(kernel)
    for key_of in (_decision, _trade):
        rest_live, rest_kernel = _match(rest_live, rest_kernel, key_of, pairs)
    pairs += [Pair(live=leg, kernel=None) for leg in rest_live]
    pairs += [Pair(live=None, kernel=leg) for leg in rest_kernel]
    return _merged(pairs)


def _decision(leg: Leg) -> Hashable:
    return leg.fill.decided


def _trade(leg: Leg) -> Hashable:
    return leg.trade if leg.is_closing else None


def _match(
    live: list[Leg], kernel: list[Leg], key_of: Callable[[Leg], Hashable], pairs: list[Pair]
) -> tuple[list[Leg], list[Leg]]:
    """Pair what has the same key and side, oldest first; return what is left over of both."""
    waiting: dict[Hashable, deque[Leg]] = defaultdict(deque)
    left_live, left_kernel = [], []
    for leg in kernel:
        if key_of(leg) is None:
            left_kernel.append(leg)
        else:
            waiting[key_of(leg), leg.quantity > 0].append(leg)
    for leg in live:
        rest: Leg | None = leg
        others = waiting[key_of(leg), leg.quantity > 0]
        while rest is not None and others and key_of(leg) is not None:
            rest, other = _take(rest, others.popleft(), pairs)
            if other is not None:
                others.appendleft(other)
        if rest is not None:
            left_live.append(rest)
    left_kernel += [leg for others in waiting.values() for leg in others]
    return left_live, sorted(left_kernel, key=lambda leg: leg.number)


def _take(live: Leg, kernel: Leg, pairs: list[Pair]) -> tuple[Leg | None, Leg | None]:
    """Pair as many contracts as both have; return what is left of each."""
    side = 1 if live.quantity > 0 else -1
    common = side * min(abs(live.quantity), abs(kernel.quantity))
    pairs.append(Pair(live=replace(live, quantity=common), kernel=replace(kernel, quantity=common)))
    return _less(live, common), _less(kernel, common)


def _less(leg: Leg, quantity: int) -> Leg | None:
    rest = leg.quantity - quantity
    return replace(leg, quantity=rest) if rest else None


def _merged(pairs: list[Pair]) -> list[Pair]:
    """Return pairs in order of time, those of the same two fills and contract added up."""
    found: dict[Hashable, Pair] = {}
    for pair in pairs:
        key = _place(pair.live), _place(pair.kernel)
        known = found.get(key)
        found[key] = pair if known is None else _added(known, pair)
    return sorted(found.values(), key=_order)


def _place(leg: Leg | None) -> Hashable:
    return None if leg is None else (leg.number, leg.is_old)


def _added(pair: Pair, other: Pair) -> Pair:
    return Pair(live=_sum(pair.live, other.live), kernel=_sum(pair.kernel, other.kernel))


def _sum(leg: Leg | None, other: Leg | None) -> Leg | None:
    if leg is None or other is None:
        return None
    return replace(leg, quantity=leg.quantity + other.quantity)


def _order(pair: Pair) -> tuple[int, int, int]:
    """Return where a pair stands: by the earlier bar, then as its fills came."""
    legs = [leg for leg in (pair.live, pair.kernel) if leg is not None]
    return (
        min(leg.fill.place for leg in legs),
        min(leg.number for leg in legs),
        0 if pair.kernel is None else pair.kernel.number,
    )
