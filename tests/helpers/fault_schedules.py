"""A whole trader lives through a schedule of troubles; where that fails, the schedule is shrunk.

While a trouble is on, the market does not wait for the trader. After the last all is mended, a
person lifts what only a person lifts, and the trader has to settle; then what must hold has to
hold, by the gateway's books and by the journal.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from config.settings import EnvSettings
from tests.helpers.clocks import CreepingClock
from tests.helpers.invariants import position_of
from tests.helpers.journal_laws import assert_sound
from tests.helpers.killing import cut_off
from tests.helpers.live_traders import (
    SKEWED,
    TERMS,
    HashPolicy,
    Rehearsal,
    loaded,
    market_of,
    some_bars,
    trading,
)
from tests.helpers.troubles import BEFORE, KILL, LIVES, N_BARS, Schedule, Trouble, begin, mend
from trading.modes import Hold, LiftedBy, Mode
from trading.simulation import SimulatedMarket
from trading.trader_setup import JOURNAL
from utils.errors import TemporaryGatewayError

N_WARM, N_AFTER = 40, 3
TROUBLED_SECONDS = 0.2
"""How long the market waits for a trader in trouble."""

HEALTHY_SECONDS, SETTLE_SECONDS = 2.0, 20.0
MAX_POSITION = 2
LIMITS = {"max_position": MAX_POSITION, "max_order_quantity": 4, "max_daily_loss_usd": 1e6}
SETTINGS = SKEWED.model_copy(update={"limits": SKEWED.limits.model_copy(update=LIMITS)})
LIFTED = frozenset({Hold.POSITION_MISMATCH, Hold.UNPROTECTED, Hold.FOREIGN_ORDER})
"""What a person lifts once it is seen to be over."""

TRADED: dict[str, Any] = {"max_position": MAX_POSITION, "take_profit_ticks": 80.0}


@dataclass
class Course:
    """How far a schedule has come.

    Attributes:
        schedule: All of it.
        bar: The next one.
        on: What is not mended yet.
        n_by_hand: Contracts that others have traded so far.
        is_over: Whether all bars were lived through.
    """

    schedule: Schedule
    bar: int = 0
    on: list[Trouble] = field(default_factory=list)
    n_by_hand: int = 0
    is_over: bool = False

    def due(self, is_before: bool) -> list[Trouble]:
        """Return what begins in this bar, before its close is told or after."""
        here = [one for one in self.schedule if one.bar == self.bar]
        return [one for one in here if (one.wait_ms == BEFORE) is is_before]


def live_through(schedule: Schedule, folder: Path, seed: int = 0) -> None:
    """Let a trader, or one after the other, live through a schedule.

    Args:
        schedule: What goes wrong.
        folder: Of the trader.
        seed: Of the bars.

    Raises:
        AssertionError: If something does not hold.
        Exception: Whatever ended the trader.
    """
    bars = some_bars(N_WARM + N_BARS + N_AFTER + 4, seed=seed)
    settings = EnvSettings(**(TERMS | TRADED))
    model = loaded(HashPolicy(settings, bars))
    course = Course(schedule)

    async def in_loop(market: SimulatedMarket) -> None:
        market.release()
        clock = CreepingClock(market.clock.now)
        while not course.is_over:
            is_begun = not course.on
            async with trading(
                market, model, folder, is_begun=is_begun, clock=clock, trading=SETTINGS
            ) as run:
                await _live(run, course)

    with market_of(bars, N_WARM, settings) as market:
        asyncio.run(in_loop(market))
    assert_sound(folder / JOURNAL)


async def _live(run: Rehearsal, course: Course) -> None:
    """Live on to the end of the process or of the schedule."""
    while course.bar < N_BARS:
        _mend(run, course, [one for one in course.on if one.bar + one.n_bars <= course.bar])
        end = await _live_bar(run, course)
        course.bar += 1
        if end is not None:
            if end.name == KILL:
                cut_off(run.trader)
            return
    course.is_over = True
    _mend(run, course, course.on)
    await _settled(run, course)
    for _ in range(N_AFTER):
        await run.market.step()
        await _settled(run, course)
    assert run.manager.modes.mode is Mode.TRADING, run.manager.modes.state


async def _live_bar(run: Rehearsal, course: Course) -> Trouble | None:
    """Live through a bar; return what ends the process in it, if anything."""
    for trouble in course.due(is_before=True):
        if _begin(run, course, trouble):
            return trouble
    await run.market.step()
    begun = asyncio.get_running_loop().time()
    for trouble in course.due(is_before=False):
        left = begun + trouble.wait_ms / 1_000 - asyncio.get_running_loop().time()
        await asyncio.sleep(max(left, 0.0))
        if _begin(run, course, trouble):
            return trouble
    await _wait(run, TROUBLED_SECONDS if course.on else HEALTHY_SECONDS)
    if run.trader.desk is not None:
        run.check(is_settled=False, max_position=MAX_POSITION + course.n_by_hand)
    return None


def _begin(run: Rehearsal, course: Course, trouble: Trouble) -> bool:
    """Let something go wrong; return whether it is the process's end."""
    if trouble.name in LIVES:
        return run.trader.desk is not None
    course.on.append(trouble)
    course.n_by_hand += trouble.name == "manual"
    begin(run, trouble)
    return False


