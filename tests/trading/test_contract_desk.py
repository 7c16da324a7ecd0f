"""A contract's facts that are asked for anew, over the whole trader: what it does meanwhile."""

import asyncio
from dataclasses import replace
from datetime import timedelta

from tests.helpers.gateways import until
from tests.helpers.invariants import position_of
from tests.helpers.live_traders import BUY, CLOSE, rehearse, scripted_model, some_bars
from trading.modes import Mode
from utils.errors import FatalGatewayError

BARS = some_bars(200)


def asked(run):
    """Have a trader's hours told a week ago, and return how often it asks for them from now on."""
    contract, gateway = run.desk.contract, run.trader.line.gateway
    ask, n_asked = gateway.qualify, []

    async def qualify(con_id):
        n_asked.append(con_id)
        return await ask(con_id)

    gateway.qualify = qualify
    contract.hours = replace(contract.hours, told_at=contract.hours.told_at - timedelta(days=7))
    return n_asked


def test_kill_file_is_seen_while_the_broker_does_not_tell_the_contract_s_hours(tmp_path):
    async def body(run):
        await run.step()
        run.far.set(ignore_in={"9": -1})
        n_asked = asked(run)
        await until(lambda: bool(n_asked))
        (tmp_path / "KILL").touch()
        await until(lambda: run.manager.modes.mode is Mode.KILLED, 5.0)
        await until(lambda: position_of(run.market.state()) == 0, 5.0)
        await run.settle()

    rehearse(tmp_path, body, BARS, scripted_model(BARS, BUY))


def test_hours_that_are_refused_leave_the_last_ones_and_the_trader_goes_on(tmp_path):
    async def body(run):
        await run.step()
        n_asked, hours = asked(run), run.desk.contract.hours

        async def refused(con_id):
            n_asked.append(con_id)
            raise FatalGatewayError(f"the broker knows 0 contracts of number {con_id}")

        run.trader.line.gateway.qualify = refused
        await until(lambda: bool(n_asked))
        await run.step()
        assert not run.task.done()
        assert run.desk.contract.hours == hours

    rehearse(tmp_path, body, BARS, scripted_model(BARS, BUY))


def test_fast_rehearsal_waits_for_hours_that_have_run_out_so_that_no_decision_is_denied(tmp_path):
    async def body(run):
        contract, gateway = run.desk.contract, run.trader.line.gateway
        ask, n_asked = gateway.qualify, []

        async def qualify(con_id):
            n_asked.append(con_id)
            await asyncio.sleep(0.3)  # many bars could go by
            return await ask(con_id)

        gateway.qualify = qualify
        soon = run.market.clock.now() + timedelta(minutes=30)
        contract.hours = replace(contract.hours, covers_until=soon)
        await run.step(20)
        assert len(n_asked) == 1
        assert run.manager.denials.since(None) == {}

    rehearse(tmp_path, body, BARS, scripted_model(BARS, *[BUY, CLOSE] * 10))
