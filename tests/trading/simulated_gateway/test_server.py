import socket

import pytest

from tests.helpers.broker_clients import RawClient, eventually
from tests.helpers.fake_broker import FakeBroker
from trading.simulated_gateway.events import NextValidId
from trading.simulated_gateway.in_thread import GatewayInThread
from trading.simulated_gateway.server_settings import ServerSettings
from utils.errors import ConfigError


@pytest.fixture
def gateway():
    with GatewayInThread(FakeBroker) as running:
        yield running


def test_server_listens_on_loopback_only(gateway):
    names = gateway.call(lambda: [s.getsockname()[0] for s in gateway.server._listener.sockets])
    assert names == ["127.0.0.1"]


def test_server_on_taken_port_says_so_in_one_line(gateway):
    taken = ServerSettings(port=gateway.port)
    with (
        pytest.raises(ConfigError, match=f"cannot listen on 127.0.0.1:{gateway.port}: .* another"),
        GatewayInThread(FakeBroker, taken),
    ):
        pass


def test_server_stopped_and_started_keeps_its_port_and_its_books(gateway):
    port, broker = gateway.port, gateway.server.broker
    with RawClient(port).started() as client:
        gateway.do("stop")
        assert client.is_ended()
    with pytest.raises(ConnectionRefusedError):
        RawClient(port)
    assert gateway.do("start") == {"port": port}
    with RawClient(port).started():
        assert gateway.server.broker is broker
        assert broker.present == [1]


def test_server_refusing_closes_the_port_and_keeps_who_is_connected(gateway):
    with RawClient(gateway.port).started() as client:
        gateway.set(is_refusing=True)
        with pytest.raises(ConnectionRefusedError):
            RawClient(gateway.port, client_id=2)
        client.send(49, 1)
        assert client.read() == ["49", "1", "1709652607"]
        gateway.set(is_refusing=False)
        RawClient(gateway.port, client_id=2).started().socket.close()


def test_server_refusing_from_the_start_has_a_port_that_is_closed():
    def refusing_broker():
        broker = FakeBroker()
        broker.faults.is_refusing = True
        return broker

    with GatewayInThread(refusing_broker) as gateway:
        assert gateway.port > 0
        with pytest.raises(ConnectionRefusedError):
            RawClient(gateway.port)
        gateway.do("heal")
        RawClient(gateway.port).started().socket.close()


def test_server_second_client_of_one_id_gets_326_and_an_end(gateway):
    with RawClient(gateway.port).started(), RawClient(gateway.port) as second:
        error = second.read()
        assert error[:4] == ["4", "2", "-1", "326"]
        assert second.is_ended()
        assert gateway.server.broker.present == [1]


def test_server_ghost_of_a_client_gets_326_until_it_is_gone(gateway):
    gateway.set(ghost_clients=[1])
    with RawClient(gateway.port) as client:
        assert client.read()[3] == "326"
    gateway.set(ghost_clients=[])
    RawClient(gateway.port).started().socket.close()


def test_server_kick_with_reset_is_read_as_reset_and_frees_the_id(gateway):
    with RawClient(gateway.port).started() as client:
        assert gateway.do("kick", client_id=1) == {"n_kicked": 1}
        with pytest.raises(ConnectionResetError):
            client.read()
    RawClient(gateway.port).started().socket.close()


def test_server_kick_without_reset_is_read_as_end(gateway):
    with RawClient(gateway.port).started() as client:
        gateway.do("kick", is_reset=False)
        assert client.is_ended()


def test_server_kick_of_one_client_leaves_the_other(gateway):
    with RawClient(gateway.port).started(), RawClient(gateway.port, client_id=2).started() as other:
        gateway.do("kick", client_id=1)
        other.send(49, 1)
        assert other.read()[0] == "49"


def test_server_delivers_to_one_or_to_all(gateway):
    with (
        RawClient(gateway.port).started() as first,
        RawClient(gateway.port, client_id=2).started() as second,
    ):
        gateway.call(gateway.server.deliver, 2, NextValidId(order_id=5))
        gateway.call(gateway.server.deliver, 3, NextValidId(order_id=6))
        gateway.call(gateway.server.deliver, None, NextValidId(order_id=8))
        assert second.read() == ["9", "1", "5"]
        assert [first.read(), second.read()] == [["9", "1", "8"]] * 2


def test_server_forgets_a_client_that_goes_without_a_word(gateway):
    client = RawClient(gateway.port).started()
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    client.socket.close()
    assert eventually(lambda: gateway.server.broker.present == [])


def test_server_has_the_broker_do_what_is_due_also_while_it_is_stopped(gateway):
    broker = gateway.server.broker
    assert eventually(lambda: broker.n_pulses > 2)
    gateway.do("stop")
    n_before = broker.n_pulses
    assert eventually(lambda: broker.n_pulses > n_before + 2)


def test_server_refusing_or_stopped_stays_closed_whatever_else_is_switched(gateway):
    gateway.set(is_refusing=True, split_bytes=1)
    with pytest.raises(ConnectionRefusedError):
        RawClient(gateway.port)
    gateway.do("stop")
    gateway.do("heal")
    with pytest.raises(ConnectionRefusedError):
        RawClient(gateway.port)
