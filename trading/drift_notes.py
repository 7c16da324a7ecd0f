"""What a drift report says beside its numbers: why a fill is missing, and what to doubt."""

from collections.abc import Mapping, Sequence

import pandas as pd

from trading.drift_bars import DriftBars
from trading.drift_fills import JournalFill
from trading.drift_pairs import Pair
from trading.drift_paths import DayPath
from trading.drift_records import DriftDecision, denials_of
from trading.journal_reader import JournalReader
from trading.journal_rows import StoredFill
from trading.order_identity import Role

Decisions = Mapping[pd.Timestamp, DriftDecision]
"""By the close at which they were made."""


class Notes:
    """Why the trader lacks what the kernel had."""

    def __init__(self, reader: JournalReader, decisions: Decisions) -> None:
        """Look the denials up.

        Args:
            reader: Of the journal.
            decisions: Of the day.
        """
        self._reader = reader
        self._decisions = decisions
        self._denials = denials_of(reader, min(decisions)) if decisions else {}

    def of(self, pair: Pair) -> str:
        """Return what became of the decision behind a fill that the trader lacks; "" of others."""
        if pair.live is not None or pair.kernel is None or pair.kernel.fill.decided is None:
            return ""
        decision = self._decisions.get(pair.kernel.fill.decided)
        if decision is None:
            return "no decision"
        if decision.decision_id in self._denials:
            return f"denied: {self._denials[decision.decision_id]}"
        intents = self._reader.intents_of(decision.decision_id)
        states = [one.state for one in intents if one.role in {Role.ENTRY, Role.EXIT}]
        return f"order {states[-1]}" if states else "no order"


def remarks_of(
    bars: DriftBars,
    decisions: Decisions,
    fills: Sequence[JournalFill],
    foreign: Sequence[StoredFill],
) -> list[str]:
    """Return what bars, decisions and fills of a day leave open, a line each."""
    end = bars.day[-1].closed
    own = [each for each in fills if bars.begun <= each.fill.time < end]
    others = [each for each in foreign if bars.begun <= each.time < end]
    n_late = sum(end <= each.fill.time < bars.day_ends for each in fills)
    n_unknown = sum(not each.is_cost_known for each in own)
    closes = {bars.begun, *bars.closes}
    n_silent = sum(closed not in decisions for closed in bars.closes[:-1])
    n_without = sum(closed not in closes for closed in decisions)
    return [
        f"{count:,} {text}"
        for count, text in (
            (bars.n_expected - len(bars.day), f"of {bars.n_expected:,} bars of the day are not "
             f"there; compared from {bars.begun:%H:%M} to {end:%H:%M} UTC"),
            (n_silent, "closes without a decision of the trader: nothing new was decided there"),
            (n_without, "decisions at closes of no bar: other bars than the trader's?"),
            (n_unknown, "fills whose commission was not reported: the usual one stands for it"),
            (len(others), "fills in the account that are of no order of ours: not compared"),
            (n_late, "fills after the last bar: not compared"),
        )
        if count > 0
    ]  # fmt: skip


def targets_apart(kernel: DayPath, live: DayPath, decisions: Decisions) -> str | None:
    """Return where the kernel wanted another position than the trader did, from the same one.

    There bars or settings are not those that the trader had; or its equity differs, and a sizer
    goes by that.
    """
    apart = [
        (closed, decision.target, kernel.wanted[closed])
        for closed, decision in sorted(decisions.items())
        if closed in kernel.wanted
        and kernel.held[closed] == live.held[closed]
        and kernel.wanted[closed] != decision.target
    ]
    if not apart:
        return None
    closed, told, wanted = apart[0]
    return (
        f"{len(apart):,} closes at which the kernel, from the same position, wanted another one "
        f"than the trader: first {closed:%H:%M} UTC, {wanted:+d} for {told:+d}"
    )
