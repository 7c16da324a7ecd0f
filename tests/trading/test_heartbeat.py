"""Signs of life: sent while the loop goes round, and no longer; nothing waits for them."""

import logging
import time

import httpx

from config.operation_settings import HeartbeatSettings
from tests.helpers.alert_servers import hanging_server, refusing_port, taking_server, waits_for
from trading.alert_targets import SecretAddress
from trading.heartbeat import Heartbeat

SETTINGS = HeartbeatSettings(every_seconds=0.02, timeout_seconds=20.0)
IMPATIENT = HeartbeatSettings(every_seconds=0.02, timeout_seconds=0.1)


def test_heartbeat_of_a_loop_that_goes_round_is_a_get_each_time():
    with taking_server() as inbox:
        heart = Heartbeat(SecretAddress(inbox.address("http", "ping/secret")), SETTINGS)
        for count in (1, 2, 3):
            heart.beat()
            assert waits_for(lambda count=count: heart.n_sent >= count)
        heart.close()
    assert set(inbox.paths) == {"/ping/secret"}
    assert inbox.posts == []


def test_heartbeat_of_a_loop_that_stands_still_stops():
    with taking_server() as inbox:
        heart = Heartbeat(SecretAddress(inbox.address("http")), SETTINGS)
        heart.beat()
        assert waits_for(lambda: heart.n_sent == 1)
        time.sleep(10 * SETTINGS.every_seconds)
        assert len(inbox.paths) == 1
        heart.close()


def test_heartbeat_to_a_watcher_that_hangs_or_refuses_is_a_failure_that_shows_no_address(caplog):
    with hanging_server() as port, caplog.at_level(logging.DEBUG):
        for address in (f"http://127.0.0.1:{port}/secret", f"http://127.0.0.1:{refusing_port()}/"):
            heart = Heartbeat(SecretAddress(address), IMPATIENT)
            heart.beat()
            assert waits_for(lambda heart=heart: heart.n_failed >= 1)
            heart.close()
    assert "no sign of life could be sent" in caplog.text
    assert "secret" not in caplog.text


def test_heartbeat_goes_on_after_an_error_that_nobody_thought_of(monkeypatch, caplog):
    def fails(address, timeout):
        raise RuntimeError(address)

    monkeypatch.setattr(httpx, "get", fails)
    heart = Heartbeat(SecretAddress("http://127.0.0.1/secret"), SETTINGS)
    for count in (1, 2):
        heart.beat()
        assert waits_for(lambda count=count: heart.n_failed >= count)
    heart.close()
    assert "secret" not in caplog.text


def test_heartbeat_that_the_watcher_does_not_take_is_a_failure():
    with taking_server() as inbox:
        inbox.answers = [404]
        heart = Heartbeat(SecretAddress(inbox.address("http")), SETTINGS)
        heart.beat()
        assert waits_for(lambda: heart.n_failed == 1)
        assert heart.n_sent == 0
        heart.close()


def test_heartbeat_beaten_and_closed_while_the_watcher_hangs_returns_at_once():
    settings = HeartbeatSettings(every_seconds=0.02, timeout_seconds=60.0)
    with hanging_server() as port:
        heart = Heartbeat(SecretAddress(f"http://127.0.0.1:{port}/"), settings)
        heart.beat()
        started = time.perf_counter()
        time.sleep(0.05)
        heart.beat()
        heart.close()
        assert time.perf_counter() - started < 30.0
        assert heart.n_failed == 0  # it still hangs
