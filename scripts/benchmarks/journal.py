"""How long a decision waits until its journal is on the disk, beside a bare sync."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from io import FileIO
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trading.journal import Journal
from trading.journal_events import Decision, HighWater, Intent
from trading.journal_owner import JournalOwner
from utils.clock import SystemClock

BLOCK = b"x" * 4_096
OWNER = JournalOwner(account="DU0", mode="sim")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """How long each write took, in milliseconds, in the order of the writes.

    Attributes:
        journal: A decision, the order ids it takes, its entry and its stop, in one transaction.
        bare: 4 KB into a plain file and a sync, which no journal can do without.
    """

    journal: NDArray[np.float64]
    bare: NDArray[np.float64]


def measure(folder: Path, n_decisions: int) -> Waits:
    """Write decisions into a new journal in `folder`, and as often 4 KB into a file, in turn."""
    journal_ms, bare_ms = np.empty(n_decisions), np.empty(n_decisions)
    with (
        Journal.open(folder / "journal.db", SystemClock(), OWNER) as journal,
        (folder / "bare").open("wb", buffering=0) as file,
    ):
        for i in range(n_decisions):
            journal_ms[i] = _milliseconds(partial(_write, journal, i))
            bare_ms[i] = _milliseconds(partial(_sync, file))
    return Waits(journal=journal_ms, bare=bare_ms)


def _milliseconds(call: Callable[[], None]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1_000


def _sync(file: FileIO) -> None:
    file.write(BLOCK)
    os.fsync(file.fileno())


def _write(journal: Journal, i: int) -> None:
    decision = Decision(
        decision_id=str(i),
        bar_close=SystemClock().now(),
        con_id=1,
        model_id="bench",
        features_hash="",
        action="BUY",
        target=1,
        reason="",
    )
    with journal.batch():
        journal.append(decision)
        journal.append(HighWater(max_order_id=2 * i + 2))
        journal.append(_intent(i, "entry", 2 * i + 1))
        journal.append(_intent(i, "stop", 2 * i + 2))


def _intent(i: int, role: str, order_id: int) -> Intent:
    is_entry = role == "entry"
    return Intent(
        ref=f"bench/{i}/{role}/0",
        decision_id=str(i),
        role=role,
        n=0,
        is_opening=is_entry,
        con_id=1,
        account=OWNER.account,
        side="BUY" if is_entry else "SELL",
        quantity=1,
        kind="MKT" if is_entry else "STP",
        stop_price=None if is_entry else 17_950.0,
        order_id=order_id,
    )
