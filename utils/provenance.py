"""Which code made this result: package versions and the git revision. Looking never fails."""

import platform
import subprocess
import tomllib
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from utils.paths import PROJECT_ROOT

DATA_SYMBOL = "data_symbol"
"""Where a model's provenance says what the file of its training notes as its symbol."""

PACKAGES = (
    "torch",
    "stable_baselines3",
    "gymnasium",
    "numpy",
    "pandas",
    "numba",
    "safetensors",
)
"""The packages whose version can change a result."""

UNKNOWN = "unknown"
GIT_TIMEOUT_SECONDS = 10.0


def project_version(root: Path = PROJECT_ROOT) -> str:
    """Return the version in `pyproject.toml`, or "unknown" when it cannot be read."""
    try:
        table = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
        return str(table["project"]["version"])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, KeyError, TypeError):
        return UNKNOWN


def versions() -> dict[str, str]:
    """Return the versions of this project ("futuresgym"), of Python and of PACKAGES."""
    found = {name: _package_version(name) for name in PACKAGES}
    return {"futuresgym": project_version(), "python": platform.python_version(), **found}


def git_revision(root: Path = PROJECT_ROOT) -> str | None:
    """Return the commit that `root` is at, with "-dirty" after it when files differ from it.

    None where `root` is no repository of its own, has no commit, or git is not installed.
    """
    if not (root / ".git").exists():
        return None
    command = ["git", "--no-optional-locks", "-C", str(root), "describe", "--always", "--dirty"]
    command += ["--abbrev=40", "--exclude=*"]
    try:
        answer = subprocess.run(
            command, capture_output=True, text=True, check=True, timeout=GIT_TIMEOUT_SECONDS
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return answer.stdout.strip() or None


def code_provenance() -> dict[str, Any]:
    """Return versions and git revision as JSON values, for a manifest or a report."""
    return {"versions": versions(), "git_revision": git_revision()}


def _package_version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return UNKNOWN
