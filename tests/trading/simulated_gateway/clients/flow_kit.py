"""What the flows of every client library share: the gateway's control socket, waiting, running.

Runs in environments that have a client library and nothing else: the standard library alone.
"""

import asyncio
import json
import socket
import sys
import time
import traceback

WAIT_SECONDS = 20.0
QUIET_SECONDS = 0.08
"""Within which a gateway on loopback would long have said what it has to say."""


class Control:
    """The control socket of a gateway."""

    def __init__(self, port):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=WAIT_SECONDS)
        self._file = self._socket.makefile("rwb")

    def close(self):
        """Close it."""
        self._file.close()
        self._socket.close()

    def do(self, name, /, **arguments):
        """Do a command; fail if it is refused."""
        self._file.write(json.dumps({"do": name, **arguments}).encode() + b"\n")
        self._file.flush()
        answer = json.loads(self._file.readline())
        assert answer.pop("ok"), answer
        return answer

    def state(self):
        """Return the broker's books."""
        return self.do("state")["state"]

    def set(self, **faults):
        """Switch faults."""
        for name, value in faults.items():
            self.do("fault", name=name, value=value)

    def price(self, points):
        """Have the market trade at a price."""
        self.do("set_price", points=points)

    def flatten(self):
        """Heal all faults and trade every position away by hand."""
        self.do("heal")
        for position in self.state()["positions"].values():
            self.do("manual", side="SELL" if position > 0 else "BUY", quantity=abs(position))


async def until(check, what=""):
    """Wait until something comes true; fail if it does not."""
    end = time.monotonic() + WAIT_SECONDS
    while not check():
        assert time.monotonic() < end, f"did not come true: {what or check}"
        await asyncio.sleep(0.002)


def wait_until(check, what=""):
    """Wait without an event loop until something comes true; fail if it does not."""
    end = time.monotonic() + WAIT_SECONDS
    while not check():
        assert time.monotonic() < end, f"did not come true: {what or check}"
        time.sleep(0.002)


def tell(name, error):
    """Say on standard output how a flow went."""
    sys.stdout.write(json.dumps({"flow": name, "error": error}) + "\n")
    sys.stdout.flush()


def last_lines():
    """Return the end of the traceback of what is being handled."""
    return "".join(traceback.format_exc().splitlines(keepends=True)[-12:])
