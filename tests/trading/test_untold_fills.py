"""Fills that nobody told of, over a real socket: what protects them is never taken away."""

import asyncio

import pytest

from config.trading_settings import ProtectionSettings, ReconciliationSettings
from tests.helpers.gateways import until
from tests.helpers.ib_links import PRICE, simulated_gateway
from tests.helpers.live_orders import QUICK, started, traded
from trading.broker_events import ExecutionSeen
from trading.modes import Hold, Mode
from trading.risk_codes import DenialCode

ENTRY, STOP = "bot/d1/entry/1", "bot/d1/stop/1"
STATUS, OPEN_ORDER, EXECUTION, COMPLETED = 3, 5, 11, 101
"""Messages of the gateway, by their numbers."""

UNTOLD = {EXECUTION: -1}
A_SECOND = 1.0
"""Three snapshots and twenty looks of the protector."""

pytestmark = pytest.mark.faults


async def assert_stop_rests(far, seconds=A_SECOND):
    """Check at every moment that the broker holds +1, and the stop of the entry for it."""
    loop = asyncio.get_running_loop()
    until_time = loop.time() + seconds
    while loop.time() < until_time:
        state = far.state()
        assert [(one["ref"], one["is_working"]) for one in state["orders"]] == [(STOP, True)]
        assert list(state["positions"].values()) == [1]
        await asyncio.sleep(0.005)


async def filled_in_secret(far, path):
    """Be a process that is killed before it was told of its entry's execution."""
    far.set(drop_out=UNTOLD)
    async with started(far, path) as rig:
        rig.enter(1)
        await until(lambda: rig.state_of(ENTRY) == "FILLED")
        assert rig.position == 0


def test_fault_30_stop_of_a_fill_that_is_told_to_the_next_process_alone_never_leaves(tmp_path):
    async def in_loop(far):
        path = tmp_path / "journal.db"
        await filled_in_secret(far, path)
        far.set(drop_out={})
        async with started(far, path, is_waiting=False) as rig:
            await assert_stop_rests(far)
            assert (rig.position, rig.mode) == (1, Mode.TRADING)
            rig.check()

    with simulated_gateway() as far:
        asyncio.run(in_loop(far))


def test_fault_30_stop_of_a_fill_that_is_never_told_stays_while_trading_is_halted(tmp_path):
    async def in_loop(far):
        path = tmp_path / "journal.db"
        await filled_in_secret(far, path)
        async with started(far, path, is_waiting=False) as rig:
            await assert_stop_rests(far)
            assert (rig.position, rig.mode) == (0, Mode.HALTED)
            assert Hold.POSITION_MISMATCH in rig.desk.manager.modes.state.holds
            far.set(drop_out={})
            await rig.holds(1)
            await assert_stop_rests(far, 0.2)

    with simulated_gateway() as far:
        asyncio.run(in_loop(far))


def test_fault_30_stop_of_an_entry_that_is_given_up_for_lost_stays_while_it_is_held(tmp_path):
    async def in_loop(far):
        path = tmp_path / "journal.db"
        silent = dict.fromkeys((STATUS, OPEN_ORDER, EXECUTION), -1)
        far.set(drop_out=silent)
        async with started(far, path) as rig:
            rig.enter(1)
            await until(lambda: list(far.state()["positions"].values()) == [1])
        far.set(drop_out=UNTOLD | {COMPLETED: -1})
        async with started(far, path, is_waiting=False) as rig:
            await until(lambda: rig.state_of(ENTRY) == "LOST")
            await assert_stop_rests(far)
            assert rig.mode is Mode.HALTED

    with simulated_gateway() as far:
        asyncio.run(in_loop(far))


def test_fault_09_snapshot_in_which_the_broker_went_away_proves_nothing(tmp_path):
    async def in_loop(far):
        async with started(far, tmp_path / "journal.db", QUICK) as rig:
            rig.enter(1)
            await rig.holds(1)
            manager, ask = rig.desk.manager, rig.near.probe

            async def probe():
                told = await ask()
                rig.near.probe = ask
                far.do("lose")
                await until(lambda: Hold.BROKER_DOWN in manager.modes.state.holds)
                return told

            rig.near.probe = probe
            rig.desk.reconciler.ask_soon()
            await until(lambda: Hold.BROKER_DOWN in manager.modes.state.holds)
            await asyncio.sleep(A_SECOND / 2)
            assert rig.mode is Mode.SYNCING
            far.do("restore", is_data_lost=False)
            await until(lambda: rig.mode is Mode.TRADING)

    with simulated_gateway() as far:
        asyncio.run(in_loop(far))


