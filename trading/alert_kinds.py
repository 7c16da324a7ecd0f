"""Which alerts there are: how bad each is, how often it is repeated, and what to do about it.

When one is due is left to trading/alert_rules.py and to the trader, sending to trading/alerts.py.
docs/live_operation.md says more of each.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

MINUTE = 60.0
HOUR = 3_600.0


class Level(StrEnum):
    """How soon somebody should look: never, today, now."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertKind:
    """One kind of alert.

    Attributes:
        level: How soon somebody should look.
        repeat_seconds: The same alert is not sent again sooner.
        advice: What to do, one sentence.
    """

    level: Level
    repeat_seconds: float
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One alert.

    Attributes:
        kind: Key of ALERT_KINDS.
        text: What happened, with its numbers.
        at: When, aware UTC.
        subject: What tells two alerts of a kind apart, e.g. an order's ref; "" if nothing does.
    """

    kind: str
    text: str
    at: datetime
    subject: str = ""


def _critical(repeat_seconds: float, advice: str) -> AlertKind:
    return AlertKind(level=Level.CRITICAL, repeat_seconds=repeat_seconds, advice=advice)


def _warning(repeat_seconds: float, advice: str) -> AlertKind:
    return AlertKind(level=Level.WARNING, repeat_seconds=repeat_seconds, advice=advice)


def _info(advice: str) -> AlertKind:
    return AlertKind(level=Level.INFO, repeat_seconds=0.0, advice=advice)


ALERT_KINDS = {
    "connection_down_1_minute": _warning(
        10 * MINUTE, "Wait: the trader tries again by itself; a stop at the broker goes on working."
    ),
    "connection_down_5_minutes": _critical(
        10 * MINUTE, "Look whether the gateway runs, is logged in and asks for nothing."
    ),
    "connection_down_15_minutes": _critical(
        15 * MINUTE,
        "Look at the position with the broker's own app, and close it there if need be.",
    ),
    "reconnected": _info("Nothing: entries wait until books and broker agree."),
    "client_id_in_use": _warning(
        10 * MINUTE, "Look for a second trader, or wait until the gateway lets the old one go."
    ),
    "not_reconciled": _critical(
        5 * MINUTE, "Look whether the gateway answers at all; nothing is opened until it does."
    ),
    "order_rejected": _warning(
        MINUTE, "Read the broker's reason; no entry is sent again, what closes is, ever later."
    ),
    "stop_missing": _critical(
        MINUTE, "Look at the position; the trader puts a stop, or closes it if it cannot."
    ),
    "stop_rejected": _critical(
        MINUTE, "Read the broker's reason; after a few attempts the trader closes the position."
    ),
    "flatten_failed": _critical(
        MINUTE, "Close the position by hand with the broker's own app, now."
    ),
    "order_unknown": _warning(
        5 * MINUTE, "Wait for the broker's answer; nothing is opened until it is known."
    ),
    "order_lost": _critical(
        5 * MINUTE, "Look for the order at the broker; the trader never sends it again."
    ),
    "order_duplicated": _critical(
        5 * MINUTE, "Look at the broker's list: the trader cancels the one too many."
    ),
    "drift": _critical(
        5 * MINUTE, "Compare position and fills with the broker's, then adopt or correct."
    ),
    "foreign_order": _critical(
        10 * MINUTE, "Find out whose order it is; the trader leaves it alone and opens nothing."
    ),
    "halted": _critical(15 * MINUTE, "Read the reason, mend its cause, then let trading go on."),
    "daily_loss_lock": _critical(
        4 * HOUR, "Leave it until the next trading day; reset-lock is there, and is journalled."
    ),
    "order_limit": _warning(HOUR, "Look why so many orders were wanted; it opens no more for now."),
    "kill_switch": _critical(
        15 * MINUTE, "See that position and working orders are gone, then find out who pulled it."
    ),
    "stale_data": _warning(
        5 * MINUTE, "Look at the market data of the gateway; nothing is opened on old prices."
    ),
    "history_gap": _warning(
        15 * MINUTE, "Wait for the gap to be filled; the bars were not fed to the model."
    ),
    "model_begun_anew": _warning(
        0.0, "Look at its first decisions: its account and its averages have no past before now."
    ),
    "model_account_over": _critical(
        4 * HOUR, "Look why it lost so much; nothing is opened until the model has a new account."
    ),
    "clock_skew": _warning(15 * MINUTE, "Have this machine's clock synchronised (NTP)."),
    "competing_session": _critical(
        10 * MINUTE, "Log the other session out: it has taken the market data."
    ),
    "roll_due": _warning(
        12 * HOUR, "Be there when the position is rolled or closed before the contract expires."
    ),
    "undecided": _warning(
        15 * MINUTE, "Read the reason: the model failed or was too slow, or the close came late."
    ),
    "journal_failure": _critical(
        5 * MINUTE, "Make room on the disk or mend it: without its journal nothing is opened."
    ),
    "restarted": _info("See that position, stop and orders are what they were."),
    "not_closed_cleanly": _warning(
        0.0, "Read the end of the log: the last process was killed or the power failed."
    ),
    "failed": _critical(
        0.0, "Read the reason, mend its cause, start it again; a position stays with its stop."
    ),
    "stopped": _info("Start it again when it was not you who stopped it."),
    "stopped_unprotected": _critical(
        0.0, "Put a stop by hand with the broker's own app, now: none rests there."
    ),
    "rehearsal": _info("Nothing: somebody wanted to see whether alerts arrive."),
}
