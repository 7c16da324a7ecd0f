"""The command `features.py list`: one line per feature."""

from typing import Annotated

from typer import Option


def list_features(
    recipe: Annotated[str | None, Option(help="Only the features of this recipe.")] = None,
    as_json: Annotated[bool, Option("--json", help="Print a list of objects as JSON.")] = False,
) -> None:
    """List all features, or those of a recipe: columns, recipes, warm-up and unit."""
    from rich.table import Table
    from rich.text import Text

    from data.features import FEATURES
    from data.recipes import RECIPES, recipes_with
    from scripts.features_commands.describing import described
    from scripts.printing import console
    from utils.files import canonical_json
    from utils.registry import lookup

    names = tuple(FEATURES) if recipe is None else lookup(RECIPES, recipe, "recipe")
    specs = [FEATURES[name] for name in names]
    if as_json:
        print(canonical_json([described(spec) for spec in specs]))
        return
    table = Table("feature", "columns", "recipes", "warm-up", "unit")
    for spec in specs:
        columns = "" if spec.columns == (spec.name,) else ", ".join(spec.columns)
        recipes = ", ".join(recipes_with(spec.name))
        table.add_row(*map(Text, (spec.name, columns, recipes, f"{spec.warm_up:,}", spec.unit)))
    console.print(table)
    n_columns = sum(len(spec.columns) for spec in specs)
    console.print(f"{len(specs):,} features, {n_columns:,} columns; recipes: {', '.join(RECIPES)}")
