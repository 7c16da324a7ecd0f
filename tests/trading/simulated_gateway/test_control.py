import asyncio
import json
import socket

import pytest

from tests.helpers.fake_broker import FakeBroker
from trading.simulated_gateway.commands import COMMANDS
from trading.simulated_gateway.control import MAX_LINE_BYTES, ControlServer
from trading.simulated_gateway.fault_switches import faults_as_json, heal, set_fault
from trading.simulated_gateway.faults import Faults
from trading.simulated_gateway.in_thread import GatewayInThread
from trading.simulated_gateway.server import GatewayServer
from utils.errors import ConfigError


@pytest.fixture
def server():
    return GatewayServer(FakeBroker())


def answer(server, line):
    """Return what the control socket answers to a line."""
    return asyncio.run(ControlServer(server).answer(line.encode()))


@pytest.mark.parametrize(
    ("command", "call"),
    [
        ({"do": "set_price", "points": 18000}, ("set_price", 18000.0, None)),
        ({"do": "set_price", "points": 18000.25, "con_id": 5}, ("set_price", 18000.25, 5)),
        ({"do": "manual", "side": "SELL", "quantity": 2}, ("manual", "SELL", 2, None)),
        ({"do": "set_front", "code": "MNQH26"}, ("set_front", "MNQH26")),
        ({"do": "release"}, ("release",)),
        ({"do": "lose"}, ("lose",)),
        ({"do": "restore"}, ("restore", False)),
        ({"do": "restore", "is_data_lost": True}, ("restore", True)),
        ({"do": "error", "code": 2103, "text": "farm"}, ("error", 2103, "farm", -1)),
        ({"do": "error", "code": 161, "request_id": 48}, ("error", 161, "", 48)),
        ({"do": "drop_order", "perm_id": 9}, ("drop_order", 9)),
    ],
)
def test_command_reaches_the_broker(server, command, call):
    assert answer(server, json.dumps(command)) == {"ok": True}
    assert server.broker.calls == [call]


def test_command_step_says_how_many_instants_there_were(server):
    told = answer(server, '{"do": "step", "n": 5}')
    assert told == {"ok": True, "n_done": 2, "time": "2024-03-05T15:32:07+00:00"}


def test_command_state_tells_books_and_clients(server):
    told = answer(server, '{"do": "state"}')
    assert told == {"ok": True, "state": {"positions": {}, "calls": 0}, "clients": []}


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("", "a command is one line of JSON"),
        ("[]", "a command is a JSON object, was b'[]'"),
        ("{}", "names itself under `do`, e.g. state; was None"),
        ('{"do": "stat"}', "unknown command `stat`: did you mean `state`?"),
        ('{"do": "set_price"}', "command `set_price` needs `points`"),
        ('{"do": "set_price", "points": "x"}', "`points` of command `set_price` is of type int or"),
        ('{"do": "set_price", "points": true}', "of type int or float, was True"),
        ('{"do": "step", "m": 1}', "unknown argument of step `m`"),
        ('{"do": "lose", "m": 1}', "unknown argument of lose `m`"),
        ('{"do": "fault", "name": "is_frosen", "value": true}', "did you mean `is_frozen`?"),
        ('{"do": "fault", "name": "is_frozen", "value": 1}', "takes true or false, was 1"),
    ],
)
def test_command_that_is_wrong_is_refused_in_one_line(server, line, told):
    refusal = answer(server, line)
    assert refusal["ok"] is False
    assert told in refusal["error"]
    assert "\n" not in refusal["error"]
    assert server.broker.calls == []


def test_commands_are_what_the_documents_promise():
    promised = "step state fault set_price manual kick lose restore error drop_order stop start"
    assert set(promised.split()) <= set(COMMANDS)


def test_faults_are_all_switched_by_name_told_and_healed():
    values = {
        bool: True,
        int: 3,
        float: 0.5,
        list: [1, 2],
        set: [4, 3],
        dict: {"3": -1},
        type(None): True,
    }
    faults = Faults()
    fresh = faults_as_json(faults)
    for name, present in faults_as_json(faults).items():
        value = ["STP"] if name == "reject_kinds" else values[type(getattr(faults, name))]
        set_fault(faults, name, value)
        assert faults_as_json(faults)[name] != present or present is True
    assert faults.drop_out == {3: -1}
    assert faults.ghost_clients == {3, 4}
    assert faults.is_market_open is True
    set_fault(faults, "is_market_open", None)
    assert faults.is_market_open is None
    assert json.loads(json.dumps(faults_as_json(faults))) == faults_as_json(faults)
    heal(faults)
    assert faults_as_json(faults) == fresh


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("n_rejects", True, "takes a whole number, was True"),
        ("n_rejects", 1.5, "takes a whole number, was 1.5"),
        ("n_rejects", None, "takes a whole number, was None"),
        ("delay_seconds", "1", "takes a number, was '1'"),
        ("partial_fills", 1, "takes a list of whole numbers, was 1"),
        ("partial_fills", ["x"], "takes a list of whole numbers"),
        ("drop_out", {"x": 1}, "counts by message id, was 'x'"),
        ("drop_out", {"3": "x"}, "takes an object of message ids and counts"),
        ("is_market_open", 1, "takes true or false, was 1"),
    ],
)
def test_fault_of_another_kind_is_refused(name, value, told):
    faults = Faults()
    with pytest.raises(ConfigError, match=told):
        set_fault(faults, name, value)
    assert faults == Faults()


def test_control_socket_answers_line_by_line_on_loopback_and_outlives_mistakes():
    with GatewayInThread(FakeBroker) as gateway:
        control = ControlServer(gateway.server)
        gateway.call(control.start)
        with (
            socket.create_connection(("127.0.0.1", control.port), timeout=5.0) as connection,
            connection.makefile("rwb") as file,
        ):
            for line, is_ok in ((b'{"do": "lose"}\n', True), (b"lose\n", False)):
                file.write(line)
                file.flush()
                assert json.loads(file.readline())["ok"] is is_ok
            file.write(b'{"do": "' + b"x" * (2 * MAX_LINE_BYTES) + b'"}\n')
            file.flush()
            assert "at most 65536 bytes" in json.loads(file.readline())["error"]
        gateway.call(control.stop)
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", control.port), timeout=5.0)


def test_handle_in_thread_raises_what_a_command_refuses():
    with (
        GatewayInThread(FakeBroker) as gateway,
        pytest.raises(ConfigError, match="unknown command `jump`"),
    ):
        gateway.do("jump")
