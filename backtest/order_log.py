"""What a strategy handed in, in order: noted as plain rows, shown as a table, read back."""

from array import array
from collections import Counter
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from backtest.order_types import Order
from backtest.tickets import whole_or_none
from env.kernel.names import Denial

SUBMIT, CANCEL, TARGET, ACT = "submit", "cancel", "target", "act"
"""What an instruction can be: an order, the cancellation of one, a wanted position, an action."""

ORDER_FIELDS = tuple(field.name for field in fields(Order))
PRICE_FIELDS = ORDER_FIELDS[1:7]
WHOLE_FIELDS = ("quantity", "group")
COLUMNS = ("time", "symbol", "instruction", "order_id", "denial", "choice", *ORDER_FIELDS)
"""Columns of the table; prices and distances that an order does not have are NaN in it."""

INSTRUCTIONS = (SUBMIT, CANCEL, TARGET, ACT)

_PLAIN = Order(quantity=0)
_N_NUMBERS = 6
_LABELS = np.array([denial.label for denial in Denial], dtype=object)


class OrderLog:
    """Instructions, and how many were denied.

    Attributes:
        denials: By the label of the reason.
    """

    def __init__(self) -> None:
        self.denials: Counter[str] = Counter()
        self._numbers = array("q")  # plain numbers: objects would cost more the more there are
        self._orders: dict[int, Order] = {}

    def note(
        self,
        where: tuple[int, int],
        instruction: str,
        answer: tuple[int, int],
        choice: int = 0,
        order: Order | None = None,
    ) -> None:
        """Add an instruction.

        Args:
            where: Number of the close at which it came, among those of the run, and of the
                instrument in the account.
            instruction: One of INSTRUCTIONS.
            answer: Denial of it, or of its opening half, and the kernel's id of the order; 0 where
                nothing was taken.
            choice: Wanted position, or one of env.actions.Action; 0 otherwise.
            order: As it was submitted; None otherwise.
        """
        if order is not None:
            self._orders[len(self._numbers) // _N_NUMBERS] = order
        self._numbers.extend((*where, INSTRUCTIONS.index(instruction), *answer, choice))
        if answer[0] != Denial.NONE:
            self.denials[_LABELS[answer[0]]] += 1

    def stop_distances(self, which: int = 0) -> dict[int, float]:
        """Return how far the stop is that each order of an instrument brings, ticks, by its id."""
        distances: dict[int, float] = {}
        rows = self._rows()
        for row, order in self._orders.items():
            _, instrument, _, _, order_id, _ = rows[row].tolist()
            for distance in (order.stop_loss_ticks, order.trailing_stop_ticks):
                if instrument == which and order_id > 0 and distance is not None:
                    distances.setdefault(order_id, float(distance))
        return distances

    def frame(self, stamps: pd.DatetimeIndex, symbols: Sequence[str]) -> pd.DataFrame:
        """Return one row per instruction, with COLUMNS.

        Args:
            stamps: Of the run's closes: open times of their bars.
            symbols: Of the instruments, by their numbers.
        """
        places, which, instructions, denials, ids, choices = self._rows().T
        columns: dict[str, Any] = {
            "time": stamps[places],
            "symbol": np.array(symbols, dtype=object)[which],
            "instruction": np.array(INSTRUCTIONS, dtype=object)[instructions],
            "order_id": ids,
            "denial": _LABELS[denials],
            "choice": choices,
        }
        for name in ORDER_FIELDS:
            values = [getattr(_PLAIN, name)] * len(places)
            for row, order in self._orders.items():
                values[row] = getattr(order, name)
            columns[name] = _of_one_type(name, values)
        return pd.DataFrame(columns, columns=list(COLUMNS))

    def _rows(self) -> NDArray[np.int64]:
        """Return the numbers of each instruction, (n, _N_NUMBERS)."""
        return np.array(self._numbers, dtype=np.int64).reshape(-1, _N_NUMBERS)


def _of_one_type(name: str, values: list[Any]) -> Any:
    """Return a column of orders: what is no whole number is 0, as it was denied."""
    if name in WHOLE_FIELDS:
        return np.array([whole_or_none(value) or 0 for value in values], np.int64)
    return np.array(values, np.float64) if name in PRICE_FIELDS else values


def order_of(row: dict[str, Any]) -> Order:
    """Return the order of a row of the table."""
    values = {name: row[name] for name in ORDER_FIELDS}
    for name in PRICE_FIELDS:
        values[name] = None if np.isnan(values[name]) else float(values[name])
    return Order(**values)
