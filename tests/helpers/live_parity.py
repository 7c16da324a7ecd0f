"""A whole trader over TCP beside the kernel: the same decisions, fills and money, bar for bar."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

import pandas as pd

from config.instruments import get_instrument
from tests.helpers.live_orders import QUICK
from tests.helpers.live_pipeline import Expected
from tests.helpers.live_traders import Rehearsal, market_of, trading
from trading.journal_codec import decoded
from trading.model_loading import LoadedModel
from trading.trader_setup import JOURNAL

FREE = QUICK.model_copy(
    update={
        "limits": QUICK.limits.model_copy(
            update={
                "max_position": 3,
                "max_order_quantity": 6,
                "max_daily_loss_usd": 1e9,
                "max_orders_per_day": 100_000,
                "max_orders_per_minute": 600,
                "no_entry_seconds": 0.0,
                "price_band_ticks": 1_000_000,
            }
        ),
        "reconciliation": QUICK.reconciliation.model_copy(update={"every_seconds": 3_600.0}),
    }
)
"""Limits that are in nobody's way: what a model is held back by in earnest it learnt without.

Nor are the broker's books asked for in between: a fill while they are told puts them in doubt for a
moment, in which nothing is opened.
"""

MAX_BREAKS = 8
"""Steps that close no bar, but open a session, or whose close is heard with the next open."""

AT_LEISURE = dict.fromkeys(
    ("probe_seconds", "request_seconds", "list_seconds", "silence_seconds"), 30.0
)
POLICY_SECONDS = 60.0
"""So that a busy machine changes nothing."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What a trader lives through.

    Attributes:
        bars: Of the market; those before row `start` are history.
        start: At whose close the first decision is made.
        n_steps: Bars to live through.
        restart_at: After so many bars it is ended and begun again, ascending.
        terms: Of TraderTerms, what is other than usual.
        market: Of SimulationTerms, likewise.
    """

    bars: pd.DataFrame
    start: int
    n_steps: int
    restart_at: tuple[int, ...] = ()
    terms: dict[str, Any] = field(default_factory=dict)
    market: dict[str, Any] = field(default_factory=dict)


@dataclass
class Lived:
    """What a trader did from row `start` of a frame on.

    Attributes:
        start: At whose close the first decision was made.
        decisions: Of the journal, oldest first.
        fills: The broker's: signed contracts and ticks.
        cash_usd: At the broker after so many fills, at each close.
        kinds: Of alerts.
        n_steps: Bars lived through.
        left_with: Contracts that were held whenever it was ended before the last time.
    """

    start: int
    decisions: list[Any] = field(default_factory=list)
    fills: list[tuple[int, int]] = field(default_factory=list)
    cash_usd: dict[int, float] = field(default_factory=dict)
    kinds: set[str] = field(default_factory=set)
    n_steps: int = 0
    left_with: list[int] = field(default_factory=list)


def written_decisions(folder: Path) -> list[Any]:
    """Return the decisions in a journal, oldest first."""
    with closing(sqlite3.connect(folder / JOURNAL)) as connection:
        rows = connection.execute("SELECT json FROM raw_event WHERE kind = 'Decision' ORDER BY seq")
        return [decoded("Decision", text) for (text,) in rows]


def broker_fills(state: dict[str, Any], symbol: str) -> list[tuple[int, int]]:
    """Return the broker's fills, signed contracts and ticks, in order."""
    instrument = get_instrument(symbol)
    return [
        (
            fill["shares"] * (1 if fill["side"] == "BOT" else -1),
            int(instrument.to_ticks(fill["price"])),
        )
        for fill in state["executions"]
    ]


async def live_on(run: Rehearsal, lived: Lived, n_steps: int) -> None:
    """Live through bars, and note what cash there is at each close."""
    for _ in range(n_steps):
        await run.step()
        lived.n_steps += 1
        state = run.market.state()
        lived.cash_usd[len(state["executions"])] = state["cash_usd"]


def lived_over_tcp(folder: Path, model: LoadedModel, scene: Scene) -> Lived:
    """Have a trader with a folder of its own live through a scene."""
    settings, lived = model.policy.env_settings, Lived(start=scene.start)

    async def in_loop(place) -> None:
        for first, last in pairwise((0, *scene.restart_at, scene.n_steps)):
            async with trading(
                place,
                model,
                folder,
                terms=scene.terms,
                trading=FREE,
                connection=AT_LEISURE,
                session={"policy_seconds": POLICY_SECONDS},
            ) as run:
                await live_on(run, lived, last - first)
                run.check(max_position=settings.max_position)
                lived.kinds |= run.heard.kinds()
                if last != scene.n_steps:
                    lived.left_with.append(run.manager.books.position)

    with market_of(scene.bars, scene.start, settings, **scene.market) as place:
        asyncio.run(in_loop(place))
        lived.fills = broker_fills(place.state(), settings.symbol)
    lived.decisions = written_decisions(folder)
    return lived


def assert_as_kernel(lived: Lived, expected: Expected) -> None:
    """Fail unless the trader decided, filled and earned as environment and back-test did."""
    n = len(lived.decisions)
    assert n >= lived.n_steps - MAX_BREAKS, (n, lived.n_steps)
    assert [one.features_hash for one in lived.decisions] == expected.observations[:n]
    assert expected.result.decisions.tolist() == expected.choices
    kernel = expected.simulation.fills
    last = lived.start + n  # the bar that is forming
    within = sum(int(fill.bar) < last for fill in kernel)
    at_most = sum(int(fill.bar) <= last for fill in kernel)
    assert within <= len(lived.fills) <= at_most
    told = [(int(fill.quantity), int(fill.price_ticks)) for fill in kernel]
    assert lived.fills == told[: len(lived.fills)]
    _assert_same_money(lived, expected)


def _assert_same_money(lived: Lived, expected: Expected) -> None:
    """Compare the cash at the broker with what the kernel's trades came to, after each fill.

    Of an open trade its commission alone has been paid. Of several contracts a part may be closed,
    which is no trade yet: there the money of flat moments is compared.
    """
    settings = expected.simulation.settings
    begun, usual = settings.initial_balance, get_instrument(settings.symbol)
    per_side = usual.commission_per_side_usd if settings.commission is None else settings.commission
    nets = [0.0, *accumulate(expected.simulation.trades.net_usd.tolist())]
    positions = [0, *accumulate(quantity for quantity, _ in lived.fills)]
    closed = [
        before != 0 and (after == 0 or before * after < 0) for before, after in pairwise(positions)
    ]
    n_trades = [0, *accumulate(closed)]
    is_single = settings.max_position == 1
    compared = [n for n in lived.cash_usd if is_single or positions[n] == 0]
    assert len(compared) > 3
    for n_fills in compared:
        cash = lived.cash_usd[n_fills]
        open_fee = per_side * abs(positions[n_fills])
        assert abs(cash + open_fee - begun - nets[n_trades[n_fills]]) < 0.005, n_fills
