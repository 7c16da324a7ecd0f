"""Features from a Python file of the user's own: its FEATURES, checked for what a pass needs.

Loading runs the file. Whether its features are sound is left to data/feature_checks.py; training
takes their values as columns of the bars, as `scripts/features.py compute --module` stores them.
"""

import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from numba.extending import is_jitted

from data.feature_contract import unusable
from data.features import FEATURES
from data.indicators.spec import FeatureSpec
from data.recipes import RECIPES
from utils.errors import ConfigError
from utils.files import sha256_of_bytes
from utils.jit import is_compiling

TABLE_NAME = "FEATURES"


def load_user_features(path: Path) -> dict[str, FeatureSpec]:
    """Run a Python file and return its FEATURES, by name.

    Compiled code is kept under a name made of the file's content, so an edit is never missed; an
    edit of a file that it imports is: keep kernels and what they call in one file.

    Raises:
        ConfigError: If the file cannot be run, has no such table, or an entry of it cannot be used.
    """
    module = _loaded(path)
    table = vars(module).get(TABLE_NAME)
    if not isinstance(table, Mapping) or not table:
        raise ConfigError(
            f"`{path}` must define {TABLE_NAME}, a dict of names and FeatureSpecs, e.g. "
            f"{TABLE_NAME} = by_name(FeatureSpec(...))"
        )
    for name, spec in table.items():
        problem = _entry_problem(name, spec)
        if problem:
            raise ConfigError(f"`{path}`, feature `{name}`: {problem}")
    _check_columns_are_new(path, table)
    return dict(table)


def _loaded(path: Path) -> ModuleType:
    """Run the file as a module of a name that no other content has."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot read `{path}`: {error.strerror}") from error
    name = f"user_features_{sha256_of_bytes(content)[:16]}"
    specification = importlib.util.spec_from_file_location(name, path)
    if specification is None or specification.loader is None:
        raise ConfigError(f"`{path}` is no Python file: its name must end in .py")
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module  # the pass imports the kernels from it
    try:
        specification.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # whatever a user's code does is the user's to mend
        del sys.modules[name]
        reason = f"{type(error).__name__}: {error}"
        raise ConfigError(f"`{path}` cannot be run: {reason}") from error
    return module


def _entry_problem(name: object, spec: object) -> str:
    """Return why an entry cannot be used, "" where it can."""
    if not isinstance(spec, FeatureSpec):
        return f"must be a FeatureSpec, was {type(spec).__name__}"
    if name != spec.name:
        return (
            f"its specification has another name, `{spec.name}`; by_name(...) takes it from there"
        )
    if name in FEATURES or name in RECIPES:
        kind = "feature" if name in FEATURES else "recipe"
        return f"there is a {kind} of that name already; choose another"
    return unusable(spec) or _kernel_problem(spec.kernel)


def _kernel_problem(kernel: Any) -> str:
    if not callable(kernel):
        return f"its kernel must be a function with @jit, was {kernel!r}"
    if not is_jitted(kernel) and is_compiling():
        return "its kernel must be a function with @jit (from utils.jit import jit)"
    home = sys.modules.get(kernel.__module__)
    if home is None or vars(home).get(kernel.__name__) is not kernel:
        return f"its kernel `{kernel.__name__}` must be a function of the file, not made inside one"
    return ""


def _check_columns_are_new(path: Path, table: Mapping[str, FeatureSpec]) -> None:
    """Refuse columns that two features would write."""
    owners = {column: spec.name for spec in FEATURES.values() for column in spec.columns}
    for spec in table.values():
        for column in spec.columns:
            if owners.get(column, spec.name) != spec.name:
                raise ConfigError(
                    f"`{path}`, feature `{spec.name}`: column `{column}` is written by "
                    f"`{owners[column]}` already; choose another name"
                )
            owners[column] = spec.name
