"""Stretches of time: joined, cut, and compared."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tests.helpers.live_laws import tried
from trading.time_spans import Span, cut, in_both, in_one_only, joined

ZERO = datetime(2024, 1, 1, tzinfo=UTC)


def at(hour: float) -> datetime:
    return ZERO + timedelta(hours=hour)


def spans(*ends: tuple[float, float]) -> tuple[Span, ...]:
    return tuple(Span(at(opens), at(closes)) for opens, closes in ends)


def test_joined_orders_and_closes_up_what_touches_or_overlaps() -> None:
    assert joined(spans((7, 9), (1, 2), (2, 4), (3, 5))) == spans((1, 5), (7, 9))


def test_in_both_is_what_each_has() -> None:
    assert in_both(spans((1, 5), (7, 9)), spans((0, 2), (4, 8))) == spans((1, 2), (4, 5), (7, 8))
    assert in_both(spans((1, 5)), ()) == ()


def test_in_one_only_is_the_rest_of_either() -> None:
    assert in_one_only(spans((1, 5)), spans((0, 2), (4, 8))) == spans((0, 1), (2, 4), (5, 8))
    assert in_one_only(spans((1, 5)), spans((1, 5))) == ()
    assert in_one_only(spans((1, 5)), ()) == spans((1, 5))


def test_cut_leaves_what_lies_between() -> None:
    assert cut(spans((1, 5), (7, 9)), at(2), at(8)) == spans((2, 5), (7, 8))
    assert cut(spans((1, 5)), at(3), at(3)) == ()


HOURS = st.integers(0, 20)
SPANS = st.lists(
    st.tuples(HOURS, HOURS).filter(lambda ends: ends[0] < ends[1]).map(lambda ends: spans(ends)[0]),
    max_size=5,
)


@given(one=SPANS, other=SPANS, hour=HOURS)
@tried
def test_spans_say_of_each_hour_what_the_lists_say(one, other, hour) -> None:
    def has(found) -> bool:
        return any(span.opens <= at(hour) < span.closes for span in found)

    assert has(joined(one)) == has(one)
    assert has(in_both(one, other)) == (has(one) and has(other))
    assert has(in_one_only(one, other)) == (has(one) != has(other))
