"""What a strategy is: the same object trades in a back-test and at a trader's desk."""

from typing import Protocol, runtime_checkable

import pandas as pd
from numpy.typing import ArrayLike

from backtest.desk_port import Desk
from backtest.order_types import Fill


class Strategy(Protocol):
    """Rules that trade. Inherit to be spared the methods that you have no use for.

    Attributes:
        name: What reports call it.
    """

    name: str

    def on_start(self, desk: Desk) -> None:
        """Prepare, at the close of the first bar: ask for columns, features, indicators."""
        return

    def on_bar(self, desk: Desk) -> None:
        """Decide at the close of a bar."""

    def on_fill(self, desk: Desk, fill: Fill) -> None:
        """Take note of a fill, before `on_bar` of the close of its bar."""
        return


@runtime_checkable
class TargetStrategy(Protocol):
    """Rules whose wanted position does not depend on the account: they run in one compiled loop.

    Attributes:
        name: What reports call it.
    """

    name: str

    def targets(self, bars: pd.DataFrame) -> ArrayLike:
        """Return the wanted signed contracts decided at each close, (n,) whole numbers.

        At bar t uses bars <= t; refused where it looks ahead.
        """
