"""Things by name that lie together in one mapping, told apart by what their names begin with."""

from collections.abc import Mapping
from typing import TypeVar

_Thing = TypeVar("_Thing")


def with_prefix(things: Mapping[str, _Thing], prefix: str) -> dict[str, _Thing]:
    """Return the things with `prefix` before their names."""
    return {prefix + name: thing for name, thing in things.items()}


def part_of(things: Mapping[str, _Thing], prefix: str) -> dict[str, _Thing]:
    """Return the things whose names begin with `prefix`, without it."""
    return {
        name.removeprefix(prefix): thing
        for name, thing in things.items()
        if name.startswith(prefix)
    }
