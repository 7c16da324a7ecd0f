"""Fills that nobody told of, over a real socket: what protects them is never taken away."""

import asyncio

import pytest

from tests.helpers.gateways import until
from tests.helpers.ib_links import simulated_gateway
from tests.helpers.live_orders import QUICK, started
from trading.modes import Hold, Mode

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
