import struct
import time

import pytest

from tests.helpers.broker_clients import RawClient, eventually
from tests.helpers.fake_broker import FakeBroker
from trading.simulated_gateway.events import CommissionReport, NextValidId
from trading.simulated_gateway.in_thread import GatewayInThread
from trading.simulated_gateway.requests import AskIds, AskTime, CancelOrder
from trading.simulated_gateway.server_settings import ServerSettings
from utils.errors import ConfigError

TIME = ["49", "1", "1709652607"]


class FailingBroker(FakeBroker):
    """A broker with a bug in the cancelling of orders."""

    def handle(self, client_id, request):
        if isinstance(request, CancelOrder):
            raise ZeroDivisionError
        super().handle(client_id, request)


@pytest.fixture
def gateway():
    with GatewayInThread(FakeBroker) as running:
        yield running


@pytest.fixture
def client(gateway):
    with RawClient(gateway.port).started() as connected:
        yield connected


def asked(gateway, kind):
    """Return how many requests of a kind the broker had."""
    return sum(isinstance(request, kind) for _, request in gateway.server.broker.asked)


@pytest.mark.parametrize(
    ("own", "offered", "agreed"),
    [
        (176, "v157..176", 176),
        (176, "v157..178", 176),
        (178, "v157..178", 178),
        (178, "v100..203", 178),
        (157, "v157..178", 157),
        (176, "v100..163", 163),
        (176, "v157..170 +PACEAPI", 170),
    ],
)
def test_session_speaks_the_highest_version_that_both_know(own, offered, agreed):
    settings = ServerSettings(version=own)
    with (
        GatewayInThread(FakeBroker, settings) as gateway,
        RawClient(gateway.port, versions=offered).started() as client,
    ):
        assert client.version == agreed


@pytest.mark.parametrize("version", [156, 179, 201])
def test_settings_of_version_that_no_client_speaks_are_refused(version):
    with pytest.raises(ConfigError, match=f"must be 157 to 178, was {version}"):
        ServerSettings(version=version)


@pytest.mark.parametrize("offered", ["v100..156", "v201..203", "v177..178"])
def test_session_without_common_version_is_ended(gateway, offered):
    with pytest.raises(EOFError):
        RawClient(gateway.port, versions=offered)


@pytest.mark.parametrize(
    "content",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"API\0\x00\x00\x00\x05hello",
        b"API\0\xff\xff\xff\xff",
        b"API\0\x00\x00\x00\x09v157..176\x00\x00\x00\x05" + b"49\x001\x00",
        b"API\0\x00\x00\x00\x09v157..176\x00\x00\x00\x02" + b"71",
    ],
)
def test_session_with_bytes_of_no_client_is_ended_and_others_live_on(gateway, client, content):
    with RawClient(gateway.port, versions=None) as stranger:
        stranger.send_bytes(content)
        assert stranger.is_ended()
    client.send(49, 1)
    assert client.read() == TIME


def test_session_that_says_nothing_is_ended_in_time():
    settings = ServerSettings(handshake_seconds=0.05)
    with (
        GatewayInThread(FakeBroker, settings) as gateway,
        RawClient(gateway.port, versions=None) as client,
    ):
        assert client.is_ended()


def test_session_that_has_started_may_say_nothing_for_longer_than_a_handshake():
    settings = ServerSettings(handshake_seconds=0.5)
    with (
        GatewayInThread(FakeBroker, settings) as gateway,
        RawClient(gateway.port).started() as client,
    ):
        assert client.is_quiet(0.6)
        client.send(49, 1)
        assert client.read() == TIME


def test_session_frame_of_absurd_length_ends_the_connection(client):
    client.send_bytes(struct.pack(">I", 1 << 31) + b"49\0")
    assert client.is_ended()


def test_session_unknown_and_malformed_messages_are_answered_and_the_session_goes_on(client):
    client.send(12, 1)
    assert client.read()[:4] == ["4", "2", "-1", "320"]
    client.send(4, 1, "forty")
    assert client.read()[:4] == ["4", "2", "-1", "320"]
    client.send(3, 48, "x")
    error = client.read()
    assert error[:4] == ["4", "2", "48", "320"]
    assert error[4].endswith("field `con id` is no whole number: 'x'")
    client.send(49, 1)
    assert client.read() == TIME


def test_session_error_of_the_broker_is_answered_and_the_session_goes_on():
    with (
        GatewayInThread(FailingBroker) as gateway,
        RawClient(gateway.port).started() as client,
    ):
        client.send(4, 1, 48, "")
        error = client.read()
        assert error[2:4] == ["48", "320"]
        assert error[4].endswith("an error of the gateway")
        client.send(49, 1)
        assert client.read() == TIME


def test_session_hundred_frames_at_once_are_all_answered_in_order(client):
    one = struct.pack(">I", 5) + b"49\x001\x00"
    client.send_bytes(one * 100)
    assert [client.read() for _ in range(100)] == [TIME] * 100


def test_session_frames_that_come_byte_by_byte_are_read_whole(gateway, client):
    for byte in struct.pack(">I", 5) + b"49\x001\x00":
        client.send_bytes(bytes([byte]))
        time.sleep(0.001)
    assert client.read() == TIME


