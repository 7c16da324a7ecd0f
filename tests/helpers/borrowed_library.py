"""This project's environment with the archived client library in place of the maintained one.

The two cannot be installed side by side, and an environment of the archived one with all that this
project needs would be as large as ours. So ours is borrowed: a folder of links to its packages,
less the one client and with the other, comes before the packages of the other's interpreter.
"""

import os
import subprocess
import sys
import sysconfig
from pathlib import Path

from utils.paths import PROJECT_ROOT

THEIRS = frozenset({"ib_insync", "eventkit", "nest_asyncio"})
OURS = frozenset({"ib_async", "aeventkit"}) | THEIRS
"""What must not be seen: the client, and its event package under both of its names."""

INTERPRETER = PROJECT_ROOT / ".venv-insync" / "bin" / "python"
"""`make broker-envs` makes it."""


def borrowed(folder: Path) -> dict[str, str]:
    """Fill a folder with links, and return an environment in which INTERPRETER sees it first."""
    for package in _packages(Path(sysconfig.get_paths()["purelib"])):
        if _name(package) not in OURS:
            (folder / package.name).symlink_to(package)
    for package in _packages(_site_of_interpreter()):
        if _name(package) in THEIRS:
            (folder / package.name).symlink_to(package)
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    return kept | {"PYTHONPATH": str(folder)}


def is_there() -> bool:
    """Return whether there is such an interpreter, and of our version: packages are compiled."""
    if not INTERPRETER.is_file():
        return False
    program = "import sys; print(*sys.version_info[:2])"
    return _said(program) == " ".join(map(str, sys.version_info[:2]))


def _site_of_interpreter() -> Path:
    return Path(_said("import sysconfig; print(sysconfig.get_paths()['purelib'])"))


def _said(program: str) -> str:
    command = [str(INTERPRETER), "-c", program]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return answer.stdout.strip()


def _packages(site: Path) -> list[Path]:
    return [path for path in site.iterdir() if path.suffix != ".pth"]


def _name(package: Path) -> str:
    return package.name.partition("-")[0].partition(".")[0].lower()
