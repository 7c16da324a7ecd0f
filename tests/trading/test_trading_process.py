"""One trading process that finds no broker: what its log says, from its start to its end."""

import asyncio
import json
import os
import signal
import socket

import pytest

from config.operation_settings import MetricsSettings, OperationSettings
from config.trader_settings import load_trader_settings
from tests.helpers.alert_servers import refusing_port
from tests.helpers.live_traders import BAR_SECONDS, scripted_model, settings_of, some_bars
from trading.status_file import STATUS_FILE
from trading.structured_log import LOG_FILE
from trading.trader_terms import TraderTerms, fitted
from trading.trading_process import run_trader
from utils.clock import SystemClock

QUIET = OperationSettings(metrics=MetricsSettings(is_enabled=False))


@pytest.fixture
def model():
    """Return a model."""
    return scripted_model(some_bars())


@pytest.fixture
def ran(tmp_path, model):
    """Return a function that runs a trader for a moment, and returns level and text of its log."""

    def lines(beside=a_moment):
        port = refusing_port()
        terms = TraderTerms(
            mode="sim", account="DU1234567", folder=tmp_path, model=model, bar_seconds=BAR_SECONDS
        )
        settings = fitted(settings_of(port), terms).model_copy(update={"operation": QUIET})
        code = run_trader(terms, settings, SystemClock(), lambda _: asyncio.ensure_future(beside()))
        assert code == 0
        told = (tmp_path / LOG_FILE).read_text(encoding="utf-8").splitlines()
        return [(one["level"], one["message"]) for one in map(json.loads, told)], port

    return lines


async def a_moment():
    """Let a trader try once or twice."""
    await asyncio.sleep(0.3)


def test_model_that_training_left_flat_is_traded_with_a_warning(ran, model):
    left_flat = {"kept": None, "n_decisions": 500, "errors_needed": 2.8, "evaluations": []}
    model.policy.provenance["validation"] = left_flat
    log, _ = ran()
    flat = [(level, text) for level, text in log if "FLAT" in text]
    assert [level for level, _ in flat] == ["WARNING"]
    assert flat[0][1].startswith("FLAT: hash makes no trade, as training has left it")


def test_model_that_was_not_left_flat_is_traded_without_such_a_word(ran):
    assert not [text for _, text in ran()[0] if "FLAT" in text]


def test_rehearsal_tells_nobody_outside_whatever_the_environment_says(monkeypatch, ran):
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/1"
        monkeypatch.setenv("FUTURESGYM_HEARTBEAT_URL", address)
        monkeypatch.setenv("FUTURESGYM_ALERT_URLS", address.replace("http", "json"))
        ran()
        server.setblocking(False)
        with pytest.raises(BlockingIOError):
            server.accept()
    assert not load_trader_settings("sim").operation.metrics.is_enabled


def test_trader_that_never_connected_logs_its_start_and_its_end(ran, tmp_path):
    log, port = ran()
    assert log[0] == ("INFO", f"connecting to 127.0.0.1:{port}, client id 1")
    assert ("IB_PAPER_PORT" in log[1][1], log[1][0]) == (True, "WARNING")
    status = json.loads((tmp_path / STATUS_FILE).read_text(encoding="utf-8"))
    assert status["holding"]["position"] is None
    assert log[-1] == ("INFO", "stopped before it had begun: the rehearsal is over")


def test_trader_that_is_interrupted_ends_in_good_order_with_exit_code_zero(ran):
    async def interrupted():
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.sleep(60.0)

    log, _ = ran(interrupted)
    assert log[-1] == ("INFO", "stopped before it had begun: SIGINT")
