"""Gateways with the real broker, on threads of their own, that other processes can connect to."""

import json
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from tests.helpers.bars import make_bars
from trading.simulated_gateway.broker import Broker
from trading.simulated_gateway.control import ControlServer
from trading.simulated_gateway.faults import Faults
from trading.simulated_gateway.in_thread import GatewayInThread
from trading.simulated_gateway.market import Market
from trading.simulated_gateway.server_settings import ServerSettings
from trading.simulated_gateway.settings import BrokerSettings, MarketSettings, Pacing
from trading.simulated_gateway.warming import warm_kernels
from utils.paths import PROJECT_ROOT

NOW = datetime(2024, 1, 2, 15, tzinfo=UTC)
"""Tuesday, 09:00 in Chicago."""

N_BEFORE = 192
"""Five-minute bars from the session's open to NOW."""

N_AFTER = 72
"""Of them, to the end of regular hours."""


@dataclass(slots=True)
class RunningClock:
    """A clock that shows NOW when it is made, and goes on from there."""

    start: float = field(default_factory=time.monotonic)

    def now(self):
        """Return NOW and what has passed since."""
        return NOW + timedelta(seconds=time.monotonic() - self.start)


def broker_in_the_morning():
    """Return a broker in LOCKSTEP that stands at NOW, with a morning of bars behind it."""
    clock, faults = RunningClock(), Faults()
    before = [(18000.0, 18001.0, 17999.0, 18000.0)] * N_BEFORE
    bars = make_bars(
        before + [(18000.0 + k, 18002.0 + k, 17999.0, 18001.0 + k) for k in range(N_AFTER)]
    )
    terms = MarketSettings(pacing=Pacing.LOCKSTEP, start=NOW)
    return Broker(Market({"MNQ": bars}, terms, clock), BrokerSettings(), clock, faults)


@contextmanager
def hosted_gateway(version=176):
    """Yield a gateway with its control socket, the latter's port beside it."""
    warm_kernels()
    with GatewayInThread(broker_in_the_morning, ServerSettings(version=version)) as gateway:
        control = ControlServer(gateway.server)
        gateway.call(control.start)
        yield gateway, control.port
        gateway.call(control.stop)


def run_flows(python, module, *arguments):
    """Return what each flow of a client program said of itself: name -> error, "" for none."""
    done = subprocess.run(
        [str(python), "-m", f"tests.trading.simulated_gateway.clients.{module}", *arguments],
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, done.stderr[-2000:]
    return {line["flow"]: line["error"] for line in lines}
