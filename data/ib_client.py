"""The one door to Interactive Brokers' client library, whichever of the two is installed.

`ib_async` is maintained and preferred. `ib_insync`, its archived origin, has the same interface
and is accepted. Nothing else in this project imports either.
"""

from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from types import ModuleType

from utils.errors import ConfigError

PREFERRED = "ib_async"
ACCEPTED = "ib_insync"


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
