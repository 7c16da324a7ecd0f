"""The chain of hashes through a journal's events: each holds the one before it.

Whoever changes, inserts or removes an event in the middle breaks the chain at that row. The last
rows can be cut off without a trace in the file; who noted a head can still tell (`contains`).
"""

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from trading.journal_codec import canonical, decoded
from utils.errors import JournalError

GENESIS = hashlib.sha256(b"FuturesGym journal, genesis").hexdigest()
"""What stands before the first event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The end of a chain: how many events, and the hash of the last."""

    seq: int = 0
    hash: str = GENESIS


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEvent:
    """One row of `raw_event`; `json` as it was written, to the byte."""

    seq: int
    ts: str
    kind: str
    json: str
    prev_hash: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainFault:
    """The first row that is not what it must be."""

    seq: int
    what: str
    expected: str
    found: str

    def __str__(self) -> str:
        """Return it in one line."""
        return f"row {self.seq}: {self.what} must be {self.expected}, was {self.found}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainReport:
    """How many events are sound, where they end, and what stands in the way, if anything."""

    n_events: int
    head: Head
    fault: ChainFault | None


def next_event(head: Head, ts: str, kind: str, json: str) -> StoredEvent:
    """Return the event that follows `head`."""
    seq = head.seq + 1
    own = event_hash(seq, ts, kind, json, head.hash)
    return StoredEvent(seq=seq, ts=ts, kind=kind, json=json, prev_hash=head.hash, hash=own)


def event_hash(seq: int, ts: str, kind: str, json: str, prev_hash: str) -> str:
    """Return the SHA-256 of canonical JSON: an object of the five, the payload as its text."""
    content = {"json": json, "kind": kind, "prev_hash": prev_hash, "seq": seq, "ts": ts}
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def stored_events(connection: sqlite3.Connection, after: int = 0) -> Iterator[StoredEvent]:
    """Yield the events with numbers > `after`, in order."""
    rows = connection.execute(
        "SELECT seq, ts, kind, json, prev_hash, hash FROM raw_event WHERE seq > ? ORDER BY seq",
        (after,),
    )
    for seq, *texts in rows:
        ts, kind, json, prev_hash, own = map(str, texts)
        yield StoredEvent(seq=seq, ts=ts, kind=kind, json=json, prev_hash=prev_hash, hash=own)


def chain_report(events: Iterable[StoredEvent], head: Head) -> ChainReport:
    """Follow a chain from `head` on, up to its end or its first fault."""
    n_events = 0
    for event in events:
        fault = fault_of(event, head)
        if fault is not None:
            return ChainReport(n_events=n_events, head=head, fault=fault)
        head = Head(seq=event.seq, hash=event.hash)
        n_events += 1
    return ChainReport(n_events=n_events, head=head, fault=None)


def fault_of(event: StoredEvent, head: Head) -> ChainFault | None:
    """Return what is wrong with the event that stands after `head`, if anything."""
    own = event_hash(event.seq, event.ts, event.kind, event.json, event.prev_hash)
    for what, expected, found in (
        ("its number", head.seq + 1, event.seq),
        ("the hash before it", head.hash, event.prev_hash),
        ("its hash", own, event.hash),
    ):
        if expected != found:
            return ChainFault(seq=event.seq, what=what, expected=str(expected), found=str(found))
    try:
        decoded(event.kind, event.json)
    except JournalError as error:
        return ChainFault(seq=event.seq, what="its payload", expected="an event", found=str(error))
    return None


def head_of(connection: sqlite3.Connection) -> Head:
    """Return where the chain ends."""
    row = connection.execute("SELECT seq, hash FROM raw_event ORDER BY seq DESC LIMIT 1").fetchone()
    return Head() if row is None else Head(seq=row[0], hash=row[1])


def recent_report(connection: sqlite3.Connection, n_events: int) -> ChainReport:
    """Follow the last `n_events` links only; what lies before is taken on trust."""
    first = max(head_of(connection).seq - n_events, 0)
    start = Head()
    if first:
        row = connection.execute("SELECT hash FROM raw_event WHERE seq = ?", (first,)).fetchone()
        start = Head(seq=first, hash="nothing" if row is None else row[0])
    return chain_report(stored_events(connection, first), start)


def contains(connection: sqlite3.Connection, noted_hash: str) -> bool:
    """Return whether the chain has an event of this hash, e.g. a head that was noted before."""
    found = connection.execute("SELECT 1 FROM raw_event WHERE hash = ?", (noted_hash,))
    return found.fetchone() is not None
