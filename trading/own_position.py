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
from typing import NamedTuple

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


class _Counted(NamedTuple):
    """What fills of a contract come to, and which of them are of the trade that is open."""

    holding: Holding
    open_trade: frozenset[str]

    def after(self, stem: str, fill: OwnFill) -> "_Counted":
        """Return the same after one more fill."""
        before = self.holding.position
        holding = self.holding.after(fill.quantity, fill.price_ticks)
        kept = self.open_trade if before * holding.position > 0 else frozenset[str]()
        return _Counted(holding, kept | {stem} if holding.position else kept)


@dataclass(slots=True, kw_only=True)
class OwnFills:
    """All our fills and what they cost.

    Attributes:
        instruments: What each contract is, by con id; a fill of another still moves its position.
        n_news: Goes up with whatever may change a sum, so that others know when to count again.

    Sums are asked for several times a second and fills are kept for months: what is known of a sum
    is kept until something of it changes.
    """

    instruments: Mapping[int, Instrument]
    n_news: int = 0
    _fills: dict[str, OwnFill] = field(default_factory=dict)
    _commissions: dict[str, tuple[int, float]] = field(default_factory=dict)
    _holdings: dict[int, _Counted] = field(default_factory=dict)
    _newest: dict[int, tuple[datetime, int]] = field(default_factory=dict)
    _cost: tuple[int, float | None] | None = None
    _con_ids: tuple[int, tuple[int, ...]] | None = None
    _earlier: "tuple[datetime, OwnFills] | None" = None

    def know(self, con_id: int, instrument: Instrument) -> None:
        """Learn what another contract is, before anything is filled in it."""
        self.n_news += 1
        self.instruments = {**self.instruments, con_id: instrument}
        self._earlier = None

    def hear(self, event: ExecutionSeen) -> bool:
        """Count an execution of ours in; return False for one that is known already."""
        if self.has(event):
            return False
        stem, _ = split_exec_id(event.exec_id)
        known = self._fills.get(stem)
        fill = OwnFill(
            exec_id=event.exec_id,
            order=(event.time, len(self._fills)) if known is None else known.order,
            con_id=event.con_id,
            quantity=event.quantity if event.side in BOUGHT else -event.quantity,
            price_ticks=self._ticks(event.con_id, event.price),
        )
        if known is not None:
            self._holdings.clear()  # a correction may be of another contract than it was
        self._count_in(stem, fill)
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
        fill = OwnFill(
            exec_id="",
            order=(time, len(self._fills)),
            con_id=con_id,
            quantity=quantity,
            price_ticks=self._ticks(con_id, price),
        )
        self._count_in(f"{ADOPTED}{len(self._fills)}", fill)

    def hear_commission(self, event: CommissionSeen) -> None:
        """Count what a fill cost; a figure that is none is left out, so that it stays missing."""
        stem, version = split_exec_id(event.exec_id)
        known = self._commissions.get(stem)
        cost = (version, event.commission_usd)
        if is_figure(event) and cost != known and (known is None or known[0] <= version):
            self.n_news += 1
            self._commissions[stem] = cost
            fill = self._fills.get(stem)
            if fill is not None:
                self._forget_earlier(fill.order[0])

    def until(self, time: datetime) -> "OwnFills":
        """Return what had been done before a time, with what it cost in the end."""
        if self._earlier is None or self._earlier[0] != time:
            fills = {stem: fill for stem, fill in self._fills.items() if fill.order[0] < time}
            costs = {stem: cost for stem, cost in self._commissions.items() if stem in fills}
            earlier = OwnFills(instruments=self.instruments, _fills=fills, _commissions=costs)
            self._earlier = time, earlier
        return self._earlier[1]

    def holding(self, con_id: int) -> Holding:
        """Return what the fills of a contract come to, in the order in which they happened."""
        return self._counted(con_id).holding

    def open_trade(self, con_id: int) -> frozenset[str]:
        """Return the fills since a contract was last flat, or reversed, by what versions share.

        The one that reversed it is among them; of an adopted position there is a key of its own.
        """
        return self._counted(con_id).open_trade

    def _counted(self, con_id: int) -> _Counted:
        if con_id not in self._holdings:
            fills = [(stem, fill) for stem, fill in self._fills.items() if fill.con_id == con_id]
            counted = _Counted(Holding(), frozenset())
            for stem, fill in sorted(fills, key=lambda one: one[1].order):
                counted = counted.after(stem, fill)
                self._newest[con_id] = fill.order
            self._holdings[con_id] = counted
        return self._holdings[con_id]

    def con_ids(self) -> tuple[int, ...]:
        """Return the contracts that were ever filled, ascending."""
        if self._con_ids is None or self._con_ids[0] != self.n_news:
            found = {fill.con_id for fill in self._fills.values()}
            self._con_ids = self.n_news, tuple(sorted(found))
        return self._con_ids[1]

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
        if self._cost is None or self._cost[0] != self.n_news:
            self._cost = self.n_news, _sum(self._cost_usd(stem) for stem in self._fills)
        return self._cost[1]

    def net_usd(self, marks: Mapping[int, float]) -> float | None:
        """Return realised plus unrealised less commissions, USD; None where one is unknown."""
        costs = self.commissions_usd()
        minus = None if costs is None else -costs
        return _sum([self.realised_usd(), self.unrealised_usd(marks), minus])

    def _count_in(self, stem: str, fill: OwnFill) -> None:
        """Take a fill in; one that is the newest of its contract goes on from what there was."""
        self.n_news += 1
        con_id = fill.con_id
        before, newest = self._holdings.pop(con_id, None), self._newest.get(con_id)
        if before is not None and (newest is None or fill.order > newest):
            self._holdings[con_id] = before.after(stem, fill)
            self._newest[con_id] = fill.order
        self._fills[stem] = fill
        self._forget_earlier(fill.order[0])

    def _forget_earlier(self, time: datetime) -> None:
        """Have what was done until a moment counted anew where something of before it changed."""
        if self._earlier is not None and time < self._earlier[0]:
            self._earlier = None

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
