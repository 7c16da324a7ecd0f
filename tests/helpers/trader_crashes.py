"""Whole traders killed at every write to journal, socket and snapshot: run as `python -m`.

Each life is forked, so that nothing is imported twice: a trader that begins as the last kill left
it, has to find its way, and lives through an ordeal; it is killed at its n-th point, the next one
at the next. Market and folder outlive them. One line of JSON is printed per life.
"""

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

from config.settings import EnvSettings
from data.ib_client import ib_library
from tests.helpers.journal_laws import assert_sound
from tests.helpers.live_traders import (
    TERMS,
    ScriptedPolicy,
    loaded,
    market_of,
    some_bars,
    trading,
)
from tests.helpers.market_hosts import HostedMarket, hosted
from tests.helpers.ordeals import ORDEALS, Ordeal, settled
from trading import pipeline_snapshot, trader_setup
from trading.journal import Journal
from trading.simulated_gateway.warming import warm_kernels
from trading.trader_setup import JOURNAL
from utils.files import write_bytes_atomically

N_WARM = 40
PATIENT = {"probe_seconds": 10.0, "list_seconds": 10.0}
"""Nothing is wrong with the line here, however busy the machine is."""

BARS_PER_LIFE = 8
END, FAILED = "end of ", "failed: "


@dataclass
class Points:
    """Counts what could be the last thing that a process does, and dies at one of them.

    Attributes:
        last: At which; 0 at none.
        told: Pipe that is told where it died.
        n_seen: So far.
    """

    last: int
    told: int
    n_seen: int = 0

    def hear(self, point: str) -> None:
        """Come to a point."""
        self.n_seen += 1
        if self.n_seen == self.last:
            os.write(self.told, point.encode())
            os.kill(os.getpid(), signal.SIGKILL)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Come to points inside each write to the journal, and around what is sent or saved."""
        connection = ib_library().connection.Connection
        send = connection.sendMsg

        def told(_: Journal, point: str) -> None:
            self.hear(f"journal, {point}")

        def sent(link: Any, message: bytes) -> None:
            what = message[4:].split(b"\0", 1)[0].decode(errors="replace")
            self.hear(f"before message {what}")
            send(link, message)
            self.hear(f"after message {what}")

        def saved(path: Path, content: bytes) -> None:
            self.hear("before the snapshot")
            write_bytes_atomically(path, content)
            self.hear("after the snapshot")

        with (
            mock.patch.object(Journal, "_tell", told),
            mock.patch.object(connection, "sendMsg", sent),
            mock.patch.object(pipeline_snapshot, "write_bytes_atomically", saved),
        ):
            yield


def live(market: HostedMarket, folder: Path, ordeal: Ordeal) -> None:
    """Be a trader that begins, finds its way and lives through an ordeal."""
    policy = ScriptedPolicy(EnvSettings(**TERMS), some_bars(N_WARM + 50))
    market.begin()

    def answer(action: int) -> None:
        policy.answers = [action]

    async def in_loop() -> None:
        own = {"trading": ordeal.settings, "connection": PATIENT}
        async with trading(market, loaded(policy), folder, **own) as run:
            await settled(run)
            await ordeal.body(run, answer)

    asyncio.run(in_loop())


def one_life(market: HostedMarket, folder: Path, ordeal: Ordeal, last: int) -> dict[str, Any]:
    """Let a trader live until its n-th point; return where it died, or how many it has come to."""
    out, told = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            points = Points(last, told)
            with points.watched():
                live(market, folder, ordeal)
            os.write(told, f"{END}{points.n_seen}".encode())
            os._exit(0)
        except BaseException as error:
            os.write(told, f"{FAILED}{error!r}".encode())
            os._exit(1)
    os.close(told)
    with os.fdopen(out, "rb") as pipe:
        point = pipe.read().decode()
    _, status = os.waitpid(process, 0)
    return {"last": last, "point": point, "is_killed": os.WIFSIGNALED(status)}


def lives(folder: Path, ordeal: Ordeal, points: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Let traders live and die, one at each of these points, then one that lives on; and check."""
    bars = some_bars(N_WARM + (len(points) + 2) * BARS_PER_LIFE)
    folder.mkdir(mode=0o700)
    with hosted(lambda: market_of(bars, N_WARM, EnvSettings(**TERMS))) as market:
        for last in (*points, 0):
            life = one_life(market, folder, ordeal, last)
            yield life
            if not life["is_killed"]:
                break
    assert_sound(folder / JOURNAL)


def main(folder: Path, name: str, points: range) -> None:
    """Print every life of an ordeal."""
    logging.disable(logging.CRITICAL)
    warm_kernels()
    ordeal = ORDEALS[name]
    groups = [[point] for point in points] if ordeal.is_fresh else [list(points)]
    with mock.patch.object(trader_setup, "LOCKS", folder / "locks"):
        for number, group in enumerate(groups):
            for life in lives(folder / str(number), ordeal, group):
                sys.stdout.write(json.dumps(life) + "\n")
                sys.stdout.flush()  # or every child would have it in its buffer too


if __name__ == "__main__":
    first, beyond, every = map(int, sys.argv[3:6])
    main(Path(sys.argv[1]), sys.argv[2], range(first, beyond, every))
