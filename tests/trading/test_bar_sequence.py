"""Closes once, in order, and every hole named."""

from datetime import UTC, datetime, timedelta

import pytest

from trading.bar_calendar import BarCalendar
from trading.bar_sequence import BarSequence, count_by_seconds
from trading.data_events import (
    BarClosed,
    BarEvent,
    BarGap,
    BarMoved,
    BarRevised,
    BarsDisordered,
    SeenBar,
)

START = datetime(2025, 11, 5, 15, 0, tzinfo=UTC)


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def bar(minute: int, close: float = 100.0) -> SeenBar:
    return SeenBar(time=at(minute), open=100.0, high=101.0, low=99.0, close=close, volume=1.0)


def sequence() -> BarSequence:
    return BarSequence(count_by_seconds(60))


def closed(events: list[BarEvent]) -> list[int]:
    """Return the minutes of the closes."""
    minute = timedelta(minutes=1)
    return [(one.bar.time - START) // minute for one in events if isinstance(one, BarClosed)]


def test_sequence_history_tells_all_but_the_forming_bar() -> None:
    events = sequence().take_history([bar(0), bar(1), bar(2)])
    assert closed(events) == [0, 1]
    assert all(isinstance(one, BarClosed) and one.is_from_history for one in events[:2])
    assert events[2:] == [BarMoved(bar=bar(2))]


def test_sequence_update_of_the_forming_bar_tells_that_it_moved_and_no_close() -> None:
    bars = sequence()
    bars.take_history([bar(0), bar(1)])
    assert bars.take_update(bar(1, 100.5)) == [BarMoved(bar=bar(1, 100.5))]
    assert bars.take_update(bar(1, 100.5)) == []


def test_sequence_close_is_told_once_with_the_last_update_of_its_bar() -> None:
    bars = sequence()
    bars.take_history([bar(0), bar(1)])
    bars.take_update(bar(1, 100.25))
    bars.take_update(bar(1, 100.75))
    assert bars.take_update(bar(2)) == [
        BarClosed(bar=bar(1, 100.75), is_from_history=False),
        BarMoved(bar=bar(2)),
    ]
    assert bars.take_update(bar(2)) == []


def test_sequence_that_is_finished_tells_the_last_close_once_and_no_bar_that_is_not_over() -> None:
    bars = sequence()
    assert bars.finish(at(9)) == []
    bars.take_history([bar(0), bar(1)])
    bars.take_update(bar(1, 100.25))
    assert bars.finish(at(0)) == []
    assert bars.finish(at(1)) == [BarClosed(bar=bar(1, 100.25), is_from_history=False)]
    assert bars.finish(at(1)) == []


def test_sequence_that_lacks_bars_before_the_last_one_finishes_nothing() -> None:
    bars = sequence()
    bars.take_history([bar(0), bar(1)])
    bars.take_update(bar(3))
    assert bars.finish(at(9)) == []


def test_sequence_history_again_tells_only_what_is_new() -> None:
    bars = sequence()
    bars.take_history([bar(0), bar(1), bar(2)])
    assert closed(bars.take_history([bar(0), bar(1), bar(2), bar(3), bar(4)])) == [2, 3]
    assert bars.take_history([bar(3), bar(4)]) == []


def test_sequence_history_that_corrects_a_bar_that_was_told_tells_it_again_and_first() -> None:
    bars = sequence()
    bars.take_history([bar(0), bar(1)])
    bars.take_update(bar(2))
    again = [bar(0), bar(1, 100.25), bar(2), bar(3)]
    assert bars.take_history(again) == [
        BarRevised(bar=bar(1, 100.25)),
        BarClosed(bar=bar(2), is_from_history=True),
        BarMoved(bar=bar(3)),
    ]
    assert bars.take_history(again) == []
    assert bars.last_closed == at(2)


def test_sequence_history_that_has_what_was_missing_tells_it_as_a_revision() -> None:
    bars = sequence()
    bars.take_history([bar(0), bar(2), bar(3)])
    assert bars.take_history([bar(n) for n in range(4)]) == [BarRevised(bar=bar(1))]
    assert bars.take_history([bar(n) for n in range(4)]) == []


def test_sequence_revision_of_a_bar_that_nobody_can_take_back_is_not_told() -> None:
    bars = sequence()
    bars.take_history([bar(n) for n in range(66)])  # closes 0 to 64, of which 64 are kept
    corrected = [bar(0, 100.25), bar(1, 100.5), *(bar(n) for n in range(2, 66))]
    assert bars.take_history(corrected) == [BarRevised(bar=bar(1, 100.5))]


def test_sequence_update_that_jumps_holds_back_until_history_has_come() -> None:
    bars = sequence()
    bars.take_history([bar(0), bar(1)])
    assert closed(bars.take_update(bar(4))) == [1]
    assert bars.needs_history
    assert bars.take_update(bar(5)) == []
    assert closed(bars.take_history([bar(n) for n in range(6)])) == [2, 3, 4]
    assert not bars.needs_history
    assert closed(bars.take_update(bar(6))) == [5]


def test_sequence_hole_that_history_has_too_is_named_once() -> None:
    bars = sequence()
    bars.take_history([bar(0), bar(1)])
    bars.take_update(bar(4))
    events = bars.take_history([bar(0), bar(1), bar(4), bar(5)])
    assert events == [
        BarGap(after=at(1), before=at(4), n_missing=2),
        BarClosed(bar=bar(4), is_from_history=True),
        BarMoved(bar=bar(5)),
    ]
    assert closed(bars.take_update(bar(6))) == [5]


def test_sequence_hole_before_the_forming_bar_is_named() -> None:
    events = sequence().take_history([bar(0), bar(3), bar(5)])
    assert events[-2:] == [
        BarGap(after=at(3), before=at(5), n_missing=1),
        BarMoved(bar=bar(5)),
    ]


def test_sequence_history_out_of_order_and_double_is_mended_and_said() -> None:
    events = sequence().take_history([bar(1), bar(0), bar(2), bar(3), bar(3)])
    assert events[0] == BarsDisordered(n_double=1, n_late=1)
    assert closed(events) == [0, 1, 2]


def test_sequence_update_of_a_bar_that_is_over_is_said_and_changes_nothing() -> None:
    bars = sequence()
    bars.take_history([bar(0), bar(1)])
    bars.take_update(bar(2))
    assert bars.take_update(bar(1, 50.0)) == [BarsDisordered(n_double=0, n_late=1)]
    assert bars.take_update(bar(3)) == [
        BarClosed(bar=bar(2), is_from_history=False),
        BarMoved(bar=bar(3)),
    ]


def test_sequence_history_that_is_empty_tells_nothing() -> None:
    bars = sequence()
    assert bars.take_history([]) == []
    assert bars.last_closed is None


def test_sequence_begun_after_a_known_bar_tells_those_after_it() -> None:
    bars = BarSequence(count_by_seconds(60), last_closed=at(1))
    assert closed(bars.take_history([bar(n) for n in range(4)])) == [2]


def test_sequence_truncated_tells_the_same_up_to_there() -> None:
    """What is told of a bar depends on nothing that came after the one that ended it."""
    whole, part = sequence(), sequence()
    told = [whole.take_update(bar(n, 100.0 + n / 4)) for n in range(20)]
    again = [part.take_update(bar(n, 100.0 + n / 4)) for n in range(10)]
    assert told[:10] == again


CALENDAR = BarCalendar("MNQ", 60)


@pytest.mark.parametrize(
    ("after", "before", "expected"),
    [
        ("2025-11-05T15:00Z", "2025-11-05T15:01Z", 0),
        ("2025-11-05T15:00Z", "2025-11-05T15:04Z", 3),
        ("2025-11-05T21:59Z", "2025-11-05T23:00Z", 0),  # the daily break
        ("2025-11-05T21:58Z", "2025-11-05T23:01Z", 2),
        ("2025-11-07T21:59Z", "2025-11-09T23:00Z", 0),  # the weekend
        ("2025-11-05T15:04Z", "2025-11-05T15:00Z", 0),
        ("2025-11-28T18:14Z", "2025-11-30T23:00Z", 0),  # the half day after Thanksgiving
    ],
)
def test_bar_calendar_expects_bars_where_the_market_is_open(
    after: str, before: str, expected: int
) -> None:
    one, other = datetime.fromisoformat(after), datetime.fromisoformat(before)
    assert CALENDAR.n_between(one, other) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2025-11-05T15:00Z", True), ("2025-11-05T22:30Z", False), ("2025-11-08T15:00Z", False)],
)
def test_bar_calendar_knows_when_the_market_is_open(text: str, expected: bool) -> None:
    assert CALENDAR.is_open(datetime.fromisoformat(text)) is expected
