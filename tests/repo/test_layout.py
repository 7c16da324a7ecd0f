"""The tree itself: the names that users know, the size of files, the documents."""

import tomllib
from pathlib import Path

import pytest

from utils.paths import PROJECT_ROOT

LONGEST_FILE = 500
PACKAGES = ("backtest", "config", "data", "env", "models", "scripts", "tests", "trading", "utils")
PROMISED = (
    "backtest/engine.py",
    "backtest/metrics.py",
    "config/ib_config.py",
    "config/settings.py",
    "data/features.py",
    "data/fetcher.py",
    "data/preprocessor.py",
    "env/position_sizer.py",
    "env/rewards.py",
    "env/trading_env.py",
    "models/agent.py",
    "models/callbacks.py",
    "models/networks.py",
    "scripts/backtest.py",
    "scripts/fetch_data.py",
    "scripts/trade.py",
    "scripts/train.py",
    "trading/live_trader.py",
    "trading/order_manager.py",
    "trading/paper_trader.py",
    "utils/logger.py",
    "utils/visualize.py",
)


def python_files(package: str) -> list[Path]:
    """Return all Python files of a package."""
    return sorted((PROJECT_ROOT / package).rglob("*.py"))


@pytest.mark.parametrize("name", PROMISED)
def test_layout_file_that_users_know_exists(name: str) -> None:
    assert (PROJECT_ROOT / name).is_file()


@pytest.mark.parametrize("package", PACKAGES)
def test_layout_no_file_is_too_long(package: str) -> None:
    lengths = {path: len(path.read_bytes().splitlines()) for path in python_files(package)}
    assert {path: n_lines for path, n_lines in lengths.items() if n_lines > LONGEST_FILE} == {}


@pytest.mark.parametrize("package", PACKAGES)
def test_layout_every_folder_of_python_files_is_a_package(package: str) -> None:
    folders = {path.parent for path in python_files(package)}
    assert folders
    assert [folder for folder in folders if not (folder / "__init__.py").is_file()] == []


def test_layout_licence_and_changelog_fit_the_project() -> None:
    project = tomllib.loads((PROJECT_ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    licence = (PROJECT_ROOT / "LICENSE").read_text(encoding="utf-8")
    changelog = (PROJECT_ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert project["license"] == "MIT"
    assert licence.startswith("MIT License")
    assert "## Unreleased" in changelog


def test_layout_decisions_are_numbered_without_gaps() -> None:
    pages = sorted((PROJECT_ROOT / "docs" / "decisions").glob("*.md"))
    assert [page.name[:3] for page in pages] == [f"{i + 1:03d}" for i in range(len(pages))]
