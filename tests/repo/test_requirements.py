"""The pins: exact, complete, and of nothing twice."""

import ast
import re
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from utils.paths import PROJECT_ROOT

PACKAGES = ("backtest", "config", "data", "env", "models", "scripts", "trading", "utils")
FILES = (
    "requirements.txt",
    "requirements-dev.txt",
    "requirements-cluster.txt",
    "requirements-extras.txt",
    "constraints.txt",
)
BENCH_FILE = "requirements-bench.txt"
"""Of an environment of its own."""

CLIENT_FILES = ("requirements-insync.txt", "requirements-ibapi.txt")
"""Of one client of Interactive Brokers each, in an environment of its own."""

PEER_PROGRAMS = "scripts/benchmarks/peer_programs"
CLIENT_PROGRAMS = "tests/trading/simulated_gateway/clients"
ELSEWHERE = (PEER_PROGRAMS, CLIENT_PROGRAMS)
"""Programs that run in the benchmarks' environment, or in a client's."""

PIN = re.compile(r"^[A-Za-z0-9_.-]+==[0-9][A-Za-z0-9.]*$")


def pins(file: str) -> list[str]:
    """Return the requirement lines of a file, without comments and options."""
    text = (PROJECT_ROOT / file).read_text(encoding="utf-8")
    lines = (line.split("#")[0].strip() for line in text.splitlines())
    return [line for line in lines if line and not line.startswith("-")]


def normal(name: str) -> str:
    """Return a distribution's name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def pinned_names(*files: str) -> list[str]:
    """Return the normalised names pinned in the files, in order."""
    return [normal(line.split("==")[0]) for file in files for line in pins(file)]


def pinned_versions(*files: str) -> dict[str, str]:
    """Return the version that each name is pinned to in the files."""
    lines = (line.split("==") for file in files for line in pins(file))
    return {normal(name): version for name, version in lines}


def imported_modules(folder: Path, at_top_only: bool = False) -> set[str]:
    """Return the top-level names that the Python files under `folder` import.

    Those at the top of a module alone, or those within functions too.
    """
    names: set[str] = set()
    for path in folder.rglob("*.py"):
        if any(of in path.parent.as_posix() and of not in folder.as_posix() for of in ELSEWHERE):
            continue
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in tree.body if at_top_only else ast.walk(tree):
            if isinstance(node, ast.Import):
                names.update(alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
                names.add(node.module.split(".")[0])
    return names


def foreign_distributions(folder: Path, at_top_only: bool = False) -> set[str]:
    """Return the distributions that the Python files under `folder` import from."""
    foreign = imported_modules(folder, at_top_only) - sys.stdlib_module_names - {*PACKAGES, "tests"}
    owners = packages_distributions()
    return {normal(owners[module][0]) for module in foreign}


@pytest.mark.parametrize("file", [*FILES, BENCH_FILE, *CLIENT_FILES])
def test_requirements_are_all_pinned_exactly(file: str) -> None:
    assert [line for line in pins(file) if not PIN.match(line)] == []


def test_requirements_pin_nothing_twice() -> None:
    names = pinned_names(*FILES)
    assert sorted(names) == sorted(set(names))


@pytest.mark.parametrize("package", PACKAGES)
def test_requirements_hold_whatever_a_package_imports(package: str) -> None:
    imported = foreign_distributions(PROJECT_ROOT / package)
    cluster = set(pinned_names("requirements-cluster.txt"))
    assert imported - set(pinned_names("requirements.txt")) - cluster == set()
    assert foreign_distributions(PROJECT_ROOT / package, at_top_only=True) & cluster == set()


def test_requirements_for_development_hold_whatever_tests_import() -> None:
    pinned = set(pinned_names(*FILES[:3]))
    assert foreign_distributions(PROJECT_ROOT / "tests") - pinned == set()


def test_requirements_for_benchmarks_hold_whatever_peer_programs_import() -> None:
    imported = imported_modules(PROJECT_ROOT / PEER_PROGRAMS) - sys.stdlib_module_names
    assert {"gym_anytrading", "gym_trading_env"} <= imported
    assert {normal(name) for name in imported} <= set(pinned_names(BENCH_FILE))


def test_requirements_for_benchmarks_measure_peers_on_what_ours_run_on() -> None:
    ours = {normal(line.split("==")[0]): line for line in pins("requirements.txt")}
    shared = {line for line in pins(BENCH_FILE) if normal(line.split("==")[0]) in ours}
    assert len(shared) == 4
    assert shared <= set(ours.values())


def test_requirements_install_one_broker_client_only() -> None:
    names = pinned_names(*FILES)
    assert "ib-async" in names
    assert "ib-insync" not in names
    assert "eventkit" not in names


def test_requirements_of_the_other_clients_share_what_ours_has_too() -> None:
    ours, theirs = pinned_versions(*FILES), pinned_versions(*CLIENT_FILES)
    assert {"nest-asyncio", "numpy", "pydantic", "tzdata"} <= ours.keys() & theirs.keys()
    assert all(ours.get(name, version) == version for name, version in theirs.items())
