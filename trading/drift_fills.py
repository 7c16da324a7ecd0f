"""What a journal says of a trader's fills, as the live account takes them.

Own fills alone, and positions that a person adopted: what others traded in the account is handed
back beside them, and not compared.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from config.instrument_type import Instrument
from env.kernel.names import Reason
from trading.drift_records import asked
from trading.fill_book import LiveFill
from trading.journal_codec import decoded
from trading.journal_events import PositionAdopted
from trading.journal_reader import SIGNS, JournalReader
from trading.journal_rows import StoredFill, StoredIntent
from trading.order_identity import STOPS, TARGETS, Role
from trading.order_restore import LONG_AGO
from utils.errors import DataError, JournalError

PointsAt = Callable[[pd.Timestamp], float]
"""From a time to the last price before it, points."""

ADOPTED = "adopted"
"""The role of a position that a person declared to be ours."""

_REASONS = {reason.label: reason for reason in Reason}


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalFill:
    """A fill of the trader's own.

    Attributes:
        fill: As the live account takes it.
        role: Of its order, see `Role`; ADOPTED of none.
        decided: Close of the decision that asked for this very order; None of what protects a
            position, or flattens it on somebody's word.
        is_cost_known: Whether its commission was reported.
    """

    fill: LiveFill
    role: str
    decided: pd.Timestamp | None
    is_cost_known: bool

    @property
    def is_protective(self) -> bool:
        """Whether it is of a stop or target."""
        return self.role in STOPS or self.role in TARGETS


def own_fills(
    reader: JournalReader, instrument: Instrument, points_at: PointsAt
) -> tuple[list[JournalFill], list[StoredFill]]:
    """Return all own fills ever, oldest first, and those of nobody's order of ours.

    Args:
        reader: Of the journal.
        instrument: Whose grid prices lie on.
        points_at: Prices an adopted position of which the journal knows none.

    Raises:
        DataError: If a price is unknown, or of another instrument.
        JournalError: If the journal cannot be read.
    """
    intents = {intent.ref: intent for intent in reader.intents_since(LONG_AGO)}
    closes = _closes(reader)
    stored = reader.fills_since(LONG_AGO)
    own: list[StoredFill | _Adoption] = [*_adoptions(reader)]
    own += [fill for fill in stored if fill.order_ref in intents]
    found: list[JournalFill] = []
    positions: dict[int, int] = {}
    for each in sorted(own, key=lambda each: each.seq):
        held = positions.get(each.con_id, 0)
        if isinstance(each, _Adoption):
            made = _adopted(each, each.event.position - held, instrument, points_at)
        else:
            made = _executed(each, intents[each.order_ref], instrument, closes)
        if made.fill.quantity != 0:
            positions[each.con_id] = held + made.fill.quantity
            found.append(made)
    foreign = [fill for fill in stored if fill.order_ref not in intents]
    return sorted(found, key=lambda each: each.fill.time), foreign


@dataclass(frozen=True, slots=True, kw_only=True)
class _Adoption:
    """A position that was adopted, with its place in the journal."""

    seq: int
    time: pd.Timestamp
    event: PositionAdopted

    @property
    def con_id(self) -> int:
        """Of which contract."""
        return self.event.con_id


def _adoptions(reader: JournalReader) -> list[_Adoption]:
    text = "SELECT seq, ts, json FROM raw_event WHERE kind = ? ORDER BY seq"
    found = []
    for seq, ts, content in asked(reader, text, "PositionAdopted"):
        event = decoded("PositionAdopted", content)
        assert isinstance(event, PositionAdopted)
        found.append(_Adoption(seq=seq, time=pd.Timestamp(ts), event=event))
    return found


def _adopted(
    adoption: _Adoption, quantity: int, instrument: Instrument, points_at: PointsAt
) -> JournalFill:
    """Return what an adoption changes, as a fill of so many contracts that cost nothing.

    Its price need not lie on the grid: it is an average, and rounded.
    """
    points = adoption.event.price
    if points is None:
        points = points_at(adoption.time)
    fill = LiveFill(
        exec_id=f"{ADOPTED}{adoption.seq}",
        time=adoption.time,
        quantity=quantity,
        price_ticks=round(points / instrument.tick_size),
        commission_usd=0.0,
        reason=Reason.SIGNAL,
    )
    return JournalFill(fill=fill, role=ADOPTED, decided=None, is_cost_known=True)


def _executed(
    stored: StoredFill,
    intent: StoredIntent,
    instrument: Instrument,
    closes: Mapping[str, tuple[pd.Timestamp, str]],
) -> JournalFill:
    """Return a fill of ours; never before the close at which it was decided.

    Args:
        stored: As the journal has it.
        intent: Of its order.
        instrument: Whose grid its price lies on.
        closes: Closes and reasons of decisions, by their ids.
    """
    if stored.price is None or instrument.off_grid(stored.price):
        raise DataError(
            f"fill {stored.exec_id} has price {stored.price}, which is on no {instrument.symbol} "
            f"tick grid of {instrument.tick_size}: is the model of another instrument?"
        )
    if stored.side not in SIGNS:
        raise JournalError(f"fill {stored.exec_id} is of side `{stored.side}`; {', '.join(SIGNS)}")
    closed, reason = closes.get(intent.decision_id, (None, ""))
    time = pd.Timestamp(stored.time)
    is_decided = intent.role in {Role.ENTRY, Role.EXIT}
    fill = LiveFill(
        exec_id=stored.exec_id,
        time=time if closed is None else max(time, closed),
        quantity=SIGNS[stored.side] * stored.quantity,
        price_ticks=int(instrument.to_ticks(stored.price)),
        commission_usd=stored.commission_usd,
        reason=_reason(intent.role, reason),
    )
    return JournalFill(
        fill=fill,
        role=intent.role,
        decided=closed if is_decided else None,
        is_cost_known=stored.commission_usd is not None,
    )


def _reason(role: str, reason: str) -> Reason:
    """Return what the kernel calls the reason of a fill."""
    if role in STOPS:
        return Reason.STOP
    if role in TARGETS:
        return Reason.TARGET
    return _REASONS.get(reason, Reason.SIGNAL) if role == Role.EXIT else Reason.SIGNAL


def _closes(reader: JournalReader) -> dict[str, tuple[pd.Timestamp, str]]:
    """Return close and reason of every decision, by its id."""
    rows = asked(reader, "SELECT decision_id, bar_close, reason FROM decision")
    return {name: (pd.Timestamp(closed), reason) for name, closed, reason in rows}
