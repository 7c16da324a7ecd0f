"""Where this very process listens, as the system has it (Linux)."""

import ipaddress
import os
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

LISTENING = "0A"
CAN_TELL = sys.platform == "linux"


def listening() -> set[str]:
    """Return the addresses at which this process listens, without their ports."""
    own = set(_own_inodes())
    return {address for address, inode in _tcp() if inode in own}


def _own_inodes() -> Iterator[str]:
    for handle in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # closed meanwhile
            name = os.readlink(handle)
            if name.startswith("socket:["):
                yield name[len("socket:[") : -1]


def _tcp() -> Iterator[tuple[str, str]]:
    """Tell address and inode of each listening socket of the machine."""
    for table in ("tcp", "tcp6"):
        for line in Path("/proc/self/net", table).read_text(encoding="ascii").splitlines()[1:]:
            _, local, _, state, *_, inode = line.split()[:10]
            if state == LISTENING:
                yield _address(local.partition(":")[0]), inode


def _address(digits: str) -> str:
    """Return an address that the kernel shows in words of its own byte order."""
    raw = bytes.fromhex(digits)
    words = [raw[place : place + 4][::-1] for place in range(0, len(raw), 4)]
    return str(ipaddress.ip_address(b"".join(words)))
