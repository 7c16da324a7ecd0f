"""A trading day written by hand: bars, and a journal of what a trader decided and was filled."""

from dataclasses import dataclass
from datetime import date, datetime
from itertools import count
from pathlib import Path
from typing import Any

import pandas as pd

from config.settings import EnvSettings
from data.bars import bar_seconds
from tests.helpers.live_pipeline import closed_bars
from trading.broker_events import CommissionSeen, ExecutionSeen
from trading.drift_report import DriftReport, daily_drift
from trading.journal import Journal
from trading.journal_events import Decision, Denial, Intent, IntentState, PositionAdopted
from trading.journal_owner import JournalOwner
from trading.journal_reader import JournalReader
from trading.order_identity import Role, decision_id

ACCOUNT = "DU1234567"
CON_ID = 620731036


class HandWrittenDay:
    """Bars, and a journal that is written event by event, at the close of the first bar.

    Attributes:
        frame: The bars.
        settings: The model's account.
        path: Of the journal.
        model_id: What decides.
    """

    def __init__(self, path: Path, frame: pd.DataFrame, settings: EnvSettings) -> None:
        self.path, self.frame, self.settings = path, frame, settings
        self.model_id = "m"
        self._size = pd.Timedelta(seconds=bar_seconds(pd.DatetimeIndex(frame.index)))
        self._numbers = count(1)
        self._waiting: list[tuple[Any, pd.Timestamp]] = []

    def closed(self, bar: int) -> pd.Timestamp:
        """Return when a bar closed."""
        return self.frame.index[bar] + self._size

    def decide(self, bar: int, action: str, target: int = 0, reason: str = "signal") -> str:
        """Decide at the close of a bar, and return the decision's id."""
        closed = self.closed(bar)
        name = decision_id(closed, self.model_id)
        self._write(
            Decision(
                decision_id=name,
                bar_close=closed.to_pydatetime(),
                con_id=CON_ID,
                model_id=self.model_id,
                features_hash="f00d",
                action=action,
                target=target,
                reason=reason,
            )
        )
        return name

    def order(self, decision: str, side: str, role: str = Role.ENTRY, **changes: Any) -> str:
        """Send an order, and return its ref; it is only as large as its fills are."""
        number = 1 if role == Role.ENTRY else next(self._numbers)
        values: dict[str, Any] = {
            "ref": f"bot/{decision}/{role}/{number}",
            "decision_id": decision,
            "role": str(role),
            "n": number,
            "is_opening": role == Role.ENTRY,
            "con_id": CON_ID,
            "account": ACCOUNT,
            "side": side,
            "quantity": 1,
            "kind": "MKT",
        }
        self._write(Intent(**(values | changes)))
        return values["ref"]

    def state(self, ref: str, state: Any) -> None:
        """Say what became of an order."""
        self._write(IntentState(ref=ref, state=state))

    def deny(self, decision: str, code: str) -> None:
        """Deny the order of a decision."""
        self._write(Denial(code=code, reason="by hand", decision_id=decision))

    def adopt(self, position: int, price: float | None, bar: int) -> None:
        """Declare a position to be ours, at the close of a bar."""
        event = PositionAdopted(
            account=ACCOUNT, con_id=CON_ID, position=position, price=price, actor="me", reason="so"
        )
        self._write(event, at=self.closed(bar))

    def fill(
        self, ref: str, bar: int, quantity: int, price: float, cost: float | None, second: int = 1
    ) -> str:
        """Fill signed contracts of an order, so many seconds after a bar's open."""
        exec_id = f"0000e0d5.{next(self._numbers):08x}.01.01"
        self._write(
            ExecutionSeen(
                exec_id=exec_id,
                order_id=7,
                perm_id=501,
                client_id=1,
                order_ref=ref,
                con_id=CON_ID,
                account=ACCOUNT,
                time=(self.frame.index[bar] + pd.Timedelta(seconds=second)).to_pydatetime(),
                side="BOT" if quantity > 0 else "SLD",
                quantity=abs(quantity),
                price=price,
            )
        )
        if cost is not None:
            self.charge(exec_id, cost)
        return exec_id

    def charge(self, exec_id: str, cost: float, currency: str = "USD") -> None:
        """Report what a fill cost."""
        self._write(
            CommissionSeen(
                exec_id=exec_id, commission_usd=cost, currency=currency, realised_usd=None
            )
        )

    def trade(self, bar: int, action: str, quantity: int, price: float, cost: float) -> None:
        """Decide at the close of a bar, and have it filled whole in the next."""
        decision = self.decide(bar, action, quantity)
        role = Role.EXIT if action == "close" else Role.ENTRY
        ref = self.order(decision, "BUY" if quantity > 0 else "SELL", role)
        self.fill(ref, bar + 1, quantity, price, cost)

    def report(self, day: date, last_session: Any = None) -> DriftReport:
        """Return the day's drift."""
        with JournalReader.open(self.write()) as reader:
            return daily_drift(reader, closed_bars(self.frame), self.settings, day, last_session)

    def write(self) -> Path:
        """Write what is new, and return the journal's path."""
        clock = _SetClock(self.closed(0).to_pydatetime())
        owner = JournalOwner(account=ACCOUNT, mode="sim")
        with Journal.open(self.path, clock, owner) as journal, journal.batch():
            for event, at in self._waiting:
                clock.time = at.to_pydatetime()
                journal.append(event)
        self._waiting.clear()
        return self.path

    def _write(self, event: Any, at: pd.Timestamp | None = None) -> None:
        self._waiting.append((event, self.closed(0) if at is None else at))


@dataclass
class _SetClock:
    """A clock that shows what it is set to."""

    time: datetime

    def now(self) -> datetime:
        return self.time
