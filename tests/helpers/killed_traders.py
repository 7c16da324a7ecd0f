"""A trader in a process of its own, so that it can be killed: run as `python -m`.

Its market is the test's, on another process: it goes by the same time, since both count it from
the same moment of the machine's clock. It says "begun" on its standard output once it has.
"""

import asyncio
import json
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from config.trading_settings import TradingSettings
from tests.helpers.live_traders import Heard, Rehearsal, calm_bars, made_for, scripted_model
from trading.simulation import SimulatedMarket
from trading.trader import Trader
from utils.paths import PROJECT_ROOT


@dataclass
class SharedClock:
    """The time of a market in another process.

    Attributes:
        start: When it begins.
        rate: Market seconds per second of the machine.
        path: A file that says, once it is there, when the market was released.
    """

    start: datetime
    rate: float
    path: Path
    released_at: float | None = None

    def now(self) -> datetime:
        """Return it, aware, UTC."""
        if self.released_at is None and self.path.exists():
            self.released_at = float(self.path.read_text())
        if self.released_at is None:
            return self.start
        return self.start + timedelta(seconds=(time.monotonic() - self.released_at) * self.rate)


@dataclass
class Elsewhere:
    """A market in another process."""

    port: int
    warm_days: int
    clock: SharedClock


@dataclass
class Child:
    """A trader in a process of its own.

    Attributes:
        process: Which.
        market: Where it trades.
        clock_file: What its clock waits for.
    """

    process: "subprocess.Popen[str]"
    market: SimulatedMarket
    clock_file: Path

    async def begun(self) -> None:
        """Wait until it says so."""
        assert self.process.stdout is not None
        line = await asyncio.to_thread(self.process.stdout.readline)
        assert line == "begun\n", line

    def release(self) -> None:
        """Let the market go on, for it and for us."""
        self.market.release()
        self.clock_file.write_text(str(self.market._held._released_at))

    def kill(self) -> None:
        """End it as a power failure does."""
        self.process.kill()
        assert self.process.wait(10.0) == -signal.SIGKILL


@contextmanager
def child_trader(market: SimulatedMarket, folder: Path, **terms: Any):
    """Run a trader in another process until the block is left.

    Args:
        market: Where; it goes by time.
        folder: Of the trader.
        terms: `bars`, arguments of `calm_bars`; `answers` of the model; `trading`, its settings.
    """
    clock_file = folder.with_name(f"{folder.name}.released")
    told = {
        "port": market.port,
        "warm_days": market.warm_days,
        "start": market.clock.now().isoformat(),
        "rate": market.clock.rate,
        "clock_file": str(clock_file),
        "folder": str(folder),
        **terms,
        "trading": terms["trading"].model_dump(mode="json"),
    }
    command = [sys.executable, "-m", "tests.helpers.killed_traders", json.dumps(told)]
    with subprocess.Popen(command, cwd=PROJECT_ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Child(process, market, clock_file)
        finally:
            process.kill()


async def trade(told: dict[str, Any]) -> None:
    """Trade until killed."""
    bars = calm_bars(**told["bars"])
    clock = SharedClock(
        datetime.fromisoformat(told["start"]), told["rate"], Path(told["clock_file"])
    )
    place = Elsewhere(told["port"], told["warm_days"], clock)
    folder = Path(told["folder"])
    folder.mkdir(exist_ok=True)
    trading = TradingSettings(**told["trading"])
    own, made = made_for(place, scripted_model(bars, *told["answers"]), folder, trading=trading)
    heard = Heard(made.trading)
    trader = Trader(own, made, clock, heard)
    running = asyncio.ensure_future(trader.run())
    await Rehearsal(None, trader, heard, folder, running).begun()
    sys.stdout.write("begun\n")
    sys.stdout.flush()
    await running


if __name__ == "__main__":
    asyncio.run(trade(json.loads(sys.argv[1])))
