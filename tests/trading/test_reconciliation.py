"""Snapshots over a real socket: incomplete ones, lost lines, a broker that is away."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.gateways import until
from tests.helpers.ib_links import PRICE, simulated_gateway
from tests.helpers.live_orders import Rig, started, traded
from trading.modes import Hold, Mode
from trading.risk_codes import DenialCode, Denied
from trading.simulated_gateway.in_thread import GatewayInThread
from utils.errors import ConfigError

pytestmark = pytest.mark.faults


@pytest.mark.parametrize("message", ["61", "16", "7", "99"])
def test_fault_29_list_that_is_not_answered_leaves_the_trader_unreconciled(
    tmp_path: Path, message: str
) -> None:
    async def in_loop(far: GatewayInThread) -> None:
        far.set(ignore_in={message: -1})
        async with started(far, tmp_path / "j.db", is_waiting=False) as rig:
            await until(lambda: "not_reconciled" in rig.kinds(), 5.0)
            assert rig.mode is Mode.SYNCING
            denied = rig.enter(1)
            assert isinstance(denied, Denied)
            assert denied.code is DenialCode.NOT_SYNCED
            far.set(ignore_in={})
            await until(lambda: rig.mode is Mode.TRADING, 5.0)

    with simulated_gateway() as far:
        asyncio.run(in_loop(far))


def test_fault_4_reset_blocks_entries_until_reconciled(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.enter(1)
        await rig.holds(1)
        rig.far.do("kick")
        await until(lambda: rig.mode is Mode.DISCONNECTED)
        denied = rig.enter(-1, "d2")
        assert isinstance(denied, Denied)
        assert denied.code is DenialCode.NOT_SYNCED
        await until(lambda: rig.mode is Mode.TRADING, 5.0)
        await rig.holds(1)

    traded(tmp_path / "j.db", body)


def test_fault_8_broker_away_blocks_entries_and_its_return_reconciles(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.enter(1)
        await rig.holds(1)
        rig.far.do("lose")
        await until(lambda: rig.mode is Mode.SYNCING)
        assert Hold.BROKER_DOWN in rig.desk.manager.modes.state.holds
        rig.far.do("restore", is_data_lost=False)
        await until(lambda: rig.mode is Mode.TRADING, 5.0)
        await rig.holds(1)

    traded(tmp_path / "j.db", body)


def test_fault_12_fill_while_the_line_is_down_is_found(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.enter(1)
        await rig.holds(1)
        rig.far.do("stop")
        rig.far.do("set_price", points=19_940.0)
        rig.far.do("start")
        await until(lambda: rig.position == 0, 8.0)

    traded(tmp_path / "j.db", body)


def test_position_is_not_taken_for_flat_while_the_list_of_positions_comes(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.enter(1)
        await rig.holds(1)
        seen: list[Any] = []
        ask = rig.near.ask_positions

        async def asked() -> None:
            with pytest.raises(ConfigError, match=r"both \+1: nothing to adopt"):
                rig.desk.reconciler.adopt("ann", "a test", PRICE)
            seen.append((rig.desk.reconciler.differences(), rig.position))
            await ask()

        rig.near.ask_positions = asked  # type: ignore[method-assign]
        rig.desk.reconciler.ask_soon()
        await until(lambda: bool(seen))
        assert seen[0] == ((), 1)
        await rig.holds(1)

    traded(tmp_path / "j.db", body)


def test_position_is_not_adopted_from_a_list_that_did_not_come_in_full(tmp_path: Path) -> None:
    async def body(rig: Rig) -> None:
        rig.enter(1)
        await rig.holds(1)
        rig.far.set(ignore_in={"61": -1})
        await until(lambda: rig.desk.manager.is_in_doubt, 5.0)
        with pytest.raises(ConfigError, match="not known now"):
            rig.desk.reconciler.adopt("ann", "a test", PRICE)
        rig.far.set(ignore_in={})
        await until(lambda: not rig.desk.manager.is_in_doubt, 5.0)
        await rig.holds(1)

    traded(tmp_path / "j.db", body)
