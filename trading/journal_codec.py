"""Events as JSON text and back: whatever is written can be read, or is not written."""

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from trading.broker_events import (
    AccountsSeen,
    BrokerEvent,
    CommissionSeen,
    CompletedOrderSeen,
    ConnectionLost,
    EndSeen,
    ErrorSeen,
    ExecutionSeen,
    FundsSeen,
    NextIdSeen,
    OpenOrderSeen,
    OrderStatusSeen,
    PositionSeen,
    ProfitSeen,
)
from trading.journal_events import (
    AlertTold,
    ConnectionStep,
    Created,
    Decision,
    Denial,
    HighWater,
    Intent,
    IntentAmended,
    IntentState,
    ModeChanged,
    OperatorCommand,
    OperatorReset,
    PositionAdopted,
    PositionSnapshot,
    RiskDay,
    Started,
    Stopped,
    SwitchSet,
    TraderEvent,
)
from utils.errors import JournalError

JournalEvent = TraderEvent | BrokerEvent
"""Whatever can be written: what we did, and what the broker said."""

KINDS: dict[str, type[JournalEvent]] = {
    "AccountsSeen": AccountsSeen,
    "AlertTold": AlertTold,
    "CommissionSeen": CommissionSeen,
    "CompletedOrderSeen": CompletedOrderSeen,
    "ConnectionStep": ConnectionStep,
    "ConnectionLost": ConnectionLost,
    "Created": Created,
    "Decision": Decision,
    "Denial": Denial,
    "EndSeen": EndSeen,
    "ErrorSeen": ErrorSeen,
    "ExecutionSeen": ExecutionSeen,
    "FundsSeen": FundsSeen,
    "HighWater": HighWater,
    "Intent": Intent,
    "IntentAmended": IntentAmended,
    "IntentState": IntentState,
    "ModeChanged": ModeChanged,
    "NextIdSeen": NextIdSeen,
    "OpenOrderSeen": OpenOrderSeen,
    "OperatorCommand": OperatorCommand,
    "OperatorReset": OperatorReset,
    "OrderStatusSeen": OrderStatusSeen,
    "PositionAdopted": PositionAdopted,
    "PositionSeen": PositionSeen,
    "PositionSnapshot": PositionSnapshot,
    "ProfitSeen": ProfitSeen,
    "RiskDay": RiskDay,
    "Started": Started,
    "Stopped": Stopped,
    "SwitchSet": SwitchSet,
}
"""What an event is called in the journal, which is what its class is called."""


def kind_of(event: JournalEvent) -> str:
    """Return what an event is called.

    Raises:
        JournalError: If the journal has no such kind.
    """
    name = type(event).__name__
    if KINDS.get(name) is not type(event):
        raise JournalError(f"the journal has no kind of event `{name}`")
    return name


def encoded(event: JournalEvent) -> str:
    """Return the fields of an event as JSON, keys sorted, no blanks, ASCII only.

    Numbers that are not finite become the texts "NaN", "Infinity" and "-Infinity": what a broker
    said is written, whatever it was.

    Raises:
        JournalError: If a field holds what JSON cannot say, or a time without a zone.
    """
    return canonical(_plain(event))


def canonical(value: Any) -> str:
    """Return plain JSON values as the one text that is hashed and compared."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def decoded(kind: str, text: str) -> JournalEvent:
    """Return the event that was written.

    Raises:
        JournalError: If there is no such kind, or the text is not one of it.
    """
    if kind not in KINDS:
        raise JournalError(f"the journal has no kind of event `{kind}`")
    try:
        event: JournalEvent = _adapter(kind).validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise JournalError(f"an event of kind `{kind}`: `{where}`: {first['msg']}") from error
    return event


@cache
def _adapter(kind: str) -> TypeAdapter[JournalEvent]:
    return TypeAdapter(KINDS[kind])


def _plain(value: Any) -> Any:
    """Return a value as JSON has it."""
    if value is None or isinstance(value, str | int | float | date):
        return _plain_scalar(value)
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    raise JournalError(f"the journal cannot hold a {type(value).__name__}: {value!r}")


def _plain_scalar(value: str | int | float | date | None) -> str | int | float | None:
    if isinstance(value, float) and not math.isfinite(value):
        return NOT_FINITE[repr(float(value))]
    if isinstance(value, datetime):
        return stamp(value)
    return value.isoformat() if isinstance(value, date) else value


NOT_FINITE = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}


def stamp(time: datetime) -> str:
    """Return a time in UTC to the microsecond, so that text order is time order."""
    if time.tzinfo is None:
        raise JournalError(f"the journal cannot hold a time without a zone: {time}")
    return time.astimezone(UTC).isoformat(timespec="microseconds")
