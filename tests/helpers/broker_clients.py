"""A client of the simulated gateway that speaks the protocol's bytes, and hides nothing of them."""

import socket
import struct
import time


class RawClient:
    """A connection to a gateway; messages as lists of fields.

    Args:
        port: On loopback.
        versions: That it offers, or None to say nothing at first.
        client_id: That it starts with, or None not to start.
    """

    def __init__(self, port, versions="v157..178", client_id=1):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=5.0)
        self.version = None
        if versions is None:
            return
        try:
            self._shake_hands(versions)
        except (EOFError, ConnectionError):
            self.socket.close()
            raise
        if client_id is not None:
            self.send(71, 2, client_id, "")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def _shake_hands(self, versions):
        self.send_bytes(b"API\0" + struct.pack(">I", len(versions)) + versions.encode())
        self.version = int(self.read()[0])

    def send(self, *fields):
        """Send one message."""
        payload = "".join(f"{field}\0" for field in fields).encode()
        self.send_bytes(struct.pack(">I", len(payload)) + payload)

    def send_bytes(self, content):
        """Send bytes as they are."""
        self.socket.sendall(content)

    def read(self):
        """Return the next message's fields; raise EOFError at the end."""
        (length,) = struct.unpack(">I", self._exactly(4))
        return self._exactly(length)[:-1].decode().split("\0")

    def read_until(self, message_id):
        """Return the messages up to the first of an id."""
        messages = [self.read()]
        while messages[-1][0] != str(message_id):
            messages.append(self.read())
        return messages

    def started(self):
        """Return itself once the gateway has told accounts and next order id."""
        self.read_until(9)
        return self

    def is_quiet(self, seconds=0.1):
        """Return whether nothing comes for so long."""
        self.socket.settimeout(seconds)
        try:
            return self.socket.recv(1, socket.MSG_PEEK) is None
        except TimeoutError:
            return True
        finally:
            self.socket.settimeout(5.0)

    def is_ended(self):
        """Return whether the gateway ends the connection, after whatever it still sent."""
        while content := self.socket.recv(1 << 16):
            assert content
        return True

    def _exactly(self, n_bytes):
        content = b""
        while len(content) < n_bytes:
            more = self.socket.recv(n_bytes - len(content))
            if not more:
                raise EOFError
            content += more
        return content


def eventually(check, seconds=5.0):
    """Return whether something comes true within so long."""
    end = time.monotonic() + seconds
    while not (is_true := check()) and time.monotonic() < end:
        time.sleep(0.002)
    return is_true
