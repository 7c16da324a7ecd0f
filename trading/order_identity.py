"""How an order of ours is told from all others: by a name that outlives sessions and restarts.

A name is `<bot>/<decision>/<role>/<n>` and goes to the broker as the order's ref. The decision is
the close of its bar and the model that looked at it, so the same bar gives the same name again
after a restart, and a second entry on it is seen to be one. The broker's own number (perm id) is
the key that it goes by; the order id is a detail of a session.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from utils.errors import ConfigError

MAX_REF_LENGTH = 80
"""Characters of a ref, so that no broker cuts it: a cut name is nobody's."""

_PART = re.compile(r"[A-Za-z0-9_.-]+")
_NUMBER = re.compile(r"[1-9][0-9]{0,5}")
_STAMP = "%Y%m%dT%H%M%SZ"


class Role(StrEnum):
    """What an order is for."""

    ENTRY = "entry"
    STOP = "stop"
    TARGET = "target"
    EXIT = "exit"
    FLATTEN = "flatten"
    REPAIR_STOP = "repair_stop"
    REPAIR_TARGET = "repair_target"


STOPS = frozenset({Role.STOP, Role.REPAIR_STOP})
"""Roles of orders that protect."""

TARGETS = frozenset({Role.TARGET, Role.REPAIR_TARGET})
"""Roles of orders that take profit."""


_ROLES = {str(role): role for role in Role}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRef:
    """The name of one order.

    Attributes:
        bot: Whose orders these are; letters, digits, dot, dash and underscore, as all parts.
        decision: What decided it, see `decision_id`.
        role: What it is for. Entries are numbered 1 alone: a decision has one.
        n: From 1, for roles that come again.

    Raises:
        ConfigError: If a part could not be read back, or the whole is longer than MAX_REF_LENGTH.
    """

    bot: str
    decision: str
    role: Role
    n: int = 1

    def __post_init__(self) -> None:
        """Refuse what would not come back as it went out."""
        for name, part in (("bot", self.bot), ("decision", self.decision)):
            if not _PART.fullmatch(part):
                raise ConfigError(
                    f"`{name}` of an order ref must be of letters, digits, `.`, `-` and `_`, "
                    f"was {part!r}"
                )
        if self.role is Role.ENTRY and self.n != 1:
            raise ConfigError(f"a decision has one entry, `n` must be 1, was {self.n}")
        if not _NUMBER.fullmatch(str(self.n)):
            raise ConfigError(f"`n` of an order ref must be from 1 to 999999, was {self.n}")
        if len(str(self)) > MAX_REF_LENGTH:
            raise ConfigError(
                f"order ref `{self}` must have at most {MAX_REF_LENGTH} characters, "
                f"has {len(str(self))}; shorten the name of the bot or model"
            )

    def __str__(self) -> str:
        """Return the text that goes to the broker."""
        return f"{self.bot}/{self.decision}/{self.role}/{self.n}"


def parse_ref(text: str, bot: str) -> OrderRef | None:
    """Return what a ref of `bot` says; None for anything else: another bot's, or a person's."""
    parts = text.split("/")
    if len(parts) != 4 or parts[0] != bot or len(text) > MAX_REF_LENGTH:
        return None
    _, decision, role, n = parts
    if role not in _ROLES or not _PART.fullmatch(decision) or not _NUMBER.fullmatch(n):
        return None
    if role == Role.ENTRY and n != "1":
        return None
    return OrderRef(bot=bot, decision=decision, role=_ROLES[role], n=int(n))


def decision_id(bar_close: datetime, model_id: str) -> str:
    """Name a decision by the close of its bar, whole seconds UTC, and the model.

    Raises:
        ConfigError: If the time has no zone, or the model's name could not be read back.
    """
    if bar_close.tzinfo is None:
        raise ConfigError(f"a bar's close must have a time zone, was {bar_close.isoformat()}")
    if not _PART.fullmatch(model_id):
        raise ConfigError(
            f"`model_id` must be of letters, digits, `.`, `-` and `_`, was {model_id!r}"
        )
    return f"{bar_close.astimezone(UTC).strftime(_STAMP)}-{model_id}"


def first_order_id(next_valid_id: int, highest_used: int | None) -> int:
    """Return the first order id to use in a session.

    An order that the broker never processed uses no id up, so after a reset it offers that id
    again: whatever it offers, what we used once is used.

    Args:
        next_valid_id: What the broker offers.
        highest_used: The highest that we ever gave an order, as it was stored; None before any.
    """
    return next_valid_id if highest_used is None else max(next_valid_id, highest_used + 1)
