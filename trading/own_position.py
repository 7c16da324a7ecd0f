"""What our own fills have made of the account: positions, PnL and commissions, to the cent.

Every sum comes from whole ticks and contracts; a fill that comes twice counts once, a correction
takes the place of what it corrects, and the order in which fills are heard changes no sum. The
broker's own figures are a second opinion, never an input. An amount that cannot be known is None,
and what is to be held against it then denies (trading/risk_guard.py); a fill moves the position
whatever is wrong with it.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from config.instrument_type import Instrument
from trading.booked_order import BOUGHT
from trading.broker_events import CommissionSeen, ExecutionSeen
from trading.commission import is_figure
from trading.holding import Holding
from trading.order_life import split_exec_id

ADOPTED = "adopted:"
"""How the ids of positions begin that a person declared to be ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnFill:
    """One execution, in the newest version that was heard.

    Attributes:
        exec_id: The broker's id of that version; "" of a position that was adopted.
        order: When it happened, then how many were heard before it.
        con_id: What was traded.
        quantity: Signed contracts: positive bought.
        price_ticks: None where the price is on no grid that we know.
    """

    exec_id: str
    order: tuple[datetime, int]
    con_id: int
    quantity: int
    price_ticks: int | None


@dataclass(slots=True, kw_only=True)
class OwnFills:
    """All our fills and what they cost.

    Attributes:
        instruments: What each contract is, by con id; a fill of another still moves its position.
        n_news: Goes up with whatever may change a sum, so that others know when to count again.
    """

    instruments: Mapping[int, Instrument]
    n_news: int = 0
    _fills: dict[str, OwnFill] = field(default_factory=dict)
    _commissions: dict[str, tuple[int, float]] = field(default_factory=dict)
    _holdings: dict[int, tuple[Holding, frozenset[str]]] = field(default_factory=dict)

    def know(self, con_id: int, instrument: Instrument) -> None:
        """Learn what another contract is, before anything is filled in it."""
        self.n_news += 1
        self.instruments = {**self.instruments, con_id: instrument}

    def hear(self, event: ExecutionSeen) -> bool:
        """Count an execution of ours in; return False for one that is known already."""
        if self.has(event):
            return False
        stem, _ = split_exec_id(event.exec_id)
        known = self._fills.get(stem)
        self.n_news += 1
        self._holdings.clear()  # a correction may be of another contract than it was
        self._fills[stem] = OwnFill(
            exec_id=event.exec_id,
            order=(event.time, len(self._fills)) if known is None else known.order,
            con_id=event.con_id,
            quantity=event.quantity if event.side in BOUGHT else -event.quantity,
            price_ticks=self._ticks(event.con_id, event.price),
        )
        return True

    def has(self, event: ExecutionSeen) -> bool:
        """Return whether an execution is counted, in this version or a newer one."""
        stem, version = split_exec_id(event.exec_id)
        known = self._fills.get(stem)
        return known is not None and split_exec_id(known.exec_id)[1] >= version

    def adopt(self, con_id: int, position: int, price: float, time: datetime) -> None:
        """Take a position for ours, because a person said so.

        What it differs by from our fills counts as traded at `price` (points), at no cost, and
        under an id that no broker gives.
        """
        quantity = position - self.holding(con_id).position
        if quantity == 0:
            return
        self.n_news += 1
        self._holdings.clear()
        self._fills[f"{ADOPTED}{len(self._fills)}"] = OwnFill(
            exec_id="",
            order=(time, len(self._fills)),
            con_id=con_id,
            quantity=quantity,
            price_ticks=self._ticks(con_id, price),
        )

    def hear_commission(self, event: CommissionSeen) -> None:
        """Count what a fill cost; a figure that is none is left out, so that it stays missing."""
        stem, version = split_exec_id(event.exec_id)
        known = self._commissions.get(stem)
        if is_figure(event) and (known is None or known[0] <= version):
            self.n_news += 1
            self._commissions[stem] = (version, event.commission_usd)

    def until(self, time: datetime) -> "OwnFills":
        """Return what had been done before a time, with what it cost in the end."""
        fills = {stem: fill for stem, fill in self._fills.items() if fill.order[0] < time}
        return OwnFills(
            instruments=self.instruments, _fills=fills, _commissions=dict(self._commissions)
        )

    def holding(self, con_id: int) -> Holding:
        """Return what the fills of a contract come to, in the order in which they happened."""
        return self._counted(con_id)[0]

    def open_trade(self, con_id: int) -> frozenset[str]:
        """Return the fills since a contract was last flat, or reversed, by what versions share.

        The one that reversed it is among them; of an adopted position there is a key of its own.
        """
        return self._counted(con_id)[1]

    def _counted(self, con_id: int) -> tuple[Holding, frozenset[str]]:
        if con_id not in self._holdings:
            fills = [(stem, fill) for stem, fill in self._fills.items() if fill.con_id == con_id]
            holding, stems = Holding(), set[str]()
            for stem, fill in sorted(fills, key=lambda one: one[1].order):
                before = holding.position
                holding = holding.after(fill.quantity, fill.price_ticks)
                if before * holding.position <= 0:
                    stems.clear()
                if holding.position:
                    stems.add(stem)
            self._holdings[con_id] = holding, frozenset(stems)
        return self._holdings[con_id]

    def con_ids(self) -> tuple[int, ...]:
        """Return the contracts that were ever filled, ascending."""
        return tuple(sorted({fill.con_id for fill in self._fills.values()}))

    def realised_usd(self) -> float | None:
        """Return the PnL of the closed trades, before commission; None where a price is unknown."""
        return _sum(self._realised_of(con_id) for con_id in self.con_ids())

    def unrealised_usd(self, marks: Mapping[int, float]) -> float | None:
        """Return the PnL of the open trades at prices in points by con id.

        None where a contract is held of which the price, or that of a fill, is unknown or no
        number. A mark need not lie on the grid.
        """
        return _sum(self._unrealised_of(con_id, marks.get(con_id)) for con_id in self.con_ids())

    def commissions_usd(self) -> float | None:
        """Return what all fills cost.

        A fill whose report has not come is taken to cost the instrument's usual commission; None
        where the instrument is unknown too.
        """
        return _sum(self._cost_usd(stem) for stem in self._fills)

    def net_usd(self, marks: Mapping[int, float]) -> float | None:
        """Return realised plus unrealised less commissions, USD; None where one is unknown."""
        costs = self.commissions_usd()
        minus = None if costs is None else -costs
        return _sum([self.realised_usd(), self.unrealised_usd(marks), minus])

    def _realised_of(self, con_id: int) -> float | None:
        holding, instrument = self.holding(con_id), self.instruments.get(con_id)
        if instrument is None or not holding.is_priced:
            return None
        return holding.realised_ticks * instrument.tick_value_usd

    def _unrealised_of(self, con_id: int, mark: float | None) -> float | None:
        holding, instrument = self.holding(con_id), self.instruments.get(con_id)
        if instrument is None or not holding.is_priced:
            return None
        if holding.position == 0:
            return 0.0
        if mark is None or not math.isfinite(mark):
            return None
        ticks = holding.flow_ticks + holding.position * mark / instrument.tick_size
        return ticks * instrument.tick_value_usd

    def _cost_usd(self, stem: str) -> float | None:
        if stem in self._commissions:
            return self._commissions[stem][1]
        if stem.startswith(ADOPTED):
            return 0.0
        fill = self._fills[stem]
        instrument = self.instruments.get(fill.con_id)
        return None if instrument is None else _usual_usd(instrument, fill.quantity)

    def _ticks(self, con_id: int, price: float) -> int | None:
        instrument = self.instruments.get(con_id)
        if instrument is None or instrument.off_grid(price):
            return None
        return int(instrument.to_ticks(price))


def _usual_usd(instrument: Instrument, quantity: int) -> float:
    return abs(quantity) * instrument.commission_per_side_usd


def _sum(amounts: Iterable[float | None]) -> float | None:
    """Return the sum to a hundredth of a cent; None where one of them is unknown."""
    known = list(amounts)
    if any(amount is None for amount in known):
        return None
    return round(math.fsum(amount for amount in known if amount is not None), 4)
