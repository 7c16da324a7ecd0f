"""What happens at the close of a bar: the model decides, it is written down, orders follow.

A decision is written before what follows from it, in one batch with its orders. Before anything is
opened the broker must answer: an order into a dead line could reach it much later. One decision is
acted on at a time, in the order of their bars.
"""

import asyncio
import math
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import UTC

import pandas as pd

from env.kernel.names import Reason
from env.kernel.types import STOP_SLOT
from trading.bar_pipeline import BarPipeline
from trading.bar_verdicts import ClosedBar
from trading.booked_order import BOUGHT
from trading.broker_events import CommissionSeen, ExecutionSeen
from trading.decisions import LiveDecision
from trading.fill_book import LiveFill
from trading.journal_events import Decision
from trading.order_identity import STOPS, TARGETS, Role, decision_id, parse_ref
from trading.order_manager import OrderManager
from trading.order_steering import OrderSteering, Outcome
from utils.logger import get_logger

_LOG = get_logger("decisions")

MODEL_DIGITS = 8
"""Of a model's identity that are in the names of its decisions."""

KEPT_REASONS = 1_000
_REASONS = {reason.label: reason for reason in Reason}


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A decision and what became of it.

    Attributes:
        decision: The model's.
        name: Its id.
        con_id: Of the contract that it is about.
        close: Points.
        before: Contracts at that close.
        outcome: None until it was acted on.
    """

    decision: LiveDecision
    name: str
    con_id: int
    close: float
    before: int
    outcome: Outcome | None = None


class DecisionDesk:
    """Decides at closes, and acts.

    Attributes:
        pipeline: Of the model; may be replaced by another.
        last: The newest decision; None before the first.
        before: Called before a decision is made: what has passed, by the clock, must not hold it.
        on_idle: Called when a decision was acted on, and nothing waits.
    """

    def __init__(
        self,
        pipeline: BarPipeline,
        manager: OrderManager,
        steering: OrderSteering,
        is_answering: Callable[[], Awaitable[bool]],
        *,
        is_dry_run: bool,
    ) -> None:
        """Put them together.

        Args:
            pipeline: Of the model.
            manager: Of orders.
            steering: From decisions to orders.
            is_answering: Asks the broker whether it is there.
            is_dry_run: Whether no order is ever sent.
        """
        self.pipeline = pipeline
        self.last: Decided | None = None
        self.before: Callable[[], None] = _nothing
        self.on_idle: Callable[[], None] = _nothing
        self._manager = manager
        self._steering = steering
        self._is_answering = is_answering
        self._is_dry_run = is_dry_run
        self._waiting: deque[Decided] = deque()
        self._is_acting = False
        self._wake = asyncio.Event()
        self._reasons: dict[str, Reason] = {}

    @property
    def is_idle(self) -> bool:
        """Whether every decision was acted on."""
        return not self._waiting and not self._is_acting

    @property
    def has_open(self) -> bool:
        """Whether a position or an order of ours is open, as far as is known."""
        books = self._manager.books
        return books.position != 0 or bool(books.orders.live())

    def close(self, told: ClosedBar, *, is_live: bool) -> None:
        """Live through a bar that has closed; what is decided is acted on at once.

        Args:
            told: The bar.
            is_live: Whether a decision on it can still be acted on.
        """
        self._manager.catch_up()
        if is_live:
            self.before()
        books = self._manager.books
        entry = books.fills.holding(books.con_id).entry_ticks
        decision = self.pipeline.close(
            told,
            books.position,
            is_live=is_live,
            entry_ticks=entry if math.isfinite(entry) else None,
        )
        if decision is None:
            return
        assert self.pipeline.account is not None
        self.last = Decided(
            decision=decision,
            name=decision_id(
                decision.at.to_pydatetime(), self.pipeline.stream.model.identity[:MODEL_DIGITS]
            ),
            con_id=self._manager.books.con_id,
            close=told.close,
            before=self.pipeline.account.position,
        )
        if self.pipeline.account.is_over:
            text = f"its equity is {self.pipeline.account.record.equity_usd:,.2f} USD"
            self._manager.alert("model_account_over", text)
        if not decision.is_policy:
            self._manager.alert("undecided", f"{self.last.name}: {decision.reason}")
        self._write(self.last)
        self._waiting.append(self.last)
        self._wake.set()

    async def run(self) -> None:
        """Act on decisions until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._waiting:
                self._is_acting = True
                await self._act(self._waiting.popleft())
                self._is_acting = False
            self.pipeline.bars.prepare()
            self.on_idle()

    def hear_fill(self, event: ExecutionSeen) -> None:
        """Tell the model's account of a fill of ours in the contract that is traded."""
        books = self._manager.books
        name = parse_ref(event.order_ref, books.orders.bot)
        is_ours = name is not None and event.account == books.account
        if not is_ours or event.con_id != books.con_id or books.instrument.off_grid(event.price):
            return
        assert name is not None
        sign = 1 if event.side in BOUGHT else -1
        fill = LiveFill(
            exec_id=event.exec_id,
            time=self._time_of(event, name.role),
            quantity=sign * event.quantity,
            price_ticks=int(books.instrument.to_ticks(event.price)),
            commission_usd=None,
            reason=self._reason_of(name.role, name.decision),
        )
        self.pipeline.add_fill(fill)

    def hear_commission(self, event: CommissionSeen) -> None:
        """Tell the account what a fill cost."""
        self.pipeline.charge(event.exec_id, event.commission_usd)

    async def _act(self, decided: Decided) -> None:
        outcome = await self._outcome(decided)
        if self.last is not None and self.last.name == decided.name:
            self.last = replace(decided, outcome=outcome)
        self._steering.follow(self.pipeline)
        self._manager.journal.flush()
        decision = decided.decision
        _LOG.info("%s: %s, %s", decided.name, decision.action, outcome.text)

    async def _outcome(self, decided: Decided) -> Outcome:
        decision = decided.decision
        if decision.quantity and self._is_dry_run:
            return Outcome(text=f"dry run: {decision.quantity:+d} was not sent")
        is_opening = abs(decision.target) > abs(decided.before) or (
            decision.target * decided.before < 0
        )
        if is_opening and not await self._is_answering():
            return Outcome(text="void: the broker did not answer")
        if decided.con_id != self._manager.books.con_id:
            return Outcome(text="void: it is about a contract that was left since the close")
        return self._steering.act(decision, decided.name, decided.close, decided.before)

    def _write(self, decided: Decided) -> None:
        """Have the decision written with the next batch."""
        decision = decided.decision
        self._reasons[decided.name] = _REASONS.get(decision.reason, Reason.SIGNAL)
        if len(self._reasons) > KEPT_REASONS:
            self._reasons.pop(next(iter(self._reasons)))
        self._manager.journal.note(
            Decision(
                decision_id=decided.name,
                bar_close=decision.at.to_pydatetime(),
                con_id=self._manager.books.con_id,
                model_id=self.pipeline.stream.model.identity,
                features_hash=decision.observation_hash,
                action=decision.action,
                target=decision.target,
                reason=decision.reason,
            )
        )

    def _time_of(self, event: ExecutionSeen, role: Role) -> pd.Timestamp:
        """Return when a fill counts: one of a decision never before the close it was made at."""
        time = pd.Timestamp(event.time.astimezone(UTC))
        last = self.pipeline.last_bar
        if role in STOPS | TARGETS or last is None:
            return time
        return max(time, last.closed) if self._is_of_last(event) else time

    def _is_of_last(self, event: ExecutionSeen) -> bool:
        """Return whether a fill is of the newest decision."""
        return self.last is not None and f"/{self.last.name}/" in event.order_ref

    def _reason_of(self, role: Role, decision: str) -> Reason:
        """Return why a fill happened, in the kernel's words."""
        if role in TARGETS:
            return Reason.TARGET
        if role in STOPS:
            account = self.pipeline.account
            if account is not None and account.stop_ticks is not None:
                return Reason(int(account.record.orders[STOP_SLOT].reason))
            return Reason.STOP
        if role is Role.FLATTEN:
            return Reason.SIGNAL
        return self._reasons.get(decision, Reason.SIGNAL)


def _nothing() -> None:
    """Do nothing."""
