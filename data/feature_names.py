"""What can be asked for by name, and one short line where a name is not known.

There are too many features to print them all at every mistake: `features.py list` does.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import TypeVar

from data.features import FEATURES
from data.recipes import RECIPES
from utils.errors import ConfigError

_Value = TypeVar("_Value")

SEE = "see `features.py list` for all there are"
LONGEST_LIST = 200
"""Characters of columns that are named where a name is like nothing."""


def find_feature(choices: Mapping[str, _Value], name: str, kind: str = "feature") -> _Value:
    """Return `choices[name]`, or raise a ConfigError that names the nearest one.

    Args:
        choices: By name. Features and recipes are thought of as well.
        name: What the user asked for.
        kind: What the choices are, in the singular.
    """
    if name in choices:
        return choices[name]
    raise ConfigError(unknown_feature(name, kind, choices))


def unknown_feature(name: str, kind: str, choices: Iterable[str] = ()) -> str:
    """Say that a feature is unknown, and what may have been meant."""
    if not name.strip():
        return f"the name of a {kind} is empty: is there a comma too many?"
    owners = {column: spec.name for spec in FEATURES.values() for column in spec.columns}
    if name in owners:
        return f"`{name}` is a column of feature `{owners[name]}`: ask for `{owners[name]}`"
    own = [str(other) for other in choices if other not in FEATURES and other not in RECIPES]
    by_lower_case = {other.lower(): other for other in (*own, *FEATURES, *RECIPES)}
    near = get_close_matches(name.lower(), by_lower_case, n=1, cutoff=0.5)
    if near:
        return f"unknown {kind} `{name}`: did you mean `{by_lower_case[near[0]]}`? {SEE}"
    beside = f"; columns of the bars are {', '.join(own)[:LONGEST_LIST]}" if own else ""
    return f"unknown {kind} `{name}`: {SEE}{beside}"


def split_names(text: str) -> list[str]:
    """Return the names in a comma-separated text.

    Raises:
        ConfigError: If one is empty.
    """
    names = [name.strip() for name in text.split(",")]
    if not all(names):
        raise ConfigError(
            f"name {names.index('') + 1} of {len(names)} in `{text}` is empty: is there a comma "
            "too many?"
        )
    return names
