"""What every settings model is, and how its first mistake becomes one clear line."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, get_args

import numpy as np
from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from utils.errors import ConfigError
from utils.registry import unknown_name_message

MAX_SHOWN = 80
"""Characters of a wrong value that its error line shows."""


class FrozenSettings(BaseModel):
    """Frozen, without unknown keys, NaN or infinity; nothing is converted but integer to float."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, strict=True)

    @field_validator("*", mode="before")
    @classmethod
    def _plain(cls, value: Any) -> Any:
        """Take numpy's scalars for what they hold, so that a seed may come from an array."""
        return value.item() if isinstance(value, np.generic) else value


_Model = TypeVar("_Model", bound=BaseModel)


def checked(
    model: type[_Model],
    values: dict[str, Any],
    where: str,
    options: Mapping[str, str] | None = None,
) -> _Model:
    """Build a settings model, turning the first violation into one clear line.

    Args:
        model: The settings class.
        values: Its fields.
        where: What to call the place of the mistake, e.g. "TradingEnv" or a profile's path.
        options: What the user knows a field as, e.g. {"stop_loss_ticks": "--fixed-sl-ticks"}.

    Raises:
        ConfigError: Naming field, bound, value and place.
    """
    try:
        return model(**values)
    except ValidationError as error:
        raise ConfigError(_first_violation(error, model, where, options or {})) from error


def overridden(
    model: _Model,
    values: Mapping[str, Any],
    where: str,
    options: Mapping[str, str] | None = None,
) -> _Model:
    """Return a checked copy of `model` in which the values that are not None replace its own.

    What was never set is derived anew, as presets that another algorithm brings.

    Args:
        model: Settings to start from.
        values: Field names to new values; None means "not given".
        where: What to call the place of a mistake.
        options: As for `checked`.
    """
    given = {name: value for name, value in values.items() if value is not None}
    return checked(type(model), {**model.model_dump(exclude_unset=True), **given}, where, options)


def _first_violation(
    error: ValidationError, model: type[BaseModel], where: str, options: Mapping[str, str]
) -> str:
    first = error.errors()[0]
    *tables, name = (str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        place = ", ".join([where, *(f"table `{table}`" for table in tables)])
        return f"{unknown_name_message(name, 'setting', _names_in(model, tables))} ({place})"
    path = options.get(name, ".".join([*tables, name]))
    text = first["msg"].removeprefix("Value error, ")  # what our own validators raise
    message = text[0].lower() + text[1:]
    return f"`{path}` in {where}: {message}, was {_shown(first['input'])}"


def _shown(value: object) -> str:
    """Return a value as an error line shows it: on one line, and not all of a table."""
    text = " ".join(repr(value).split())
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."


def _names_in(model: type[BaseModel], tables: Sequence[str]) -> list[str]:
    """Return the settings of `model`, or of the model nested in it under these names."""
    for table in tables:
        annotation = model.model_fields[table].annotation
        kinds = [kind for kind in (annotation, *get_args(annotation)) if isinstance(kind, type)]
        model = next(kind for kind in kinds if issubclass(kind, BaseModel))
    return list(model.model_fields)
