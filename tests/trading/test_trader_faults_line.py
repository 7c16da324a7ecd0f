"""Faults of the line, by number, over the whole trader: what is blocked, and that it comes back."""

import asyncio
from datetime import time
from itertools import pairwise
from typing import Any

import pytest

from tests.helpers.gateways import until
from tests.helpers.invariants import position_of
from tests.helpers.live_traders import (
    BUY,
    CLOSE,
    HOLD,
    SELL,
    Rehearsal,
    calm_bars,
    rehearse,
    scripted_model,
)
from trading.modes import Hold, Mode

pytestmark = pytest.mark.faults

N_WARM = 60
"""The first bar that is lived through opens at 22:00 in Chicago."""

CALM = calm_bars()
WINDOW: dict[str, Any] = {
    "planned_from": time(22, 31),
    "planned_until": time(22, 56),
    "alert_after_seconds": (0.1, 0.2, 0.4),
}
OUTAGES = {"connection_down_1_minute", "connection_down_5_minutes", "connection_down_15_minutes"}
MANY_STATUSES = 12
"""Of one each 0.05 s: longer than all limits of an outage together."""


def attempts(run: Rehearsal) -> list[float]:
    """Return the times of the attempts to connect from now on, as they come."""
    times: list[float] = []
    connect = run.trader.line.gateway.connect

    async def counted() -> None:
        times.append(asyncio.get_running_loop().time())
        await connect()

    run.trader.line.gateway.connect = counted
    return times


def asked_ids(run: Rehearsal) -> list[int]:
    """Return the client ids that the gateway is asked to let in from now on, as they come."""
    ids: list[int] = []
    admit = run.far.server.admit

    def noted(client_id: int, session: Any) -> bool:
        ids.append(client_id)
        return admit(client_id, session)

    run.far.server.admit = noted
    return ids


async def lived_without_us(run: Rehearsal, n: int) -> None:
    """Let the market go on by bars of which the trader hears nothing."""
    for _ in range(n):
        assert await run.market.step()


def has_whole_bars(run: Rehearsal) -> bool:
    """Return whether the model has seen each bar that is over once, as the market had it."""
    seen = run.desk.decisions.pipeline.bars
    n_over = int((CALM.index < run.market.clock.now()).sum())
    told = {bar.opened: bar for bar in run.desk.market.bars}
    rows = CALM.iloc[seen.n_bars - 5 : seen.n_bars]
    return seen.n_bars == n_over and all(
        told[time].prices == (row.open, row.high, row.low, row.close)
        for time, row in zip(rows.index, rows.itertuples(), strict=True)
    )


async def statuses(run: Rehearsal, n: int = MANY_STATUSES) -> None:
    """Wait until so many more have been published."""
    wanted = len(run.heard.statuses) + n
    await until(lambda: len(run.heard.statuses) >= wanted)


async def is_back(run: Rehearsal) -> None:
    """Wait until the line stands, and the broker's books are known again."""
    await until(lambda: run.trader.line.supervisor.is_up)
    await run.begun()
    await run.settle()


def test_fault_1_gateway_down_at_start_is_tried_again_and_again_and_told(tmp_path):
    async def body(run):
        times = attempts(run)
        await until(lambda: len(times) >= 5)
        waits = [after - before for before, after in pairwise(times)]
        assert all(a >= b for a, b in zip(waits, (0.02, 0.04, 0.08, 0.16), strict=False))
        await until(lambda: "connection_down_1_minute" in run.heard.kinds())
        assert run.heard.statuses[-1].mode is Mode.CONNECTING
        assert not run.task.done()
        run.far.set(is_refusing=False)
        await is_back(run)
        await run.step()
        assert position_of(run.market.state()) == 1

    line = {"first_retry_seconds": 0.02, "last_retry_seconds": 0.2, "alert_after_seconds": (0.3,)}
    model = scripted_model(CALM, BUY)
    faults = {"is_refusing": True}
    rehearse(tmp_path, body, CALM, model, faults=faults, is_begun=False, connection=line)


def test_fault_2_gateway_that_does_not_shake_hands_is_given_up_and_tried_again(tmp_path):
    async def body(run):
        times = attempts(run)
        await until(lambda: len(times) >= 4)
        waits = [after - before for before, after in pairwise(times)]
        assert min(waits) >= 0.2  # the limit, and the first wait
        assert run.far.call(lambda: len(run.far.server._running)) <= 1  # the others were closed
        assert not run.task.done()
        run.far.set(is_silent=False)
        await is_back(run)
        await run.step()
        assert position_of(run.market.state()) == 1

    line = {"connect_seconds": 0.2}
    model = scripted_model(CALM, BUY)
    faults = {"is_silent": True}
    rehearse(tmp_path, body, CALM, model, faults=faults, is_begun=False, connection=line)


