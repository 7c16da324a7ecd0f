"""Stretches of time, and what two lists of them have in common."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From `opens` to just before `closes`, both aware UTC."""

    opens: datetime
    closes: datetime


def joined(spans: Sequence[Span]) -> tuple[Span, ...]:
    """Return the same stretches oldest first, those that touch or overlap as one."""
    whole: list[Span] = []
    for span in sorted(spans):
        if whole and span.opens <= whole[-1].closes:
            whole[-1] = Span(whole[-1].opens, max(whole[-1].closes, span.closes))
        else:
            whole.append(span)
    return tuple(whole)


def in_both(one: Sequence[Span], other: Sequence[Span]) -> tuple[Span, ...]:
    """Return when both lists say yes."""
    return joined([piece for piece in _pieces(one, other) if _has(one, piece) & _has(other, piece)])


def in_one_only(one: Sequence[Span], other: Sequence[Span]) -> tuple[Span, ...]:
    """Return when one of the lists says yes and the other no."""
    return joined([piece for piece in _pieces(one, other) if _has(one, piece) ^ _has(other, piece)])


def cut(spans: Sequence[Span], first: datetime, last: datetime) -> tuple[Span, ...]:
    """Return what of some stretches lies from `first` to just before `last`."""
    return in_both(spans, [Span(first, last)]) if first < last else ()


def _pieces(one: Sequence[Span], other: Sequence[Span]) -> list[Span]:
    """Return the pieces of time that any of the edges bound: within one nothing changes."""
    edges = {edge for span in (*one, *other) for edge in (span.opens, span.closes)}
    return [Span(*ends) for ends in pairwise(sorted(edges))]


def _has(spans: Sequence[Span], piece: Span) -> bool:
    return any(span.opens <= piece.opens < span.closes for span in spans)
