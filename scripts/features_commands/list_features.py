"""The command `features.py list`: one line per feature."""

from typing import Annotated

from typer import Option


def list_features(
    recipe: Annotated[str | None, Option(help="Only the features of this recipe.")] = None,
    library: Annotated[
        str | None, Option(help="Instead, the batch columns of a library: ta or talib.")
    ] = None,
    as_json: Annotated[bool, Option("--json", help="Print a list of objects as JSON.")] = False,
) -> None:
    """List all features, or those of a recipe: columns, recipes, warm-up and unit."""
    if library is not None:
        _list_library(library, as_json)
        return
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


def _list_library(prefix: str, as_json: bool) -> None:
    """Print the names of a library's columns, and what is refused."""
    from data.library_columns import LIBRARIES, described_column, library_names
    from scripts.printing import console
    from utils.files import canonical_json

    names = library_names(prefix)
    if as_json:
        print(canonical_json([described_column(name) for name in names]))
        return
    for name in names:
        console.print(name)
    for name, reason in LIBRARIES[prefix].refused.items():
        console.print(f"refused: {prefix}:{name}, {reason}", soft_wrap=True)
    console.print(f"{len(names):,} columns of {prefix}, computed in batch only, never live")