def test_fault_3_client_id_in_use_at_start_is_told_and_the_same_is_tried_again(tmp_path):
    async def body(run):
        ids = asked_ids(run)
        await until(lambda: len(ids) >= 3)
        await until(lambda: "client_id_in_use" in run.heard.kinds())
        run.far.set(ghost_clients=[])
        await is_back(run)
        assert set(ids) == {1}
        await run.step()
        assert position_of(run.market.state()) == 1

    model = scripted_model(CALM, BUY)
    rehearse(tmp_path, body, CALM, model, faults={"ghost_clients": [1]}, is_begun=False)


def test_fault_3_ghost_of_the_own_session_is_waited_for_with_the_position_protected(tmp_path):
    async def body(run):
        await run.step()
        ids = asked_ids(run)
        run.far.set(ghost_clients=[1])
        run.far.do("kick")
        await until(lambda: len(ids) >= 2)
        await until(lambda: "client_id_in_use" in run.heard.kinds())
        assert run.denied(-1) == "NOT_SYNCED"
        assert len(run.stops) == 1
        run.far.set(ghost_clients=[])
        await is_back(run)
        assert set(ids) == {1}
        await run.step()
        assert position_of(run.market.state()) == -1

    rehearse(tmp_path, body, CALM, scripted_model(CALM, BUY, SELL))


def test_fault_4_reset_blocks_entries_until_the_whole_trader_is_reconciled(tmp_path):
    async def body(run):
        await run.step()
        run.far.do("kick", is_reset=True)
        await until(lambda: run.manager.modes.mode is Mode.DISCONNECTED)
        assert run.denied(-1) == "NOT_SYNCED"
        await is_back(run)
        await until(lambda: run.manager.modes.mode is Mode.TRADING)
        assert has_whole_bars(run)
        await run.step()
        assert position_of(run.market.state()) == -1

    rehearse(tmp_path, body, CALM, scripted_model(CALM, BUY, SELL))


def test_fault_5_half_open_line_is_found_by_the_probe_and_closed(tmp_path):
    async def body(run):
        await run.step()
        run.far.set(is_black_hole=True)
        assert run.trader.line.gateway.is_connected  # as far as the socket knows
        await until(lambda: run.manager.modes.mode is Mode.DISCONNECTED)
        assert not run.trader.line.gateway.is_connected
        assert run.denied(-1) == "NOT_SYNCED"
        run.far.set(is_black_hole=False)
        await is_back(run)
        await run.step()
        assert position_of(run.market.state()) == -1

    line = {"probe_seconds": 0.4, "connect_seconds": 0.4}
    rehearse(tmp_path, body, CALM, scripted_model(CALM, BUY, SELL), connection=line)


def test_fault_5_line_that_dies_while_the_model_thinks_carries_no_order(tmp_path):
    model = scripted_model(CALM, BUY, HOLD, BUY)

    async def body(run):
        model.policy.meanwhile = lambda: run.far.set(is_black_hole=True)
        await lived_without_us(run, 1)
        await until(lambda: run.manager.modes.mode is Mode.DISCONNECTED)
        await until(lambda: run.desk.decisions.is_idle)
        assert run.desk.decisions.last.outcome.text == "void: the broker did not answer"
        assert run.market.n_orders_heard == 0
        run.far.set(is_black_hole=False)
        await is_back(run)
        await run.step()
        assert run.market.n_orders_heard == 0  # not sent later either
        await run.step()
        assert position_of(run.market.state()) == 1

    line = {
        "probe_every_seconds": 600.0,
        "probe_seconds": 0.4,
        "connect_seconds": 0.4,
    }  # only orders probe
    rehearse(tmp_path, body, CALM, model, connection=line)


def test_fault_7_daily_restart_is_prepared_for_sat_out_and_reconciled_after(tmp_path):
    answers = (BUY, HOLD, HOLD, HOLD, SELL, BUY, BUY)

    async def body(run):
        await run.step(5)  # to 22:25
        assert position_of(run.market.state()) == -1
        await run.step()  # 22:30 is less than two minutes from it
        assert "REDUCE_ONLY" in run.desk.decisions.last.outcome.text
        assert Hold.RESTART_WINDOW in run.manager.modes.state.holds
        await run.step()
        stop = run.stops[0]
        run.far.do("stop")
        await until(lambda: run.manager.modes.mode is Mode.DISCONNECTED)
        await lived_without_us(run, 3)
        await statuses(run)
        assert run.stops == [stop]
        assert run.heard.statuses[-1].connection.is_planned
        run.far.do("start")
        await is_back(run)  # 22:50
        assert run.manager.modes.mode is Mode.REDUCE_ONLY
        assert not run.heard.kinds() & OUTAGES
        assert has_whole_bars(run)
        model.policy.answers[:] = [BUY, BUY]
        await run.step()
        assert position_of(run.market.state()) == -1
        await run.step()  # 23:00, and it is over
        assert position_of(run.market.state()) == 1

    model = scripted_model(CALM, *answers)
    rehearse(tmp_path, body, CALM, model, connection=WINDOW)


