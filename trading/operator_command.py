"""What a person may tell a trader, and what it answers: frozen values that check themselves.

How they get to a trader, running or not, is left to trading/command_box.py.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from utils.errors import ConfigError
from utils.masking import masked_text

LONGEST_WORDS = 500
"""Characters that a name or a reason may have: both are kept for ever, and shown in one line."""

_ID = re.compile(r"[0-9a-z-]{1,64}")


class CommandKind(StrEnum):
    """What is asked for."""

    FLATTEN = "flatten"
    KILL = "kill"
    RELEASE = "release"
    RESET_LOCK = "reset_lock"
    ADOPT = "adopt"


SIGNED = frozenset({CommandKind.RELEASE, CommandKind.RESET_LOCK, CommandKind.ADOPT})
"""Kinds that let a trader do more than before: nobody gives them without a reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """A person's word.

    Attributes:
        kind: What is asked for.
        actor: Who asks.
        reason: Why; may be empty where it is not of SIGNED. Account ids and addresses are masked
            here, as in `actor`: both are shown to others.
        at: When it was given, aware, by the machine's clock, whatever time the market has.
        id: Its own; lower case, digits and dashes.
        trading_day: Of a reset: the day that is meant, so that an old word unlocks no later one.
        price: Of an adoption: points that what is adopted counts as traded at.

    Raises:
        ConfigError: If it is not signed where it must be, or lacks what its kind needs.
    """

    kind: CommandKind
    actor: str
    reason: str
    at: datetime
    id: str
    trading_day: date | None = None
    price: float | None = None

    def __post_init__(self) -> None:
        """Refuse a word that cannot be carried out, before it is on its way."""
        check_id(self.id)
        if self.at.tzinfo is None:
            raise ConfigError(f"the time of a command must have a zone, was {self.at}")
        _check_words("actor", self.actor, is_needed=True)
        _check_words("reason", self.reason, is_needed=self.kind in SIGNED)
        for is_wrong, problem in _RULES:
            if is_wrong(self):
                raise ConfigError(f"`{self.kind}` {problem}")
        for name in ("actor", "reason"):
            object.__setattr__(self, name, masked_text(getattr(self, name)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What became of a command.

    Attributes:
        command: Which.
        text: What the trader says, for people; no account is in it.
        is_done: Whether it did what was asked.
    """

    command: Command
    text: str
    is_done: bool


def check_id(text: str) -> None:
    """Refuse an id that could not be a file's name everywhere.

    Raises:
        ConfigError: Shows the id.
    """
    if _ID.fullmatch(text) is None:
        raise ConfigError(f"the id of a command must match {_ID.pattern}, was {text!r}")


def _check_words(name: str, words: str, *, is_needed: bool) -> None:
    """Refuse what is missing, or would break the one line that it is shown in."""
    if is_needed and not words.strip():
        raise ConfigError(f"a command needs `--{name}`: who says so, and why, is written down")
    if not words.isprintable() or len(words) > LONGEST_WORDS:
        raise ConfigError(
            f"`--{name}` must be one line of at most {LONGEST_WORDS} characters, was "
            f"{words[:40]!r} ({len(words)} characters)"
        )


def _has_bad_price(command: Command) -> bool:
    price = command.price
    return price is not None and not (math.isfinite(price) and price > 0)


_RULES: tuple[tuple[Callable[[Command], bool], str], ...] = (
    (
        lambda one: one.kind is CommandKind.RESET_LOCK and one.trading_day is None,
        "needs the trading day that it is for",
    ),
    (
        lambda one: one.kind is not CommandKind.RESET_LOCK and one.trading_day is not None,
        "is of no trading day",
    ),
    (
        lambda one: one.kind is CommandKind.ADOPT and one.price is None,
        "needs `--price`: the points that the position counts as traded at",
    ),
    (lambda one: one.kind is not CommandKind.ADOPT and one.price is not None, "has no price"),
    (_has_bad_price, "needs a positive, finite `--price`"),
)
"""What is wrong with a command, and how that is said."""
