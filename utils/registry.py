"""Look a name up in one of the literal registries, or say which names there are."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import TypeVar

from utils.errors import ConfigError

_Value = TypeVar("_Value")


def lookup(mapping: Mapping[str, _Value], name: str, kind: str) -> _Value:
    """Return `mapping[name]`, or raise a ConfigError that lists the choices and the nearest one.

    Args:
        mapping: The registry, e.g. FEATURES.
        name: What the user asked for.
        kind: What the registry holds, in the singular, e.g. "feature".
    """
    if name in mapping:
        return mapping[name]
    raise ConfigError(unknown_name_message(name, kind, mapping))


def unknown_name_message(name: str, kind: str, choices: Iterable[str]) -> str:
    """Say that `name` is unknown, which name is nearest, and which names exist."""
    by_lower_case = {str(choice).lower(): str(choice) for choice in choices}
    near = get_close_matches(str(name).lower(), by_lower_case, n=1, cutoff=0.5)
    hint = f"did you mean `{by_lower_case[near[0]]}`? " if near else ""
    return f"unknown {kind} `{name}`: {hint}choices are {', '.join(sorted(by_lower_case.values()))}"
