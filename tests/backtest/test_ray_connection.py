"""What a user is told who has no Ray, or names no cluster; none is started here."""

import builtins
import importlib
import socket

import pytest

from backtest.executor import make_executor
from tests.helpers.executor_tasks import spans, total, walk
from utils.errors import ConfigError, NotAvailableError


def test_ray_that_is_not_installed_is_said_in_one_line(monkeypatch):
    def absent(name: str) -> None:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(importlib, "import_module", absent)
    with pytest.raises(NotAvailableError, match=r"pip install -r requirements-extras\.txt"):
        make_executor("ray", 2, "10.0.0.5:6379")


def test_ray_address_where_nobody_listens_is_refused_at_once():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
        executor = make_executor("ray", 2, address)
        with pytest.raises(ConfigError, match=f"nobody answers at `--ray-address` {address}"):
            next(iter(executor.run(total, spans(1), walk(3))))


def test_local_executors_do_not_import_ray(monkeypatch):
    imported = builtins.__import__

    def without_ray(name: str, *arguments, **options):
        assert name.split(".", maxsplit=1)[0] != "ray"
        return imported(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", without_ray)
    done = list(make_executor("local").run(total, spans(2), walk(4)))
    assert [outcome.close for _, outcome in done] == [201.0, 203.0]
