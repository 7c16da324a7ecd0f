"""Runs a gateway until the process is told to end: what `python -m trading.simulated_gateway` does.

The options are read in __main__; here is all that takes long to import.
"""

import asyncio
import json
import signal
import sys
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd

from config.instruments import get_instrument
from data.contract_bars import CONTRACT_COLUMN
from data.store import load_bars, read_unchecked
from trading.simulated_gateway.broker import Broker
from trading.simulated_gateway.control import ControlServer
from trading.simulated_gateway.faults import Faults
from trading.simulated_gateway.market import Market
from trading.simulated_gateway.server import GatewayServer
from trading.simulated_gateway.server_settings import ServerSettings
from trading.simulated_gateway.settings import BrokerSettings, MarketSettings, Pacing
from utils.clock import SystemClock
from utils.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessSettings:
    """What a gateway process is told on its command line.

    Attributes:
        symbol: What is traded.
        bars: Parquet file to replay, or None: then prices are set by hand.
        speed: "lockstep", "manual", or market seconds per second.
        start: Open time of the first bar to be lived through, ISO 8601 with an offset, or None.
        broker: The account.
        server: Where it listens.
        control_port: Of the control socket; 0 takes a free one.
    """

    symbol: str
    bars: Path | None
    speed: str
    start: str | None
    broker: BrokerSettings
    server: ServerSettings
    control_port: int


def run_process(settings: ProcessSettings) -> None:
    """Serve until SIGTERM or SIGINT; print one line of JSON, the ports, once clients may come.

    Raises:
        ConfigError: If an option is of no use, or a port is taken.
        DataError: If the bars cannot be read.
    """
    asyncio.run(_serve(settings))


def market_settings(speed: str, start: str | None, has_bars: bool) -> MarketSettings:
    """Return how time passes.

    Raises:
        ConfigError: For a speed or a start that is none, or bars that are missing.
    """
    pacing = Pacing.MANUAL if speed == Pacing.MANUAL or not has_bars else Pacing.LOCKSTEP
    if speed in (Pacing.MANUAL, Pacing.LOCKSTEP):
        return MarketSettings(pacing=pacing, start=_time(start))
    if not has_bars:
        raise ConfigError(f"`--speed` {speed} needs bars to replay: name a file with `--bars`")
    return MarketSettings(pacing=Pacing.TIMED, speed=_factor(speed), start=_time(start))


def _factor(speed: str) -> float:
    try:
        return float(speed)
    except ValueError as error:
        raise ConfigError(
            f"`--speed` must be lockstep, manual or a number such as 60, was {speed!r}"
        ) from error


def _time(text: str | None) -> datetime | None:
    try:
        return None if text is None else datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(
            f"`--start` must be a time such as 2024-01-02T15:00+00:00, was {text!r}"
        ) from error


def bars_to_replay(path: Path, symbol: str) -> pd.DataFrame:
    """Return bars as a market takes them: one series, or several contracts with their names.

    Raises:
        DataError: If they cannot be read.
    """
    frame, _, _ = read_unchecked(path)
    return frame if CONTRACT_COLUMN in frame.columns else load_bars(path, get_instrument(symbol))


async def _serve(settings: ProcessSettings) -> None:
    server = GatewayServer(_broker(settings), settings.server)
    control = ControlServer(server, settings.control_port)
    is_over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, is_over.set)
    try:
        await server.start()
        await control.start()
        ports = {"port": server.port, "control_port": control.port}
        sys.stdout.write(json.dumps(ports) + "\n")
        sys.stdout.flush()
        await is_over.wait()
    finally:
        await control.stop()
        await server.close()


def _broker(settings: ProcessSettings) -> Broker:
    clock = SystemClock()
    path = settings.bars
    frames = {settings.symbol: None if path is None else bars_to_replay(path, settings.symbol)}
    terms = market_settings(settings.speed, settings.start, settings.bars is not None)
    return Broker(Market(frames, terms, clock), settings.broker, clock, Faults())
