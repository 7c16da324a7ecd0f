"""A random trader at the kernel's desk, and the same orders sent to the simulated broker.

The desk goes first, and what it did is written down. On the wire the exits of a bracket have prices
of their own, so these are taken from the fill that the desk saw. An order that would fill at the
next open is neither cancelled nor given company: at the broker that open is there before the
client hears of the close.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from config.instruments import get_instrument
from config.settings import EnvSettings
from env.account_bars import account_bars
from env.desk import DESK_ACCOUNT, MAX_DESK_FILLS, hand_in, live_bar, withdraw
from env.kernel.matching import NO_FILL, fill_ticks_at_open, is_triggered_at_open
from env.kernel.names import OrderKind
from env.kernel.types import FILL, N_OWN_SLOTS, ORDER_TICKET, TRADE
from env.market import build_market
from env.terms import open_account, terms_of
from tests.helpers.gateway_brokers import Desk, open_desk
from trading.simulated_gateway.hours import to_ns
from trading.simulated_gateway.order_types import WireContract
from trading.simulated_gateway.settings import broker_like
from utils.seeding import generator

ACCOUNT = "DU1234567"
ROWS_TO_END = 3
WIRE_KINDS = {
    OrderKind.MARKET: "MKT",
    OrderKind.STOP: "STP",
    OrderKind.LIMIT: "LMT",
    OrderKind.STOP_LIMIT: "STP LMT",
}


@dataclass
class Sent:
    """An order that the desk took, and later the price that it filled at."""

    row: int
    fields: dict
    fill_ticks: int | None = None


@dataclass
class DeskRun:
    """What a random trader did at the desk, and what came of it."""

    symbol: str
    orders: dict[int, Sent] = field(default_factory=dict)
    cancels: list[tuple[int, int]] = field(default_factory=list)
    fills: list[tuple[int, int, float]] = field(default_factory=list)
    net_usd: float = 0.0


def desk_settings(symbol: str, path_policy: str, **costs: Any) -> EnvSettings:
    """Return the terms under which both trade."""
    return EnvSettings(
        symbol=symbol,
        margin="none",
        initial_balance=1e9,
        stop_loss_ticks=None,
        max_position=50,
        path_policy=path_policy,
        **costs,
    )


def run_at_desk(bars: pd.DataFrame, settings: EnvSettings, seed: int) -> DeskRun:
    """Trade at random at every close, and be flat and without orders at the end."""
    symbol = settings.symbol
    market = build_market(bars, ["log_return"], symbol=symbol)
    records = account_bars(market, settings)
    accounts = np.zeros(1, DESK_ACCOUNT)
    open_account(accounts[0], terms_of(settings), 0, len(bars) - 1)
    fills, trades = np.zeros(MAX_DESK_FILLS * len(bars), FILL), np.zeros(len(bars) * 9, TRADE)
    track = (np.zeros(len(bars)), np.zeros(len(bars), dtype=np.int64))
    trader = _Trader(accounts, records, DeskRun(symbol), generator(seed))
    for row in range(len(bars) - 1):
        trader.act(row, is_last=row >= len(bars) - 1 - ROWS_TO_END)
        live_bar((accounts, records, fills, trades), track)
    run = trader.run
    for fill in fills[: accounts[0]["n_fills"]]:
        price = float(market.instrument.to_prices(fill["price_ticks"]))
        run.fills.append((int(fill["bar"]), int(fill["quantity"]), price))
        if int(fill["order_id"]) in run.orders:
            run.orders[int(fill["order_id"])].fill_ticks = int(fill["price_ticks"])
    run.net_usd = float(accounts[0]["cash_usd"]) - settings.initial_balance
    assert accounts[0]["position"] == 0
    return run


class _Trader:
    """Hands random orders in at closes."""

    def __init__(self, accounts, bars, run: DeskRun, rng: np.random.Generator):
        self.account, self.accounts, self.bars = accounts[0], accounts, bars
        self.run, self.rng, self.row = run, rng, 0

    def act(self, row: int, *, is_last: bool) -> None:
        """Do something or nothing at the close of `row`."""
        self.row = row
        waiting = [order for order in self.account["orders"][N_OWN_SLOTS:] if order["kind"]]
        if any(self._fills_next(order) for order in waiting):
            return
        if is_last or (waiting and self.rng.random() < 0.15):
            for order in waiting:
                assert withdraw(self.accounts, 0, int(order["id"]))
                self.run.cancels.append((row, int(order["id"])))
            waiting = []
        if waiting:
            return
        position = int(self.account["position"])
        if position and (is_last or self.rng.random() < 0.5):
            self._send(kind=OrderKind.MARKET, quantity=-position)
        elif not is_last and self.rng.random() < 0.6:
            self._send_at_random(position)

    def _fills_next(self, order) -> bool:
        """Return whether the next open fills or triggers a waiting order."""
        bar = self.bars[self.row + 1]
        if order["kind"] == OrderKind.STOP_LIMIT:
            return bool(is_triggered_at_open(order, bar))
        return fill_ticks_at_open(order, bar, self.account["costs"]) != NO_FILL

    def _send_at_random(self, position: int) -> None:
        if position:  # an exit of its own, or a reversal
            kind = [OrderKind.MARKET, OrderKind.STOP, OrderKind.LIMIT][self.rng.integers(3)]
            times = 2 if kind == OrderKind.MARKET else 1
            self._send(kind=kind, quantity=-position * times)
            return
        quantity = int(self.rng.integers(1, 4)) * (1 if self.rng.random() < 0.5 else -1)
        if self.rng.random() < 0.2:
            group = self.row + 1
            self._send(kind=OrderKind.STOP, quantity=quantity, group=group)
            self._send(kind=OrderKind.LIMIT, quantity=quantity, group=group)
            return
        if self.rng.random() < 0.15:
            distance = float(self.rng.integers(2, 60))
            self._send(kind=OrderKind.STOP, quantity=quantity, trail_ticks=distance)
            return
        exits = {
            name: float(self.rng.integers(2, 80))
            for name in ("stop_offset_ticks", "target_offset_ticks", "trail_offset_ticks")
            if self.rng.random() < 0.6
        }
        if "stop_offset_ticks" in exits:
            exits.pop("trail_offset_ticks", None)
        self._send(kind=list(WIRE_KINDS)[self.rng.integers(4)], quantity=quantity, **exits)

    def _send(self, kind: OrderKind, quantity: int, **fields) -> None:
        """Hand one order in, at prices around the close."""
        close, side = int(self.bars[self.row]["close"]), 1 if quantity > 0 else -1
        if kind in (OrderKind.STOP, OrderKind.STOP_LIMIT):
            distance = fields.get("trail_ticks", self.rng.integers(0, 40))
            fields["trigger_ticks"] = close + side * int(distance)
        if kind == OrderKind.LIMIT:
            fields["limit_ticks"] = close - side * int(self.rng.integers(0, 40))
        if kind == OrderKind.STOP_LIMIT:
            fields["limit_ticks"] = fields["trigger_ticks"] + side * int(self.rng.integers(-4, 8))
        ticket = np.zeros(1, ORDER_TICKET)
        for name, value in {"kind": kind, "quantity": quantity, **fields}.items():
            ticket[name] = value
        denial, order_id = hand_in(self.accounts, 0, self.bars, ticket)
        assert denial == 0
        sent = {"kind": kind, "quantity": quantity, **fields}
        self.run.orders[order_id] = Sent(row=self.row, fields=sent)


def run_at_broker(bars: pd.DataFrame, run: DeskRun, settings: EnvSettings) -> Desk:
    """Send the same orders at the same closes to the simulated broker."""
    desk = open_desk(
        bars,
        run.symbol,
        start=bars.index[1].to_pydatetime(),
        **asdict(broker_like(settings, ACCOUNT)),
    )
    tape = desk.broker.market.tapes[0]
    for row in range(len(bars) - 1):
        while tape.n_complete <= row:
            desk.broker.step()
        for at, order_id in run.cancels:
            if at == row:
                _cancel(desk, order_id)
        for order_id, sent in run.orders.items():
            if sent.row == row:
                _send(desk, run.symbol, order_id, sent)
    desk.broker.step()
    return desk


def _send(desk: Desk, symbol: str, order_id: int, sent: Sent) -> None:
    """Send an order; a bracket's parent has the id x 10, its exits the next two."""
    instrument, fields = get_instrument(symbol), sent.fields
    quantity, kind = fields["quantity"], fields["kind"]
    terms = {
        "contract": WireContract(symbol=instrument.ib_symbol, local_symbol=_front(desk, symbol))
    }
    prices = {}
    if "trigger_ticks" in fields:
        prices["aux_price"] = float(instrument.to_prices(fields["trigger_ticks"]))
    if "limit_ticks" in fields:
        prices["limit_price"] = float(instrument.to_prices(fields["limit_ticks"]))
    wire_kind = WIRE_KINDS[kind]
    if "trail_ticks" in fields:
        wire_kind, start = "TRAIL", prices.pop("aux_price")
        prices = {
            "aux_price": fields["trail_ticks"] * instrument.tick_size,
            "trail_stop_price": start,
        }
    if "group" in fields:
        terms |= {"oca_group": f"group {fields['group']}", "oca_type": 1}
    exits = _exits(instrument, sent)
    action = "BUY" if quantity > 0 else "SELL"
    parent, size = 10 * order_id, abs(quantity)
    desk.send(parent, action, size, wire_kind, should_transmit=not exits, **prices, **terms)
    for k, (exit_kind, exit_prices) in enumerate(exits):
        desk.send(
            parent + k + 1,
            "SELL" if quantity > 0 else "BUY",
            size,
            exit_kind,
            parent_id=parent,
            should_transmit=k == len(exits) - 1,
            **exit_prices,
            **terms,
        )


