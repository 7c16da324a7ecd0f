"""The way to a Ray cluster that the user names; nothing is started unless they ask for it."""

import importlib
import logging
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from utils.errors import ConfigError, NotAvailableError

LOCAL = "local"
"""The address of a Ray that is started on this machine, and ends with the connection."""

AUTO = "auto"
"""The address of the cluster that this machine is part of, as Ray has noted it."""

REACH_SECONDS = 5.0
QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0"}
"""For a Ray that we start: it reports to nobody, and gives no advice on accelerators."""


def imported_ray() -> Any:
    """Return the module `ray`.

    Raises:
        NotAvailableError: If it is not installed.
    """
    try:
        return importlib.import_module("ray")
    except ModuleNotFoundError as error:
        raise NotAvailableError(
            "`--executor ray` needs Ray, which is not installed; "
            "pip install -r requirements-extras.txt"
        ) from error


def checked_address(address: str | None) -> str:
    """Return the address of a cluster, or say what one looks like.

    Raises:
        ConfigError: If there is none, or it cannot be one.
    """
    hint = "the head's host:port, e.g. 10.0.0.5:6379, or local"
    if not address:
        raise ConfigError(f"`--executor ray` needs `--ray-address`: {hint}")
    host, _, port = address.rpartition(":")
    is_pair = bool(host) and "/" not in host and port.isdecimal() and 0 < int(port) < 65_536
    if address not in {LOCAL, AUTO} and not is_pair:
        raise ConfigError(f"`--ray-address` must be {hint}, was {address}")
    return address


@contextmanager
def connected(address: str, workers: int | None) -> Iterator[Any]:
    """Yield `ray`, connected; afterwards it is not, unless it was before.

    Args:
        address: As `checked_address` returns it. A connection that is there already is used.
        workers: Processors of a Ray that is started here; None for all.

    Raises:
        ConfigError: If there is no cluster, this machine is no part of it, or it cannot work.
    """
    ray = imported_ray()
    if ray.is_initialized():
        yield ray
        return
    try:
        with _same_signals():
            _connect(ray, address, workers)
        _check_processors(ray, address)
        yield ray
    finally:
        ray.shutdown()


def _connect(ray: Any, address: str, workers: int | None) -> None:
    quiet = {"log_to_driver": False, "logging_level": logging.ERROR}
    if address == LOCAL:
        for name, value in QUIET.items():
            os.environ.setdefault(name, value)
        ray.init(address=LOCAL, num_cpus=workers, include_dashboard=False, **quiet)
        return
    if address != AUTO:
        _reach(address)
    try:
        ray.init(address=address, **quiet)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(
            f"no Ray cluster at {address} that this machine is part of ({reason[:200]}); "
            f"start it with `ray start`, here too"
        ) from error


def _reach(address: str) -> None:
    """Refuse an address where nobody listens, which Ray itself tries for a minute."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), REACH_SECONDS).close()
    except OSError as error:
        raise ConfigError(
            f"nobody answers at `--ray-address` {address} ({error.strerror or error}); "
            f"start the cluster there with `ray start --head --port={port}`"
        ) from error


def _check_processors(ray: Any, address: str) -> None:
    if ray.cluster_resources().get("CPU", 0) < 1:
        raise ConfigError(
            f"the Ray cluster at {address} has no processor to work with; add a machine with "
            f"`ray start --address={address} --num-cpus=N`"
        )


@contextmanager
def _same_signals() -> Iterator[None]:
    """Undo what Ray does to SIGTERM when it connects: it would exit with another code."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
