"""The command `features.py show`: all that is known of one feature, or the features of a recipe."""

from typing import Annotated, Any

from typer import Argument, Option

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
    "resets": "a session's first bar begins something anew",
}


def show(
    name: Annotated[str, Argument(help="A feature, a recipe, or a column such as ta:X.")],
    as_json: Annotated[bool, Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show formula, source, unit, range, warm-up and convention of NAME."""
    from data.feature_names import find_feature
    from data.features import FEATURES
    from data.library_columns import described_column, is_library_name
    from data.recipes import RECIPES
    from scripts.features_commands.describing import described
    from scripts.printing import console
    from utils.files import canonical_json

    if name in RECIPES and name not in FEATURES:
        names = list(RECIPES[name])
        if as_json:
            print(canonical_json({"recipe": name, "features": names}))
        else:
            console.print(f"{name}: {', '.join(names)}", soft_wrap=True)
        return
    if is_library_name(name):
        fields = described_column(name)
    else:
        fields = described(find_feature(FEATURES, name, "feature or recipe"))
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
    if field == "needs_other":
        return "reads a second market" if value else "no second market"
    if field == "lookback" and value is None:
        return "every earlier bar leaves a trace"
    if field == "price_state":
        value = ", ".join(f"{first} to {stop - 1}" for first, stop in value) or "none"
    text = ", ".join(map(str, value)) or "none" if isinstance(value, list) else str(value)
    return EXPLAINED.get(field, "{}").format(text)
