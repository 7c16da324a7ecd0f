"""Switch faults by name and plain JSON value, as the control socket is told them."""

from dataclasses import fields
from typing import Any

from trading.simulated_gateway.faults import Faults
from utils.errors import ConfigError
from utils.registry import lookup

_NULLABLE = ("is_market_open",)
_OF_TEXT = ("reject_kinds",)


def set_fault(faults: Faults, name: str, value: Any) -> None:
    """Switch one fault.

    Args:
        faults: In which it is changed.
        name: Of an attribute of Faults.
        value: Plain JSON: a list for a set, an object whose keys are digits for counters by id.

    Raises:
        ConfigError: If there is no such fault, or its value is of another kind.
    """
    present = lookup(_values(faults), name, "fault")
    if value is None and name in _NULLABLE:
        setattr(faults, name, None)
        return
    kind = bool if name in _NULLABLE else type(present)
    setattr(faults, name, _converted(name, value, kind))


def heal(faults: Faults) -> None:
    """Switch every fault off."""
    for name, value in _values(Faults()).items():
        setattr(faults, name, value)


def faults_as_json(faults: Faults) -> dict[str, Any]:
    """Return every switch as plain JSON."""
    return {name: _plain(value) for name, value in _values(faults).items()}


def _values(faults: Faults) -> dict[str, Any]:
    return {field.name: getattr(faults, field.name) for field in fields(Faults)}


def _plain(value: Any) -> Any:
    if isinstance(value, set):
        return sorted(value)
    if isinstance(value, dict):
        return {str(key): item for key, item in value.items()}
    return value


def _converted(name: str, value: Any, kind: type[Any]) -> Any:
    """Return a JSON value as a switch of a kind holds it."""
    if kind is float and _is_a(value, int | float):
        return float(value)
    if kind is int and _is_a(value, int):
        return value
    if kind is bool and isinstance(value, bool):
        return value
    if kind in (list, set) and _are(value, str if name in _OF_TEXT else int):
        return kind(value)
    if kind is dict and isinstance(value, dict) and _are(list(value.values()), int):
        return {_message_id(name, key): item for key, item in value.items()}
    wanted = "a list of texts" if name in _OF_TEXT else _KINDS[kind]
    raise ConfigError(f"fault `{name}` takes {wanted}, was {value!r}")


def _is_a(value: Any, kind: Any) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def _are(values: Any, kind: type[Any]) -> bool:
    return isinstance(values, list) and all(_is_a(value, kind) for value in values)


def _message_id(name: str, key: Any) -> int:
    try:
        return int(key)
    except ValueError as error:
        raise ConfigError(f"fault `{name}` counts by message id, was {key!r}") from error


_KINDS: dict[type[Any], str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    list: "a list of whole numbers",
    set: "a list of whole numbers",
    dict: "an object of message ids and counts",
}
