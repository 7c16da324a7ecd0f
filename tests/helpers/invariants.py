"""What must hold of orders and positions at any time, by the gateway's own books."""

from collections import Counter
from datetime import UTC, datetime
from typing import Any

from trading.journal_reader import JournalReader
from trading.order_identity import OrderRef, Role, parse_ref

BOT = "bot"
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


def assert_invariants(
    state: dict[str, Any],
    reader: JournalReader,
    *,
    max_position: int = 1,
    is_settled: bool = True,
    bot: str = BOT,
) -> None:
    """Check I1, I2, I3, I4, I7 and I9.

    Args:
        state: The gateway's `state()`.
        reader: Of the trader's journal.
        max_position: Largest position either way.
        is_settled: Whether the trader has had the time to protect and to clear up (I3, I4), and to
            hear of all fills (I7).
        bot: First part of the trader's refs.
    """
    ours = [order for order in (*state["orders"], *state["done"]) if _name(order, bot) is not None]
    _assert_one_entry_each(ours, bot)
    _assert_within(state, max_position, bot)
    _assert_written(ours, reader)
    if is_settled:
        _assert_protected(state, bot)
        _assert_same_fills(state, reader)


def _name(order: dict[str, Any], bot: str) -> OrderRef | None:
    return parse_ref(order["ref"], bot)


def _entries(orders: list[dict[str, Any]], bot: str) -> list[dict[str, Any]]:
    found = [(order, _name(order, bot)) for order in orders]
    return [order for order, name in found if name is not None and name.role is Role.ENTRY]


def _signed(order: dict[str, Any]) -> int:
    return int(order["remaining"]) * (1 if order["action"] == "BUY" else -1)


def position_of(state: dict[str, Any]) -> int:
    """Return the signed contracts of all expiries."""
    return sum(state["positions"].values())


def _assert_one_entry_each(ours: list[dict[str, Any]], bot: str) -> None:
    names = [_name(order, bot) for order in ours]
    entries = Counter(name.decision for name in names if name and name.role is Role.ENTRY)
    assert all(count == 1 for count in entries.values()), f"I1: {entries}"


def _assert_within(state: dict[str, Any], max_position: int, bot: str) -> None:
    """Check I2; what was never transmitted cannot fill: half a bracket of a killed process."""
    position = position_of(state)
    entries = [one for one in _entries(state["orders"], bot) if one["is_transmitted"]]
    ends = [position, *(position + _signed(order) for order in entries)]
    assert max(map(abs, ends)) <= max_position, f"I2: {ends}"


def _assert_written(ours: list[dict[str, Any]], reader: JournalReader) -> None:
    written = reader.refs()
    unwritten = [order["ref"] for order in ours if order["ref"] not in written]
    assert not unwritten, f"I9: {unwritten}"


def _assert_protected(state: dict[str, Any], bot: str) -> None:
    position = position_of(state)
    stops = [order for order in state["orders"] if order["kind"] == "STP" and order["is_working"]]
    protecting = sum(_signed(order) for order in stops)
    assert protecting == -position, f"I3, I4: position {position}, stops {protecting}"
    dormant = [order for order in state["orders"] if order["kind"] == "STP" and order not in stops]
    entries = _entries(state["orders"], bot)
    assert entries or not dormant, f"I4: {dormant}"


def _assert_same_fills(state: dict[str, Any], reader: JournalReader) -> None:
    broker = {fill["exec_id"] for fill in state["executions"]}
    journal = {fill.exec_id for fill in reader.fills_since(_LONG_AGO)}
    assert journal == broker, f"I7: {journal ^ broker}"
