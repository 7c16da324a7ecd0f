"""A gateway and traders that are processes of their own, so that one outlives the other.

Run as `python -m`, it is a trader as scripts/trade.py starts it, but for its model, which answers
the same at each bar, and for its clock, which is the gateway's market time.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from data.store import bar_metadata, save_bars
from tests.helpers.bars import make_bars
from tests.helpers.broker_clients import eventually
from tests.helpers.invariants import position_of
from tests.trading.simulated_gateway.clients.flow_kit import Control
from utils.cli import make_app, run
from utils.paths import PROJECT_ROOT

SPEED = 30.0
"""Market seconds per second: a bar of a minute lasts two."""

BAR_SECONDS = 60
N_WARM = 60
START = "2024-01-02T15:00:00+00:00"
SECONDS = 60.0
"""That a process may take to start, with all that it imports and compiles."""


def account_of_test() -> str:
    """Return a paper account that no other process of tests has."""
    return f"DU{os.getpid():07d}"


def flat_bars(n_live: int = 600) -> pd.DataFrame:
    """Return bars of a minute around START whose prices hardly move, so that no stop is hit."""
    opens = [20_000.0 + 0.25 * (k % 3) for k in range(N_WARM + n_live)]
    first = datetime.fromisoformat(START) - timedelta(minutes=N_WARM)
    return make_bars(
        [(o, o + 1.0, o - 1.0, o + 0.25) for o in opens], start=first.isoformat(), step="1min"
    )


class GatewayProcess:
    """A running gateway.

    Attributes:
        port: Of the TWS protocol.
        account: That it serves.
    """

    def __init__(self, port: int, control_port: int, account: str) -> None:
        self.port = port
        self.account = account
        self.control = Control(control_port)

    def state(self) -> dict[str, Any]:
        """Return the broker's books."""
        return dict(self.control.state())


@contextmanager
def gateway_process(*options: str) -> Iterator[GatewayProcess]:
    """Run a gateway until the block is left."""
    account = account_of_test()
    process = subprocess.Popen(
        [sys.executable, "-m", "trading.simulated_gateway", "--account", account, *options],
        cwd=PROJECT_ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        ports = json.loads(process.stdout.readline())
        gateway = GatewayProcess(ports["port"], ports["control_port"], account)
        try:
            yield gateway
        finally:
            gateway.control.close()
    finally:
        process.terminate()
        process.wait(timeout=30)
        process.stdout.close()


@contextmanager
def replaying_gateway(folder: Path) -> Iterator[GatewayProcess]:
    """Run a gateway that replays `flat_bars` at SPEED from START on."""
    path, bars = folder / "bars.parquet", flat_bars()
    save_bars(bars, path, bar_metadata(bars, symbol="MNQ", source="synthetic"))
    options = ("--bars", str(path), "--speed", str(SPEED), "--start", START)
    with gateway_process(*options) as gateway:
        yield gateway


@contextmanager
def trader_process(
    gateway: GatewayProcess, folder: Path, answer: int, *, should_flatten: bool = False
) -> Iterator["subprocess.Popen[str]"]:
    """Run a trader until the block is left; by then it should have ended."""
    begun = time.monotonic()
    market = datetime.fromisoformat(gateway.state()["time"])
    words = {
        "port": gateway.port,
        "account": gateway.account,
        "folder": str(folder),
        "answer": answer,
        "should_flatten": should_flatten,
        "market": market.isoformat(),
        "asked_at": begun,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.helpers.trading_processes", json.dumps(words)],
        cwd=PROJECT_ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def holds(gateway: GatewayProcess, position: int) -> bool:
    """Return whether there is a position, with working stops of its size and no other order."""
    state = gateway.state()
    orders = state["orders"]
    stops = [one for one in orders if one["kind"] == "STP" and one["is_working"]]
    signed = sum(one["remaining"] * (1 if one["action"] == "BUY" else -1) for one in stops)
    return position_of(state) == position and signed == -position and stops == orders


def until(is_so, what: str) -> None:
    """Wait until something is so; fail after SECONDS."""
    assert eventually(is_so, SECONDS), what


class MarketClock:
    """The market's time, by the machine's clock that all its processes share."""

    def __init__(self, market: datetime, asked_at: float) -> None:
        self._market, self._asked_at = market, asked_at

    def now(self) -> datetime:
        """Return it, aware, UTC."""
        passed = (time.monotonic() - self._asked_at) * SPEED
        return (self._market + timedelta(seconds=passed)).astimezone(UTC)


def main(words: dict[str, Any]) -> int:
    """Trade as `trade.py --mode paper` does."""
    from tests.helpers.live_traders import scripted_model, settings_of
    from trading.rehearsal_settings import FOREVER_SECONDS, rehearsed, rehearsed_connection
    from trading.trader_terms import TraderTerms, fitted
    from trading.trading_process import run_trader

    model = scripted_model(flat_bars(), stop_loss_ticks=400.0)
    model.policy.always = words["answer"]
    terms = TraderTerms(
        mode="paper",
        account=words["account"],
        folder=Path(words["folder"]),
        model=model,
        bar_seconds=BAR_SECONDS,
        is_named=False,
        should_flatten_on_exit=words["should_flatten"],
    )
    made = settings_of(
        words["port"],
        session={"warm_days": 2, "stop_seconds": 5.0, "late_seconds": FOREVER_SECONDS},
    )
    operation = made.operation.model_copy(
        update={"metrics": made.operation.metrics.model_copy(update={"is_enabled": False})}
    )
    settings = made.model_copy(
        update={
            "connection": rehearsed_connection(made.connection, words["port"]),
            "trading": rehearsed(made.trading, SPEED),
            "operation": operation,
        }
    )
    clock = MarketClock(datetime.fromisoformat(words["market"]), words["asked_at"])
    return run_trader(terms, fitted(settings, terms), clock)


app = make_app()


@app.command()
def trader(words: str) -> int:
    """Trade as told; what is refused is one line and an exit code, as of any script."""
    return main(json.loads(words))


if __name__ == "__main__":
    run(app)
