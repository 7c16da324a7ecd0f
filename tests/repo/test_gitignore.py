"""What git ignores: everything that runs generate, and not one source file."""

import shutil
import subprocess

import pytest

from utils.paths import PROJECT_ROOT

pytestmark = pytest.mark.skipif(
    shutil.which("git") is None or not (PROJECT_ROOT / ".git").exists(),
    reason="not a git checkout",
)

PACKAGES = ("backtest", "config", "data", "env", "models", "scripts", "trading", "utils", "tests")

GENERATED = (
    ".venv/bin/python",
    ".venv-ibapi/bin/python",
    ".venv-insync/bin/python",
    ".mypy_cache/x",
    ".ruff_cache/x",
    "data/storage/demo_bars.parquet",
    "env/kernel/__pycache__/types.cpython-311.pyc",
    "models/saved/train_20260101_000000/manifest.json",
    "var/numba/0123456789abcdef/x.nbc",
    "var/reports/demo/report.html",
    "var/tensorboard/run/events",
)


def ignored(paths: list[str]) -> list[str]:
    """Return those of `paths` that a rule matches, whether or not they are tracked."""
    result = subprocess.run(
        ["git", "check-ignore", "--no-index", "--stdin"],
        cwd=PROJECT_ROOT,
        input="\n".join(paths),
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stderr == ""
    return result.stdout.splitlines()


@pytest.mark.parametrize("package", PACKAGES)
def test_gitignore_sources_of_package_are_not_ignored(package: str) -> None:
    sources = [path.relative_to(PROJECT_ROOT) for path in (PROJECT_ROOT / package).rglob("*.py")]
    assert sources
    assert ignored([path.as_posix() for path in sources]) == []


def test_gitignore_files_like_generated_ones_elsewhere_are_not_ignored() -> None:
    assert ignored(["env/var/x.py", "docs/data/storage/x.md", "tests/models/saved/x.py"]) == []


def test_gitignore_generated_files_are_ignored() -> None:
    assert ignored(list(GENERATED)) == list(GENERATED)