def _mend(run: Rehearsal, course: Course, troubles: list[Trouble]) -> None:
    for trouble in list(troubles):
        course.on.remove(trouble)
        mend(run, trouble)
    if troubles and run.trader.desk is not None:
        _help(run, is_adopting=False)


async def _settled(run: Rehearsal, course: Course) -> None:
    """Wait until all is well again, as far as a person says that it may be; then check."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + SETTLE_SECONDS
    while not await _wait(run, 0.5) or _is_help_needed(run):
        assert loop.time() < deadline, f"not settled: {_standing(run)}"
        if run.trader.desk is not None:
            _help(run, is_adopting=course.n_by_hand > 0)
        await asyncio.sleep(0.01)
    run.check(max_position=MAX_POSITION + course.n_by_hand)


def _is_help_needed(run: Rehearsal) -> bool:
    """Return whether a person has something to do, or will have once the trader sees it."""
    is_other = position_of(run.market.state()) != run.manager.books.position
    return is_other or bool(LIFTED & set(run.manager.modes.state.holds))


def _standing(run: Rehearsal) -> str:
    holds = {} if run.trader.desk is None else dict(run.manager.modes.state.holds)
    return f"{run.trader.unsettled()}, held by {holds}"


def _help(run: Rehearsal, is_adopting: bool) -> None:
    """Do what a person would: lift what holds where the books agree, else take their word."""
    holds, reconciler = run.manager.modes.state.holds, run.desk.orders.reconciler
    if reconciler.differences():
        price = run.desk.market.last_price
        if is_adopting and Hold.POSITION_MISMATCH in holds and price is not None:
            reconciler.adopt("tester", "traded by hand", price)
        return
    for hold in LIFTED:
        run.manager.modes.lift(hold, LiftedBy.OPERATOR, "the test", "tester")


async def _wait(run: Rehearsal, seconds: float) -> bool:
    """Return whether the trader settles within a time."""
    try:
        async with asyncio.timeout(seconds):
            with suppress(TemporaryGatewayError):
                await run.trader.probe()
            while run.trader.unsettled() or not run.trader.line.supervisor.is_up:
                _assert_running(run)
                await asyncio.sleep(0.005)
            with suppress(TemporaryGatewayError):
                await run.trader.probe()
                return not run.trader.unsettled()
    except TimeoutError:
        pass
    return False


def _assert_running(run: Rehearsal) -> None:
    if run.task.done():
        run.task.result()
        raise AssertionError("the trader has ended")


def shrunk(schedule: Schedule, fails: Callable[[Schedule], bool]) -> Schedule:
    """Return a schedule of which no trouble can be left out without mending what fails."""
    is_smaller = True
    while is_smaller:
        is_smaller = False
        for i in range(len(schedule)):
            smaller = schedule[:i] + schedule[i + 1 :]
            if fails(smaller):
                schedule, is_smaller = smaller, True
                break
    return schedule
