"""Which of the broker's words are news to the journal: lists tell the same again and again.

Twice a minute the broker is asked for everything of its day. Written down each time, that would be
hundreds of megabytes a day that say nothing; a word that is the same as the last one about the same
thing changes no table.
"""

from collections import OrderedDict
from collections.abc import Iterable

from trading.broker_events import (
    BrokerEvent,
    CommissionSeen,
    CompletedOrderSeen,
    EndSeen,
    ExecutionSeen,
    OpenOrderSeen,
    OrderStatusSeen,
    PositionSeen,
)

N_KNOWN = 4_096
"""Words that are remembered; what is forgotten is written once more."""

_Subject = tuple[object, ...]


class JournalNews:
    """Remembers the last word about each thing, and lets through what is another.

    Of a new process all is news.
    """

    def __init__(self) -> None:
        self._last: OrderedDict[tuple[type, _Subject], BrokerEvent] = OrderedDict()

    def of(self, events: Iterable[BrokerEvent]) -> list[BrokerEvent]:
        """Return the events that are to be written, in their order."""
        return [event for event in events if self._is_news(event)]

    def _is_news(self, event: BrokerEvent) -> bool:
        subject = _subject_of(event)
        if subject is None:
            return True
        key = type(event), subject
        known = self._last.get(key)
        if known == event:
            self._last.move_to_end(key)
            return False
        if known is not None:
            self._forget_orders(event)
        self._last[key] = event
        if len(self._last) > N_KNOWN:
            self._last.popitem(last=False)
        return True

    def _forget_orders(self, event: BrokerEvent) -> None:
        """Have all that is said of an order written again once something of it has changed."""
        for kind in (OpenOrderSeen, OrderStatusSeen):
            if isinstance(event, OpenOrderSeen | OrderStatusSeen):
                self._last.pop((kind, _of_order(event)), None)


def _subject_of(event: BrokerEvent) -> _Subject | None:
    """Return what an event is about; None of what is an occurrence by itself."""
    match event:
        case OpenOrderSeen() | OrderStatusSeen():
            return _of_order(event)
        case CompletedOrderSeen():
            return event.perm_id, event.order_ref
        case ExecutionSeen() | CommissionSeen():
            return (event.exec_id,)
        case PositionSeen():
            return event.account, event.con_id
        case EndSeen():
            return (event.of,)
        case _:
            return None


def _of_order(event: OpenOrderSeen | OrderStatusSeen) -> _Subject:
    return event.perm_id, event.client_id, event.order_id