def test_fault_7_stop_that_fills_during_the_restart_is_found_after_it(tmp_path):
    bars = calm_bars(fall_at=N_WARM + 8, points=20.0)

    async def body(run):
        await run.step(7)  # to 22:35
        run.far.do("stop")
        await until(lambda: run.manager.modes.mode is Mode.DISCONNECTED)
        await lived_without_us(run, 5)
        assert position_of(run.market.state()) == 0
        assert run.manager.books.position == 1
        run.far.do("start")
        await is_back(run)
        assert run.manager.books.position == 0
        await until(lambda: run.manager.modes.mode is Mode.TRADING)

    rehearse(tmp_path, body, bars, scripted_model(bars, BUY), connection=WINDOW)


def test_fault_7_restart_that_does_not_come_back_is_told_once_its_time_is_over(tmp_path):
    async def body(run):
        await run.step(7)
        run.far.do("stop")
        await until(lambda: run.manager.modes.mode is Mode.DISCONNECTED)
        await statuses(run)
        assert not run.heard.kinds() & OUTAGES
        await lived_without_us(run, 5)  # to 23:00
        await until(lambda: run.heard.kinds() >= OUTAGES)
        run.far.do("start")
        await is_back(run)

    rehearse(tmp_path, body, CALM, scripted_model(CALM, BUY), connection=WINDOW)


async def lost_and_restored(run: Rehearsal, is_data_lost: bool) -> None:
    """Have a long position's stop filled, unheard, while TWS has lost the broker."""
    await run.step()
    run.far.do("lose")
    await until(lambda: Hold.BROKER_DOWN in run.manager.modes.state.holds)
    assert run.denied(-1) == "NOT_SYNCED"
    await lived_without_us(run, 3)
    assert position_of(run.market.state()) == 0
    assert run.manager.books.position == 1
    assert run.trader.line.gateway.is_connected
    run.far.do("restore", is_data_lost=is_data_lost)
    await until(lambda: Hold.BROKER_DOWN not in run.manager.modes.state.holds)
    await is_back(run)
    assert run.manager.books.position == 0
    await until(lambda: run.manager.modes.mode is Mode.TRADING)


FALLING = calm_bars(fall_at=N_WARM + 2, points=20.0)


def test_fault_8_broker_that_was_away_is_asked_for_fills_and_half_heard_bars(tmp_path):
    async def body(run):
        await lost_and_restored(run, is_data_lost=False)
        assert run.desk.market.last_price == 19_980.0
        await run.step()
        pipeline = run.desk.decisions.pipeline
        assert pipeline.bars.n_bars == N_WARM + 5
        assert [bar.close for bar in run.desk.market.bars][-4:] == [20_000.0] + [19_980.0] * 3
        assert pipeline.account.position == 0
        assert position_of(run.market.state()) == -1

    rehearse(tmp_path, body, FALLING, scripted_model(FALLING, BUY, SELL))


def test_fault_9_lost_subscription_is_made_anew_and_what_it_missed_is_filled_in(tmp_path):
    async def body(run):
        n_starts = run.desk.market._subscription.n_starts
        await lost_and_restored(run, is_data_lost=True)
        assert run.desk.market._subscription.n_starts == n_starts + 1
        pipeline = run.desk.decisions.pipeline
        assert pipeline.bars.n_bars == N_WARM + 4
        await run.step()
        assert pipeline.bars.n_bars == N_WARM + 5
        assert [bar.close for bar in run.desk.market.bars][-4:] == [20_000.0] + [19_980.0] * 3
        assert "history_gap" not in run.heard.kinds()
        assert position_of(run.market.state()) == -1

    rehearse(tmp_path, body, FALLING, scripted_model(FALLING, BUY, SELL))


@pytest.mark.parametrize(("broken", "restored"), [(2103, 2104), (2105, 2106)])
def test_fault_10_farm_that_flaps_makes_data_stale_and_leaves_the_line_alone(
    tmp_path, broken, restored
):
    async def body(run):
        await run.step()
        session, n_before = run.trader.line.gateway.session(), len(run.heard.statuses)
        run.far.do("error", code=broken, text="farm connection is broken:usfuture")
        await until(lambda: Hold.STALE_DATA in run.manager.modes.state.holds)
        assert run.manager.modes.mode is Mode.REDUCE_ONLY
        assert run.denied(-1) == "REDUCE_ONLY"
        run.far.do("error", code=restored, text="farm connection is OK:usfuture")
        await until(lambda: run.manager.modes.mode is Mode.TRADING)
        assert run.trader.line.gateway.session() is session
        await statuses(run, 1)
        assert all(status.connection.is_up for status in run.heard.statuses[n_before:])
        await run.step()
        assert position_of(run.market.state()) == -1

    rehearse(tmp_path, body, CALM, scripted_model(CALM, BUY, SELL))


def test_fault_10_position_is_closed_while_a_farm_is_broken(tmp_path):
    async def body(run):
        await run.step()
        run.far.do("error", code=2103, text="farm connection is broken:usfuture")
        await until(lambda: Hold.STALE_DATA in run.manager.modes.state.holds)
        run.manager.reduce(0, "by-hand")
        await run.settle()
        assert position_of(run.market.state()) == 0

    rehearse(tmp_path, body, CALM, scripted_model(CALM, BUY, CLOSE))
