"""What a journal says of a trader's decisions, to replay them; its fills are in drift_fills.py."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd

from data.calendar import calendar_of
from env.actions import ACTION_CODES, DECISIONS, Action
from env.kernel.names import Reason
from trading.journal_codec import decoded, stamp
from trading.journal_connection import in_one_line
from trading.journal_events import Denial
from trading.journal_reader import JournalReader
from utils.errors import DataError

_TARGET = "target "
_REASONS = frozenset(reason.label for reason in Reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftDecision:
    """A decision of a trader.

    Attributes:
        decision_id: Its name.
        closed: The close at which it was made, UTC.
        action: As it was written, e.g. "buy", "target +2".
        target: The position that was wanted, limits and forced exits included.
        reason: "signal", the label of a forced exit, or why the policy was not asked.
    """

    decision_id: str
    closed: pd.Timestamp
    action: str
    target: int
    reason: str


def decisions_of(
    reader: JournalReader, first: datetime, last: datetime
) -> dict[pd.Timestamp, DriftDecision]:
    """Return the decisions at closes from `first` to `last`, by close; the newest of each."""
    text = (
        "SELECT decision_id, bar_close, action, target, reason FROM decision "
        "WHERE bar_close BETWEEN ? AND ? ORDER BY bar_close, seq"
    )
    rows = asked(reader, text, stamp(first), stamp(last))
    found = [
        DriftDecision(
            decision_id=name,
            closed=pd.Timestamp(closed),
            action=action,
            target=target,
            reason=reason,
        )
        for name, closed, action, target, reason in rows
    ]
    return {decision.closed: decision for decision in found}


def days_decided(reader: JournalReader, symbol: str) -> list[date]:
    """Return the trading days on which something was decided, ascending.

    Args:
        reader: Of the journal.
        symbol: Whose calendar counts.
    """
    closes = [row[0] for row in asked(reader, "SELECT DISTINCT bar_close FROM decision")]
    return sorted(set(_days_of(closes, symbol)))


def models_decided(reader: JournalReader, symbol: str, day: date) -> list[str]:
    """Return the identities of the models that decided on a trading day, ascending.

    Args:
        reader: Of the journal.
        symbol: Whose calendar counts.
        day: CME trade date.
    """
    rows = asked(reader, "SELECT DISTINCT bar_close, model_id FROM decision")
    days = _days_of([closed for closed, _ in rows], symbol)
    return sorted({model for (_, model), each in zip(rows, days, strict=True) if each == day})


def _days_of(closes: list[str], symbol: str) -> list[date]:
    """Return the trading day of each close, as the journal writes it."""
    if not closes:
        return []
    within = pd.DatetimeIndex(pd.to_datetime(closes, utc=True)) - pd.Timedelta(1, unit="us")
    days: list[date] = calendar_of(symbol).trade_dates(within).tolist()
    return days


def choice_of(decision: DriftDecision, mode: str) -> int | None:
    """Return what a decision chose, as the kernel takes it; None where nothing new was wanted.

    A policy that was not asked, or not heard, leaves the position alone. Among target positions
    that is written as the one that the trader held, which the kernel's account need not hold.

    Args:
        decision: Of the journal.
        mode: Key of ACTION_MODES.

    Raises:
        DataError: If the action is none of the mode.
    """
    action, is_target = decision.action, decision.action.startswith(_TARGET)
    try:
        if is_target == (ACTION_CODES[mode] == DECISIONS):
            raise ValueError(action)
        if not is_target:
            return int(Action[action.upper()])
        return int(action[len(_TARGET) :]) if decision.reason in _REASONS else None
    except (ValueError, KeyError) as error:
        raise DataError(
            f"decision {decision.decision_id} says `{action}`, which is no action in mode "
            f"`{mode}`: name the model that decided"
        ) from error


def choices_of(
    decisions: Mapping[pd.Timestamp, DriftDecision], mode: str
) -> dict[pd.Timestamp, int]:
    """Return what was chosen, by close, without those at which nothing new was wanted.

    Raises:
        DataError: If an action is none of the mode.
    """
    choices = {closed: choice_of(decision, mode) for closed, decision in decisions.items()}
    return {closed: choice for closed, choice in choices.items() if choice is not None}


def denials_of(reader: JournalReader, since: datetime) -> dict[str, str]:
    """Return the code of the first denial of each decision, by its id, from a time on."""
    text = "SELECT json FROM raw_event WHERE kind = ? AND ts >= ? ORDER BY seq DESC"
    events = [decoded("Denial", row[0]) for row in asked(reader, text, "Denial", stamp(since))]
    return {event.decision_id: event.code for event in events if isinstance(event, Denial)}


def asked(reader: JournalReader, text: str, *values: object) -> list[Any]:
    """Return the rows of a query; a JournalError where the journal cannot be read."""
    with in_one_line(reader.path, "read"):
        return reader.connection.execute(text, values).fetchall()
