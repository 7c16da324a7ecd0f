"""Hold an engine to the cases: each, and its mirror, runs through it and is compared.

An engine of any kind takes part by an adapter of two members, see Engine. Ours is in
kernel_engine.py.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from env.conformance.case_types import Case, CaseFile, CaseInstrument
from env.conformance.cases import mirrored

CENT = 0.005
"""USD that an engine's sums may be off."""

PRICE_DECIMALS = 6
"""To which prices of an engine are compared."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """One fill as an engine reports it.

    Attributes:
        bar: Row of the case's bar.
        price: Points.
        quantity: Signed contracts.
        reason: Name of its reason; None where the engine has none.
    """

    bar: int
    price: float
    quantity: int
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fills:
    """What an engine did with a case.

    Attributes:
        fills: In order of time.
        net_usd: Equity at the end less that of the start.
        nets: USD after commission per trade, flat to flat; None where it counts otherwise.
        denials: Reasons of what it refused; None where it names none.
    """

    fills: tuple[Fill, ...]
    net_usd: float
    nets: tuple[float, ...] | None = None
    denials: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class NotExpressible:
    """What a case needs that the engine does not offer."""

    what: str


class Engine(Protocol):
    """An engine that can be held to the cases."""

    @property
    def name(self) -> str:
        """Its name in the table."""

    def run(self, case: Case, instrument: CaseInstrument) -> Fills | NotExpressible:
        """Return what it does with a case."""


class Verdict(StrEnum):
    """What came of a case."""

    MATCH = "match"
    DIFFER = "differ"
    NOT_EXPRESSIBLE = "not expressible"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of one case, and its mirror, in one engine.

    Attributes:
        case: Its name.
        engine: Its name.
        verdict: MATCH if both are as written.
        detail: What was got instead, or what is not offered; "" for a match.
    """

    case: str
    engine: str
    verdict: Verdict
    detail: str = ""


def run_cases(engine: Engine, file: CaseFile) -> list[Outcome]:
    """Return an outcome per case of `file`, in its order; each counts with its mirror."""
    return [_outcome(engine, case, file.instruments[case.symbol]) for case in file.cases]


def _outcome(engine: Engine, case: Case, instrument: CaseInstrument) -> Outcome:
    verdict, detail = _judged(engine, case, instrument)
    if verdict == Verdict.MATCH:
        verdict, detail = _judged(engine, mirrored(case), instrument)
        detail = detail and f"mirrored: {detail}"
    return Outcome(case=case.name, engine=engine.name, verdict=verdict, detail=detail)


def _judged(engine: Engine, case: Case, instrument: CaseInstrument) -> tuple[Verdict, str]:
    got = engine.run(case, instrument)
    if isinstance(got, NotExpressible):
        return Verdict.NOT_EXPRESSIBLE, got.what
    detail = difference(case, got)
    return (Verdict.DIFFER if detail else Verdict.MATCH), detail


def difference(case: Case, got: Fills) -> str:
    """Return what an engine did that is not as the case has it; "" for nothing.

    Fills count whole where they share bar, side and price: two orders of one contract are one of
    two. Their order within a bar, their reasons, the trades and the denials count where the engine
    tells them.
    """
    expected = [Fill(**fill.model_dump()) for fill in case.fills]
    if _merged(expected) != _merged(got.fills):
        return f"got {_shown(got.fills)}"
    if all(fill.reason is not None for fill in got.fills) and list(got.fills) != expected:
        return f"got {_shown(got.fills)}"
    if got.denials is not None and got.denials != tuple(one.reason for one in case.denials):
        return f"denied {', '.join(got.denials) or 'nothing'}"
    if got.nets is not None and not _is_same_money(got.nets, case.nets):
        return f"got trades of {', '.join(f'{net:+.2f}' for net in got.nets)} USD"
    is_flat = sum(fill.quantity for fill in case.fills) == 0
    if is_flat and not _is_same_money((got.net_usd,), (sum(case.nets),)):
        return f"got {got.net_usd:+.2f} USD"
    return ""


def _merged(fills: Iterable[Fill]) -> list[tuple[int, float, bool, int]]:
    """Return bar, price, side and contracts, sorted, so that splits of a fill do not count."""
    contracts: dict[tuple[int, float, bool], int] = {}
    for fill in fills:
        key = (fill.bar, round(fill.price, PRICE_DECIMALS), fill.quantity > 0)
        contracts[key] = contracts.get(key, 0) + fill.quantity
    return sorted((*key, quantity) for key, quantity in contracts.items())


def _is_same_money(ours: tuple[float, ...], theirs: tuple[float, ...]) -> bool:
    return len(ours) == len(theirs) and all(
        abs(one - other) < CENT for one, other in zip(ours, theirs, strict=True)
    )


def _shown(fills: Iterable[Fill]) -> str:
    """Return fills as the table shows them: contracts, price, bar and, where known, reason."""
    parts = [
        f"{fill.quantity:+d} @ {fill.price:.2f} in b{fill.bar}"
        + ("" if fill.reason is None else f" ({fill.reason})")
        for fill in fills
    ]
    return "; ".join(parts) or "no fill"
