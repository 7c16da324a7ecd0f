"""What systemd hears: real datagrams over a real unix socket."""

import os
import socket
import sys

import pytest

from trading.service_notify import ServiceNotifier

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="systemd is Linux's")


@pytest.fixture
def manager(tmp_path, monkeypatch):
    """Yield a socket as systemd listens on; its name is short, whatever the folder's is."""
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind("notify")
        listener.settimeout(5)
        yield listener


def heard(manager):
    return manager.recv(4_096).decode()


def test_notifier_says_ready_alive_and_stopping_in_datagrams(manager):
    notifier = ServiceNotifier({"NOTIFY_SOCKET": "notify"})
    assert notifier.is_watched
    notifier.ready("trading  MNQZ5\non paper")
    notifier.alive()
    notifier.describe("long 2")
    notifier.stopping()
    assert [heard(manager) for _ in range(4)] == [
        "READY=1\nSTATUS=trading MNQZ5 on paper",
        "WATCHDOG=1",
        "STATUS=long 2",
        "STOPPING=1",
    ]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="such names are Linux's")
def test_notifier_speaks_to_a_socket_without_a_file():
    name = f"futuresgym-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0{name}")
        listener.settimeout(5)
        ServiceNotifier({"NOTIFY_SOCKET": f"@{name}"}).alive()
        assert heard(listener) == "WATCHDOG=1"


def test_notifier_without_a_manager_does_nothing():
    notifier = ServiceNotifier({})
    assert not notifier.is_watched
    assert notifier.watchdog_seconds is None
    notifier.ready("x")
    notifier.stopping()


def test_notifier_whose_manager_is_gone_or_slow_neither_fails_nor_waits(manager, caplog):
    gone = ServiceNotifier({"NOTIFY_SOCKET": "nowhere"})
    gone.alive()
    gone.alive()
    assert caplog.text.count("does not hear us") == 1
    slow = ServiceNotifier({"NOTIFY_SOCKET": "notify"})
    for _ in range(2_000):  # far beyond what a socket that nobody reads holds
        slow.alive()
    assert caplog.text.count("does not hear us") == 2


@pytest.mark.parametrize(
    ("environment", "seconds"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": str(os.getpid())}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),  # for another process
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({}, None),
    ],
)
def test_notifier_knows_how_long_it_may_be_silent(environment, seconds):
    assert ServiceNotifier(environment).watchdog_seconds == seconds
