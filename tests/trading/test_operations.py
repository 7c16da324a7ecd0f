"""The shell around a trading loop: everything is told, nothing is waited for, nothing is raised."""

import io
import json
import logging
import os
import socket
import sys
import threading
import urllib.request
from contextlib import closing
from dataclasses import replace
from datetime import timedelta

import pytest
from rich.console import Console

from config.operation_settings import (
    AlertSettings,
    DisplaySettings,
    HeartbeatSettings,
    MetricsSettings,
    OperationSettings,
)
from config.trading_settings import TradingSettings
from tests.helpers.alert_servers import hanging_server, taking_server, waits_for
from tests.helpers.clocks import StoppedClock
from tests.helpers.trader_statuses import (
    ACCOUNT,
    NOW,
    ago,
    healthy,
    out_of_reach,
    unbegun,
    with_holding,
)
from trading import operation_parts
from trading.alert_kinds import Alert
from trading.alert_targets import AlertTargets, SecretAddress
from trading.alerts import Alerter
from trading.modes import Link, Mode
from trading.operations import OperationTerms, operations
from trading.service_notify import ServiceNotifier
from trading.status_file import STATUS_FILE, read_status
from trading.structured_log import LOG_FILE, ROOT
from utils.errors import ConfigError
from utils.logger import get_logger

SETTINGS = OperationSettings(
    alerts=AlertSettings(timeout_seconds=20, retry_seconds=0.05, close_seconds=20),
    heartbeat=HeartbeatSettings(every_seconds=0.02, timeout_seconds=20),
    metrics=MetricsSettings(is_enabled=False),
    display=DisplaySettings(draw_seconds=0.0, write_seconds=0.0, close_seconds=20),
)
"""Patient with the tests' own machine."""

METERED = SETTINGS.model_copy(update={"metrics": MetricsSettings(port=0)})
END = NOW + timedelta(seconds=30)
LOG = get_logger("trader")


@pytest.fixture(autouse=True)
def _logging_as_before():
    root = logging.getLogger(ROOT)
    before = (list(root.handlers), root.level, root.propagate)
    yield
    root.handlers, root.level, root.propagate = before


def terms(**changes):
    usual = {
        "account": ACCOUNT,
        "name": "FuturesGym test",
        "settings": SETTINGS,
        "trading": TradingSettings(),
        "clock": StoppedClock(END.isoformat()),
        "environment": {},
    }
    return OperationTerms(**usual | changes)


def with_display(**changes):
    return SETTINGS.model_copy(update={"display": SETTINGS.display.model_copy(update=changes)})


def logged(folder):
    text = (folder / LOG_FILE).read_text(encoding="utf-8")
    return [json.loads(line)["message"] for line in text.splitlines()]


def written_position(folder):
    """Return the position in the status file; None before there is one."""
    file = folder / STATUS_FILE
    return read_status(file).holding.position if file.exists() else None


def page(port):
    url = f"http://127.0.0.1:{port}/metrics"
    with closing(urllib.request.urlopen(url, timeout=30)) as answer:
        return answer.read().decode()


def test_operations_show_a_status_in_file_metrics_and_view_and_send_what_it_asks_for(tmp_path):
    console = Console(file=io.StringIO(), width=80)
    with taking_server() as inbox:
        targets = AlertTargets(services=(SecretAddress(inbox.address()),))
        with operations(
            tmp_path / "t", terms(settings=METERED, targets=targets, console=console)
        ) as shell:
            shell.publish(with_holding(stop=None, unprotected_since=ago(10)))
            file = tmp_path / "t" / STATUS_FILE
            assert waits_for(file.exists)
            status = read_status(file)
            assert (status.open_alerts, status.mode) == (("stop_missing",), Mode.TRADING)
            assert 'futuresgym_alert_open{kind="stop_missing"} 1.0' in page(shell.metrics_port)
            assert waits_for(lambda: "alerts: stop_missing" in console.file.getvalue())
    assert [post["title"] for post in inbox.posts] == ["FuturesGym test critical: stop missing"]
    assert "stop_missing: +2 MNQZ5, without a stop for 10 s" in logged(tmp_path / "t")


