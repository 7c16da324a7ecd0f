"""HTTP servers on loopback that alerts and heartbeats are sent to: one that takes them, one that
hangs, one that refuses; and waiting for what another thread does."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def waits_for(condition: Callable[[], bool], seconds: float = 30.0) -> bool:
    """Return whether a condition became true in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.005)
    return True


@dataclass
class Inbox:
    """What a server was sent, and how it answers."""

    port: int = 0
    posts: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    def address(self, scheme: str = "json", path: str = "token-of-mine") -> str:
        """Return where to send to."""
        return f"{scheme}://127.0.0.1:{self.port}/{path}"


@contextmanager
def taking_server() -> Iterator[Inbox]:
    """Yield the inbox of a server that answers 200, or next what its `answers` say."""
    inbox = Inbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            size = int(self.headers.get("Content-Length", "0"))
            inbox.posts.append(json.loads(self.rfile.read(size)))
            self.answer()

        def do_GET(self) -> None:
            self.answer()

        def answer(self) -> None:
            inbox.paths.append(self.path)
            self.send_response(inbox.answers.pop(0) if inbox.answers else 200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *words: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    inbox.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield inbox
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def hanging_server() -> Iterator[int]:
    """Yield the port of a server that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def refusing_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
