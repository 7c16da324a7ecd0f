"""Which code a process runs, so that machines that are to agree can see whether they do."""

import hashlib
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from utils.paths import PROJECT_ROOT
from utils.provenance import versions

PACKAGES = ("backtest", "config", "data", "env", "models", "utils")
"""Whose sources can change the outcome of a task."""

SUFFIXES = frozenset({".py", ".toml"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeMark:
    """Sources and versions of one process.

    Attributes:
        sources: SHA-256 of all sources of PACKAGES, in hexadecimal.
        versions: Of Python and the packages that can change a result, by name.
    """

    sources: str
    versions: tuple[tuple[str, str], ...]


@cache
def code_mark(root: Path = PROJECT_ROOT) -> CodeMark:
    """Return the mark of the code in `root`, as it was when this process first asked."""
    digest = hashlib.sha256()
    for path in sorted(_sources(root)):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return CodeMark(sources=digest.hexdigest(), versions=tuple(versions().items()))


def difference(driver: CodeMark, own: CodeMark) -> str | None:
    """Return in one line how this machine's code differs from the driver's; None if it does not."""
    here = dict(own.versions)
    for name, wanted in driver.versions:
        if here.get(name) != wanted:
            return (
                f"machine {socket.gethostname()} has {name} {here.get(name)}, the driver {wanted}; "
                f"install the same requirements on each machine"
            )
    if own.sources != driver.sources:
        return (
            f"machine {socket.gethostname()} has other sources ({own.sources[:12]}) than the "
            f"driver ({driver.sources[:12]}); check out the same revision in `{PROJECT_ROOT}` on "
            f"each machine"
        )
    return None


def _sources(root: Path) -> list[Path]:
    return [
        path
        for package in PACKAGES
        for path in (root / package).rglob("*")
        if path.suffix in SUFFIXES and path.is_file()
    ]
