"""What a strategy handed in, in order: noted as plain rows, shown as a table, read back."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from backtest.order_types import Order
from env.kernel.names import Denial

SUBMIT, CANCEL, TARGET, ACT = "submit", "cancel", "target", "act"
"""What an instruction can be: an order, the cancellation of one, a wanted position, an action."""

ORDER_FIELDS = tuple(field.name for field in fields(Order))
PRICE_FIELDS = ORDER_FIELDS[1:7]
COLUMNS = ("time", "symbol", "instruction", "order_id", "denial", "choice", *ORDER_FIELDS)
"""Columns of the table; prices and distances that an order does not have are NaN in it."""

_PLAIN = Order(quantity=0)


class Instruction(NamedTuple):
    """One thing that a strategy asked for.

    Attributes:
        place: Of the close at which it did, among those of the run.
        which: Number of the instrument in the account.
        instruction: SUBMIT, CANCEL, TARGET or ACT.
        order_id: The kernel's; 0 where nothing was taken.
        denial: Denial of it, or of its opening half.
        choice: Wanted position, or one of env.actions.Action; 0 otherwise.
        order: As it was submitted; None otherwise.
    """

    place: int
    which: int
    instruction: str
    order_id: int
    denial: int
    choice: int = 0
    order: Order | None = None


class OrderLog:
    """Instructions, and how many were denied.

    Attributes:
        instructions: Oldest first.
        denials: By the label of the reason.
    """

    def __init__(self) -> None:
        self.instructions: list[Instruction] = []
        self.denials: Counter[str] = Counter()

    def note(self, instruction: Instruction) -> None:
        """Add an instruction."""
        self.instructions.append(instruction)
        if instruction.denial != Denial.NONE:
            self.denials[Denial(instruction.denial).label] += 1

    def stop_distances(self, which: int = 0) -> dict[int, float]:
        """Return how far the stop is that each order of an instrument brings, ticks, by its id."""
        distances: dict[int, float] = {}
        for one in self.instructions:
            if one.which != which or one.order is None or one.order_id == 0:
                continue
            for distance in (one.order.stop_loss_ticks, one.order.trailing_stop_ticks):
                if distance is not None:
                    distances.setdefault(one.order_id, float(distance))
        return distances

    def frame(self, stamps: pd.DatetimeIndex, symbols: Sequence[str]) -> pd.DataFrame:
        """Return one row per instruction, with COLUMNS.

        Args:
            stamps: Of the run's closes: open times of their bars.
            symbols: Of the instruments, by their numbers.
        """
        rows = self.instructions
        columns: dict[str, Any] = {
            "time": stamps[np.array([one.place for one in rows], np.int64)],
            "symbol": [symbols[one.which] for one in rows],
            "instruction": [one.instruction for one in rows],
            "order_id": np.array([one.order_id for one in rows], np.int64),
            "denial": [Denial(one.denial).label for one in rows],
            "choice": np.array([one.choice for one in rows], np.int64),
        }
        for name in ORDER_FIELDS:
            values = [getattr(one.order or _PLAIN, name) for one in rows]
            columns[name] = np.array(values, np.float64) if name in PRICE_FIELDS else values
        return pd.DataFrame(columns, columns=list(COLUMNS))


def order_of(row: dict[str, Any]) -> Order:
    """Return the order of a row of the table."""
    values = {name: row[name] for name in ORDER_FIELDS}
    for name in PRICE_FIELDS:
        values[name] = None if np.isnan(values[name]) else float(values[name])
    return Order(**values)
