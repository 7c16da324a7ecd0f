"""How messages lie on the socket: a length, and fields that each end in a zero byte.

Answers what a stretch of bytes says; what its fields mean is left to the layouts.
"""

import asyncio
import re
import struct
from collections.abc import Sequence

MAX_FRAME_BYTES = 1 << 20
"""No client has anything that long to say: a longer frame is not of this protocol."""

GREETING = b"API\0"
_VERSIONS = re.compile(r"v(\d{1,9})(?:\.\.(\d{1,9}))?(?: .*)?")


class WireError(Exception):
    """What came is not of this protocol; the connection is of no more use."""


def frame(fields: Sequence[str]) -> bytes:
    """Return the bytes of a message.

    Args:
        fields: As text, the message's id first; what is not ASCII is escaped, as TWS does it.
    """
    text = "".join(field.replace("\0", " ") + "\0" for field in fields)
    payload = text.encode("ascii", errors="backslashreplace")
    return struct.pack(">I", len(payload)) + payload


def fields_of(payload: bytes) -> list[str]:
    """Return the fields of a message without its length.

    Raises:
        WireError: If it is empty, or its last field has no end.
    """
    if not payload.endswith(b"\0"):
        raise WireError(f"a message of {len(payload)} bytes does not end in a zero byte")
    return payload[:-1].decode("utf-8", errors="backslashreplace").split("\0")


async def read_payload(reader: asyncio.StreamReader) -> bytes:
    """Return the next frame without its length.

    Raises:
        WireError: If its length is absurd.
        IncompleteReadError: If the client went away.
    """
    (length,) = struct.unpack(">I", await reader.readexactly(4))
    if length > MAX_FRAME_BYTES:
        raise WireError(f"a frame of {length} bytes; at most {MAX_FRAME_BYTES} are read")
    return await reader.readexactly(length)


async def read_versions(reader: asyncio.StreamReader) -> tuple[int, int]:
    """Return the lowest and the highest version that a client speaks, from its first bytes.

    Raises:
        WireError: If it does not greet, or names no versions.
        IncompleteReadError: If the client went away.
    """
    greeting = await reader.readexactly(len(GREETING))
    if greeting != GREETING:
        raise WireError(f"a client greets with {greeting!r}, not with {GREETING!r}")
    text = (await read_payload(reader)).decode("ascii", errors="backslashreplace")
    found = _VERSIONS.fullmatch(text)
    if found is None:
        raise WireError(f"a client offers {text!r}, not versions such as v157..176")
    lowest = int(found[1])
    return lowest, int(found[2] or lowest)
