import json
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest

from data.store import bar_metadata, save_bars
from data.synthetic import synthetic_bars
from tests.helpers.broker_clients import RawClient, eventually
from tests.trading.simulated_gateway.clients.flow_kit import Control
from trading.simulated_gateway.process import ProcessSettings, market_settings, run_process
from trading.simulated_gateway.server_settings import ServerSettings
from trading.simulated_gateway.settings import BrokerSettings, Pacing
from utils.errors import ConfigError
from utils.paths import PROJECT_ROOT

COMMAND = [sys.executable, "-m", "trading.simulated_gateway"]


@contextmanager
def gateway_process(*options):
    """Yield a running gateway process, its port and its control socket; end it by SIGTERM."""
    process = subprocess.Popen(
        [*COMMAND, *options], cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        ports = json.loads(process.stdout.readline())
        control = Control(ports["control_port"])
        yield process, ports["port"], control
        control.close()
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=30)
        process.stdout.close()


def test_process_replays_a_file_at_speed_serves_and_ends_clean_on_sigterm(tmp_path):
    path = tmp_path / "bars.parquet"
    bars = synthetic_bars(300)
    save_bars(bars, path, bar_metadata(bars, symbol="MNQ", source="synthetic"))
    options = ("--bars", str(path), "--speed", "6000", "--start", "2024-01-02T15:00+00:00")
    with gateway_process(*options) as (process, port, control):
        with RawClient(port).started() as client:
            assert client.version == 176
        before = control.state()["time"]
        assert before >= "2024-01-02T15:00"
        assert eventually(lambda: control.state()["time"][:15] > before[:15])
        assert len(control.state()["executions"]) == 0
    assert process.returncode == 0


@pytest.mark.parametrize("taken", ["port", "control_port"])
def test_process_on_taken_port_says_so_in_one_line(taken):
    with socket.create_server(("127.0.0.1", 0)) as other:
        number = other.getsockname()[1]
        ports = {"port": 0, "control_port": 0, taken: number}
        settings = ProcessSettings(
            symbol="MNQ",
            bars=None,
            speed="manual",
            start=None,
            broker=BrokerSettings(),
            server=ServerSettings(port=ports["port"]),
            control_port=ports["control_port"],
        )
        with pytest.raises(ConfigError, match=f"cannot listen on 127.0.0.1:{number}: .*another"):
            run_process(settings)


@pytest.mark.parametrize(
    ("speed", "has_bars", "pacing"),
    [
        ("lockstep", True, Pacing.LOCKSTEP),
        ("lockstep", False, Pacing.MANUAL),
        ("manual", True, Pacing.MANUAL),
        ("60", True, Pacing.TIMED),
    ],
)
def test_speed_says_what_moves_the_market(speed, has_bars, pacing):
    assert market_settings(speed, None, has_bars).pacing == pacing


def test_start_is_a_time_with_an_offset():
    settings = market_settings("60", "2024-01-02T09:00-06:00", True)
    assert settings.start == datetime(2024, 1, 2, 15, tzinfo=UTC)
    assert settings.speed == 60.0


@pytest.mark.parametrize(
    ("speed", "start", "has_bars", "told"),
    [
        ("fast", None, True, "`--speed` must be lockstep, manual or a number such as 60"),
        ("60", None, False, "`--speed` 60 needs bars to replay"),
        ("-1", None, True, "`speed` of the gateway must be > 0"),
        ("60", "noon", True, "`--start` must be a time such as 2024-01-02T15:00"),
        ("60", "2024-01-02T15:00", True, "`start` of the gateway must have a time zone"),
    ],
)
def test_speed_and_start_that_are_none_are_refused(speed, start, has_bars, told):
    with pytest.raises(ConfigError, match=told):
        market_settings(speed, start, has_bars)