def told_late(rig, seconds):
    """Have executions heard later than the statuses of the same fills, which IB promises not."""
    tap, loop = rig.near.session().tap, asyncio.get_running_loop()
    listener = tap._listener

    def listen(event):
        if isinstance(event, ExecutionSeen):
            loop.call_later(seconds, listener, event)
        else:
            listener(event)

    tap._listener = listen


@pytest.mark.parametrize("seconds", [0.0005, 0.02, 0.1])
@pytest.mark.parametrize("points", [-55.0, 55.0])
def test_fault_16_exit_whose_execution_comes_after_its_status_is_not_made_again(
    tmp_path, seconds, points
):
    async def body(rig):
        rig.enter(1, target_price=PRICE + 50.0)
        await rig.holds(1)
        told_late(rig, seconds)
        rig.far.do("set_price", points=PRICE + points)
        await until(lambda: rig.position == 0)
        await asyncio.sleep(0.2)
        assert rig.broker_position == 0
        assert len(rig.far.state()["executions"]) == 2
        assert rig.mode is Mode.TRADING

    with_target = ProtectionSettings(target_ticks=200.0, check_seconds=0.05)
    settings = QUICK.model_copy(
        update={"protection": with_target, "reconciliation": ReconciliationSettings()}
    )
    traded(tmp_path / "journal.db", body, settings)


async def its_stop_fills_in_secret(rig):
    """Have the stop of a long contract fill, and nobody told of its execution."""
    rig.enter(1)
    await rig.holds(1)
    rig.far.set(drop_out=UNTOLD)
    rig.far.do("set_price", points=PRICE - 55.0)
    await until(lambda: rig.mode is Mode.HALTED)


def test_fault_16_stop_whose_execution_is_never_told_is_put_no_second_time(tmp_path):
    async def in_loop(far):
        path = tmp_path / "journal.db"
        async with started(far, path) as rig:
            await its_stop_fills_in_secret(rig)
            await asyncio.sleep(A_SECOND / 2)
            assert (rig.broker_position, rig.position) == (0, 1)
            assert len(far.state()["executions"]) == 2
            denied = rig.desk.manager.reduce(0, "d2")
            assert denied.code is DenialCode.WOULD_OPEN
            await until(lambda: not rig.desk.manager.is_in_doubt)
            rig.desk.reconciler.adopt("me", "its stop filled", PRICE - 50.0)
            await until(lambda: rig.mode is Mode.TRADING and not rig.desk.manager.is_in_doubt)
            assert not rig.desk.manager.books.untold_fills()
        async with started(far, path) as rig:
            assert not rig.desk.manager.books.untold_fills()
            assert (rig.position, rig.mode) == (0, Mode.TRADING)
            assert len(far.state()["executions"]) == 2

    with simulated_gateway() as far:
        asyncio.run(in_loop(far))


LARGER = QUICK.model_copy(
    update={"limits": QUICK.limits.model_copy(update={"max_position": 3, "max_order_quantity": 6})}
)


def test_fault_16_rest_of_a_position_is_protected_while_a_part_of_its_exit_is_not_told(tmp_path):
    async def in_loop(far):
        async with started(far, tmp_path / "journal.db", LARGER) as rig:
            rig.enter(2)
            await rig.holds(2)
            far.set(drop_out=UNTOLD)
            rig.desk.manager.reduce(1, "d2")  # its group takes the stop away
            await until(lambda: rig.is_protected(1))
            assert rig.position == 2
            await until(lambda: rig.mode is Mode.HALTED)
            rig.desk.manager.flatten("a test")
            await until(lambda: rig.broker_position == 0)
            await asyncio.sleep(A_SECOND / 4)
            assert (rig.broker_position, rig.position) == (0, 2)

    with simulated_gateway() as far:
        asyncio.run(in_loop(far))


def test_every_later_process_knows_that_an_adoption_settled_what_was_not_told(tmp_path):
    async def in_loop(far):
        path = tmp_path / "journal.db"
        async with started(far, path) as rig:
            await its_stop_fills_in_secret(rig)
            await until(lambda: not rig.desk.manager.is_in_doubt)
            rig.desk.reconciler.adopt("me", "its stop filled", PRICE - 50.0)
            await until(lambda: rig.mode is Mode.TRADING)
        for _ in range(3):
            async with started(far, path) as rig:
                assert not rig.desk.manager.books.untold_fills()
                await asyncio.sleep(A_SECOND / 4)  # the completed order is told again
                assert not rig.desk.manager.books.untold_fills()

    with simulated_gateway() as far:
        asyncio.run(in_loop(far))