def _exits(instrument, sent: Sent) -> list[tuple[str, dict]]:
    """Return kinds and prices of a bracket's exits, around the fill that the desk saw."""
    fields, side = sent.fields, 1 if sent.fields["quantity"] > 0 else -1
    entry = sent.fill_ticks
    if entry is None:  # never filled: any prices do
        entry = fields.get("limit_ticks", fields.get("trigger_ticks"))
    exits = []
    if "stop_offset_ticks" in fields:
        stop = instrument.to_prices(entry - side * fields["stop_offset_ticks"])
        exits.append(("STP", {"aux_price": float(stop)}))
    if "trail_offset_ticks" in fields:
        distance = fields["trail_offset_ticks"] * instrument.tick_size
        exits.append(("TRAIL", {"aux_price": distance}))
    if "target_offset_ticks" in fields:
        target = instrument.to_prices(entry + side * fields["target_offset_ticks"])
        exits.append(("LMT", {"limit_price": float(target)}))
    return exits


def _cancel(desk: Desk, kernel_id: int) -> None:
    """Cancel what the desk cancelled: an order that was sent, or else exits that one brought."""
    live = [row["order_id"] for row in desk.broker.state()["orders"]]
    for order_id in [10 * kernel_id] if 10 * kernel_id in live else live:
        if order_id in [row["order_id"] for row in desk.broker.state()["orders"]]:
            desk.cancel(order_id)


def _front(desk: Desk, symbol: str) -> str:
    """Return the contract of the first bar, so that no roll comes between."""
    market = desk.broker.market
    first = market.hours(symbol).trade_date(market.tapes[0].open_time(0))
    return market.contracts.front(symbol, first).wire.local_symbol


def broker_fills(desk: Desk) -> list[tuple[int, int, float]]:
    """Return row, signed contracts and price of each fill of the broker."""
    opens = desk.broker.market.tapes[0].opens
    fills = []
    for fill in desk.broker._office.fills.fills:
        execution = fill.execution
        row = int(np.searchsorted(opens, to_ns(execution.time), side="right")) - 1
        sign = 1 if execution.side == "BOT" else -1
        fills.append((row, sign * execution.shares, execution.price))
    return fills
