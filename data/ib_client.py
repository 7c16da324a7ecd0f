"""The one door to Interactive Brokers' client library, whichever of the two is installed.

`ib_async` is maintained and preferred. `ib_insync`, its archived origin, has the same interface
and is accepted. Nothing else in this project imports either: what others need of it is made here,
by factories that mean the same with both.
"""

import logging
import sys
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType
from typing import Any

from utils.errors import ConfigError

PREFERRED = "ib_async"
ACCEPTED = "ib_insync"

UNSET_FLOAT = sys.float_info.max
"""What both libraries have where a message has no number."""

UNSET_INT = 2**31 - 1
"""Likewise for whole numbers."""


def ib_library() -> ModuleType:
    """Import and return the installed client library; nothing is imported before the first call.

    Raises:
        ConfigError: If none is installed, or both are.
    """
    installed = [name for name in (PREFERRED, ACCEPTED) if _is_installed(name)]
    if not installed:
        raise ConfigError(
            f"no Interactive Brokers client library is installed; run `pip install {PREFERRED}`"
        )
    if len(installed) > 1:
        raise ConfigError(
            f"{PREFERRED} and {ACCEPTED} are both installed, and their event packages (aeventkit, "
            f"eventkit) overwrite each other's files; run `pip uninstall {ACCEPTED} eventkit`, "
            f"then `pip install --force-reinstall --no-deps aeventkit`"
        )
    return import_module(installed[0])


def _is_installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def new_ib() -> Any:
    """Return an unconnected `IB` of the installed library, whose own logger is silent.

    It logs whole orders and positions, account ids among them; what matters of them is told by
    our own loggers.
    """
    library = ib_library()
    logger = logging.getLogger(library.__name__)
    if not logger.handlers:
        logger.addHandler(logging.NullHandler())
    logger.propagate = False
    return library.IB()


def new_future(con_id: int, exchange: str) -> Any:
    """Return a contract that names one dated future by the broker's number, and nothing else."""
    return ib_library().Contract(conId=con_id, exchange=exchange)


def new_contract(**fields: Any) -> Any:
    """Return a contract with the library's field names, e.g. `secType="FUT", symbol="MNQ"`."""
    return ib_library().Contract(**fields)


def new_order(**fields: Any) -> Any:
    """Return an order with the library's field names; what is not given is unset on the wire."""
    return ib_library().Order(**fields)


def new_execution_filter() -> Any:
    """Return the filter that all executions of the day pass."""
    return ib_library().ExecutionFilter()


def is_set(value: float) -> bool:
    """Return whether a number that the library handed over came over the wire at all."""
    return value not in (UNSET_FLOAT, UNSET_INT)