def test_session_silent_accepts_and_says_nothing(gateway):
    gateway.set(is_silent=True)
    with RawClient(gateway.port, versions=None) as client:
        client.send_bytes(b"API\0\x00\x00\x00\x09v157..176")
        assert client.is_quiet()
    gateway.set(is_silent=False)
    RawClient(gateway.port).started().socket.close()


def test_session_in_a_black_hole_stays_dead_and_later_ones_live(gateway, client):
    gateway.set(is_black_hole=True)
    client.send(49, 1)
    gateway.call(gateway.server.deliver, 1, NextValidId(order_id=8))
    assert client.is_quiet()
    with RawClient(gateway.port, versions=None) as late:
        assert late.is_quiet()
    gateway.set(is_black_hole=False)
    client.send(49, 1)
    assert client.is_quiet()
    assert asked(gateway, AskTime) == 0
    with RawClient(gateway.port, client_id=2).started() as second:
        second.send(49, 1)
        assert second.read() == TIME


def test_session_frozen_reads_and_sends_nothing_until_it_thaws(gateway, client):
    gateway.set(is_frozen=True)
    client.send(49, 1)
    client.send(8, 1, 1)
    gateway.call(gateway.server.deliver, 1, NextValidId(order_id=8))
    assert client.is_quiet()
    assert asked(gateway, AskTime) == 0
    gateway.set(is_frozen=False)
    assert [client.read() for _ in range(3)] == [["9", "1", "8"], TIME, ["9", "1", "7"]]


def test_session_frozen_acts_after_the_thaw_on_what_a_client_sent_before_it_went(gateway, client):
    gateway.set(is_frozen=True)
    before = asked(gateway, AskIds)
    client.send(8, 1, 1)
    client.socket.close()
    gateway.set(is_frozen=False)
    assert eventually(lambda: asked(gateway, AskIds) == before + 1)


def test_session_frozen_can_be_stopped(gateway, client):
    gateway.set(is_frozen=True)
    client.send(49, 1)
    gateway.do("stop")
    assert client.is_ended()


def test_session_split_sends_frames_in_pieces_that_make_the_same_whole(gateway, client):
    gateway.set(split_bytes=1)
    for _ in range(3):
        client.send(49, 1)
    assert [client.read() for _ in range(3)] == [TIME] * 3


def test_session_delay_keeps_order_and_comes_later(gateway, client):
    gateway.set(delay_seconds=0.1)
    start = time.monotonic()
    client.send(49, 1)
    client.send(8, 1, 1)
    assert [client.read(), client.read()] == [TIME, ["9", "1", "7"]]
    assert time.monotonic() - start >= 0.1


def test_session_delay_that_is_lifted_lets_nothing_overtake(gateway, client):
    gateway.set(delay_seconds=0.1)
    client.send(49, 1)
    assert eventually(lambda: asked(gateway, AskTime) == 1)
    gateway.set(delay_seconds=0.0)
    client.send(8, 1, 1)
    assert [client.read(), client.read()] == [TIME, ["9", "1", "7"]]


def test_session_drops_so_many_messages_of_an_id(gateway, client):
    gateway.set(drop_out={"49": 2})
    for _ in range(3):
        client.send(49, 1)
    client.send(8, 1, 1)
    assert [client.read(), client.read()] == [TIME, ["9", "1", "7"]]
    assert gateway.do("faults")["faults"]["drop_out"] == {"49": 0}


def test_session_drops_for_ever_until_it_is_healed(gateway, client):
    gateway.set(drop_out={"49": -1})
    for _ in range(5):
        client.send(49, 1)
    assert client.is_quiet()
    gateway.do("heal")
    client.send(49, 1)
    assert client.read() == TIME


def test_session_doubles_so_many_messages_of_an_id(gateway, client):
    gateway.set(dup_out={"59": 1})
    report = CommissionReport(exec_id="1.1", commission_usd=0.62, realised_usd=None)
    for _ in range(2):
        gateway.call(gateway.server.deliver, 1, report)
    client.send(49, 1)
    assert [client.read()[0] for _ in range(4)] == ["59", "59", "59", "49"]


def test_session_ignores_so_many_messages_of_an_id(gateway, client):
    gateway.set(ignore_in={"49": 1})
    client.send(49, 1)
    client.send(8, 1, 1)
    client.send(49, 1)
    assert [client.read(), client.read()] == [["9", "1", "7"], TIME]
    assert asked(gateway, AskTime) == 1


def test_session_over_fifty_messages_a_second_are_refused_where_that_is_enforced(gateway, client):
    gateway.set(is_rate_enforced=True)
    for _ in range(53):
        client.send(49, 1)
    answers = [client.read() for _ in range(53)]
    assert answers[:50] == [TIME] * 50
    assert [answer[:4] for answer in answers[50:]] == [["4", "2", "-1", "100"]] * 3
    assert asked(gateway, AskTime) == 50


def test_session_two_clients_at_once_get_each_its_own(gateway, client):
    with RawClient(gateway.port, client_id=2).started() as second:
        client.send(49, 1)
        second.send(8, 1, 1)
        assert (client.read(), second.read()) == (TIME, ["9", "1", "7"])
        assert gateway.do("state")["clients"] == [1, 2]
