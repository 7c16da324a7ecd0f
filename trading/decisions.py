"""What was decided at a close, and why."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from env.action_modes import ACTION_MODES
from env.actions import ACTION_CODES, DECISIONS, Action
from env.kernel.names import Denial, Reason
from env.terms import Terms

SIGNAL = "signal"
"""The reason of a decision that the policy made."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What is to be traded at the next open.

    Attributes:
        quantity: Signed contracts; 0 trades nothing.
        target: The position that it leads to.
        reason: SIGNAL, or of the exit that is forced.
        denial: Why what was asked for, or its opening half, is not to be.
    """

    quantity: int
    target: int
    reason: Reason
    denial: Denial


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveDecision:
    """One decision.

    Attributes:
        at: The close at which it was made, UTC.
        opened: Open of the bar that closed.
        action: What was chosen, e.g. "buy", or "target +2".
        choice: The same as `LiveAccount.decide` takes it.
        is_policy: Whether the policy chose; otherwise nothing new is wanted.
        quantity: Signed contracts to be traded at the next open, forced exits included.
        target: The position that they lead to.
        denial: Label of why what was wanted, or its opening half, is not to be; "none".
        reason: "signal"; the label of the forced exit that is to be traded; or why the policy was
            not asked, or not heard.
        observation_hash: SHA-256 of what the policy was shown; "" where it was shown nothing.
        features_hash: SHA-256 of the last bar's features and forecasts before they were scaled.
        agreement: Share of an ensemble's members that were for it; None of a single agent.
        seconds: From the bar to the decision.
    """

    at: pd.Timestamp
    opened: pd.Timestamp
    action: str
    choice: int
    is_policy: bool
    quantity: int
    target: int
    denial: str
    reason: str
    observation_hash: str
    features_hash: str
    agreement: float | None
    seconds: float


class Choices:
    """How an account's action mode turns an action into a choice."""

    def __init__(self, mode: str, terms: Terms) -> None:
        """Look up the mode.

        Args:
            mode: Key of ACTION_MODES.
            terms: Of the account, for its largest position.
        """
        self._is_decision = ACTION_CODES[mode] == DECISIONS
        self._reader = ACTION_MODES[mode].reader(terms.max_position)

    def of(self, action: Any) -> int:
        """Return the choice that an action is; a ConfigError where it is none, as with NaN."""
        return self._reader(action)

    def nothing_new(self, position: int) -> int:
        """Return the choice that trades nothing."""
        return int(Action.HOLD) if self._is_decision else position

    def label(self, choice: int) -> str:
        """Return what people call a choice."""
        return Action(choice).name.lower() if self._is_decision else f"target {choice:+d}"
