"""Rows of a journal's tables as values, for those who only read; no repr shows an account id."""

from dataclasses import dataclass, field
from datetime import datetime

from trading.journal_codec import JournalEvent
from trading.order_transitions import OrderState


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredIntent:
    """An order of ours as it stands now; see `Intent` for what it began as.

    Attributes:
        said_filled: Contracts that the broker said were filled, executions told or not.
        settled: Of these, what is part of an adopted position.
    """

    ref: str
    decision_id: str
    role: str
    n: int
    is_opening: bool
    con_id: int
    account: str = field(repr=False)
    side: str
    quantity: int
    kind: str
    limit_price: float | None
    stop_price: float | None
    tif: str
    oca_group: str
    parent_ref: str
    state: OrderState
    order_id: int | None
    perm_id: int | None
    reason: str
    created: datetime
    updated: datetime
    said_filled: int
    settled: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFill:
    """A fill in its newest correction; commission and PnL are None until they were told."""

    exec_id: str
    order_id: int
    perm_id: int
    client_id: int
    order_ref: str
    con_id: int
    account: str = field(repr=False)
    time: datetime
    side: str
    quantity: int
    price: float | None
    seq: int
    commission_usd: float | None
    realised_usd: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredStart:
    """From where our own count of a contract goes on: fills with a larger `seq` come after."""

    con_id: int
    position: int
    price: float | None
    ts: datetime
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSwitch:
    """A switch and who set it last."""

    name: str
    value: str
    actor: str
    reason: str
    ts: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """An event with its number and time."""

    seq: int
    ts: datetime
    event: JournalEvent
