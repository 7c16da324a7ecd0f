"""What a trader keeps to itself, where it listens, and whom it believes."""

import asyncio
import dataclasses
import importlib
import io
import json
import os
import pkgutil
import socket
import stat
from contextlib import closing

import pytest
from rich.console import Console

import config
import trading
from config.operation_settings import AlertSettings, MetricsSettings, OperationSettings
from config.trading_settings import TradingSettings
from tests.helpers import live_traders
from tests.helpers.alert_servers import taking_server, waits_for
from tests.helpers.commands import command
from tests.helpers.gateways import until
from tests.helpers.ib_links import ACCOUNT, simulated_gateway
from tests.helpers.invariants import position_of
from tests.helpers.live_traders import BUY, HOLD, SELL, market_of, rehearse, scripted_model
from tests.helpers.sockets import CAN_TELL, listening
from tests.trading.test_operations import page
from trading.alert_targets import AlertTargets, SecretAddress
from trading.command_box import CommandBox
from trading.metrics_server import metrics_server
from trading.modes import Mode
from trading.operations import OperationTerms, operations
from trading.trader_setup import JOURNAL

BARS = live_traders.some_bars(120)
TOKEN = "t0ken-of-mine"
ON_POSIX = pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
SHELL = OperationSettings(alerts=AlertSettings(close_seconds=10), metrics=MetricsSettings(port=0))
MASKS_ITSELF = {"LiveConsent", "TraderStatus"}
"""Have a test of their own of what they show."""


def values_with_an_account():
    """Tell every dataclass of ours, but the simulated broker's, and its fields that name one."""
    for package in (trading, config):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "simulated_gateway" in module.name:
                continue
            for name, kind in vars(importlib.import_module(module.name)).items():
                is_own = isinstance(kind, type) and kind.__module__ == module.name
                if is_own and dataclasses.is_dataclass(kind):
                    for field in dataclasses.fields(kind):
                        if field.name in ("account", "accounts", "secrets"):
                            yield f"{module.name}.{name}", field


def test_no_repr_of_ours_shows_an_account():
    found = dict(values_with_an_account())
    assert len(found) > 20
    shown = {name for name, field in found.items() if field.repr}
    assert {name.rpartition(".")[2] for name in shown} == MASKS_ITSELF


async def live_through_trouble(run):
    """Have the broker, people and other hands say what has an account or an address in it."""
    await run.step()
    run.far.do("error", code=2100, text=f"unsubscribed from account data of {ACCOUNT}")
    run.far.set(n_rejects=1)
    await run.step()
    CommandBox(run.folder).put(command("flatten", reason=f"of {ACCOUNT} at https://x/{TOKEN}"))
    await until(lambda: run.manager.modes.mode is Mode.HALTED)
    run.far.do("manual", side="BUY", quantity=1)
    run.far.do("kick")
    await until(lambda: run.manager.modes.mode is Mode.HALTED)


def test_running_trader_shows_no_account_and_no_address_but_in_its_journal(tmp_path, capfd):
    model, view, pages = scripted_model(BARS, BUY, SELL), io.StringIO(), []

    async def in_loop(market, shell):
        async with live_traders.trading(market, model, tmp_path, teller=shell) as run:
            await live_through_trouble(run)
            await asyncio.to_thread(lambda: pages.append(page(shell.metrics_port)))

    with taking_server() as inbox, market_of(BARS, 60, model.policy.env_settings) as market:
        targets = AlertTargets(
            services=(SecretAddress(inbox.address(path=TOKEN)),),
            heartbeat=SecretAddress(inbox.address("http", TOKEN)),
        )
        terms = OperationTerms(
            account=ACCOUNT,
            name="FuturesGym sim",
            settings=SHELL,
            trading=TradingSettings(),
            clock=market.clock,
            targets=targets,
            console=Console(file=view, width=120),
            environment={},
        )
        with operations(tmp_path, terms) as shell:
            asyncio.run(in_loop(market, shell))
        assert waits_for(lambda: len(inbox.posts) > 2)
        sent = json.dumps(inbox.posts)
    printed = capfd.readouterr()
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    others = [path for path in files if not path.name.startswith(JOURNAL)]
    assert {"trader.log", "status.json", "pipeline.bin"} <= {path.name for path in others}
    shown = {
        "alerts": sent,
        "metrics": pages[0],
        "view": view.getvalue(),
        "standard output": printed.out,
        "standard error": printed.err,
        "terms": repr(terms),
    } | {path.name: path.read_bytes().decode("utf-8", "replace") for path in others}
    assert "DU***67" in shown["status.json"]
    assert [name for name, text in shown.items() if ACCOUNT in text] == []
    assert [name for name, text in shown.items() if TOKEN in text] == []
    journal = (tmp_path / JOURNAL).read_bytes()
    assert ACCOUNT.encode() in journal


@ON_POSIX
def test_files_of_a_trader_are_its_owner_s_alone_whatever_the_umask(tmp_path):
    before = os.umask(0)
    try:
        rehearse(tmp_path / "own", run_a_bar, BARS, scripted_model(BARS, BUY))
    finally:
        os.umask(before)
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "own").rglob("*")}
    assert stat.S_IMODE((tmp_path / "own").stat().st_mode) == 0o700
    assert modes[JOURNAL] == 0o600
    assert {name for name, mode in modes.items() if mode & 0o022} == set()


async def run_a_bar(run):
    await run.step()


@pytest.mark.skipif(not CAN_TELL, reason="only Linux tells where a process listens")
def test_gateway_and_metrics_listen_on_loopback_alone():
    before = listening()
    with simulated_gateway(), metrics_server(MetricsSettings(port=0)):
        assert listening() - before <= {"127.0.0.1"}
        with closing(socket.create_server(("0.0.0.0", 0))):  # the test itself can tell
            assert "0.0.0.0" in listening()


@ON_POSIX
def test_kill_file_of_another_user_kills_whatever_is_in_it(tmp_path):
    async def body(run):
        await run.step()
        assert position_of(run.market.state()) == 1
        kill = tmp_path / "KILL"
        kill.write_bytes(b"\x00not a command")
        kill.chmod(0o666)
        if os.geteuid() == 0:
            os.chown(kill, 65_534, 65_534)
        await until(lambda: run.manager.modes.mode is Mode.KILLED)
        await run.settle()
        assert position_of(run.market.state()) == 0
        assert run.market.state()["orders"] == []

    rehearse(tmp_path, body, BARS, scripted_model(BARS, BUY))


@ON_POSIX
@pytest.mark.parametrize("folder", ["", "commands"])
def test_command_where_others_can_write_is_not_carried_out_and_said_once(tmp_path, folder, caplog):
    async def body(run):
        await run.step()
        CommandBox(tmp_path).put(command("flatten"))
        (tmp_path / folder).chmod(0o777)
        await until(lambda: "commands are not read" in caplog.text)
        await run.step(2)
        assert run.manager.modes.mode is Mode.TRADING
        assert position_of(run.market.state()) == 1
        (tmp_path / folder).chmod(0o700)
        await until(lambda: run.manager.modes.mode is Mode.HALTED)  # it was only not believed
        await run.settle()

    rehearse(tmp_path, body, BARS, scripted_model(BARS, BUY, HOLD, HOLD))
    assert caplog.text.count("commands are not read") == 1
