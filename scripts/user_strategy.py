"""A strategy of the user's own, from a file of Python: `FILE.py:Name`."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from backtest.strategy import Strategy, TargetStrategy
from backtest.strategy_checks import check_strategy
from utils.errors import ConfigError
from utils.files import sha256_of_file

MODULE_NAME = "strategy_of_the_user"


def load_strategy(text: str) -> tuple[Strategy | TargetStrategy, dict[str, str]]:
    """Return a new strategy, and what it is made of as JSON values.

    The file is run: give only what you trust.

    Args:
        text: `FILE.py:Name`, a class that needs no arguments, or an object.

    Raises:
        ConfigError: If there is no such file or name, it cannot be run, or is no strategy.
    """
    file, _, name = text.rpartition(":")
    path = Path(file)
    if not file or not name or path.suffix != ".py":
        raise ConfigError(f"`--strategy` must be FILE.py:Name, was `{text}`")
    if not path.is_file():
        raise ConfigError(f"`--strategy {text}`: there is no file `{path}`; check its path")
    found = _made(_named(_run(path), name, text), text)
    try:
        check_strategy(found)
    except ConfigError as error:
        raise ConfigError(f"`--strategy {text}` is no strategy: {error}") from error
    return found, {"strategy": name, "sha256": sha256_of_file(path)}


def _run(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(MODULE_NAME, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[MODULE_NAME] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # whatever a file of somebody else's raises
        raise ConfigError(f"`{path}` cannot be run: {type(error).__name__}: {error}") from error
    return module


def _named(module: ModuleType, name: str, text: str) -> Any:
    if name in vars(module):
        return vars(module)[name]
    own = [key for key, value in vars(module).items() if _is_own_class(value)]
    raise ConfigError(
        f"`--strategy {text}`: the file has no `{name}`; its own classes: "
        f"{', '.join(own) or 'none'}"
    )


def _is_own_class(value: Any) -> bool:
    return isinstance(value, type) and value.__module__ == MODULE_NAME


def _made(found: Any, text: str) -> Any:
    if not isinstance(found, type):
        return found
    try:
        return found()
    except Exception as error:  # likewise
        raise ConfigError(
            f"`--strategy {text}` cannot be made without arguments: {type(error).__name__}: {error}"
        ) from error