def test_operations_that_end_leave_a_status_without_a_connection(tmp_path):
    with taking_server() as inbox:
        targets = AlertTargets(services=(SecretAddress(inbox.address()),))
        with operations(tmp_path, terms(targets=targets)) as shell:
            shell.publish(healthy())
    status = read_status(tmp_path / STATUS_FILE)
    assert (status.at, status.mode) == (END, Mode.DISCONNECTED)
    assert (status.connection.link, status.connection.since) == (Link.DISCONNECTED, END)
    assert status.connection.probe_ms is None
    assert (status.holding.position, status.holding.stop.is_confirmed) == (2, False)
    assert status.data.next_bar_due is None
    assert inbox.posts == []


def test_operations_that_end_while_the_broker_is_away_say_since_when_it_is(tmp_path):
    with operations(tmp_path, terms()) as shell:
        shell.publish(out_of_reach(30))
    assert read_status(tmp_path / STATUS_FILE).connection.since == ago(30)


def test_operations_that_end_before_a_status_write_none(tmp_path):
    with operations(tmp_path, terms()):
        pass
    assert not (tmp_path / STATUS_FILE).exists()


def test_operations_ended_by_an_error_close_all_the_same(tmp_path):
    def fails():
        with operations(tmp_path, terms(settings=METERED)) as shell:
            shell.publish(healthy())
            fails.port = shell.metrics_port
            raise RuntimeError("the loop failed")

    with pytest.raises(RuntimeError, match="the loop failed"):
        fails()
    last = read_status(tmp_path / STATUS_FILE)
    assert (last.connection.link, last.is_over) == (Link.DISCONNECTED, True)
    with pytest.raises(OSError, match="refused"):
        page(fails.port)


def test_operations_tell_an_alert_once_and_show_no_account(tmp_path):
    with taking_server() as inbox:
        targets = AlertTargets(services=(SecretAddress(inbox.address()),))
        with operations(tmp_path, terms(account="advisor-77", targets=targets)) as shell:
            for _ in range(2):
                shell.alert(Alert(kind="halted", text="by ADVISOR-77", at=NOW))
            LOG.info("of Advisor-77")
    assert len(inbox.posts) == 1
    assert "by ad***77" in inbox.posts[0]["message"]
    assert "dvisor" not in "".join(logged(tmp_path)).lower()


def test_operations_whose_status_file_hangs_hold_nobody_up_and_write_the_newest(
    tmp_path, monkeypatch
):
    begun, let_go, n_writes = threading.Event(), threading.Event(), []
    true_write = operation_parts.write_status

    def slow(path, status):
        n_writes.append(1)
        begun.set()
        assert let_go.wait(30)
        true_write(path, status)

    monkeypatch.setattr(operation_parts, "write_status", slow)
    with operations(tmp_path, terms()) as shell:
        shell.publish(healthy())
        assert begun.wait(30)
        for position in range(100):
            shell.publish(with_holding(position=position))
        let_go.set()
        assert waits_for(lambda: written_position(tmp_path) == 99)
    assert len(n_writes) == 3  # the first, the newest, and that of the end


def test_operations_whose_status_file_cannot_be_written_say_so_once(tmp_path):
    (tmp_path / STATUS_FILE).mkdir()
    with operations(tmp_path, terms(settings=METERED)) as shell:
        for _ in range(3):
            shell.publish(healthy())
            assert waits_for(lambda: "status.json does not work" in "".join(logged(tmp_path)))
        assert "futuresgym_connected 1.0" in page(shell.metrics_port)
    messages = [line for line in logged(tmp_path) if "does not work" in line]
    assert len(messages) == 1
    assert messages[0].startswith("status.json does not work, trading goes on: cannot write")


def test_operations_whose_alerts_fail_raise_nothing_and_show_the_status(tmp_path, monkeypatch):
    def fails(self, status):
        raise RuntimeError("a mistake of ours")

    monkeypatch.setattr(Alerter, "observe", fails)
    with operations(tmp_path, terms(settings=METERED)) as shell:
        for _ in range(3):
            shell.publish(healthy())
        assert "futuresgym_connected 1.0" in page(shell.metrics_port)
    messages = logged(tmp_path)
    assert messages == ["alerts does not work, trading goes on: a mistake of ours"]


def test_operations_given_an_alert_of_no_kind_log_it(tmp_path):
    with operations(tmp_path, terms()) as shell:
        shell.alert(Alert(kind="halter", text="x", at=NOW))
    (message,) = logged(tmp_path)
    assert "did you mean `halted`" in message


