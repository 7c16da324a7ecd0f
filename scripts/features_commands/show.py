"""The command `features.py show`: all that is known of one feature, or the features of a recipe."""

from typing import TYPE_CHECKING, Annotated, Any

from typer import Argument, Option

if TYPE_CHECKING:
    from data.indicators.spec import FeatureSpec

EXPLAINED = {
    "warm_up": "{} bars are NaN before its first value",
    "lookback": "{} bars, this one included, decide its value",
    "centre": "{}, typical on five-minute bars; scales where nothing was fitted",
    "spread": "{}, typical distance from the centre",
    "state_size": "{} floats of state",
    "price_state": "{} of them hold prices in points and move at a roll",
}
"""Field: how its value is put into words."""

SESSION_RULES = {
    "continuous": "a session's first bar is like any other",
    "resets": "something is forgotten at a session's first bar",
}


def show(
    name: Annotated[str, Argument(help="A feature or a recipe.")],
    as_json: Annotated[bool, Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show formula, source, unit, range, warm-up and convention of NAME."""
    from data.features import FEATURES
    from data.recipes import RECIPES
    from scripts.features_commands.describing import described
    from scripts.printing import console
    from utils.files import canonical_json
    from utils.registry import lookup

    if name in RECIPES and name not in FEATURES:
        names = list(RECIPES[name])
        if as_json:
            print(canonical_json({"recipe": name, "features": names}))
        else:
            console.print(f"{name}: {', '.join(names)}", soft_wrap=True)
        return
    choices: dict[str, FeatureSpec | tuple[str, ...]] = {**RECIPES, **FEATURES}
    lookup(choices, name, "feature or recipe")
    fields = described(FEATURES[name])
    if as_json:
        print(canonical_json(fields))
        return
    width = max(map(len, fields)) + 1
    for field, value in fields.items():
        console.print(f"{field + ':':<{width}} {_worded(field, value)}", soft_wrap=True)


def _worded(field: str, value: Any) -> str:
    """Return a field's value for people."""
    if field == "session_rule":
        return f"{value}: {SESSION_RULES[value]}"
    if field == "lookback" and value is None:
        return "every earlier bar leaves a trace"
    if field == "price_state":
        value = ", ".join(f"{first} to {stop - 1}" for first, stop in value) or "none"
    text = ", ".join(map(str, value)) or "none" if isinstance(value, list) else str(value)
    return EXPLAINED.get(field, "{}").format(text)
