"""Libraries that the core does without: imported by name, when asked for, or one clear line."""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType

from utils.errors import ConfigError

EXTRAS_FILE = "requirements-extras.txt"
"""Installs what requirements.txt has, too."""


def extra_module(name: str) -> ModuleType:
    """Return a module of such a library.

    Raises:
        ConfigError: If it is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise ConfigError(_missing(name.split(".", maxsplit=1)[0], str(error))) from error


def extra_version(distribution: str) -> str:
    """Return the version of such a library, as the package registry calls it.

    Raises:
        ConfigError: If it is not installed.
    """
    try:
        return version(distribution)
    except PackageNotFoundError as error:
        raise ConfigError(_missing(distribution, "not installed")) from error


def _missing(library: str, reason: str) -> str:
    return f"the library {library} is not here ({reason}): run `pip install -r {EXTRAS_FILE}`"