def test_operations_beat_while_the_loop_goes_round(tmp_path):
    with taking_server() as inbox:
        address = SecretAddress(inbox.address("http", "ping/secret"))
        with operations(tmp_path, terms(targets=AlertTargets(heartbeat=address))) as shell:
            for count in (1, 2):
                shell.alive()
                assert waits_for(lambda count=count: len(inbox.paths) >= count)
    assert set(inbox.paths) == {"/ping/secret"}


@pytest.mark.skipif(sys.platform == "win32", reason="systemd is Linux's")
def test_operations_tell_systemd_how_the_service_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    watched = {"NOTIFY_SOCKET": "notify", "WATCHDOG_USEC": "60000000"}
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind("notify")
        manager.settimeout(5)
        with operations(tmp_path, terms(environment=watched)) as shell:
            shell.ready("trading")
            for _ in range(3):
                shell.alive()  # a quarter of the watchdog's time apart, at least
                shell.publish(healthy())
            shell.publish(with_holding(position=0))
            shell.publish(unbegun())
            shell.stopping()
        heard = [manager.recv(4_096).decode() for _ in range(6)]
        manager.setblocking(False)
        with pytest.raises(BlockingIOError):
            manager.recv(1)
    assert heard == [
        "READY=1\nSTATUS=trading",
        "WATCHDOG=1",
        "STATUS=TRADING, position +2 MNQZ5",
        "STATUS=TRADING, position +0 MNQZ5",
        "STATUS=CONNECTING, position not known",
        "STOPPING=1",
    ]


def test_operations_without_a_watchdog_need_none(tmp_path):
    with operations(tmp_path, terms()) as shell:
        shell.ready("x")
        shell.alive()
        shell.stopping()
    assert not ServiceNotifier({}).is_watched


def test_operations_on_a_terminal_that_stands_still_hold_nobody_up(tmp_path):
    reader, writer = os.pipe()
    settings = with_display(close_seconds=0.05)
    with os.fdopen(reader, "rb") as far, os.fdopen(writer, "w") as near:
        console = Console(file=near, width=120, height=40, force_terminal=True)
        with operations(tmp_path, terms(settings=settings, console=console)) as shell:
            for number in range(500):
                shell.publish(with_holding(position=number))
            assert waits_for(lambda: written_position(tmp_path) == 499)
        while b"499" not in far.read1(65_536):  # it goes on once somebody reads
            pass


def test_operations_on_a_terminal_have_log_lines_above_the_view(tmp_path, monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    console = Console(file=screen, width=80, height=30, force_terminal=True)
    with operations(tmp_path, terms(console=console)) as shell:
        shell.publish(healthy())
        assert waits_for(lambda: "TRADING" in screen.getvalue())
        LOG.warning("look here")
        assert waits_for(lambda: "look here" in screen.getvalue())
        assert waits_for(lambda: "TRADING" in screen.getvalue().partition("look here")[2])
    assert sys.stderr is screen


def test_operations_end_in_time_whatever_hangs(tmp_path):
    settings = SETTINGS.model_copy(update={"alerts": AlertSettings(close_seconds=0.05)})
    with hanging_server() as port:
        targets = AlertTargets(
            services=(SecretAddress(f"json://127.0.0.1:{port}/x"),),
            heartbeat=SecretAddress(f"http://127.0.0.1:{port}/y"),
        )
        with operations(tmp_path, terms(settings=settings, targets=targets)) as shell:
            shell.alive()
            shell.alert(Alert(kind="halted", text="x", at=NOW))
    assert "1 service did not take its last alerts in time" in logged(tmp_path)


def test_operations_without_metrics_serve_none(tmp_path):
    with operations(tmp_path, terms()) as shell:
        shell.publish(healthy())
        assert shell.metrics_port is None


def test_operations_on_a_metrics_port_that_is_taken_are_refused_and_leave_nothing_open(tmp_path):
    n_threads = threading.active_count()
    with operations(tmp_path / "a", terms(settings=METERED)) as shell:
        taken = SETTINGS.model_copy(update={"metrics": MetricsSettings(port=shell.metrics_port)})
        with (
            pytest.raises(ConfigError, match="choose another port"),
            operations(tmp_path / "b", terms(settings=taken)),
        ):
            pass
    assert waits_for(lambda: threading.active_count() == n_threads)


def test_operations_show_no_account_in_their_terms():
    assert ACCOUNT not in repr(terms())
    assert ACCOUNT not in repr(replace(terms(), environment={"X": ACCOUNT}))
