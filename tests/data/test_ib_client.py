"""The door to the broker's client library: one of two, never both, not before it is asked for."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from data.ib_client import ib_library, is_set, new_future, new_ib, new_order
from utils.errors import ConfigError
from utils.paths import PROJECT_ROOT


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return an empty folder that stands for the only one with installed packages.

    What is imported from it is forgotten afterwards, and what was there before is back.
    """
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    before = {name: sys.modules.pop(name, None) for name in ("ib_async", "ib_insync")}
    yield tmp_path
    for name, module in before.items():
        sys.modules.pop(name, None)
        if module is not None:
            sys.modules[name] = module


def install(site: Path, name: str) -> None:
    """Put a package and its metadata into the folder."""
    (site / f"{name}.py").write_text("", encoding="utf-8")
    metadata = site / f"{name}-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text(f"Name: {name}\nVersion: 1.0\n", encoding="utf-8")


@pytest.mark.parametrize("name", ["ib_async", "ib_insync"])
def test_ib_library_with_one_of_the_two_returns_it(site: Path, name: str) -> None:
    install(site, name)
    assert ib_library().__name__ == name


def test_ib_library_with_none_says_what_to_install(site: Path) -> None:
    with pytest.raises(ConfigError, match="run `pip install ib_async`"):
        ib_library()


def test_ib_library_with_both_says_why_not_and_what_to_do(site: Path) -> None:
    install(site, "ib_async")
    install(site, "ib_insync")
    with pytest.raises(ConfigError, match="overwrite each other's files; run `pip uninstall ib_i"):
        ib_library()


def test_ib_client_import_alone_imports_no_library() -> None:
    code = "import sys, data.ib_client; sys.exit('ib_async' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT, check=True, timeout=60)


def test_new_order_without_prices_leaves_them_unset() -> None:
    order = new_order(action="BUY", totalQuantity=1, orderType="MKT")
    assert not is_set(order.lmtPrice)
    assert not is_set(order.auxPrice)


def test_new_future_names_its_number_and_exchange_alone() -> None:
    contract = new_future(12, "CME")
    assert (contract.conId, contract.exchange, contract.symbol) == (12, "CME", "")


def test_new_ib_is_not_connected_and_its_library_s_log_is_silent() -> None:
    assert not new_ib().isConnected()
    assert not logging.getLogger("ib_async").propagate
