"""How long a user waits for a first answer: every script's --help, and the demo."""

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from scripts.benchmarks.line import BenchLine
from utils.errors import ConfigError
from utils.paths import PROJECT_ROOT

SUITE = "startup"


def startup_suite(quick: bool) -> Iterator[BenchLine]:
    """Yield the slowest `--help` of all scripts (the better of two calls each), then the demo."""
    if quick:
        raise ConfigError("`--quick` is not for the suite `startup`: the demo is what it measures")
    slowest = max(min(_seconds(script, "--help") for _ in range(2)) for script in _scripts())
    yield BenchLine(suite=SUITE, name="help", value=slowest, unit="s")
    demo = PROJECT_ROOT / "scripts" / "demo.py"
    yield BenchLine(suite=SUITE, name="demo", value=_seconds(demo), unit="s")


def _scripts() -> list[Path]:
    paths = sorted((PROJECT_ROOT / "scripts").glob("*.py"))
    return [path for path in paths if "__main__" in path.read_text(encoding="utf-8")]


def _seconds(script: Path, *options: str) -> float:
    """Return how long a script takes, as a process of its own; it must succeed."""
    started = time.perf_counter()
    done = subprocess.run(
        [sys.executable, str(script), *options], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise ConfigError(f"`{script.name}` failed: {done.stderr.strip()}")
    return time.perf_counter() - started
